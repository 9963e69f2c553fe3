using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Telemetry;

/// <summary>Forgets samples and spans that are older than they are kept, and the oldest spans where there are too many, a little at a time.</summary>
internal sealed class MetricKeeper(
    TelemetryDatabase telemetry, MetricStore metrics, SpanStore spans, TraceSums sums, SeriesTables tables, IOptions<TelemetryOptions> options, TimeProvider clock, ILogger<MetricKeeper> logger)
    : RepeatedWork(TimeSpan.FromHours(1), clock)
{
    private const int MostAtOnce = 2_000;

    /// <summary>One pass over all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        foreach (var workspace in await telemetry.Database.ReadAsync(metrics.WorkspacesAsync, ct))
        {
            await ForgetAsync(workspace, ct);
        }
    }

    /// <summary>Forgets what is too old, or too much, of one workspace.</summary>
    public async Task ForgetAsync(long workspace, CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        var before = now - TimeSpan.FromDays(options.Value.MetricDays);
        while (await telemetry.Database.WriteAsync(tx => metrics.ForgetChunksAsync(tx, workspace, before, MostAtOnce), ct) > 0)
        {
            // Others get the store between two bites.
        }

        while (await telemetry.Database.WriteAsync(tx => metrics.ForgetSeriesAsync(tx, workspace, before, MostAtOnce), ct) is { Count: > 0 } gone)
        {
            tables.Find(workspace)?.Forget(gone);
        }

        while (await telemetry.Database.WriteAsync(tx => spans.ForgetAsync(tx, workspace, now - TimeSpan.FromDays(options.Value.TraceDays), MostAtOnce), ct) >= MostAtOnce)
        {
        }

        var over = await telemetry.Database.ReadAsync(session => spans.PackedBytesAsync(session, workspace), ct) - (long)(options.Value.TraceGigabytes * (1L << 30));
        while (over > 0 && await telemetry.Database.WriteAsync(tx => spans.ForgetOldestAsync(tx, workspace, MostAtOnce), ct) is > 0 and var freed)
        {
            over -= freed;
        }

        while (await telemetry.Database.WriteAsync(tx => sums.ForgetAsync(tx, workspace, MostAtOnce), ct) >= MostAtOnce)
        {
            // As above.
        }
    }

    protected override void Waits(string reason) => logger.KeepingWaits(reason);

    protected override void Broke(Exception bug) => logger.KeepingBroke(bug);
}
