namespace Tocsin.Incidents;

/// <summary>What a message shows of its incident that changes after it was sent. Alerts that join show when people are next told of them.</summary>
internal readonly record struct IncidentFace(
    IncidentStatus Status, string? AcknowledgedBy, DateTimeOffset? SnoozedUntil, DateTimeOffset? ResolvedAt, int Reopened, DateTimeOffset? ToldAt)
{
    public static IncidentFace Of(IncidentState state) =>
        new(state.Status, state.AcknowledgedBy, state.SnoozedUntil, state.ResolvedAt, state.Reopened, state.ToldAt);
}
