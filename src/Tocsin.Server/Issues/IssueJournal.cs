using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Issues;

/// <summary>Notes each attempt to bring an issue to what it is to be, with how long after its alert it was done, in the transaction of its outcome.</summary>
internal sealed class IssueJournal(PipelineStore pipeline, PipelineMeter meter, IOptions<GitHubOptions> options)
{
    /// <param name="before">The issue as it was before the step was done.</param>
    public Task DoneAsync(Tx tx, long workspace, TrackedIssue before, IssueStep step, DateTimeOffset now) => NoteAsync(
        tx, workspace, FactOf(before, step, now) with
        {
            Done = true,
            Latency = IssueSync.DueAt(before, step, options.Value.CommentEvery) is { } due ? TimeSpan.FromTicks(Math.Max(0, (now - due).Ticks)) : null,
        });

    /// <summary>What was refused, or not answered. Limits and pauses that are waited for are no failures.</summary>
    public Task FailedAsync(Tx tx, long workspace, TrackedIssue before, IssueStep step, DateTimeOffset now) => NoteAsync(tx, workspace, FactOf(before, step, now));

    private async Task NoteAsync(Tx tx, long workspace, StepFact fact)
    {
        await pipeline.AddStepAsync(tx, workspace, fact);
        tx.WhenDone(committed =>
        {
            if (committed)
            {
                meter.Stepped(fact);
            }
        });
    }

    private static StepFact FactOf(TrackedIssue issue, IssueStep step, DateTimeOffset now) =>
        new(now, issue.First.Source, (issue.Update ?? issue.First).Teams, step.GetType().Name.ToLowerInvariant(), Done: false, Latency: null);
}
