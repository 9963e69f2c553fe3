using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Muting what is known; never without an end.</summary>
internal static class SilenceVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("silence", "Mute alerts for a while");
        verb.Subcommands.Add(Add(terminal));
        verb.Subcommands.Add(List(terminal));
        verb.Subcommands.Add(Expire(terminal));
        return verb;
    }

    private static ClientVerb Add(Terminal terminal)
    {
        var match = new Argument<string[]>("matcher")
        {
            Description = "service=checkout, severity!=critical, env=~\"dev|test\"; all must hold",
            Arity = ArgumentArity.OneOrMore,
        };
        var span = new Option<string?>("--for") { Description = "How long: 30m, 2h, 1d", HelpName = "SPAN" };
        var until = new Option<string?>("--until") { Description = "Until when: 09:00, 2026-11-23T09:00, or RFC 3339", HelpName = "TIME" };
        var from = new Option<string?>("--from") { Description = "From when. Default: now", HelpName = "TIME" };
        var comment = new Option<string?>("--comment", "-m") { Description = "Why, for those who find it", HelpName = "TEXT" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what it would mute now" };
        var verb = new ClientVerb("add", "Add a silence and show what it mutes", terminal) { match, span, until, from, comment, dryRun };
        verb.NeedsOneOf(span, until, "Say how long: either --for 2h or --until 09:00.");
        verb.Runs(async (parse, run, ct) =>
        {
            var request = new SilenceRequest(
                parse.GetValue(match)!,
                Times.Given(parse.GetValue(from), terminal),
                Times.Given(parse.GetValue(until), terminal),
                Times.Span(parse.GetValue(span)),
                parse.GetValue(comment));
            var preview = await run.Client.PreviewSilenceAsync(request, ct);
            if (parse.GetValue(dryRun))
            {
                run.Show(preview, WireJson.Default.SilencePreview, () => run.Line($"would mute {Reach(preview)}"));
                return ExitCode.Ok;
            }

            var silence = await run.Client.AddSilenceAsync(request, ct);
            run.Show(silence, WireJson.Default.SilenceView, () => run.Line(
                $"silence {Plain.Line(silence.Id)} until {Words.Absolute(silence.EndsAt, terminal.Time)}; mutes {Reach(preview)}"));
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

    private static ClientVerb List(Terminal terminal)
    {
        var verb = new ClientVerb("ls", "List the silences", terminal);
        verb.Runs(async (_, run, ct) =>
        {
            var page = await run.Client.ListSilencesAsync(ct);
            run.Show(page, WireJson.Default.PageSilenceView, () =>
            {
                if (page.Items.Count == 0)
                {
                    run.Line("No silences.");
                    return;
                }

                var table = new Table("ID", "STATUS", "ENDS", "BY", "MATCHERS", "COMMENT");
                foreach (var silence in page.Items)
                {
                    table.Add(
                        silence.Id,
                        Words.Status(silence.Status),
                        Words.Relative(silence.EndsAt, run.Now),
                        silence.CreatedBy,
                        string.Join(", ", silence.Match),
                        silence.Comment);
                }

                table.Write(terminal);
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Expire(Terminal terminal)
    {
        var ids = new Argument<string[]>("id") { Description = "The silences' ids", Arity = ArgumentArity.OneOrMore };
        var verb = new ClientVerb("expire", "End silences now", terminal) { ids };
        verb.Runs(async (parse, run, ct) =>
        {
            foreach (var id in parse.GetValue(ids)!)
            {
                await run.Client.ExpireSilenceAsync(id, ct);
                run.Aside($"silence {Plain.Line(id)} has ended");
            }

            return ExitCode.Ok;
        });
        return verb;
    }
}
