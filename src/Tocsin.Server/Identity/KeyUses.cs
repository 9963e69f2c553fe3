using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>
/// When keys were last used. A use costs an entry in memory; what gathered is written in one transaction now and then, so that a key's last use is
/// right within minutes and no request waits for it. A node that is killed forgets half a minute of it.
/// </summary>
internal sealed class KeyUses(Database database, ApiKeyStore keys, TimeProvider clock, ILogger<KeyUses> logger) : BackgroundService
{
    private const int MostWaiting = 10_000;

    private static readonly TimeSpan _writeEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _noteEvery = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(long Workspace, long Id), DateTimeOffset> _used = new();

    /// <summary>Notes a use, unless the last that is written is young enough.</summary>
    public void Note(ApiKeyRow key, DateTimeOffset now)
    {
        if (key.Id != 0 && !(now - key.LastUsedAt < _noteEvery) && _used.Count < MostWaiting)
        {
            _used[(key.Workspace, key.Id)] = now;
        }
    }

    /// <summary>Writes what was noted.</summary>
    /// <exception cref="StoreUnavailableException">It is still noted.</exception>
    public async Task WriteAsync(CancellationToken ct)
    {
        var noted = _used.ToArray();
        if (noted.Length == 0)
        {
            return;
        }

        await database.WriteAsync(
            async tx =>
            {
                // In one order everywhere, so that two nodes never wait for each other.
                foreach (var ((workspace, id), at) in noted.OrderBy(n => n.Key))
                {
                    await keys.UsedAsync(tx, workspace, id, at);
                }
            },
            ct);
        foreach (var use in noted)
        {
            _used.TryRemove(use);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryWriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_writeEvery, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryWriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is written at the stop.
        }
    }

    private async Task TryWriteAsync(CancellationToken ct)
    {
        try
        {
            await WriteAsync(ct);
        }
        catch (StoreUnavailableException e)
        {
            logger.UsesNotWritten(_used.Count, e.Message);
        }
    }
}

internal static partial class KeyLog
{
    [LoggerMessage(2701, LogLevel.Warning, "The last use of {Keys} keys could not be written ({Why}); it is tried again in half a minute")]
    public static partial void UsesNotWritten(this ILogger logger, int keys, string why);
}
