using System.Buffers;
using System.Globalization;
using System.Text;
using Tocsin.Sdk;

namespace Tocsin.Reports;

/// <summary>
/// Reports as RFC 4180 text for spreadsheets, with a byte order mark so that they know it is UTF-8. A text that a spreadsheet would take for a formula has an
/// apostrophe before it: names of alerts come from outside.
/// </summary>
internal static class ReportCsv
{
    private static readonly SearchValues<char> _quoted = SearchValues.Create("\",;\r\n\t");

    public static byte[] Of(ResponseReportView report) => Text(
        ["scope", "name", "incidents", "high_urgency", "low_urgency", "triggered", "acknowledged", "snoozed", "resolved", "ended_alone", "reopened", "waiting",
         "acknowledged_by_people", "ack_median_s", "ack_mean_s", "ack_p90_s", "resolved_by_people", "resolve_median_s", "resolve_mean_s", "resolve_p90_s", "end_alone_median_s"],
        report.Teams.Select(t => ("team", t.Name, t.Figures)).Prepend(("all", "", report.All)).Concat(report.Services.Select(s => ("service", s.Name, s.Figures))).Select(object?[] (line) =>
        {
            var (scope, name, f) = line;
            return
            [
                scope, name, f.Incidents, f.HighUrgency, f.LowUrgency, f.Triggered, f.Acknowledged, f.Snoozed, f.Resolved, f.EndedAlone, f.Reopened, f.Waiting,
                f.TimeToAcknowledge?.Count ?? 0, f.TimeToAcknowledge?.MedianSeconds, f.TimeToAcknowledge?.MeanSeconds, f.TimeToAcknowledge?.P90Seconds,
                f.TimeToResolve?.Count ?? 0, f.TimeToResolve?.MedianSeconds, f.TimeToResolve?.MeanSeconds, f.TimeToResolve?.P90Seconds, f.TimeToEndAlone?.MedianSeconds,
            ];
        }));

    public static byte[] Of(PeopleReportView report) => Text(
        ["user", "time_zone", "pages", "high_urgency", "messages", "at_night", "on_weekend", "woken", "broken_nights", "worst_night", "worst_night_messages", "answered", "settled",
         "missed", "waiting", "answer_median_s", "answer_mean_s", "answer_p90_s"],
        report.People.Select(object?[] (p) =>
        [
            p.User, p.TimeZone, p.Pages, p.HighUrgency, p.Messages, p.AtNight, p.OnWeekend, p.Woken, p.BrokenNights, p.WorstNight?.ToString("O", CultureInfo.InvariantCulture),
            p.WorstNightMessages, p.Answered, p.Settled, p.Missed, p.Waiting, p.TimeToAnswer?.MedianSeconds, p.TimeToAnswer?.MeanSeconds, p.TimeToAnswer?.P90Seconds,
        ]));

    public static byte[] Of(FairnessReportView report) => Text(
        ["user", "time_zone", "hours", "night_hours", "weekend_hours", "planned_hours", "planned_night_hours", "planned_weekend_hours", "expected_hours", "expected_night_hours",
         "expected_weekend_hours", "nights", "weekends", "pages", "woken"],
        report.People.Select(object?[] (p) =>
        [
            p.User, p.TimeZone, p.Real.Hours, p.Real.NightHours, p.Real.WeekendHours, p.Planned.Hours, p.Planned.NightHours, p.Planned.WeekendHours,
            p.Expected.Hours, p.Expected.NightHours, p.Expected.WeekendHours, p.Nights, p.Weekends, p.Pages, p.Woken,
        ]));

    public static byte[] Of(NoiseReportView report) => Text(
        ["name", "service", "source", "severity", "incidents", "pages", "pages_at_night", "ended", "ended_soon_alone", "never_answered", "flaps", "advice"],
        report.Alerts.Select(object?[] (a) =>
        [
            a.Name, a.Service, a.Source, a.Severity, a.Incidents, a.Pages, a.PagesAtNight, a.Ended, a.EndedSoonAlone, a.NeverAnswered, a.Flaps,
            string.Join(' ', a.Advice.Select(v => v.Text)),
        ]));

    /// <summary>One text as a cell: quoted where it must be, and never a formula.</summary>
    public static string Cell(string text)
    {
        // Some programs skip blanks before they look for a formula.
        var safe = text.TrimStart() is ['=' or '+' or '-' or '@' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20', ..] || text is ['\t' or '\r' or '\n', ..] ? $"'{text}" : text;
        return !safe.AsSpan().ContainsAny(_quoted) && safe.Trim() == safe ? safe : $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static byte[] Text(string[] headings, IEnumerable<object?[]> rows)
    {
        var text = new StringBuilder("\uFEFF").AppendJoin(',', headings).Append("\r\n");
        foreach (var row in rows)
        {
            text.AppendJoin(',', row.Select(value => value is string s ? Cell(s) : Convert.ToString(value, CultureInfo.InvariantCulture))).Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
