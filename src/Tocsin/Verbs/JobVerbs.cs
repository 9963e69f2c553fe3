using System.CommandLine;
using System.Text.Json.Nodes;
using Tocsin.Cli;
using Tocsin.Data;
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
        verb.Runs(async (_, run, ct) =>
        {
            var page = await run.Client.ListDeadJobsAsync(ct);
            run.Show(page, WireJson.Default.PageDeadJobView, () =>
            {
                if (page.Items.Count == 0)
                {
                    run.Line("No dead jobs.");
                    return;
                }

                var table = new Table("ID", "KIND", "SUBJECT", "TRIES", "DIED", "ERROR");
                foreach (var job in page.Items)
                {
                    table.Add($"{job.Id}", job.Kind, job.Subject, $"{job.Attempts}", Words.Relative(job.DiedAt, run.Now), job.Error);
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
        ids.Arity = ArgumentArity.ZeroOrMore;
        var held = new Option<bool>("--held") { Description = "All jobs that the restore of a backup holds back" };
        var verb = new ClientVerb("replay", "Let dead jobs try again", terminal) { ids, held };
        verb.NeedsOneOf(ids, held, "Name the jobs by their ids, or say --held.");
        verb.Runs(async (parse, run, ct) =>
        {
            var jobs = parse.GetValue(held) ? await HeldAsync(run, ct) : parse.GetValue(ids)!;
            List<long> replayed = [];
            while (jobs.Length > 0)
            {
                foreach (var id in jobs)
                {
                    await run.Client.ReplayDeadJobAsync(id, ct);
                    replayed.Add(id);
                    run.Aside($"job {id} tries again");
                }

                // The server lists the newest dead jobs only; there may be more.
                jobs = parse.GetValue(held) ? await HeldAsync(run, ct) : [];
            }

            if (run.Json)
            {
                JsonOutput.Write(terminal.Out, new JsonObject { ["replayed"] = new JsonArray([.. replayed]) });
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task<long[]> HeldAsync(ClientRun run, CancellationToken ct)
    {
        var dead = await run.Client.ListDeadJobsAsync(ct);
        return [.. dead.Items.Where(job => job.Error == RestoredBackup.Reason).Select(job => job.Id)];
    }
}
