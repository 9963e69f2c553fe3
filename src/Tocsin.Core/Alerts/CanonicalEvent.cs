namespace Tocsin.Alerts;

public enum CanonicalState
{
    Firing,
    Resolved,
}

/// <summary>
/// One event of the alert pipeline in its canonical form, version 1 of its schema: what the state of its issue is kept by. Times are UTC in
/// milliseconds.
/// </summary>
public sealed record CanonicalEvent
{
    public const int SchemaVersion = 1;

    /// <summary>1 to 50 of letters, digits, <c>_</c> and <c>-</c>: the kind of sender, <c>cloudwatch</c> or <c>grafana</c>, or what a normalized event calls itself.</summary>
    public required string Source { get; init; }

    public required CanonicalState State { get; init; }

    /// <summary>1 to 500 characters.</summary>
    public required string Title { get; init; }

    public string? Description { get; init; }

    public string? Summary { get; init; }

    public string? Reason { get; init; }

    /// <summary>0 to 3, of which 0 is the most urgent: P0 to P3.</summary>
    public required int Priority { get; init; }

    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>1 to 10 names, each 1 to 50 of letters, digits, <c>_</c> and <c>-</c>.</summary>
    public required IReadOnlyList<string> Teams { get; init; }

    public string? AccountId { get; init; }

    public string? Region { get; init; }

    public string? AlarmId { get; init; }

    /// <summary>An absolute http or https address of at most 2,048 characters as it was sent, as are the other three.</summary>
    public string? RunbookUrl { get; init; }

    public string? DashboardUrl { get; init; }

    public string? SourceUrl { get; init; }

    public string? SilenceUrl { get; init; }

    /// <summary>Sixty-four lower-case hexadecimal digits, the same for each event of one alarm.</summary>
    public string Fingerprint => PipelineFingerprint.Of(Source, Title, AccountId, Region, AlarmId);
}
