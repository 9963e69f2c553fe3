using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Jobs;
using Tocsin.Outgoing;

namespace Tocsin.Hosting;

/// <summary>
/// Notes every few seconds that this installation is at work, keeps the clock by its reference, and each minute sends a canary
/// through the job table, as a page would go.
/// </summary>
internal sealed class Pulse(
    Database database, Installation installation, SteadyClock clock, Readiness readiness, JobStore jobs, ILogger<Pulse> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _worthSaying = TimeSpan.FromSeconds(5);

    private TimeSpan _saidDrift;
    private long _canaryMinute;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await BeatAsync(stoppingToken);
            }
            catch (StoreUnavailableException e)
            {
                readiness.StoreAway(e.Message);
            }

            await Task.Delay(_every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task BeatAsync(CancellationToken ct)
    {
        await installation.SaveAliveAsync(
            databaseNow =>
            {
                var reference = databaseNow ?? clock.WallNow;
                clock.Follow(reference, _every);
                return clock.Note(reference);
            },
            ct);
        if ((clock.Drift - _saidDrift).Duration() > _worthSaying)
        {
            // Said when it changes: it may take hours to go away.
            _saidDrift = clock.Drift;
            logger.ClockDrifts((long)clock.Drift.TotalMilliseconds);
        }

        var now = clock.GetUtcNow();
        var minute = now.ToUnixTimeSeconds() / 60;
        if (minute != _canaryMinute && await installation.AnyWorkspaceAsync(ct) is { } workspace)
        {
            // One a minute and node; one that still waits is not sent again, whichever node sent it.
            await database.WriteAsync(tx => jobs.EnqueueAsync(tx, [new(workspace, Canary.JobKind, $"canary/{minute}", 0, now, $"{minute}")], now), ct);
            _canaryMinute = minute;
        }

        readiness.StoreWorks(now, await database.ReadAsync(jobs.NextReadyAsync, ct));
    }
}

/// <summary>
/// The page that nobody gets: it goes through the table, the lease and the runner like any other, and only its arrival tells the
/// outside watcher that this installation still pages.
/// </summary>
internal sealed class Canary(Database database, JobStore jobs, Readiness readiness, GuardedHttp http, IOptions<ServerOptions> options, TimeProvider clock, ILogger<Canary> logger) : IJobHandler
{
    public const string JobKind = "canary";

    public string Kind => JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        if (options.Value.HeartbeatUrl.Length > 0)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, options.Value.HeartbeatUrl);
            if (await http.SendAsync(request, ct) is not OutgoingAnswer.Status { Code: >= 200 and < 300 } and var answer)
            {
                logger.WatcherUnreachable(answer.ToString());
            }
        }

        await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
        readiness.CanaryArrived(clock.GetUtcNow());
    }
}

internal static partial class PulseLog
{
    [LoggerMessage(2001, LogLevel.Warning, "The clock differs from its reference by {DriftInMs} ms; waits keep their length, times follow slowly. A stop of 15 min takes the reference at once")]
    public static partial void ClockDrifts(this ILogger logger, long driftInMs);

    [LoggerMessage(2002, LogLevel.Warning, "The outside watcher could not be told: {Reason}")]
    public static partial void WatcherUnreachable(this ILogger logger, string reason);
}
