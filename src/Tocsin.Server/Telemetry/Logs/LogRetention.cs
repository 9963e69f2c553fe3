using Microsoft.Extensions.Options;

namespace Tocsin.Telemetry;

/// <summary>Removes lines that are too old, or the oldest ones where there are too many for the room they have.</summary>
internal sealed class LogRetention(LogStores stores, TelemetryRoom room, IOptions<TelemetryOptions> options)
{
    /// <summary>Blocks removed in one transaction.</summary>
    private const int Bite = 20;

    /// <summary>How often it is looked whether templates are too many, which is not cheap.</summary>
    private static readonly TimeSpan _countEvery = TimeSpan.FromHours(1);

    private DateTimeOffset _countedAt;

    /// <summary>One pass over all workspaces.</summary>
    /// <exception cref="Data.StoreUnavailableException">The store is away; what was removed until then stays removed.</exception>
    public async Task RunAsync(DateTimeOffset now, CancellationToken ct)
    {
        while (await RemoveAsync(now.AddDays(-options.Value.LogDays), ct) == Bite)
        {
            ct.ThrowIfCancellationRequested();
        }

        var counts = (now - _countedAt).Duration() >= _countEvery;
        _countedAt = counts ? now : _countedAt;
        var counted = now.AddDays(-Math.Max(LogRates.KeptDays, options.Value.LogDays));
        foreach (var workspace in await stores.Telemetry.Database.ReadAsync(stores.Templates.WorkspacesAsync, ct))
        {
            while (await stores.Telemetry.Database.WriteAsync(tx => stores.Rates.ForgetHourAsync(tx, workspace, counted), ct) > 0)
            {
                ct.ThrowIfCancellationRequested();
            }

            await stores.Telemetry.Database.WriteAsync(tx => stores.Templates.ForgetAsync(tx, workspace, counted), ct);
            if (counts)
            {
                await stores.Telemetry.Database.WriteAsync(tx => stores.Templates.MakeRoomAsync(tx, workspace, now.AddDays(-1)), ct);
            }
        }

        while (await room.LookAsync(ct) > room.ComfortableBytes && await RemoveAsync(DateTimeOffset.MaxValue, ct) > 0)
        {
            ct.ThrowIfCancellationRequested();
        }
    }

    private Task<int> RemoveAsync(DateTimeOffset before, CancellationToken ct) =>
        stores.Telemetry.Database.WriteAsync(tx => stores.Blocks.RemoveEndedAsync(tx, before, Bite), ct);
}
