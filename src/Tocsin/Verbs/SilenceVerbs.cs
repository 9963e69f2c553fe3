using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Muting what is known or planned; never without an end.</summary>
internal static class SilenceVerbs
{
    public static Command Create(Terminal terminal) => Create(
        "silence", "Mute alerts for a while", "silence", terminal,
        new(
            (client, ct) => client.ListSilencesAsync(ct), (client, request, ct) => client.AddSilenceAsync(request, ct), "Add a silence and show what it mutes", "List the silences", "No silences."));

    public static Command CreateMaintenance(Terminal terminal) => Create(
        "maintenance", "Plan work during which alerts page nobody", "maintenance", terminal,
        new(
            (client, ct) => client.ListMaintenanceAsync(ct), (client, request, ct) => client.AddMaintenanceAsync(request, ct),
            "Plan maintenance and show what it mutes", "List the maintenance windows", "No maintenance is planned."));

    private static Command Create(string name, string help, string what, Terminal terminal, Acts acts)
    {
        var verb = new Command(name, help);
        verb.Subcommands.Add(Add(terminal, what, acts));
        verb.Subcommands.Add(List(terminal, acts));
        verb.Subcommands.Add(Extend(terminal, what));
        verb.Subcommands.Add(Expire(terminal, what));
        return verb;
    }

    private static ClientVerb Add(Terminal terminal, string what, Acts acts)
    {
        var match = new Argument<string[]>("matcher")
        {
            Description = "service=checkout, severity!=critical, env=~\"dev|test\"; all must hold",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var service = new Option<string[]>("--service") { Description = "Only alerts of this service; repeat it", HelpName = "NAME", AllowMultipleArgumentsPerToken = true };
        var span = new Option<string?>("--for") { Description = "How long: 30m, 2h, 1d", HelpName = "SPAN" };
        var until = new Option<string?>("--until") { Description = "Until when: 09:00, 2026-11-23T09:00, or RFC 3339", HelpName = "TIME" };
        var from = new Option<string?>("--from") { Description = "From when. Default: now", HelpName = "TIME" };
        var daily = new Option<string?>("--daily") { Description = "Only at these times of the day: 22:00-04:00", HelpName = "FROM-TO" };
        var days = new Option<string?>("--days") { Description = "With --daily, the days on which it begins: sat,sun. Default: every day", HelpName = "DAYS" };
        var zone = new Option<string?>("--zone") { Description = "With --daily, the time zone: Europe/Berlin. Default: UTC", HelpName = "ZONE" };
        var resolved = new Option<bool>("--until-resolved") { Description = "End it earlier, as soon as all that it mutes has resolved" };
        var owner = new Option<string?>("--owner") { Description = "Who is told before it ends. Default: you", HelpName = "USER" };
        var comment = new Option<string?>("--comment", "-m") { Description = "Why, for those who find it; needed", HelpName = "TEXT" };
        var confirm = new Option<bool>("--confirm") { Description = "Mean it, although it mutes much" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what it would mute" };
        var verb = new ClientVerb("add", acts.AddHelp, terminal) { match, service, span, until, from, daily, days, zone, resolved, owner, comment, confirm, dryRun };
        verb.NeedsOneOf(span, until, "Say how long: either --for 2h or --until 09:00.");
        verb.Runs(async (parse, run, ct) =>
        {
            var times = parse.GetValue(daily)?.Split('-', 2, StringSplitOptions.TrimEntries);
            var request = new SilenceRequest(
                parse.GetValue(match) ?? [],
                Times.Given(parse.GetValue(from), terminal),
                Times.Given(parse.GetValue(until), terminal),
                Times.Span(parse.GetValue(span)),
                parse.GetValue(comment))
            {
                Services = parse.GetValue(service) ?? [],
                From = times?[0],
                To = times?.ElementAtOrDefault(1),
                Days = parse.GetValue(days)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
                TimeZone = parse.GetValue(zone) ?? (times is null ? null : "UTC"),
                UntilResolved = parse.GetValue(resolved),
                Owner = parse.GetValue(owner),
                Confirm = parse.GetValue(confirm),
            };
            var preview = await run.Client.PreviewSilenceAsync(request, ct);
            if (parse.GetValue(dryRun))
            {
                run.Show(preview, WireJson.Default.SilencePreview, () =>
                {
                    run.Line($"would mute {Reach(preview)}");
                    if (preview.Past is { } past)
                    {
                        run.Line($"in the last 7 days: {(past.AtLeast ? "at least " : "")}{past.Alerts} alerts in {past.Incidents} incidents, for which {past.Pages} pages were sent");
                    }
                });
                return ExitCode.Ok;
            }

            var silence = await acts.Add(run.Client, request, ct);
            run.Show(silence, WireJson.Default.SilenceView, () => run.Line(
                $"{what} {Plain.Line(silence.Id)} until {Words.Absolute(silence.EndsAt, terminal.Time)}; mutes {Reach(preview)}"));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static string Reach(SilencePreview preview)
    {
        var alerts = preview.Alerts switch
        {
            0 => "nothing that fires now",
            1 => "1 alert that fires now",
            var n => $"{n} alerts that fire now",
        };
        return preview.Incidents.Count > 0 ? $"{alerts} (in {string.Join(", ", preview.Incidents.Select(n => $"#{n}"))})" : alerts;
    }

    private static ClientVerb List(Terminal terminal, Acts acts)
    {
        var verb = new ClientVerb("ls", acts.ListHelp, terminal);
        verb.Runs(async (_, run, ct) =>
        {
            var page = await acts.List(run.Client, ct);
            run.Show(page, WireJson.Default.PageSilenceView, () =>
            {
                if (page.Items.Count == 0)
                {
                    run.Line(acts.None);
                    return;
                }

                var table = new Table("ID", "STATUS", "ENDS", "BY", "MATCHERS", "COMMENT");
                foreach (var silence in page.Items)
                {
                    table.Add(
                        silence.Id,
                        Words.Status(silence.Status),
                        silence.Repeats ?? Words.Relative(silence.EndsAt, run.Now),
                        silence.CreatedBy,
                        string.Join(", ", silence.Services.Select(s => $"service {s}").Concat(silence.Match)),
                        silence.Comment);
                }

                table.Write(terminal);
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Extend(Terminal terminal, string what)
    {
        var id = new Argument<string>("id") { Description = "Its id" };
        var span = new Option<string>("--for") { Description = "How much longer: 30m, 2h, 1d", HelpName = "SPAN", Required = true };
        var verb = new ClientVerb("extend", "Let one last longer", terminal) { id, span };
        verb.Runs(async (parse, run, ct) =>
        {
            var silence = await run.Client.ExtendSilenceAsync(parse.GetValue(id)!, Times.Span(parse.GetValue(span)) ?? "", ct);
            run.Show(silence, WireJson.Default.SilenceView, () => run.Line($"{what} {Plain.Line(silence.Id)} now ends {Words.Absolute(silence.EndsAt, terminal.Time)}"));
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Expire(Terminal terminal, string what)
    {
        var ids = new Argument<string[]>("id") { Description = "Their ids", Arity = ArgumentArity.OneOrMore };
        var verb = new ClientVerb("expire", "End them now", terminal) { ids };
        verb.Runs(async (parse, run, ct) =>
        {
            foreach (var id in parse.GetValue(ids)!)
            {
                await run.Client.ExpireSilenceAsync(id, ct);
                run.Aside($"{what} {Plain.Line(id)} has ended");
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    /// <summary>What differs between silences and maintenance windows.</summary>
    private sealed record Acts(
        Func<TocsinClient, CancellationToken, Task<Page<SilenceView>>> List, Func<TocsinClient, SilenceRequest, CancellationToken, Task<SilenceView>> Add,
        string AddHelp, string ListHelp, string None);
}
