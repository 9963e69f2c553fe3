using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Tocsin.Cli;
using Tocsin.Estate;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>What happened over weeks: how fast, to whom, how fairly, and for what.</summary>
internal static class ReportVerbs
{
    private const string Usual = "28d";

    public static Command Create(Terminal terminal)
    {
        var verb = new Command("report", "Reports over a span of time: response, people, fairness, noise");
        verb.Subcommands.Add(Of("response", "How many incidents there were, and how fast they were answered and ended", terminal, WireJson.Default.ResponseReportView,
            (client, asked, ct) => client.GetResponseReportAsync(asked, ct), Write));
        verb.Subcommands.Add(Of("people", "Who was paged how often, and who was woken", terminal, WireJson.Default.PeopleReportView,
            (client, asked, ct) => client.GetPeopleReportAsync(asked, ct), Write));
        verb.Subcommands.Add(Of("fairness", "Who was on call how much, and what would have been fair", terminal, WireJson.Default.FairnessReportView,
            (client, asked, ct) => client.GetFairnessReportAsync(asked, ct), Write));
        verb.Subcommands.Add(Of("noise", "Which alerts were noise, and what to do about it", terminal, WireJson.Default.NoiseReportView,
            (client, asked, ct) => client.GetNoiseReportAsync(asked, ct), Write));
        return verb;
    }

    private static ClientVerb Of<T>(
        string name, string says, Terminal terminal, JsonTypeInfo<T> type, Func<TocsinClient, ReportRequest, CancellationToken, Task<T>> get, Action<ClientRun, T> write)
    {
        var last = new Option<string>("--last", "-l") { Description = $"How far back from now, such as 7d or 12h. Default: {Usual}", HelpName = "SPAN", DefaultValueFactory = _ => Usual };
        var from = new Option<string?>("--from") { Description = "Instead: from when, 2026-11-01T00:00 or RFC 3339", HelpName = "TIME" };
        var to = new Option<string?>("--to") { Description = "Until when. Default: now, or 28 days after --from where that is ahead", HelpName = "TIME" };
        var team = new Option<string?>("--team") { Description = "Only this team's services; for fairness its schedules", HelpName = "TEAM" };
        var service = new Option<string?>("--service") { Description = "Only this service", HelpName = "SERVICE" };
        var verb = new ClientVerb(name, says, terminal) { last, from, to, team, service };
        verb.Runs(async (parse, run, ct) =>
        {
            var end = Times.Given(parse.GetValue(to), terminal);
            var begin = Times.Given(parse.GetValue(from), terminal);
            if (begin is null)
            {
                begin = (end ?? terminal.Now) - (DurationText.TryParse(parse.GetValue(last)!, out var span) && span > TimeSpan.Zero
                    ? span
                    : throw new CliException(ExitCode.Usage, $"'{parse.GetValue(last)}' is not a span of time", "write 7d, 12h or 1d12h"));
            }

            var zone = terminal.Time.LocalTimeZone;
            var report = await get(run.Client, new(begin, end, parse.GetValue(team), parse.GetValue(service), zone.HasIanaId ? zone.Id : null), ct);
            run.Show(report, type, () => write(run, report));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static void Write(ClientRun run, ResponseReportView report)
    {
        Head(run, report.Scope);
        if (report.All.Incidents == 0)
        {
            run.Line("No incidents.");
            return;
        }

        var table = new Table("OF", "INCIDENTS", "HIGH", "LOW", "OPEN", "ACK MEDIAN", "ACK P90", "RESOLVE MEDIAN", "RESOLVE P90", "ENDED ALONE", "REOPENED");
        void Add(string name, ResponseFiguresView f) => table.Add(
            name, $"{f.Incidents}", $"{f.HighUrgency}", $"{f.LowUrgency}", $"{f.Incidents - f.Resolved}", Span(f.TimeToAcknowledge?.MedianSeconds), Span(f.TimeToAcknowledge?.P90Seconds),
            Span(f.TimeToResolve?.MedianSeconds), Span(f.TimeToResolve?.P90Seconds), $"{f.EndedAlone}", $"{f.Reopened}");
        Add("all", report.All);
        foreach (var line in report.Teams)
        {
            Add(line.Name is { } name ? $"team {name}" : "no team", line.Figures);
        }

        foreach (var line in report.Services)
        {
            Add(line.Name is { } name ? $"service {name}" : "no service", line.Figures);
        }

        table.Write(run.Terminal);
        if (report.All is { Waiting: > 0 and var waiting, LongestWaitSeconds: { } longest })
        {
            run.Line($"! {Words.Count(waiting, "open incident")} nobody has answered yet, the longest for {Span(longest)}; not in these times");
        }
    }

    private static void Write(ClientRun run, PeopleReportView report)
    {
        Head(run, report.Scope);
        if (report.People.Count == 0)
        {
            run.Line("Nobody was paged.");
            return;
        }

        var table = new Table("USER", "PAGES", "HIGH", "AT NIGHT", "WEEKEND", "WOKEN", "BROKEN NIGHTS", "ANSWERED", "SETTLED", "MISSED", "ANSWER MEDIAN", "ANSWER P90", "ZONE");
        foreach (var p in report.People)
        {
            table.Add(
                p.User, $"{p.Pages}", $"{p.HighUrgency}", $"{p.AtNight}", $"{p.OnWeekend}", $"{p.Woken}", $"{p.BrokenNights}", $"{p.Answered}", $"{p.Settled}", $"{p.Missed}",
                Span(p.TimeToAnswer?.MedianSeconds), Span(p.TimeToAnswer?.P90Seconds), p.TimeZoneAssumed ? $"{p.TimeZone} (assumed)" : p.TimeZone);
        }

        table.Write(run.Terminal);
    }

    private static void Write(ClientRun run, FairnessReportView report)
    {
        Head(run, report.Scope);
        if (report.People.Count == 0)
        {
            run.Line("Nobody was on call.");
            return;
        }

        run.Line(report.Score is { } score
            ? $"score {Number(score)} of 100 (hours {Score(report.HoursScore)}, nights {Score(report.NightsScore)}, weekends {Score(report.WeekendsScore)})"
            : "no score: fewer than two people have a share");
        var table = new Table("USER", "HOURS", "EXPECTED", "NIGHT HOURS", "EXPECTED", "WEEKEND HOURS", "EXPECTED", "NIGHTS", "WEEKENDS", "PAGES", "WOKEN");
        foreach (var p in report.People)
        {
            table.Add(
                p.User, Number(p.Real.Hours), Number(p.Expected.Hours), Number(p.Real.NightHours), Number(p.Expected.NightHours), Number(p.Real.WeekendHours), Number(p.Expected.WeekendHours),
                $"{p.Nights}", $"{p.Weekends}", $"{p.Pages}", $"{p.Woken}");
        }

        table.Write(run.Terminal);
        if (report.CoversKeptSince > report.Scope.From)
        {
            run.Line($"covers and time off are kept since {Words.Absolute(report.CoversKeptSince, run.Terminal.Time)}: before that, shares are those of the rotations alone");
        }

        foreach (var schedule in report.Schedules)
        {
            if (schedule.GapHours > 0)
            {
                run.Line($"! nobody is on call for {Plain.Line(schedule.Schedule)} in {Number(schedule.GapHours)} of these hours");
            }

            if (!schedule.WholeCycle)
            {
                run.Line($"{Plain.Line(schedule.Schedule)} takes {Number(schedule.CycleDays)} days until everybody has had their turns: this span can't be even");
            }
        }
    }

    private static void Write(ClientRun run, NoiseReportView report)
    {
        Head(run, report.Scope);
        if (report.Alerts.Count == 0)
        {
            run.Line("No alerts.");
            return;
        }

        var table = new Table("ALERT", "SERVICE", "SOURCE", "INCIDENTS", "PAGES", "AT NIGHT", "ENDED SOON ALONE", "NEVER ANSWERED", "FLAPS");
        foreach (var a in report.Alerts)
        {
            table.Add(
                a.Name, a.Service ?? "", a.Source, $"{a.Incidents}", $"{a.Pages}", $"{a.PagesAtNight}", Share(a.EndedSoonAlone, a.Ended), Share(a.NeverAnswered, a.Ended), $"{a.Flaps}");
        }

        table.Write(run.Terminal);
        foreach (var a in report.Alerts.Where(a => a.Advice.Count > 0))
        {
            run.Line("");
            run.Line($"{Plain.Line(a.Name)}{(a.Service is { } service ? $" ({Plain.Line(service)})" : "")}:");
            foreach (var advice in a.Advice)
            {
                run.Line($"  {Plain.Line(advice.Text)}");
            }
        }
    }

    private static void Head(ClientRun run, ReportScope scope)
    {
        run.Aside($"{Words.Absolute(scope.From, run.Terminal.Time)} to {Words.Absolute(scope.To, run.Terminal.Time)}{(scope.Team is { } team ? $", team {team}" : "")}{(scope.Service is { } service ? $", service {service}" : "")}");
        if (scope.KeptSince > scope.From)
        {
            run.Aside($"little or nothing is known of the time before {Words.Absolute(scope.KeptSince.Value, run.Terminal.Time)}");
        }
    }

    private static string Share(int part, int of) => of == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{part * 100 / of} % of {of}");

    private static string Span(double? seconds) => seconds is { } known ? Exact(TimeSpan.FromSeconds(known)) : "–";

    private static string Exact(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => $"{(long)span.TotalSeconds} s",
        { TotalHours: < 1 } => $"{span.Minutes} min {span.Seconds} s",
        { TotalDays: < 2 } => $"{(long)span.TotalHours} h {span.Minutes} min",
        _ => $"{(long)span.TotalDays} d {span.Hours} h",
    };

    private static string Score(double? score) => score is { } known ? Number(known) : "–";

    private static string Number(double number) => number.ToString("0.#", CultureInfo.InvariantCulture);
}
