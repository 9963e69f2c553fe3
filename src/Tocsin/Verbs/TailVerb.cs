using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>What happens, as it happens.</summary>
internal static class TailVerb
{
    public static Command Create(Terminal terminal)
    {
        var last = new Option<long?>("--last") { Description = "Begin after this sequence number; 0: with the oldest that is kept. Default: with what happens from now on", HelpName = "SEQ" };
        last.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && long.TryParse(token.Value, out var seq) && seq < 0)
            {
                result.AddError("--last is at least 0.");
            }
        });
        var group = Any("--group", "Only alerts published to this group", "NAME");
        var level = Any("--level", "Only alerts published with this level", "LEVEL");
        level.AcceptOnlyFromAmong("info", "warn", "error");
        var kind = Any("--kind", "Only this kind, such as page.sent or 'incident.*'", "KIND");
        var subject = Any("--subject", "Only about this, such as incident/12", "SUBJECT");
        var match = Any("--match", "Only what has this label, such as env=prod or 'host=~\"db-.*\"'", "MATCHER");
        var count = new Option<int?>("--count", "-n") { Description = "End after so many lines", HelpName = "COUNT" };
        count.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var lines) && lines < 1)
            {
                result.AddError("--count is at least 1.");
            }
        });
        var verb = new ClientVerb("tail", "Show what happens, as it happens; lines come once and in order, whatever happens to the connection", terminal)
        {
            last, group, level, kind, subject, match, count,
        };
        verb.Runs((parse, run, ct) =>
        {
            var filter = new EventFilter
            {
                Groups = parse.GetValue(group) ?? [],
                Levels = parse.GetValue(level) ?? [],
                Kinds = parse.GetValue(kind) ?? [],
                Subjects = parse.GetValue(subject) ?? [],
                Matchers = parse.GetValue(match) ?? [],
            };
            return FollowAsync(run, parse.GetValue(last), filter, parse.GetValue(count), ct);
        });
        return verb;
    }

    private static Option<string[]> Any(string name, string description, string value) =>
        new(name) { Description = $"{description}; may be repeated", HelpName = value };

    private static async Task<int> FollowAsync(ClientRun run, long? last, EventFilter filter, int? count, CancellationToken ct)
    {
        var left = count ?? int.MaxValue;
        await foreach (var line in run.Client.TailEventsAsync(last, filter, new StreamTeller(run.Terminal).Tell, ct))
        {
            if (run.Json)
            {
                JsonOutput.WriteLine(run.Terminal.Out, line, WireJson.Default.EventView);
            }
            else
            {
                run.Line(TailLine.Of(line, run.Terminal));
            }

            if (count is not null && --left == 0)
            {
                break;
            }
        }

        return ExitCode.Ok;
    }
}
