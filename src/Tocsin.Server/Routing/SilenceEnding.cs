using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Streams;

namespace Tocsin.Routing;

/// <summary>Tells the owner of a silence, a while before it ends, that alerts still fire which it mutes; without an owner the administrators.</summary>
internal sealed class SilenceEnding(
    Database database, IEstates estates, SilenceStore silences, AlertStore alerts, NoticeDesk notices, SilenceLinks links, JobStore jobs, EventLog log, TimeProvider clock)
    : IJobHandler
{
    public const string JobKind = "silence.ending";

    public string Kind => JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(job.Workspace);
                var now = clock.GetUtcNow();

                // One that was moved since has a job of its own for its new end.
                if (await silences.FindAsync(tx, job.Workspace, job.Payload) is { } silence && silence.EndsAt > now && job.Key.EndsWith($"/{silence.EndsAt.ToMicros()}", StringComparison.Ordinal))
                {
                    await TellAsync(tx, estate, silence, now);
                }

                await jobs.CompleteAsync(tx, job);
            },
            ct);
    }

    private async Task TellAsync(Tx tx, EstateSnapshot estate, Silence silence, DateTimeOffset now)
    {
        var muted = SilenceSet.Preview(silence, await alerts.FiringAsync(tx, estate.Workspace, silenced: false), AlertIntake.SubjectOf).Value ?? [];
        if (muted.Count == 0)
        {
            return;
        }

        IReadOnlyList<string> people = silence.Owner is { } owner && estate.Model.Users.ContainsKey(owner)
            ? [owner]
            : [.. estate.Responders.Administrators().Recipients.Select(r => r.Name)];
        var (left, what) = (Incidents.IncidentDecider.Text(silence.EndsAt - now), muted.Count == 1 ? $"{muted[0].Document.Title} still fires" : $"{muted.Count} alerts that it mutes still fire");
        foreach (var person in people)
        {
            await notices.TellAsync(
                tx, estate,
                new($"silence-ending/{silence.Id}/{silence.EndsAt.ToMicros()}/{person}", person, $"A silence ends in {left}: {PlainText.OneLine(silence.Comment, 80)}",
                    $"{PlainText.OneLine(what, 200)}, and will be routed and page when it ends. Extend it if that is too early.", links.Path(estate.Workspace, silence, now),
                    silence.EndsAt),
                now);
        }

        await log.AppendAsync(tx, estate.Workspace, now,
            [new("silence.ending", $"silence/{silence.Id}", "system", $"{(people.Count == 0 ? "nobody is" : $"{string.Join(", ", people)} told")} that it ends in {left} while {what}")]);
    }
}
