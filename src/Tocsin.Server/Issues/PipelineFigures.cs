using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Sdk;

namespace Tocsin.Issues;

/// <summary>How the pipeline of one workspace does, read from what its steps left behind: the same on every node but for what GitHub told this one.</summary>
internal sealed class PipelineFigures(
    PipelineStore pipeline, IssueStore issues, DeliveryStore deliveries, IssueNotes notes, IOptions<PipelineOptions> options, IOptions<GitHubOptions> gitHub)
{
    /// <summary>Of those that wait longest the first is enough, unless its comment has not had its time.</summary>
    private const int MostWaiting = 200;

    private static readonly TimeSpan _rejectedWithin = TimeSpan.FromDays(1);

    /// <summary>What alarms are decided by.</summary>
    public async Task<PipelineFacts> FactsAsync(Session session, EstateSnapshot estate, DateTimeOffset now) => new()
    {
        Steps = await pipeline.StepsAsync(session, estate.Workspace, now - options.Value.Window),
        WaitingSince = (await issues.WaitingAsync(session, estate.Workspace, MostWaiting)).Select(row => WaitsSince(row, now)).Min(),
        DeadLetters = (await QueuesAsync(session, estate)).Sum(q => q.Dead ?? 0),
    };

    public IReadOnlyList<PipelineAlarm> Alarms(PipelineFacts facts, DateTimeOffset now) => PipelineHealth.Alarms(facts, options.Value.Limits, now);

    /// <param name="host">Whom this node asks.</param>
    public async Task<PipelineHealthView> ReadAsync(Session session, EstateSnapshot estate, IIssueHost host, DateTimeOffset now)
    {
        var facts = await FactsAsync(session, estate, now);
        var alarms = Alarms(facts, now);
        var latencies = PipelineHealth.Latencies(facts);
        var counts = await issues.CountAsync(session, estate.Workspace);
        var left = await LeftAsync(session, estate.Workspace, now);
        return new()
        {
            Status = alarms.Any(a => a.Fires) ? "alarm" : "ok",
            At = now,
            WindowSeconds = options.Value.Window.TotalSeconds,
            Latency = new(latencies.Count, Seconds(latencies, 0.5), Seconds(latencies, 0.95), Seconds(latencies, 0.99)),
            Issues =
            [
                .. facts.Steps.SelectMany(step => step.Teams.Select(team => (step.Source, Team: team, step.Done))).GroupBy(s => (s.Source, s.Team))
                    .OrderBy(g => g.Key.Source, StringComparer.Ordinal).ThenBy(g => g.Key.Team, StringComparer.Ordinal)
                    .Select(g => new PipelineShare(g.Key.Source, g.Key.Team, g.Count(s => s.Done), g.Count(s => !s.Done))),
            ],
            ErrorPercent = Math.Round(PipelineHealth.ErrorPercent(facts), 1),
            WaitingSeconds = facts.WaitingSince is { } since ? Math.Round((now - since).TotalSeconds, 3) : null,
            Pending = counts.Pending,
            Failed = counts.Failed,
            Queues = [.. (await QueuesAsync(session, estate)).Select(q => new QueueView(q.Source, q.ReadAt, q.Visible, q.Hidden, q.Delayed, q.Dead, q.Fault))],
            Rejected = left.Rejected,
            DeadJobs = left.DeadJobs,
            GitHub = notes.MayUse(estate) ? new(host.IsConfigured, host.Limit?.Limit, host.Limit?.Remaining, host.Limit?.ResetAt, host.Rests?.Until, host.Rests?.Why) : null,
            Alarms = [.. alarms.Select(a => new PipelineAlarmView(a.Name, a.Fires, a.Says))],
        };
    }

    /// <summary>What was left over: deliveries of a day that were rejected and not read since, and jobs that gave up.</summary>
    public async Task<(long Rejected, long DeadJobs)> LeftAsync(Session session, long workspace, DateTimeOffset now) =>
        (await deliveries.CountRejectedAsync(session, workspace, now - _rejectedWithin), await pipeline.DeadJobsAsync(session, workspace));

    /// <summary>Those of sources that there still are.</summary>
    public async Task<IReadOnlyList<QueueDepth>> QueuesAsync(Session session, EstateSnapshot estate) =>
        [.. (await pipeline.DepthsAsync(session, estate.Workspace)).Where(q => estate.Model.Sources.GetValueOrDefault(q.Source)?.Type == Providers.Sqs.Id)];

    /// <returns>Null: nothing is to be done now.</returns>
    private DateTimeOffset? WaitsSince(IssueRow row, DateTimeOffset now) =>
        IssueSync.Next(row.Issue, gitHub.Value.CommentEvery, now) is not (IssueStep.Nothing or IssueStep.Wait) and var step
            ? IssueSync.DueAt(row.Issue, step, gitHub.Value.CommentEvery) ?? row.CreatedAt
            : null;

    private static double? Seconds(IReadOnlyList<TimeSpan> sorted, double share) =>
        PipelineHealth.Percentile(sorted, share) is { } time ? Math.Round(time.TotalSeconds, 3) : null;
}
