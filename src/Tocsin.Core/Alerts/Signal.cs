namespace Tocsin.Alerts;

public enum SignalStatus
{
    Firing,
    Resolved,

    /// <summary>Only from senders that hold an alert's life themselves (PagerDuty- and Opsgenie-style).</summary>
    Acknowledged,

    /// <summary>A change or an annotation. Never pages.</summary>
    Info,
}

/// <summary>How bad it is; ordered, so that the worst of several is their maximum.</summary>
public enum Severity
{
    /// <summary>The sender said nothing usable; the source's default applies.</summary>
    Unset,
    Info,
    Warning,
    High,
    Critical,
}

/// <param name="Href">http or https only; anything else is left out by the adapter.</param>
public sealed record Link(string Text, string Href);

public sealed record Image(string Src, string? Alt = null, string? Href = null);

/// <summary>
/// The canonical event: what every source makes of what it received, before anything is decided. Limits (payloads 0.1) are
/// already applied by the adapter: <see cref="DedupKey"/> ≤ 255, <see cref="Title"/> ≤ 250 on one line, <see cref="Description"/> ≤ 16 KiB.
/// </summary>
public sealed record Signal
{
    /// <summary>What makes two deliveries of one source the same alert. 1 to 255 characters.</summary>
    public required string DedupKey { get; init; }

    public required SignalStatus Status { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    public Severity Severity { get; init; }

    /// <summary>When the sender says that it began, UTC; null if it did not say, or said something impossible.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the sender says that it ended, UTC; only on <see cref="SignalStatus.Resolved"/>.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When a firing alert counts as resolved unless it is sent again, UTC; null: never by itself.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    /// <summary>Identity and routing; at most 64 pairs.</summary>
    public LabelSet Labels { get; init; } = LabelSet.Empty;

    /// <summary>Texts that do not identify: summary, runbook_url, values.</summary>
    public LabelSet Annotations { get; init; } = LabelSet.Empty;

    public IReadOnlyList<Link> Links { get; init; } = [];

    public IReadOnlyList<Image> Images { get; init; } = [];

    public string? Value { get; init; }

    public string? Threshold { get; init; }

    /// <summary>The sender's own id, kept as it came.</summary>
    public string? SenderFingerprint { get; init; }

    /// <summary>What a sender of the alert pipeline's kind said; null of all others.</summary>
    public CanonicalEvent? Canonical { get; init; }

    /// <summary>What the adapter had to put right, as whole sentences for the delivery's page.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
