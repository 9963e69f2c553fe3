using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

// The shapes of /api/v1. JSON names are snake_case, instants RFC 3339 UTC, enums lower-case words.
// A member that is null is written as null, so that a reader sees every name.

/// <summary>One page of a list. <paramref name="NextCursor"/> is opaque; null on the last page.</summary>
public sealed record Page<T>([property: JsonRequired] IReadOnlyList<T> Items, string? NextCursor);

/// <summary>One firing (or once firing) thing, as its source last told it.</summary>
public sealed record Alert
{
    /// <summary>Stable within the workspace.</summary>
    public required long Id { get; init; }

    public required string Source { get; init; }

    /// <summary>What the source calls it; equal over all deliveries of the same alert.</summary>
    public required string DedupKey { get; init; }

    /// <summary>firing or resolved.</summary>
    public required string Status { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    /// <summary>critical, high, warning or info.</summary>
    public required string Severity { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<AlertLink> Links { get; init; } = [];

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When it counts as resolved unless it is sent again; null: never by itself.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>How often it has begun to fire.</summary>
    public int Episodes { get; init; }

    /// <summary>The id of the silence that mutes it; null: none.</summary>
    public string? SilencedBy { get; init; }

    /// <summary>What kind of thing that is: silence, maintenance or inhibition (by a rule of that name); null while nothing mutes it.</summary>
    public string? MutedBy { get; init; }

    /// <summary>Numbers of the incidents it belongs to.</summary>
    public IReadOnlyList<long> Incidents { get; init; } = [];
}

public sealed record AlertLink(string Text, string Href);

/// <summary>What people work on: one or more alerts that belong together.</summary>
public sealed record Incident
{
    /// <summary>Counts up from 1 in each workspace.</summary>
    public required long Number { get; init; }

    /// <summary>triggered, acknowledged, snoozed or resolved.</summary>
    public required string Status { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    /// <summary>critical, high, warning or info; the worst of its firing alerts so far.</summary>
    public required string Severity { get; init; }

    /// <summary>high or low: which of a person's ladders is used.</summary>
    public required string Urgency { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    /// <summary>The route that opened it.</summary>
    public required string Route { get; init; }

    /// <summary>The escalation policy that it began with; "none" pages nobody.</summary>
    public required string Policy { get; init; }

    /// <summary>The revision of the configuration that the policy is of; 0: not known.</summary>
    public long PolicyRevision { get; init; }

    /// <summary>By now the policy is another one; the incident goes on by the one that it began with.</summary>
    public bool PolicyChanged { get; init; }

    /// <summary>Whom it was handed to, as <c>user:bo</c>; null: it was not.</summary>
    public string? HandedTo { get; init; }

    /// <summary>The most urgent priority of its alerts, as their senders write it; null: none.</summary>
    public string? Priority { get; init; }

    /// <summary>Those who were asked to help.</summary>
    public IReadOnlyList<AskedView> Asked { get; init; } = [];

    /// <summary>The labels that its alerts have in common by grouping.</summary>
    public IReadOnlyDictionary<string, string> GroupLabels { get; init; } = new Dictionary<string, string>();

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public string? AcknowledgedBy { get; init; }

    public DateTimeOffset? SnoozedUntil { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    public string? ResolvedBy { get; init; }

    public int AlertCount { get; init; }

    public int FiringCount { get; init; }

    /// <summary>waiting (group wait), paging, exhausted (nobody answered) or stopped.</summary>
    public required string Escalation { get; init; }

    /// <summary>1-based; 0 before the first step.</summary>
    public int Step { get; init; }

    public int Steps { get; init; }

    public int Round { get; init; }

    public int Rounds { get; init; }

    /// <summary>When the escalation does something next; null: nothing is due.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Who was paged by the current step.</summary>
    public IReadOnlyList<string> Paging { get; init; } = [];

    /// <summary>Who is paged next at <see cref="NextAt"/>, as it looks now.</summary>
    public IReadOnlyList<string> Next { get; init; } = [];

    /// <summary>The incident's page.</summary>
    public string? Url { get; init; }
}

/// <summary>An incident with all that its page shows.</summary>
public sealed record IncidentDetail(
    [property: JsonRequired] Incident Incident, [property: JsonRequired] IReadOnlyList<Alert> Alerts,
    [property: JsonRequired] IReadOnlyList<PageView> Pages, [property: JsonRequired] IReadOnlyList<EventView> Timeline)
{
    /// <summary>The issues that its alerts got, newest first.</summary>
    public IReadOnlyList<IssueView> Issues { get; init; } = [];
}

/// <summary>One notification of one incident to one target by one method.</summary>
public sealed record PageView
{
    public required long Id { get; init; }

    /// <summary>The incident's number.</summary>
    public required long Incident { get; init; }

    /// <summary>page for a call to act; acknowledged, resolved, reopened, alerts_added, unanswered, more, reminder, asked, waited, test for notices.</summary>
    public required string Kind { get; init; }

    public required string Recipient { get; init; }

    /// <summary>user or channel.</summary>
    public required string RecipientKind { get; init; }

    /// <summary>The name of the contact method or channel.</summary>
    public required string Method { get; init; }

    /// <summary>The provider: webhook, email, ntfy, slack.</summary>
    public required string Type { get; init; }

    public int Step { get; init; }

    public int Round { get; init; }

    /// <summary>Equal over all retries; sent as webhook-id, Message-ID and the like.</summary>
    public required string Key { get; init; }

    /// <summary>queued, sent, failed or cancelled.</summary>
    public required string Status { get; init; }

    public int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is or was to be sent.</summary>
    public required DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    /// <summary>When it reached the device; null: not, or the provider does not tell.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When it was opened or answered; null: not, or nobody tells.</summary>
    public DateTimeOffset? SeenAt { get; init; }

    /// <summary>Why the last attempt failed, or why the page was cancelled.</summary>
    public string? Reason { get; init; }

    /// <summary>Why this recipient was chosen.</summary>
    public string? Because { get; init; }
}

/// <summary>One line of the append-only log.</summary>
/// <param name="Seq">Grows; resume point of the live stream.</param>
/// <param name="Kind">Dotted: incident.triggered, page.sent, alert.resolved, …</param>
/// <param name="Subject">What it is about: incident/12, source/grafana.</param>
/// <param name="Actor">user:ana, key:ci, source:grafana, system.</param>
/// <param name="Reason">One sentence for a person.</param>
public sealed record EventView(
    long Seq, DateTimeOffset At, string Kind, string Subject, string Actor, string Reason, System.Text.Json.JsonElement? Data);

/// <summary>Who is on call for one schedule.</summary>
public sealed record OnCallView(string Schedule, string? Team, IReadOnlyList<string> Users, DateTimeOffset? Until, string Because);

/// <summary>One delivery that a source made.</summary>
/// <param name="Id">0 for a test that only repeated what was known: repetitions are not kept.</param>
/// <param name="Verdict">accepted, duplicate, partial, unparsed or refused.</param>
/// <param name="Reason">What was wrong, for partial, unparsed and refused.</param>
public sealed record DeliveryView(
    long Id, string Source, DateTimeOffset ReceivedAt, string Verdict, int Signals, int Rejected, string? Reason, string? Body)
{
    /// <summary>The name of the request that it came with, by which its lines of the log are found; null: none.</summary>
    public string? Correlation { get; init; }
}

/// <summary>Where alerts come from.</summary>
/// <param name="Type">The provider: alertmanager, grafana, generic.</param>
/// <param name="Url">Where the sender posts to; its last part is the key, shown to administrators only.</param>
/// <param name="Accepted">Alerts taken so far.</param>
/// <param name="Unparsed">Deliveries so far that could not be read whole.</param>
/// <param name="Snippet">Lines for the sending tool's own configuration.</param>
public sealed record SourceView(
    string Name, string Type, string Url, DateTimeOffset? LastEventAt, long Accepted, long Unparsed, string Snippet)
{
    /// <summary>unknown (nothing is expected of it, or nothing came yet), healthy, warning (late, within its grace) or unhealthy (an alert).</summary>
    public string Health { get; init; } = "unknown";

    /// <summary>How often it is expected to send at least; null: it may be silent.</summary>
    public double? ExpectEverySeconds { get; init; }

    /// <summary>When its silence became an alert; null: it is none.</summary>
    public DateTimeOffset? SilentSince { get; init; }
}

/// <summary>What a provider answered to a test message.</summary>
/// <param name="Status">sent or failed.</param>
/// <param name="Reason">The provider's own answer, or why it could not be reached.</param>
public sealed record ContactAnswer(string Status, string Reason);

/// <summary>A job that gave up; nothing is deleted unsent.</summary>
public sealed record DeadJobView(long Id, string Kind, string Subject, int Attempts, DateTimeOffset DiedAt, string Error);

/// <summary>A key's facts; the key itself is shown once, when it is made.</summary>
public sealed record KeyView
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>How the key begins.</summary>
    public required string Prefix { get; init; }

    /// <summary>tcn, or sra for those of <c>/api-keys</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>owner, admin, responder, viewer or publisher; of a person's key, never more than that person may now.</summary>
    public required string Role { get; init; }

    /// <summary>Of read, ingest, stream:read, stream:publish, respond, configure, admin; null: all that the role may.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>Whose own it is; null: the workspace's.</summary>
    public string? Owner { get; init; }

    /// <summary>Who made it, such as user:ana; null: made before that was kept.</summary>
    public string? CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Within minutes; null: never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The key that takes its place since it was rotated.</summary>
    public long? ReplacedBy { get; init; }
}

/// <param name="Name">What it is for, 1 to 100 characters; the log names it so.</param>
/// <param name="Role">owner, admin, responder, viewer or publisher; not more than one's own.</param>
/// <param name="Scopes">Of read, ingest, stream:read, stream:publish, respond, configure, admin; null or empty: all that the role may.</param>
/// <param name="ExpiresAt">In the next ten years; null: never.</param>
/// <param name="Personal">One's own: it ends with one's membership, and may never do more than oneself. Otherwise the workspace's, for administrators to make.</param>
public sealed record KeyRequest(string Name, string Role, IReadOnlyList<string>? Scopes = null, DateTimeOffset? ExpiresAt = null, bool Personal = false);

/// <param name="Grace">How long the old key goes on: 0 to 30d; null: 1d.</param>
/// <param name="ExpiresAt">When the new key ends; null: after as long as the old one was made for.</param>
public sealed record KeyRotation(string? Grace = null, DateTimeOffset? ExpiresAt = null);

/// <param name="Key">The key itself, shown this once.</param>
public sealed record NewKeyView(string Key, KeyView About);

/// <summary>Either <paramref name="Until"/> or <paramref name="For"/> (30m, 1h, 1d).</summary>
/// <param name="Until">In the next 30 days.</param>
/// <param name="For">From now.</param>
public sealed record SnoozeRequest(DateTimeOffset? Until = null, string? For = null);

public sealed record NoteRequest(string Text);

/// <param name="Changes">create, update or delete with kind, name and the paths that differ.</param>
public sealed record EstatePlan(string Workspace, IReadOnlyList<EstateChange> Changes, IReadOnlyList<EstateFault> Faults, IReadOnlyList<string> Warnings, string Text);

/// <param name="Says">What it means for people: who is on call instead of whom. Only in plans, of schedules and lists of holidays.</param>
public sealed record EstateChange(string Action, string Kind, string Name, IReadOnlyList<string> Paths, string? Says = null);

public sealed record EstateFault(string? File, int Line, int Column, string Path, string Message);

public sealed record VersionView(string Version, string Commit, string Database, string Schema);

/// <summary>What a source is told: everything stored, or each element's fate.</summary>
/// <param name="Verdict">accepted, duplicate, partial or unparsed.</param>
/// <param name="Accepted">Alerts taken.</param>
/// <param name="Rejected">Alerts that could not be read.</param>
/// <param name="Delivery">Where the delivery is kept; null for a repetition.</param>
/// <param name="Reason">What was wrong, or worth knowing.</param>
public sealed record IngestAnswer(string Verdict, int Accepted, int Rejected, long? Delivery, string? Reason);

/// <summary>A refusal, as RFC 9457 has it. Members that say nothing are left out.</summary>
/// <param name="Type">about:blank.</param>
/// <param name="Title">A stable code such as incident.not_found; clients switch on it.</param>
/// <param name="Detail">What was wrong and what to do.</param>
/// <param name="Field">The input at fault.</param>
/// <param name="TraceId">For failures of the server: what to look for in its log.</param>
public sealed record Problem(string? Type, string? Title, int? Status, string? Detail, string? Instance = null, string? Field = null, string? TraceId = null);
