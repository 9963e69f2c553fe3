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
    [property: JsonRequired] IReadOnlyList<PageView> Pages, [property: JsonRequired] IReadOnlyList<EventView> Timeline);

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
    long Id, string Source, DateTimeOffset ReceivedAt, string Verdict, int Signals, int Rejected, string? Reason, string? Body);

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

/// <param name="Status">active while it mutes, pending before it does (again), expired.</param>
public sealed record SilenceView(
    string Id, IReadOnlyList<string> Match, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment, string Status)
{
    /// <summary>silence or maintenance.</summary>
    public string Kind { get; init; } = "silence";

    /// <summary>Only alerts of one of these services; empty: of any.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>The times of the week at which it mutes: <c>Sat, Sun 22:00–04:00 (Europe/Berlin)</c>; null: all the time.</summary>
    public string? Repeats { get; init; }

    /// <summary>Ends as soon as everything that it mutes has resolved.</summary>
    public bool UntilResolved { get; init; }

    /// <summary>The user who is told before it ends.</summary>
    public string? Owner { get; init; }

    /// <summary>When it mutes next, or since when it mutes now; null: never again.</summary>
    public DateTimeOffset? MutesFrom { get; init; }

    /// <summary>When that is over.</summary>
    public DateTimeOffset? MutesUntil { get; init; }

    /// <summary>It stands in the estate, and changes only there.</summary>
    public bool Declared { get; init; }
}

/// <summary>A silence to be: what it mutes and until when.</summary>
/// <param name="Match">Matchers, all of which must match: <c>service="checkout"</c>.</param>
/// <param name="StartsAt">Default: now.</param>
/// <param name="EndsAt">Either this or <paramref name="For"/>; at most a year after the start.</param>
/// <param name="For">How long from the start: 30m, 2h, 1d.</param>
/// <param name="Comment">Why, for others. Needed.</param>
public sealed record SilenceRequest(
    IReadOnlyList<string>? Match = null, DateTimeOffset? StartsAt = null, DateTimeOffset? EndsAt = null, string? For = null, string? Comment = null)
{
    /// <summary>Only alerts of one of these services; with <c>match</c> both must hold.</summary>
    public IReadOnlyList<string>? Services { get; init; }

    /// <summary>The times of day at which it mutes, such as 22:00 and 04:00 (the next day's, if it is not after <c>from</c>); both or neither.</summary>
    public string? From { get; init; }

    /// <summary>See <c>from</c>.</summary>
    public string? To { get; init; }

    /// <summary>The days on which that begins: mon, tue, wed, thu, fri, sat, sun. Default: every day. Needs <c>from</c> and <c>to</c>.</summary>
    public IReadOnlyList<string>? Days { get; init; }

    /// <summary>The IANA zone of <c>from</c> and <c>to</c>, such as Europe/Berlin.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Ends as soon as everything that it mutes has resolved, at the latest at its end.</summary>
    public bool? UntilResolved { get; init; }

    /// <summary>The user who is told before it ends. Default: whoever makes it.</summary>
    public string? Owner { get; init; }

    /// <summary>It is meant, although it mutes much: the answer silence.needs_confirmation asks for this.</summary>
    public bool? Confirm { get; init; }
}

/// <summary>What a provider answered to a test message.</summary>
/// <param name="Status">sent or failed.</param>
/// <param name="Reason">The provider's own answer, or why it could not be reached.</param>
public sealed record ContactAnswer(string Status, string Reason);

/// <summary>What a silence would mute now.</summary>
public sealed record SilencePreview(int Alerts, IReadOnlyList<Alert> Examples, IReadOnlyList<long> Incidents)
{
    /// <summary>How many alerts fire in all.</summary>
    public int Firing { get; init; }

    /// <summary>Why making it asks for <c>confirm</c>; null: it does not.</summary>
    public string? Doubt { get; init; }

    /// <summary>It would mute whatever comes, which only administrators may.</summary>
    public bool Total { get; init; }

    /// <summary>What it would have muted in the last seven days; null: not asked for.</summary>
    public SilencePast? Past { get; init; }
}

/// <summary>What a silence would have muted in the last seven days, had it been there all the time.</summary>
/// <param name="Pages">Pages to people and channels that were sent for these incidents.</param>
/// <param name="AtLeast">There are more alerts than were looked through.</param>
public sealed record SilencePast(int Alerts, int Incidents, int Pages, bool AtLeast);

/// <summary>How much longer a silence lasts.</summary>
/// <param name="For">30m, 2h, 1d, counted from its end.</param>
public sealed record ExtendRequest(string? For);

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

/// <summary>Labels of an alert that might come, or the number of an incident that did.</summary>
/// <param name="At">The instant to ask for; null: now. Ignored for an incident: its reasons were recorded.</param>
public sealed record ExplainRequest(IReadOnlyDictionary<string, string>? Labels = null, long? Incident = null, DateTimeOffset? At = null)
{
    /// <summary>A body as a source receives it, instead of labels; needs <c>source</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? Payload { get; init; }

    /// <summary>The name of the source that would receive it, or the id of a provider (grafana, alertmanager, generic).</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    /// <summary>An alert that is stored: what would become of it, were it to come at <c>at</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public long? Alert { get; init; }

    /// <summary>Asks why this user was not paged: for an incident, an alert, a span of time, or labels that might come.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }

    /// <summary>The beginning of the span; with <c>user</c>.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? From { get; init; }

    /// <summary>The end of the span. Default: now.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? To { get; init; }
}

/// <summary>Why somebody is, was or would be paged.</summary>
/// <param name="Recorded">True: from the log of what happened. False: worked out for the asked instant.</param>
public sealed record Explanation(
    bool Recorded, IReadOnlyList<ExplainRoute> Routes, IReadOnlyList<ExplainDestination> Destinations, string? SilencedBy, IReadOnlyList<string> Warnings)
{
    /// <summary>The instant that was asked for; null: recorded.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>What was made of the alert before anything was decided; null: recorded.</summary>
    public ExplainAlert? Alert { get; init; }

    /// <summary>Silences, maintenance windows and inhibition rules: which mute the alert, and why the others do not. At most 50, those that mute first.</summary>
    public IReadOnlyList<ExplainMute> Mutes { get; init; } = [];

    /// <summary>Why the asked user was not paged, or how they were.</summary>
    public IReadOnlyList<Absence> Absences { get; init; } = [];

    /// <summary>What is expected here as a test of the estate, in YAML; null: recorded.</summary>
    public string? Test { get; init; }
}

/// <summary>An alert as matchers see it.</summary>
/// <param name="Adapter">The provider that read it; null: only labels were given.</param>
/// <param name="Notes">What the fields were read from, and what had to be put right.</param>
public sealed record ExplainAlert(
    string? Adapter, string? Source, string Title, string Severity, string? Service, string? Environment, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string> Notes);

/// <param name="Kind">silence, maintenance or inhibition.</param>
/// <param name="Reason">Until when, or by which alert; or why not.</param>
public sealed record ExplainMute(string Kind, string Name, bool Mutes, string Reason);

/// <summary>One reason why somebody was not paged, or a page that they got.</summary>
/// <param name="Verdict">
/// paged, waiting, muted, not_routed, not_named, not_on_call, unreachable, step_not_reached, answered_first, method_failed, rate_limited or
/// nothing_happened.
/// </param>
public sealed record Absence(string Verdict, string Reason)
{
    public long? Incident { get; init; }

    public long? Alert { get; init; }

    /// <summary>When that was decided, or would have been.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <param name="Depth">0 for the root.</param>
/// <param name="Outcome">matched, failed or not_reached.</param>
public sealed record ExplainRoute(string Name, int Depth, string Outcome, string Reason);

public sealed record ExplainDestination(
    string Route, string Policy, string Urgency, string? Service, IReadOnlyDictionary<string, string> GroupLabels, long? JoinsIncident,
    IReadOnlyList<ExplainStep> Steps);

/// <param name="AfterSeconds">Time since the incident began.</param>
public sealed record ExplainStep(int Step, int Round, double AfterSeconds, string Target, IReadOnlyList<ExplainPage> Pages, string Because);

public sealed record ExplainPage(string Recipient, string Method, string Type, double AfterSeconds)
{
    /// <summary>user or channel.</summary>
    public string RecipientKind { get; init; } = "user";
}

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
