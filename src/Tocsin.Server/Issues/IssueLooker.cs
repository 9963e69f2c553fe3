using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Jobs;

namespace Tocsin.Issues;

/// <summary>
/// Looks, now and then, what people did by hand to the open issues of a repository: webhooks may not be set up, or not arrive. There is one
/// job for a repository as long as it has open issues.
/// </summary>
internal sealed class IssueLooker(
    Database database, IEstates estates, IIssueHost host, IssueStore issues, IssueNotes notes, JobStore jobs, IOptions<GitHubOptions> options, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "issue.look";

    /// <summary>While webhooks come, looking is only a second pair of eyes.</summary>
    private const int SeldomFactor = 12;

    /// <summary>Clocks differ, and a page of answers takes time.</summary>
    private static readonly TimeSpan _overlap = TimeSpan.FromMinutes(2);

    public string Kind => JobKind;

    public static NewJob First(long workspace, string repository, DateTimeOffset at) => new(workspace, JobKind, $"issue.look/{repository}", IssueFlow.Lane, at, repository);

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var repository = job.Payload;
        var (known, hasOpen) = await database.ReadAsync(
            async session => (await issues.RepositoryAsync(session, job.Workspace, repository), await issues.HasOpenAsync(session, job.Workspace, repository)), ct);
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        var began = clock.GetUtcNow();
        if (!hasOpen || !host.IsConfigured || !notes.MayUse(estate))
        {
            // The next issue begins it anew.
            await database.WriteAsync(tx => hasOpen ? jobs.RescheduleAsync(tx, job, began + options.Value.LookEvery, "no account to look with") : CompleteAsync(tx, job, repository), ct);
            return;
        }

        if (known is { ToldAt: { } told, LookedAt: { } looked } && told > began - (options.Value.LookEvery * SeldomFactor) && looked > began - (options.Value.LookEvery * SeldomFactor))
        {
            await database.WriteAsync(tx => jobs.RescheduleAsync(tx, job, began + options.Value.LookEvery, null), ct);
            return;
        }

        if (host.Rests is { } rests)
        {
            await database.WriteAsync(tx => jobs.RescheduleAsync(tx, job, rests.Until, rests.Why), ct);
            return;
        }

        var (answer, changed) = await host.ChangedAsync(repository, (known?.LookedAt ?? began - TimeSpan.FromDays(1)) - _overlap, ct);
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(job.Workspace);
                var now = clock.GetUtcNow();
                if (answer.Verdict == HostVerdict.Done)
                {
                    await NoteAsync(tx, job.Workspace, repository, changed, now);
                    await issues.LookedAsync(tx, job.Workspace, repository, began);
                }

                await jobs.RescheduleAsync(tx, job, answer.RetryAt ?? now + options.Value.LookEvery, answer.Reason.Length == 0 ? null : answer.Reason);
            },
            CancellationToken.None);
    }

    private async Task NoteAsync(Tx tx, long workspace, string repository, IReadOnlyList<HostedIssue> changed, DateTimeOffset now)
    {
        var known = await issues.KnownAsync(tx, workspace, repository, [.. changed.Select(c => c.Number)]);
        foreach (var seen in changed)
        {
            if (known.TryGetValue(seen.Number, out var id) && await issues.FindAsync(tx, workspace, id) is { } row)
            {
                await notes.ByHandAsync(tx, workspace, row, seen, now);
            }
        }
    }

    private async Task CompleteAsync(Tx tx, LeasedJob job, string repository)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        if (await issues.HasOpenAsync(tx, job.Workspace, repository))
        {
            await jobs.RescheduleAsync(tx, job, clock.GetUtcNow() + options.Value.LookEvery, null);
            return;
        }

        await jobs.CompleteAsync(tx, job);
    }
}
