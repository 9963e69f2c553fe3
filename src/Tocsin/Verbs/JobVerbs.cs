using System.CommandLine;
using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Verbs;

/// <summary>Jobs that gave up: nothing is deleted unsent, so somebody has to look.</summary>
internal static class JobVerbs
{
    public static Command Create(Terminal terminal)
    {
        var verb = new Command("jobs", "Jobs that gave up");
        verb.Subcommands.Add(Dead(terminal));
        verb.Subcommands.Add(Replay(terminal));
        return verb;
    }

    private static ClientVerb Dead(Terminal terminal)
    {
        var verb = new ClientVerb("dead", "List the jobs that gave up", terminal);
        verb.Runs(async (_, session, ct) =>
        {
            var page = await session.Client.ListDeadJobsAsync(ct);
            session.Show(page, WireJson.Default.PageDeadJobView, () =>
            {
                if (page.Items.Count == 0)
                {
                    session.Line("No dead jobs.");
                    return;
                }

                var table = new Table("ID", "KIND", "SUBJECT", "TRIES", "DIED", "ERROR");
                foreach (var job in page.Items)
                {
                    table.Add($"{job.Id}", job.Kind, job.Subject, $"{job.Attempts}", Words.Relative(job.DiedAt, session.Now), job.Error);
                }

                table.Write(terminal);
            });
            return ExitCode.Ok;
        });
        return verb;
    }

    private static ClientVerb Replay(Terminal terminal)
    {
        var ids = Numbers.Many("The jobs' ids");
        var verb = new ClientVerb("replay", "Let dead jobs try again", terminal) { ids };
        verb.Runs(async (parse, session, ct) =>
        {
            foreach (var id in parse.GetValue(ids)!)
            {
                await session.Client.ReplayDeadJobAsync(id, ct);
                session.Aside($"job {id} tries again");
            }

            return ExitCode.Ok;
        });
        return verb;
    }
}
