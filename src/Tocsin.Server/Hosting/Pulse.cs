using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Outgoing;

namespace Tocsin.Hosting;

/// <summary>
/// Notes every few seconds that this installation is at work, keeps the clock by its reference, and tells an outside watcher
/// each minute, but only while the job loop turns and the store takes writes.
/// </summary>
internal sealed class Pulse(
    Installation installation, SteadyClock clock, Readiness readiness, GuardedHttp http, IOptions<ServerOptions> options, ILogger<Pulse> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _watcherEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _worthSaying = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var toldAt = DateTimeOffset.MinValue;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await BeatAsync(stoppingToken);
                if (options.Value.HeartbeatUrl.Length > 0 && clock.GetUtcNow() - toldAt >= _watcherEvery && readiness.Check() is null)
                {
                    toldAt = clock.GetUtcNow();
                    await TellWatcherAsync(stoppingToken);
                }
            }
            catch (StoreUnavailableException e)
            {
                readiness.StoreAway(e.Message);
            }

            await Task.Delay(_every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task BeatAsync(CancellationToken ct)
    {
        var reference = await installation.DatabaseNowAsync(ct) ?? TimeProvider.System.GetUtcNow();
        clock.Follow(reference, _every);
        if (clock.Drift.Duration() > _worthSaying)
        {
            logger.ClockDrifts((long)clock.Drift.TotalMilliseconds);
        }

        await installation.SaveAliveAsync(clock.GetUtcNow(), ct);
        readiness.StoreWorks(clock.GetUtcNow());
    }

    private async Task TellWatcherAsync(CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, options.Value.HeartbeatUrl);
        if (await http.SendAsync(request, ct) is not OutgoingAnswer.Status { Code: >= 200 and < 300 } and var answer)
        {
            logger.WatcherUnreachable(answer.ToString());
        }
    }
}

internal static partial class PulseLog
{
    [LoggerMessage(2001, LogLevel.Warning, "The clock differs from its reference by {DriftInMs} ms; waits keep their length, times follow slowly. Restart to take the reference at once")]
    public static partial void ClockDrifts(this ILogger logger, long driftInMs);

    [LoggerMessage(2002, LogLevel.Warning, "The outside watcher could not be told: {Reason}")]
    public static partial void WatcherUnreachable(this ILogger logger, string reason);
}
