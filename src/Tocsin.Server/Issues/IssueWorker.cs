using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Operations;
using Tocsin.Streams;

namespace Tocsin.Issues;

/// <summary>
/// Brings the issues of one record to what they are to be, one request at a time and in order. What must happen only once is noted before it
/// is tried, and looked for before it is tried again; a host that is away or has a limit is waited for, and nothing is taken for done that was not.
/// </summary>
internal sealed class IssueWorker(
    Database database, IEstates estates, IIssueHost host, IssueStore issues, IncidentStore incidents, JobStore jobs, IssueNotes notes, PublicLinks links, IssueJournal journal, IOptions<GitHubOptions> options,
    TimeProvider clock, ILogger<IssueWorker> logger) : IJobHandler
{
    private static readonly TimeSpan _unconfigured = TimeSpan.FromMinutes(1);

    /// <summary>An issue that is made so late may have been made already: by whom a backup that was put back knows nothing of.</summary>
    private static readonly TimeSpan _late = TimeSpan.FromMinutes(10);

    public string Kind => IssueFlow.JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        if (Rests(job, estate) is { } rests)
        {
            await database.WriteAsync(tx => jobs.RescheduleAsync(tx, job, rests.Until, rests.Why), ct);
            return;
        }

        var recordId = long.Parse(job.Payload);
        var (row, step) = Next(await database.ReadAsync(session => issues.PendingAsync(session, job.Workspace, recordId), ct));
        if (row is null || step is IssueStep.Nothing or IssueStep.Wait)
        {
            await database.WriteAsync(tx => EndTurnAsync(tx, job, recordId), ct);
            return;
        }

        var begun = step is IssueStep.Create { Search: false } or IssueStep.Comment { Search: false }
            ? await database.WriteAsync(tx => BeginAsync(tx, job, row), ct)
            : row;
        if (clock.GetUtcNow() >= job.LeasedUntil - jobs.LeaseToBegin)
        {
            throw new LeaseLostException(job);
        }

        var answer = await TakeAsync(estate, begun, step, ct);
        var (e, origin) = (begun.Issue.Update ?? begun.Issue.First, IssueSync.OriginOf(begun.Issue, step));
        logger.IssueStepTaken(
            row.Id, row.Repository, answer.Issue?.Number ?? row.Issue.Number, step.GetType().Name.ToUpperInvariant(), answer.Verdict, answer.Reason,
            e.Fingerprint, [.. e.Teams], $"P{e.Priority}", e.Source, origin?.MessageId, origin?.Correlation);
        Instruments.IssueSteps.Add(1, new("step", step.GetType().Name.ToLowerInvariant()), new("outcome", answer.Verdict.ToString().ToLowerInvariant()));

        try
        {
            // What the host answered is stored even if this node is told to stop meanwhile.
            await database.WriteAsync(tx => SettleAsync(tx, estate, job, row.Id, recordId, step, answer), CancellationToken.None);
        }
        catch (LeaseLostException) when (step is IssueStep.Create && answer.Issue is not null)
        {
            await WithdrawAsync(estate.Workspace, begun);
            throw;
        }
    }

    /// <summary>
    /// This node was held up while it made an issue, longer than its lease: another one has gone on, looked in vain for what was not there yet, and made
    /// one itself. That one is kept. If it has made none yet, it will find this one, before or after.
    /// </summary>
    private async Task WithdrawAsync(long workspace, IssueRow row)
    {
        if ((await database.ReadAsync(session => issues.FindAsync(session, workspace, row.Id), CancellationToken.None))?.Issue.Number is { } kept)
        {
            await FindOneAsync(row, IssueMarks.OfIssue(links, workspace, row), kept, CancellationToken.None);
        }
    }

    /// <summary>Looks for the issue that may have been made already. Of several, all but one are closed.</summary>
    /// <param name="kept">The number of the one; null: the first that was made.</param>
    /// <returns>Without an issue: there is none.</returns>
    private async Task<HostAnswer> FindOneAsync(IssueRow row, string mark, long? kept, CancellationToken ct)
    {
        var (answer, found) = await host.FindAllAsync(row.Repository, mark, row.CreatedAt, ct);
        if (answer.Verdict != HostVerdict.Done || found.Count == 0)
        {
            return answer;
        }

        var one = found.FirstOrDefault(issue => issue.Number == kept) ?? found.MinBy(issue => issue.Number)!;
        foreach (var other in found.Where(issue => issue.Number != one.Number && issue.IsOpen))
        {
            if (await host.CloseDoubleAsync(row.Repository, other.Number, one.Number, ct) is { Verdict: HostVerdict.Later } later)
            {
                return later with { MayHaveWorked = true };
            }

            logger.DoubleClosed(other.Number, row.Repository, one.Number);
        }

        return answer with { Issue = one };
    }

    private (DateTimeOffset Until, string Why)? Rests(LeasedJob job, EstateSnapshot estate)
    {
        var now = clock.GetUtcNow();
        if (!host.IsConfigured)
        {
            return (now + _unconfigured, "no account for GitHub is set: GitHub:Token, or GitHub:AppId with its key");
        }

        if (!notes.MayUse(estate))
        {
            return (now + _unconfigured, $"the workspace {estate.Model.Workspace} is not among those of GitHub:Workspaces");
        }

        return host.Rests is { } rests ? (rests.Until + Jitter(job.Key, job.Attempt), rests.Why) : null;
    }

    private (IssueRow? Row, IssueStep Step) Next(List<IssueRow> pending)
    {
        foreach (var row in pending)
        {
            // A later issue waits for what is still to be done for the one before, but not for the time of a comment.
            if (IssueSync.Next(row.Issue, options.Value.CommentEvery, clock.GetUtcNow()) is not IssueStep.Nothing and var step)
            {
                return (row, step);
            }
        }

        return (null, new IssueStep.Nothing());
    }

    private async Task<IssueRow> BeginAsync(Tx tx, LeasedJob job, IssueRow row)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        var fresh = await issues.FindAsync(tx, job.Workspace, row.Id) ?? row;
        var begun = fresh with { Issue = IssueSync.Begin(fresh.Issue, clock.GetUtcNow()) };
        await issues.SaveAsync(tx, job.Workspace, [begun]);
        return begun;
    }

    private async Task<HostAnswer> TakeAsync(EstateSnapshot estate, IssueRow row, IssueStep step, CancellationToken ct)
    {
        var issue = row.Issue;
        switch (step)
        {
            case IssueStep.Create create:
                var mark = IssueMarks.OfIssue(links, estate.Workspace, row);
                var isDoubtful = create.Search || clock.GetUtcNow() - row.CreatedAt > _late;
                if (isDoubtful && await FindOneAsync(row, mark, null, ct) is var found && Settles(found))
                {
                    return found;
                }

                var incident = await database.ReadAsync(session => incidents.OfAlertAsync(session, estate.Workspace, row.Alert), ct);
                var body = IssueText.Body(issue.First, options.Value.TimeZone, incident is [var newest, ..] ? links.Incident(newest)?.ToString() : null, mark, issue.Origin?.Correlation);
                var made = await host.CreateAsync(row.Repository, new(IssueText.Title(issue.First), body, issue.WantsLabels, issue.First.Teams), ct);

                // Whoever was held up in the middle may have gone on since the search: the last to make one sees them all.
                return isDoubtful && made.Verdict == HostVerdict.Done && await FindOneAsync(row, mark, null, ct) is var one && Settles(one) ? one : made;

            case IssueStep.Comment comment:
                var commentMark = IssueMarks.OfComment(links, estate.Workspace, row);
                if (comment.Search && await host.FindCommentAsync(row.Repository, issue.Number!.Value, commentMark, issue.TriedAt!.Value, ct) is var told && Settles(told))
                {
                    return told;
                }

                // Somebody may have closed it, and no webhook told of it.
                var now = await host.ReadAsync(row.Repository, issue.Number!.Value, ct);
                return now.Verdict is HostVerdict.Later or HostVerdict.Gone || now.Issue is { IsOpen: false } ? now
                    : await host.CommentAsync(row.Repository, issue.Number.Value, IssueText.Comment(comment.Event, comment.Updates, options.Value.TimeZone, commentMark), ct);

            case IssueStep.Label label:
                return await host.LabelAsync(row.Repository, issue.Number!.Value, label, (issue.Update ?? issue.First).Teams, ct);

            case IssueStep.Close or IssueStep.Reopen:
                return await host.SetOpenAsync(row.Repository, issue.Number!.Value, step is IssueStep.Reopen, ct);

            default:
                throw new InvalidOperationException($"No way to take {step}.");
        }

        // A search that is refused settles nothing: whatever is wrong, the request itself says it better.
        static bool Settles(HostAnswer answer) => answer.Verdict == HostVerdict.Later || answer is { Verdict: HostVerdict.Done, Issue: not null };
    }

    private async Task SettleAsync(Tx tx, EstateSnapshot estate, LeasedJob job, long id, long recordId, IssueStep step, HostAnswer answer)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        var now = clock.GetUtcNow();
        if (await issues.FindAsync(tx, job.Workspace, id) is not { } row)
        {
            await jobs.CompleteAsync(tx, job);
            return;
        }

        var before = row.Issue;
        switch (answer.Verdict)
        {
            case HostVerdict.Done when step is IssueStep.Comment && answer.Issue is { IsOpen: false } closed:
                await notes.ByHandAsync(tx, estate.Workspace, row, closed with { ChangedAt = null }, now);
                break;

            case HostVerdict.Done:
                await journal.DoneAsync(tx, job.Workspace, before, step, now);
                var done = IssueSync.Done(before, step, answer.Issue?.Number, answer.Issue?.Url, answer.Issue?.ChangedAt, now);
                await issues.SaveAsync(tx, job.Workspace, [row with { Issue = done, UpdatedAt = now }]);
                await notes.DoneAsync(tx, estate.Workspace, row with { Issue = done }, step, now);
                break;

            case HostVerdict.Gone when step is not IssueStep.Create:
                await notes.ByHandAsync(tx, estate.Workspace, row, new(before.Number!.Value, null, IsOpen: false, null, "somebody who deleted it"), now);
                break;

            case HostVerdict.Later when !(answer.GiveUpAfter <= before.Failures + 1):
                if (answer.Counts)
                {
                    await journal.FailedAsync(tx, job.Workspace, before, step, now);
                }

                var failed = IssueSync.Failed(before, step, answer.Reason, known: !answer.MayHaveWorked, answer.Counts);
                await issues.SaveAsync(tx, job.Workspace, [row with { Issue = failed, UpdatedAt = now }]);
                await jobs.RescheduleAsync(tx, job, (answer.RetryAt ?? now + IssueSync.Backoff(failed.Failures, Fraction(job.Key, job.Attempt))) + Jitter(job.Key, job.Attempt), answer.Reason);
                return;

            default:
                await journal.FailedAsync(tx, job.Workspace, before, step, now);
                var givenUp = row with { Issue = IssueSync.GivenUp(before, step, answer.Reason, now), UpdatedAt = now };
                await issues.SaveAsync(tx, job.Workspace, [givenUp]);
                await notes.GivenUpAsync(tx, estate, givenUp, step, now);
                break;
        }

        await EndTurnAsync(tx, job, recordId);
    }

    /// <summary>Goes on at once with what is still to be done, or when its time has come; else the job is done.</summary>
    private async Task EndTurnAsync(Tx tx, LeasedJob job, long recordId)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        var now = clock.GetUtcNow();
        switch (Next(await issues.PendingAsync(tx, job.Workspace, recordId)).Step)
        {
            case IssueStep.Nothing:
                await jobs.CompleteAsync(tx, job);
                break;
            case IssueStep.Wait wait:
                await jobs.RescheduleAsync(tx, job, wait.Until, "the next comment waits for its time");
                break;
            default:
                await jobs.RescheduleAsync(tx, job, now, null);
                break;
        }
    }

    /// <summary>Up to a second, so that all who wait for one instant do not come at once.</summary>
    private static TimeSpan Jitter(string key, int attempt) => TimeSpan.FromMilliseconds(1000 * Fraction(key, attempt));

    private static double Fraction(string key, int attempt) => (StableHash.Of(key, $"{attempt}") & 0xFFFF) / 65536.0;
}

/// <summary>By which an issue or a comment is found again: a comment of HTML that nobody else can make.</summary>
internal static class IssueMarks
{
    public static string OfIssue(PublicLinks links, long workspace, IssueRow row) => Mark(links, $"issue/{workspace}/{row.Id}/{row.CreatedAt.ToMicros()}");

    public static string OfComment(PublicLinks links, long workspace, IssueRow row) => Mark(links, $"issue/{workspace}/{row.Id}/{row.CreatedAt.ToMicros()}/comment/{row.Issue.Comments + 1}");

    private static string Mark(PublicLinks links, string what) => $"<!-- tocsin {links.SecretFor(what)[..32]} -->";
}

internal static partial class IssueLog
{
    [LoggerMessage(2601, LogLevel.Information, "Issue {IssueId} in {Repository} (number {Number}): {Action} was {Verdict} {Reason}; alarm {Fingerprint} of {Teams}, {Priority}, from {Source}; message {MessageId}, request {CorrelationId}")]
    public static partial void IssueStepTaken(
        this ILogger logger, long issueId, string repository, long? number, string action, HostVerdict verdict, string reason, string fingerprint, string[] teams, string priority, string source,
        string? messageId, string? correlationId);

    [LoggerMessage(2602, LogLevel.Warning, "The label {Label} of {Repository} could not be made: {Reason}; the issue goes on without its colour")]
    public static partial void LabelFailed(this ILogger logger, string label, string repository, string reason);

    [LoggerMessage(2603, LogLevel.Information, "Alarm {Fingerprint}: {Action} in {Repository}, since {Reason}; {Teams}, {Priority}, from {Source}; message {MessageId}, request {CorrelationId}")]
    public static partial void EventDecided(
        this ILogger logger, string fingerprint, string action, string repository, string reason, string[] teams, string priority, string source, string? messageId, string? correlationId);

    [LoggerMessage(2604, LogLevel.Warning, "Issue {Number} of {Repository} was made twice, since a node was held up in the middle: it is closed, and {Kept} is kept")]
    public static partial void DoubleClosed(this ILogger logger, long number, string repository, long kept);
}
