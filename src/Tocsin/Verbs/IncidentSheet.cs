using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>One incident on a screen: what is wrong, who has it, what happens next, and how it came to that.</summary>
internal static class IncidentSheet
{
    public static void Write(Terminal terminal, IncidentDetail detail)
    {
        var incident = detail.Incident;
        terminal.Out.WriteLine(
            $"{terminal.Paint(new($"#{incident.Number}", Tone.Strong))}  {terminal.Paint(Words.Severity(incident.Severity))}  "
            + $"{terminal.Paint(Words.Status(incident.Status))}  {terminal.Paint(new(Plain.Line(incident.Title), Tone.Strong))}");
        if (!string.IsNullOrWhiteSpace(incident.Description))
        {
            terminal.Out.WriteLine(Plain.Block(incident.Description).Trim());
        }

        terminal.Out.WriteLine();
        WriteFacts(terminal, incident);
        WriteAlerts(terminal, detail.Alerts);
        WritePages(terminal, detail.Pages);
        WriteTimeline(terminal, detail.Timeline);
    }

    private static void WriteFacts(Terminal terminal, Incident incident)
    {
        Fact(terminal, "since", Words.Both(incident.CreatedAt, terminal.Time));
        Fact(terminal, "service", incident.Service);
        Fact(terminal, "environment", incident.Environment);
        Fact(terminal, "route", $"{incident.Route} → policy {incident.Policy}, {incident.Urgency} urgency");
        Fact(terminal, "state", State(incident, terminal.Now));
        Fact(terminal, "grouped by", incident.GroupLabels.Count > 0 ? Words.Labels(incident.GroupLabels) : null);
        Fact(terminal, "acknowledged", By(incident.AcknowledgedAt, incident.AcknowledgedBy, terminal));
        Fact(terminal, "snoozed until", incident.SnoozedUntil is { } until ? Words.Both(until, terminal.Time) : null);
        Fact(terminal, "resolved", By(incident.ResolvedAt, incident.ResolvedBy, terminal));
        Fact(terminal, "page", incident.Url);
    }

    /// <summary>What the escalation does, and what it does next if nobody answers.</summary>
    private static string? State(Incident incident, DateTimeOffset now)
    {
        var step = $"step {incident.Step} of {incident.Steps}" + (incident.Rounds > 1 ? $", round {incident.Round} of {incident.Rounds}" : "");
        var next = incident.NextAt is { } at ? $"; then {Words.List(incident.Next)} {Words.Relative(at, now)}" : "";
        return incident.Escalation switch
        {
            "waiting" => incident.NextAt is { } begins ? $"collecting alerts, paging begins {Words.Relative(begins, now)}" : "collecting alerts",
            "paging" => $"paging {Words.List(incident.Paging)} ({step}){next}",
            "exhausted" => "every step was tried and nobody answered",
            _ => null,
        };
    }

    private static string? By(DateTimeOffset? at, string? who, Terminal terminal) =>
        at is { } instant ? (who is null ? "" : $"by {who}, ") + Words.Both(instant, terminal.Time) : null;

    private static void Fact(Terminal terminal, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            terminal.Out.WriteLine($"{terminal.Paint(new(name.PadRight(14), Tone.Faint))}{Plain.Line(value)}");
        }
    }

    private static void WriteAlerts(Terminal terminal, IReadOnlyList<Alert> alerts)
    {
        Heading(terminal, $"ALERTS ({alerts.Count})");
        var table = new Table("STATUS", "SINCE", "SOURCE", "TITLE", "LABELS");
        foreach (var alert in alerts)
        {
            table.Add(
                Words.Status(alert.Status),
                Words.Relative(alert.StartedAt, terminal.Now),
                alert.Source,
                alert.Title,
                new(Plain.Line(Words.Labels(alert.Labels)), Tone.Faint));
        }

        table.Write(terminal);
    }

    /// <summary>What was sent to whom, or is about to be, and the recorded reason of each.</summary>
    public static void WritePages(Terminal terminal, IReadOnlyList<PageView> pages)
    {
        if (pages.Count == 0)
        {
            return;
        }

        Heading(terminal, $"PAGES ({pages.Count})");
        var table = new Table("STATUS", "WHEN", "TO", "BY", "KIND", "WHY");
        foreach (var page in pages)
        {
            table.Add(
                Words.Status(page.Status),
                Words.Relative(page.SentAt ?? page.DueAt, terminal.Now),
                page.Recipient,
                page.Method == page.Type ? page.Type : $"{page.Method} ({page.Type})",
                page.Kind,
                page.Reason ?? page.Because);
        }

        table.Write(terminal);
    }

    private static void WriteTimeline(Terminal terminal, IReadOnlyList<EventView> timeline)
    {
        Heading(terminal, "TIMELINE");
        var table = new Table("AT", "WHO", "WHAT");
        foreach (var e in timeline.OrderBy(e => e.Seq))
        {
            table.Add(Words.Absolute(e.At, terminal.Time), e.Actor, $"{e.Kind.Replace('.', ' ').Replace('_', ' ')}: {e.Reason}");
        }

        table.Write(terminal);
    }

    private static void Heading(Terminal terminal, string text)
    {
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(terminal.Paint(new(text, Tone.Strong)));
    }
}
