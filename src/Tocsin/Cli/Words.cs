using System.Globalization;
using Tocsin.Sdk;

namespace Tocsin.Cli;

/// <summary>The words and glyphs that all surfaces share: never colour alone, relative times first.</summary>
internal static class Words
{
    /// <summary>1 job, 2 jobs.</summary>
    public static string Count(long count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{count} {many ?? one + "s"}";

    public static Cell Severity(string severity) => severity switch
    {
        "critical" => new("◆ CRITICAL", Tone.Red),
        "high" => new("▲ HIGH", Tone.Yellow),
        "warning" => new("○ WARNING", Tone.Yellow),
        "info" => new("i INFO"),
        _ => new Cell(Plain.Line(severity)),
    };

    public static Cell Status(string status) => status switch
    {
        "triggered" => new("! triggered", Tone.Red),
        "firing" => new("! firing", Tone.Red),
        "acknowledged" => new("◐ acknowledged", Tone.Magenta),
        "snoozed" => new("z snoozed", Tone.Faint),
        "resolved" => new("✓ resolved", Tone.Green),
        "queued" => new("· queued", Tone.Faint),
        "sent" => new("✓ sent", Tone.Green),
        "failed" => new("✗ failed", Tone.Red),
        "cancelled" => new("– cancelled", Tone.Faint),
        "accepted" => new("✓ accepted", Tone.Green),
        "duplicate" => new("= duplicate", Tone.Faint),
        "partial" => new("◑ partial", Tone.Yellow),
        "unparsed" => new("✗ unparsed", Tone.Red),
        "refused" => new("✗ refused", Tone.Red),
        "open" => new("! open", Tone.Yellow),
        "closed" => new("✓ closed", Tone.Green),
        "waiting" => new("· waiting", Tone.Faint),
        "active" => new("● active", Tone.Yellow),
        "pending" => new("· pending", Tone.Faint),
        "expired" => new("✓ expired", Tone.Faint),
        _ => new Cell(Plain.Line(status)),
    };

    /// <summary>A kind of the log's lines, in the colour of what it means for somebody who watches.</summary>
    public static Cell Kind(string kind) => new(Plain.Line(kind), kind switch
    {
        "incident.triggered" or "incident.reopened" or "incident.unanswered" or "incident.nobody_told" or "estate.refused" or "contact.test_failed"
            or "page.failed" or "page.unreachable" => Tone.Red,
        "incident.paging" or "incident.escalated" or "incident.fell_through" or "incident.urgency_raised" or "page.retrying" or "page.fell_back" => Tone.Yellow,
        "incident.acknowledged" or "oncall.changed" => Tone.Magenta,
        "incident.resolved" or "alert.resolved" or "page.sent" => Tone.Green,
        "incident.snoozed" or "incident.waiting" or "incident.not_paged" or "page.cancelled" or "page.bundled" => Tone.Faint,
        _ => Tone.Strong,
    });

    /// <summary>The level of a published alert; null: it has none.</summary>
    public static Cell Level(string? level) => level?.ToLowerInvariant() switch
    {
        "error" => new("✗ error", Tone.Red),
        "warn" => new("○ warn", Tone.Yellow),
        "info" => new("i info"),
        null or "" => new("· alert"),
        _ => new Cell(Plain.Line(level!)),
    };

    /// <summary>Who has it or is being asked, in a few words.</summary>
    public static string Whose(Incident incident) => incident.Status switch
    {
        "acknowledged" => incident.AcknowledgedBy ?? "",
        "snoozed" => "",
        "resolved" => incident.ResolvedBy ?? "",
        _ => incident.Escalation switch
        {
            "paging" => "paging " + List(incident.Paging),
            "exhausted" => "nobody answered",
            "waiting" => "waiting",
            _ => "",
        },
    };

    public static string List(IEnumerable<string> words) => words.Any() ? string.Join(", ", words) : "nobody";

    public static string Labels(IReadOnlyDictionary<string, string> labels) =>
        string.Join(' ', labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));

    /// <summary>4 min ago, in 2 h.</summary>
    public static string Relative(DateTimeOffset at, DateTimeOffset now)
    {
        var distance = at - now;
        if (distance.Duration() < TimeSpan.FromSeconds(1))
        {
            return "now";
        }

        return distance < TimeSpan.Zero ? $"{Span(-distance)} ago" : $"in {Span(distance)}";
    }

    /// <summary>The largest whole unit: 40 s, 4 min, 3 h, 12 d.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => $"{(long)span.TotalSeconds} s",
        { TotalMinutes: < 60 } => $"{(long)span.TotalMinutes} min",
        { TotalHours: < 48 } => $"{(long)span.TotalHours} h",
        _ => $"{(long)span.TotalDays} d",
    };

    /// <summary>In the viewer's zone, with the offset: 2026-11-23 03:00:00 +01:00.</summary>
    public static string Absolute(DateTimeOffset at, TimeProvider time) =>
        TimeZoneInfo.ConvertTime(at, time.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture);

    /// <summary>4 min ago (2026-11-23 03:00:00 +01:00).</summary>
    public static string Both(DateTimeOffset at, TimeProvider time) => $"{Relative(at, time.GetUtcNow())} ({Absolute(at, time)})";
}
