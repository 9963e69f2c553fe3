using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Operations;
using Tocsin.Workspaces;

namespace Tocsin.Issues;

/// <summary>
/// Makes an alert of dead letters, of attempts that fail, and of issues that are late, and ends it when that is over. Safe on many nodes at once: the alert is
/// decided under the workspace's lock, and telling it twice is telling it once.
/// </summary>
internal sealed class PipelineWatch(
    Database database, WorkspaceStore workspaces, IEstates estates, PipelineFigures figures, AlertStore alerts, AlertIntake intake, PipelineGauges gauges, TimeProvider clock, ILogger<PipelineWatch> logger)
    : RepeatedWork(TimeSpan.FromSeconds(30), clock)
{
    /// <summary>One look at all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        List<QueueGauge> queues = [];
        List<LeftGauge> left = [];
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            if (await estates.FindAsync(workspace.Id, ct) is not { } estate)
            {
                continue;
            }

            var (facts, depths, over, known) = await database.ReadAsync(
                async session => (
                    await figures.FactsAsync(session, estate, now), await figures.QueuesAsync(session, estate), await figures.LeftAsync(session, workspace.Id, now),
                    await alerts.LoadAsync(session, workspace.Id, [.. _alarms.Keys.Select(name => AlertStore.Fingerprint(SelfAlarm.Source, KeyOf(name)))])),
                ct);
            left.Add(new(workspace.Name, over.Rejected, over.DeadJobs));
            queues.AddRange(depths.Select(depth => new QueueGauge(workspace.Name, depth)));
            Signal[] signals =
            [
                .. figures.Alarms(facts, now)
                    .Where(alarm => alarm.Fires != known.Exists(row => row.Document.DedupKey == KeyOf(alarm.Name) && row.State.Status == AlertStatus.Firing))
                    .Select(SignalOf),
            ];
            if (signals.Length > 0)
            {
                await database.WriteAsync(tx => intake.StoreAsync(tx, estate, [new(SelfAlarm.Source, signals, now)], now), ct);
            }
        }

        gauges.Show(queues, left);
    }

    protected override void Waits(string reason) => logger.PipelineWatchWaits(reason);

    protected override void Broke(Exception bug) => logger.PipelineWatchBroke(bug);

    private static readonly Dictionary<string, (string Name, string Title, string Over, string Advice)> _alarms = new(StringComparer.Ordinal)
    {
        ["dead-letters"] = (
            "TocsinDeadLetters", "Messages of polled queues are dead letters", "No messages are dead letters any more",
            "Each could have been an alert. Those that this server read and rejected are among the rejected deliveries, with the reason: mend the source, replay them, and empty the dead letter queue. The others were never read: redrive them."),
        ["errors"] = (
            "TocsinIssueErrors", "Attempts to keep issues fail", "Issues are kept again",
            "Nothing is lost: what is to be done is kept and tried again. The page of the pipeline says what fails; GitHub's own status may say why."),
        ["slow"] = (
            "TocsinIssuesLate", "Issues are late", "Issues are in time again",
            "Nothing is lost. The page of the pipeline says what waits, whether GitHub set a limit, and how long steps take."),
    };

    private static string KeyOf(string alarm) => $"pipeline/{alarm}";

    private static Signal SignalOf(PipelineAlarm alarm)
    {
        var (name, title, over, advice) = _alarms[alarm.Name];
        return new()
        {
            DedupKey = KeyOf(alarm.Name),
            Status = alarm.Fires ? SignalStatus.Firing : SignalStatus.Resolved,
            Title = alarm.Fires ? title : over,
            Description = $"{char.ToUpperInvariant(alarm.Says[0])}{alarm.Says[1..]}. {advice}",
            Severity = Severity.High,
            Labels = LabelSet.Of(("alertname", name), ("service", "tocsin")),
            Service = "tocsin",
        };
    }
}

/// <param name="Workspace">Its name.</param>
internal sealed record QueueGauge(string Workspace, QueueDepth Depth);

/// <summary>What a workspace has left over.</summary>
internal sealed record LeftGauge(string Workspace, long Rejected, long DeadJobs);

/// <summary>What <c>/metrics</c> shows of queues, of what was left over, and of GitHub's limit, as this node last saw them.</summary>
internal sealed class PipelineGauges(IIssueHost host, Gauges gauges, IOptions<PipelineOptions> options, IOptions<AccountOptions> accounts)
{
    private readonly bool _names = options.Value.NamesIn(accounts.Value);
    private volatile IReadOnlyList<QueueGauge> _queues = [];
    private volatile IReadOnlyList<LeftGauge> _left = [];

    public void Register()
    {
        gauges.Add("tocsin_github_rate_limit", "Requests an hour that GitHub allows.", () => OfLimit(limit => limit.Limit));
        gauges.Add("tocsin_github_rate_limit_remaining", "Requests that GitHub still allows until the reset.", () => OfLimit(limit => limit.Remaining));
        gauges.Add("tocsin_github_rate_limit_reset_seconds", "When GitHub allows all of them again, in seconds since 1970.", () => OfLimit(limit => limit.ResetAt.ToUnixTimeSeconds()));
        gauges.Add("tocsin_queue_messages", "About how many messages are on a polled queue.", () => OfQueues(depth => depth.Visible + depth.Hidden + depth.Delayed));
        gauges.Add("tocsin_queue_dead_letters", "About how many messages are in the dead letter queue of a polled queue.", () => OfQueues(depth => depth.Dead));
        gauges.Add("tocsin_rejected_deliveries", "Deliveries of the last 24 hours that were rejected and not read since.", () => OfLeft(left => left.Rejected));
        gauges.Add("tocsin_dead_jobs", "Jobs that gave up and were not replayed.", () => OfLeft(left => left.DeadJobs));
    }

    public void Show(IReadOnlyList<QueueGauge> queues, IReadOnlyList<LeftGauge> left) => (_queues, _left) = (queues, left);

    private IEnumerable<Measurement<double>> OfLimit(Func<HostLimit, double> read) => host.Limit is { } limit ? [new(read(limit))] : [];

    private IEnumerable<Measurement<double>> OfLeft(Func<LeftGauge, long> read) =>
        _left is not { Count: > 0 } known ? []
        : _names ? known.Select(left => new Measurement<double>(read(left), new KeyValuePair<string, object?>("workspace", left.Workspace)))
        : [new(known.Sum(read))];

    /// <summary>Without names they are one sum: no tenant is to be counted by another.</summary>
    private IEnumerable<Measurement<double>> OfQueues(Func<QueueDepth, long?> read)
    {
        var known = _queues.Where(q => read(q.Depth) is not null).ToList();
        return known.Count == 0 ? []
            : _names ? known.Select(q => new Measurement<double>(read(q.Depth)!.Value, new("workspace", q.Workspace), new("source", q.Depth.Source)))
            : [new(known.Sum(q => read(q.Depth)!.Value))];
    }
}

internal static partial class PipelineLog
{
    [LoggerMessage(2611, LogLevel.Warning, "The pipeline is not watched now: {Reason}")]
    public static partial void PipelineWatchWaits(this ILogger logger, string reason);

    [LoggerMessage(2612, LogLevel.Critical, "Watching the pipeline met a bug; it is tried again in 30 s")]
    public static partial void PipelineWatchBroke(this ILogger logger, Exception e);
}
