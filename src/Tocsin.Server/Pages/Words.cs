namespace Tocsin.Pages;

/// <summary>How a word of the domain looks: never by colour alone, so each has a glyph and a word.</summary>
/// <param name="Glyph">One character of the system font; decoration beside the word.</param>
/// <param name="Css">The class that sets the colour token.</param>
public readonly record struct Look(string Glyph, string Word, string Css);

/// <summary>The one place that decides how severities, states and verdicts are shown.</summary>
public static class Words
{
    public static Look Severity(string severity) => severity switch
    {
        "critical" => new("◆", "Critical", "critical"),
        "high" => new("▲", "High", "high"),
        "warning" => new("○", "Warning", "warning"),
        "info" => new("i", "Info", "info"),
        _ => new("–", severity, "low"),
    };

    /// <summary>4 for critical down to 1 for info; 0 for anything else.</summary>
    public static int SeverityRank(string severity) => severity switch
    {
        "critical" => 4,
        "high" => 3,
        "warning" => 2,
        "info" => 1,
        _ => 0,
    };

    public static Look Incident(string status) => status switch
    {
        "triggered" => new("●", "Triggered", "critical"),
        "acknowledged" => new("◐", "Acknowledged", "ack"),
        "snoozed" => new("z", "Snoozed", "low"),
        "resolved" => new("✓", "Resolved", "ok"),
        _ => new("–", status, "low"),
    };

    public static Look Alert(string status) => status switch
    {
        "firing" => new("●", "firing", "critical"),
        "resolved" => new("✓", "resolved", "ok"),
        _ => new("–", status, "low"),
    };

    public static Look Page(string status) => status switch
    {
        "queued" => new("…", "queued", "info"),
        "sent" => new("✓", "sent", "ok"),
        "failed" => new("✕", "failed", "critical"),
        "cancelled" => new("–", "not sent", "low"),
        _ => new("–", status, "low"),
    };

    public static Look Issue(Sdk.IssueView issue) => issue switch
    {
        { FailedAt: not null } => new("✕", "given up", "critical"),
        { State: "open" } => new("○", "open", "warning"),
        { State: "closed" } => new("✓", "closed", "ok"),
        _ => new("…", "waiting", "info"),
    };

    public static Look Delivery(string verdict) => verdict switch
    {
        "accepted" => new("✓", "accepted", "ok"),
        "duplicate" => new("=", "duplicate", "low"),
        "partial" => new("◐", "partly read", "warning"),
        "unparsed" => new("✕", "not readable", "critical"),
        "refused" => new("✕", "refused", "critical"),
        _ => new("–", verdict, "low"),
    };

    /// <summary>The level of a published alert; null: its sender gave none.</summary>
    public static Look Level(string? level) => level?.ToLowerInvariant() switch
    {
        "error" => new("✕", "Error", "critical"),
        "warn" => new("○", "Warning", "warning"),
        "info" => new("i", "Info", "info"),
        null or "" => new("·", "Alert", "low"),
        _ => new("·", level!, "low"),
    };

    public static Look Silence(string status) => status switch
    {
        "active" => new("●", "active", "ack"),
        "pending" => new("○", "pending", "info"),
        "expired" => new("–", "expired", "low"),
        _ => new("–", status, "low"),
    };

    /// <summary>What a timeline line is about, by its kind; people are told apart by the actor.</summary>
    public static (string Group, string Glyph) Event(string kind, string actor)
    {
        var person = actor.StartsWith("user:", StringComparison.Ordinal) || actor.StartsWith("key:", StringComparison.Ordinal);
        var head = kind.AsSpan(0, kind.IndexOf('.', StringComparison.Ordinal) is > 0 and var dot ? dot : kind.Length);
        var group = head switch
        {
            "alert" => "alerts",
            "page" or "notice" or "contact" => "pages",
            _ => person ? "people" : "decisions",
        };
        return (group, kind switch
        {
            "incident.triggered" or "incident.reopened" => "◆",
            "incident.paging" or "incident.escalated" or "incident.fell_through" => "→",
            "incident.waiting" => "…",
            "incident.acknowledged" => "◐",
            "incident.resolved" or "alert.resolved" => "✓",
            "incident.snoozed" => "z",
            "incident.note_added" => "✎",
            "incident.unanswered" or "incident.nobody_told" or "page.failed" or "page.unreachable" or "issue.failed" => "✕",
            "page.cancelled" => "–",
            _ => group switch { "alerts" => "●", "pages" => "☎", "people" => "◐", _ => "·" },
        });
    }

    /// <summary>What happened, in a word or two before the recorded reason; null where the reason says it.</summary>
    public static string? EventLead(string kind) => kind switch
    {
        "incident.triggered" => "Triggered by route",
        "incident.waiting" => "Waiting",
        "incident.paging" => "Paging",
        "incident.escalated" => "Escalated",
        "incident.not_paged" => "Not paged",
        "incident.fell_through" => "Fell through",
        "incident.acknowledged" => "Acknowledged",
        "incident.resolved" => "Resolved",
        "incident.closed" => "Closed",
        "incident.resolution_added" => "Resolution",
        "incident.reviewed" => "Likely cause, as the model sees it",
        "incident.action_recommended" => "Recommended by the model",
        "incident.reopened" => "Reopened",
        "incident.snoozed" => "Snoozed",
        "incident.unsnoozed" => "Pages again",
        "incident.urgency_raised" => "Urgency raised",
        "incident.unanswered" => "Nobody answered",
        "incident.nobody_told" => "Nobody told",
        "incident.unanswered_over" => "Not told again",
        "incident.tried_again" => "Tried again",
        "incident.step_skipped" => "Step passed",
        "incident.reassigned" => "Handed over",
        "incident.policy_moved" => "New version",
        "incident.help_asked" => "Help asked",
        "incident.help_joined" => "Joins",
        "incident.help_declined" => "Declines",
        "incident.reminded" => "Reminded",
        "incident.acknowledgement_expired" => "Pages again",
        "incident.update_told" => "Update sent",
        "oncall.changed" => "On call",
        "page.queued" => "Page queued",
        "page.sent" => "Page sent",
        "page.retrying" => "Page tried again",
        "page.failed" => "Page failed",
        "page.cancelled" => "Page not sent",
        "page.fell_back" => "Next method",
        "page.bundled" => "Pages bundled",
        "page.waits" => "Page waits",
        "page.held" => "Page waits",
        "page.delivered" => "Page delivered",
        "page.seen" => "Page seen",
        "page.unreachable" => "Not reached",
        _ => null,
    };

    public static string Count(long count, string one, string many) => count == 1 ? $"1 {one}" : $"{count} {many}";

    /// <summary>The text with a great letter at its beginning.</summary>
    public static string Sentence(string text) => text.Length == 0 ? text : $"{char.ToUpperInvariant(text[0])}{text[1..]}";

    /// <summary>"ana", "ana and bo", "ana, bo and chen".</summary>
    public static string And(IReadOnlyList<string> items) => items.Count switch
    {
        0 => "nobody",
        1 => items[0],
        _ => string.Join(", ", items.Take(items.Count - 1)) + " and " + items[^1],
    };

    /// <summary>A span in the words that estates use, rounded to what a reader needs: 45 s, 4 min, 2 h 5 min, 3 d.</summary>
    public static string Span(TimeSpan span)
    {
        var s = span.Duration();
        return s switch
        {
            { TotalSeconds: < 60 } => $"{(int)s.TotalSeconds} s",
            { TotalMinutes: < 60 } => $"{(int)s.TotalMinutes} min",
            { TotalHours: < 24 } when s.Minutes > 0 && s.TotalHours < 10 => $"{(int)s.TotalHours} h {s.Minutes} min",
            { TotalHours: < 48 } => $"{(int)s.TotalHours} h",
            _ => $"{(int)s.TotalDays} d",
        };
    }
}
