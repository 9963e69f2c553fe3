using Tocsin.Alerts;

namespace Tocsin.Tests.Issues;

/// <summary>Canonical events in few words.</summary>
internal static class Events
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    /// <param name="minute">When it happened, since the start.</param>
    public static CanonicalEvent Firing(double minute = 0, string title = "Queue is slow") => new()
    {
        Source = "grafana",
        State = CanonicalState.Firing,
        Title = title,
        Priority = 1,
        OccurredAt = Start.AddMinutes(minute),
        Teams = ["dev-infra"],
        AccountId = "7",
        AlarmId = "abc",
    };

    public static CanonicalEvent Resolved(double minute = 0) => Firing(minute) with { State = CanonicalState.Resolved };
}
