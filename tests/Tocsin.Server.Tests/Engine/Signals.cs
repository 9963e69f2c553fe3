using Tocsin.Alerts;

namespace Tocsin.Tests;

/// <summary>Signals in few words. The key is also the <c>alertname</c>, unless labels say otherwise.</summary>
internal static class Signals
{
    public static Signal Firing(string key, params (string Name, string Value)[] labels) => Of(key, SignalStatus.Firing, labels);

    public static Signal Ended(string key, params (string Name, string Value)[] labels) => Of(key, SignalStatus.Resolved, labels);

    /// <summary>Began so many minutes after the start of the virtual clock, as the sender says.</summary>
    public static Signal Began(this Signal signal, double minute) => signal with { StartedAt = VirtualClock.Start.AddMinutes(minute) };

    /// <summary>Ended so many minutes after the start of the virtual clock, as the sender says.</summary>
    public static Signal EndedAt(this Signal signal, double minute) => signal with { EndedAt = VirtualClock.Start.AddMinutes(minute) };

    /// <summary>Counts as resolved unless sent again by then.</summary>
    public static Signal Expires(this Signal signal, double minute) => signal with { ExpiresAt = VirtualClock.Start.AddMinutes(minute) };

    public static Signal As(this Signal signal, Severity severity) => signal with { Severity = severity };

    private static Signal Of(string key, SignalStatus status, (string Name, string Value)[] labels) => new()
    {
        DedupKey = key,
        Status = status,
        Title = $"{key} is down",
        Severity = Severity.Critical,
        Labels = LabelSet.Of([("alertname", key), .. labels]),
    };
}
