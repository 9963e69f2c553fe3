using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;

namespace Tocsin.Audit;

/// <summary>Stores refusals as they become due, and says once a day in the log of the process where each chain ends: an anchor that lies outside of the database.</summary>
internal sealed class AuditKeeper(AuditTrail trail, ForeignReferences foreign, AuditStore store, Database database, TimeProvider clock, ILogger<AuditKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(5);

    private DateOnly _said;

    /// <summary>Stores what is due; the first time of a day (UTC) it also says where the chains end.</summary>
    public async Task TurnAsync(CancellationToken ct)
    {
        await foreign.LookAsync(ct);
        await trail.FlushAsync(all: false, ct);
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        if (today == _said)
        {
            return;
        }

        foreach (var chain in await database.ReadAsync(store.ChainsAsync, ct))
        {
            if (await database.ReadAsync(session => store.HeadAsync(session, chain), ct) is { } head)
            {
                logger.Head(chain, head.Seq, head.Hash);
            }
        }

        _said = today;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await trail.FlushAsync(all: true, cancellationToken);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            logger.RefusalsLost(e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TurnAsync(stoppingToken);
            }
            catch (StoreUnavailableException e)
            {
                logger.RefusalsWait(e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

#pragma warning disable CA1031 // One of the few places where everything is caught: a bug here must not end the process that pages.
            catch (Exception e)
#pragma warning restore CA1031
            {
                logger.KeeperBroke(e);
            }

            await trail.WaitAsync(_every, stoppingToken);
        }
    }
}

internal static partial class AuditLog
{
    [LoggerMessage(2901, LogLevel.Information, "Audit of workspace {Workspace} ends with entry {Seq}, {Hash}; `tocsin audit verify --anchor` takes both")]
    public static partial void Head(this ILogger logger, long workspace, long seq, string hash);

    [LoggerMessage(2902, LogLevel.Warning, "Refusals are not written into the audit now, and are kept: {Reason}")]
    public static partial void RefusalsWait(this ILogger logger, string reason);

    [LoggerMessage(2903, LogLevel.Error, "The last refusals could not be written into the audit before the end: {Reason}")]
    public static partial void RefusalsLost(this ILogger logger, string reason);

    [LoggerMessage(2904, LogLevel.Error, "Writing refusals into the audit met a bug; it is tried again in 5 s")]
    public static partial void KeeperBroke(this ILogger logger, Exception e);
}
