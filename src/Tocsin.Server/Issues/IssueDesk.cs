using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Issues;

/// <summary>What GitHub tells by a webhook of one issue.</summary>
/// <param name="Delivery">The id of the delivery; empty: none was given.</param>
internal sealed record IssueNews(string Repository, HostedIssue Issue, string Delivery);

/// <summary>Issues as people, programs and GitHub itself ask for them and act on them.</summary>
internal sealed class IssueDesk(
    Database database, IssueStore issues, IssueFlow flow, IssueNotes notes, IncidentStore incidents, ReplyStore seen, JobStore jobs, EventLog log, TimeProvider clock)
{
    public Task<List<IssueView>> ListAsync(long workspace, string state, string? repository, long before, int limit, CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            List<IssueView> views = [];
            foreach (var row in await issues.ListAsync(session, workspace, state, repository, before, limit))
            {
                views.Add(IssueViews.Of(row, (await incidents.OfAlertAsync(session, workspace, row.Alert)).FirstOrDefault()));
            }

            return views;
        },
        ct);

    /// <returns>Null: there is no such issue.</returns>
    public Task<IssueView?> FindAsync(long workspace, long id, CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            if (await issues.FindAsync(session, workspace, id) is not { } row)
            {
                return null;
            }

            var view = IssueViews.Of(row, (await incidents.OfAlertAsync(session, workspace, row.Alert)).FirstOrDefault());
            return await issues.RecordAsync(session, workspace, row.RecordId) is { Record: var record }
                ? view with
                {
                    Alarm = new(
                        record.Status.ToString().ToLowerInvariant(), record.FirstSeenAt, record.LastSeenAt, record.LastProviderStateAt, record.ManuallyClosed, record.ManuallyClosedAt,
                        record.Issue == 0 ? null : record.Issue),
                }
                : view;
        },
        ct);

    /// <summary>Tries again, now, what was given up or waits. Where nothing is to be done it changes nothing.</summary>
    /// <returns>False: there is no such issue.</returns>
    public Task<bool> RetryAsync(Caller caller, long id, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(caller.Workspace);
            if (await issues.FindAsync(tx, caller.Workspace, id) is not { } row)
            {
                return false;
            }

            var now = clock.GetUtcNow();
            var again = row with { Issue = row.Issue.Again() };
            if (again.Issue.IsPending)
            {
                await flow.SaveAsync(tx, caller.Workspace, [again], now);
                await jobs.HurryAsync(tx, caller.Workspace, row.JobKey, now);
                await log.AppendAsync(tx, caller.Workspace, now, [new("issue.retried", $"issue/{id}", caller.Actor, $"issue {IssueNotes.NameOf(row)} is tried again")]);
            }

            return true;
        },
        ct);

    /// <summary>What somebody did by hand, told by GitHub. A delivery that came before changes nothing, nor does news of an issue that is not known here.</summary>
    public async Task HearAsync(IssueNews news, CancellationToken ct)
    {
        foreach (var (workspace, id) in await database.ReadAsync(session => issues.OfNumberAsync(session, news.Repository, news.Issue.Number), ct))
        {
            await database.WriteAsync(
                async tx =>
                {
                    await tx.LockWorkspaceAsync(workspace);
                    var now = clock.GetUtcNow();
                    if ((news.Delivery.Length == 0 || await seen.TryAddAsync(tx, workspace, "github", news.Delivery, now)) && await issues.FindAsync(tx, workspace, id) is { } row)
                    {
                        await issues.ToldAsync(tx, workspace, row.Repository, now);
                        await notes.ByHandAsync(tx, workspace, row, news.Issue, now);
                    }
                },
                ct);
        }
    }
}

/// <summary>Issues as the wire shows them; the pages of the UI take the same records.</summary>
internal static class IssueViews
{
    public static IssueView Of(IssueRow row, long incident)
    {
        var issue = row.Issue;
        var latest = issue.Update ?? issue.First;
        return new()
        {
            Id = row.Id,
            Repository = row.Repository,
            Number = issue.Number,
            Url = issue.Url,
            State = issue.Number is null ? "waiting" : issue.IsOpen ? "open" : "closed",
            Pending = issue.IsPending,
            Next = IssueSync.Next(issue, TimeSpan.Zero, DateTimeOffset.MaxValue) is not IssueStep.Nothing and var step ? step.GetType().Name.ToLowerInvariant() : null,
            Title = latest.Title,
            Priority = $"P{latest.Priority}",
            Teams = latest.Teams,
            Source = latest.Source,
            Fingerprint = latest.Fingerprint,
            Alert = row.Alert,
            Incident = incident == 0 ? null : incident,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
            Comments = issue.Comments,
            CommentedAt = issue.CommentedAt,
            Failures = issue.Failures,
            Error = issue.Error,
            FailedAt = issue.FailedAt,
            ByHand = issue.ByHand,
            ByHandAt = issue.ByHandAt,
        };
    }
}
