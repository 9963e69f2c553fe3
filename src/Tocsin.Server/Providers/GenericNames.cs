namespace Tocsin.Providers;

/// <summary>
/// Under which names a body of unknown origin may hold what. In each list the first name that has something wins; the first of all is Tocsin's
/// own.
/// </summary>
internal static class GenericNames
{
    public static readonly string[] Status = ["status", "state", "event", "alert_status"];

    public static readonly string[] Id =
    [
        "dedupKey", "dedup_key", "fingerprint", "id", "alert_id", "alertId", "incident_id", "incidentId", "rule_id", "ruleId", "alias", "name",
    ];

    public static readonly string[] Title = ["title", "summary", "name", "message", "text", "subject"];

    public static readonly string[] Description = ["description", "details", "message", "text", "body", "reason", "summary"];

    public static readonly string[] Severity = ["severity", "priority", "level"];

    public static readonly string[] Url = ["url", "link", "permalink"];

    public static readonly string[] Start =
    [
        "startedAt", "started_at", "startsAt", "starts_at", "start_time", "startTime", "triggered_at", "triggeredAt",
        "created_at", "createdAt",
    ];

    public static readonly string[] End = ["endedAt", "ended_at", "endsAt", "ends_at", "end_time", "endTime", "resolved_at", "resolvedAt", "closed_at"];

    /// <summary>When it happened: the beginning of an alert that fires, the end of one that is resolved.</summary>
    public static readonly string[] Moment =
        ["occurred_at", "occurredAt", "timestamp", "time", "date", "ts", "updated_at", "updatedAt"];

    public static readonly string[] Expiry = ["expiresAt", "expires_at"];

    /// <summary>Objects in which others wrap what they have to say.</summary>
    public static readonly string[] Wrappers =
        ["alert", "incident", "event", "data", "payload", "detail", "details", "attributes", "issue", "problem", "body", "message", "notification"];

    /// <summary>Lists of events inside an object.</summary>
    public static readonly string[] Lists = ["alerts", "events", "incidents", "items", "records", "data"];

    /// <summary>Facts about the delivery, which the server knows better or keeps anyway.</summary>
    public static bool IsIgnored(string name) => name is "sourceId" or "sourceType" or "receivedAt" or "raw" or "raw_provider" or "schema_version";

    /// <summary>Texts for people, and what is new with each delivery: they do not identify the alert.</summary>
    public static bool IsAnnotation(string name) =>
        name is "summary" or "message" or "text" or "subject" or "reason" or "details" or "body" or "comment" or "note" or "description"
            or "event_id" or "eventId" or "request_id" or "requestId" or "delivery_id" or "deliveryId" or "message_id" or "messageId"
            or "event" or "event_type" or "eventType" or "action" or "status" or "state"
            or "trace_id" or "traceId" or "span_id" or "spanId" or "correlation_id" or "correlationId" or "uuid"
        || (name != "name" && Id.Contains(name))
        || IsTime(name);

    /// <summary>Whether a whole number under this name tells one thing from another; most numbers are measurements.</summary>
    public static bool Identifies(string name) =>
        EndsWithWord(name, "id") || EndsWithWord(name, "port") || EndsWithWord(name, "shard") || EndsWithWord(name, "partition")
        || EndsWithWord(name, "replica") || EndsWithWord(name, "index") || EndsWithWord(name, "number") || EndsWithWord(name, "account")
        || EndsWithWord(name, "node") || EndsWithWord(name, "zone");

    /// <summary>Whether a web address under this name is one for people to follow.</summary>
    public static bool IsLink(string name) => EndsWithWord(name, "url") || EndsWithWord(name, "link") || name == "href";

    /// <summary>A link's text out of the name that it had: <c>runbook_url</c> and <c>runbookUrl</c> become Runbook.</summary>
    public static string LinkText(string name)
    {
        var stem = name.Length > 3 && EndsWithWord(name, "url") ? name[..^3]
            : name.Length > 4 && EndsWithWord(name, "link") ? name[..^4]
            : name;
        stem = stem.TrimEnd('_', '-', '.').Replace('_', ' ').Replace('-', ' ');
        return stem.Length == 0 || stem is "url" or "link" or "permalink" or "href" or "source" ? "Source" : $"{char.ToUpperInvariant(stem[0])}{stem[1..]}";
    }

    private static bool IsTime(string name) =>
        EndsWithWord(name, "at") || EndsWithWord(name, "time") || EndsWithWord(name, "timestamp") || EndsWithWord(name, "date") || name == "ts";

    /// <summary>Whether the last word of <c>snake_case</c>, <c>kebab-case</c> or <c>camelCase</c> is this one.</summary>
    private static bool EndsWithWord(string name, string word)
    {
        if (!name.EndsWith(word, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var at = name.Length - word.Length;
        return at == 0 || name[at - 1] is '_' or '-' or '.' or ' ' || (char.IsAsciiLetterUpper(name[at]) && !char.IsAsciiLetterUpper(name[at - 1]));
    }
}
