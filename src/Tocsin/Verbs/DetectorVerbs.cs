using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>What looks for trouble in logs and metrics, what it found, and what it would have found.</summary>
internal static class DetectorVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("detectors", "Detectors of trouble in logs and metrics");
        verb.Subcommands.Add(List(terminal));
        verb.Subcommands.Add(History(terminal));
        verb.Subcommands.Add(Preview(terminal));
        return verb;
    }

    private static ClientVerb List(Terminal terminal)
    {
        var verb = new ClientVerb("list", "List detectors and what they found last", terminal);
        verb.Aliases.Add("ls");
        verb.Runs(async (_, run, ct) =>
        {
            var list = await run.Client.ListDetectorsAsync(ct);
            run.Show(list, WireJson.Default.DetectorList, () =>
            {
                var table = new Table("DETECTOR", "IS", "OPEN", "RULES", "LAST", "FINDING");
                foreach (var detector in list.Items)
                {
                    table.Add(
                        detector.Id, detector.Enabled ? "on" : "off", $"{detector.Open}", string.Join(", ", detector.Rules),
                        detector.Last is { } last ? Words.Relative(last.OpenedAt, run.Now) : "–", detector.Last?.Title);
                }

                table.Write(terminal);
                run.Line(list.LookedAt is { } at ? $"looked {Words.Relative(at, run.Now)}" : "they have not looked yet");
                foreach (var skipped in list.Skipped)
                {
                    run.Line($"! not looked at: {Plain.Line(skipped)}");
                }
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb History(Terminal terminal)
    {
        var detector = new Argument<string>("DETECTOR") { Description = "As the list names it" };
        var service = new Option<string?>("--service") { Description = "Only of this service", HelpName = "SERVICE" };
        var paging = new Paging();
        var verb = new ClientVerb("history", "List what a detector found, newest first", terminal) { detector, service, paging.Limit, paging.Cursor };
        verb.Runs(async (parse, run, ct) =>
        {
            var page = await paging.ReadAsync(parse, (cursor, limit) => run.Client.ListFindingsAsync(parse.GetValue(detector)!, parse.GetValue(service), cursor, limit, ct));
            run.Show(page, WireJson.Default.PageFindingView, () =>
            {
                Write(run, page.Items);
                Paging.Announce(run, page.NextCursor);
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Preview(Terminal terminal)
    {
        var detector = new Argument<string>("DETECTOR") { Description = "As the list names it" };
        var service = new Option<string?>("--service") { Description = "Only this service", HelpName = "SERVICE" };
        var days = new Option<int>("--days") { Description = "How far back, 1 to 7", HelpName = "DAYS", DefaultValueFactory = _ => 1 };
        var settings = new Option<string[]>("--set") { Description = "A further key of a detector of the estate, such as sensitivity=high", HelpName = "KEY=VALUE" };
        var verb = new ClientVerb("preview", "Show when a detector would have found something", terminal) { detector, service, days, settings };
        verb.Runs(async (parse, run, ct) =>
        {
            var given = (parse.GetValue(settings) ?? []).Select(s => s.Split('=', 2)).ToList();
            if (given.Find(s => s.Length != 2) is { } wrong)
            {
                throw new CliException(ExitCode.Usage, $"'{wrong[0]}' is no setting", "write --set sensitivity=high");
            }

            var preview = await run.Client.PreviewDetectorAsync(
                new()
                {
                    Type = parse.GetValue(detector)!,
                    Service = parse.GetValue(service),
                    Days = parse.GetValue(days),
                    Settings = given.GroupBy(s => s[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal),
                },
                ct);
            run.Show(preview, WireJson.Default.DetectorPreview, () =>
            {
                Write(run, preview.Findings);
                foreach (var skipped in preview.Skipped)
                {
                    run.Line($"! not looked at: {Plain.Line(skipped)}");
                }
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static void Write(ClientRun run, IReadOnlyList<FindingView> findings)
    {
        if (findings.Count == 0)
        {
            run.Line("No findings.");
            return;
        }

        foreach (var finding in findings)
        {
            var end = finding.EndedAt is { } ended ? $"until {Words.Absolute(ended, run.Terminal.Time)}" : "not over";
            run.Line($"{Words.Absolute(finding.OpenedAt, run.Terminal.Time)}  {end}  {finding.Severity}  {Plain.Line(finding.Title)}");
            foreach (var evidence in finding.Evidence)
            {
                run.Line($"  - {Plain.Line(evidence)}");
            }
        }
    }
}
