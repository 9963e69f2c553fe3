using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Who would be paged.</summary>
internal static class OnCallVerb
{
    public static Command Create(Terminal terminal)
    {
        var of = new Argument<string?>("of") { Description = "Only this schedule or this team's schedules", Arity = ArgumentArity.ZeroOrOne };
        var at = new Option<string?>("--at") { Description = "When: 03:00, 2026-11-23T03:00, RFC 3339, or 2d from now. Default: now", HelpName = "TIME" };
        var verb = new ClientVerb("oncall", "Show who is on call", terminal) { of, at };
        verb.Runs(async (parse, run, ct) =>
        {
            var when = Times.Given(parse.GetValue(at), terminal);
            var page = await run.Client.ListOnCallAsync(when, ct);
            if (parse.GetValue(of) is { } name)
            {
                page = page with { Items = [.. page.Items.Where(view => view.Schedule == name || view.Team == name)] };
                if (page.Items.Count == 0)
                {
                    throw new CliException(ExitCode.Refused, $"there is no schedule '{name}' and no team of that name with one");
                }
            }

            run.Show(page, WireJson.Default.PageOnCallView, () => Write(run, page.Items, when));
            return ExitCode.Ok;
        });
        foreach (var below in CoverVerbs.Create(terminal))
        {
            verb.Subcommands.Add(below);
        }

        return verb;
    }

    private static void Write(ClientRun run, IReadOnlyList<OnCallView> schedules, DateTimeOffset? when)
    {
        if (schedules.Count == 0)
        {
            run.Line("There are no schedules.");
            return;
        }

        if (when is { } at)
        {
            run.Aside($"At {Words.Absolute(at, run.Terminal.Time)}:");
        }

        var table = new Table("SCHEDULE", "TEAM", "ON CALL", "UNTIL", "BECAUSE");
        foreach (var schedule in schedules)
        {
            table.Add(
                schedule.Schedule,
                schedule.Team,
                schedule.Users.Count > 0 ? new(Plain.Line(Words.List(schedule.Users)), Tone.Strong) : new("! nobody", Tone.Red),
                schedule.Until is { } until ? Words.Absolute(until, run.Terminal.Time) : "",
                schedule.Because);
        }

        table.Write(run.Terminal);
    }
}
