using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>
/// How much room logs, metrics and traces take, and whether there is any left. Beside the embedded store their file has a bound that the engine itself keeps, and
/// does not grow while little of the disk is free, since alerts need it; with PostgreSQL, whose files nobody here can bound, what is written is refused when the tables have grown to it.
/// </summary>
internal sealed class TelemetryRoom(TelemetryDatabase telemetry, FreeSpace free, IOptions<TelemetryOptions> options)
{
    /// <summary>Why nothing is taken.</summary>
    public const string Full = "Logs and metrics have taken the room that Telemetry:MaxGigabytes gives them, or less of the disk is free than Telemetry:MinFreeGigabytes";


    /// <summary>What is old goes when so much is taken, so that what is new finds room.</summary>
    private const double Comfortable = 0.9;

    private const double Gibibyte = 1024 * 1024 * 1024;

    private volatile bool _isFull;
    private long _mostOnDisk = long.MaxValue;

    /// <summary>Whether logs, metrics and traces are refused.</summary>
    public bool IsFull => _isFull;

    public long MostBytes => Math.Min((long)(options.Value.MaxGigabytes * Gibibyte), Volatile.Read(ref _mostOnDisk));

    public long ComfortableBytes => (long)(MostBytes * Comfortable);

    /// <exception cref="StoreUnavailableException">There is no room.</exception>
    public void Demand()
    {
        if (_isFull)
        {
            throw new StoreUnavailableException($"{Full}. Alerts are not concerned.");
        }
    }

    /// <summary>Bounds the file of the embedded store by what there is room for now.</summary>
    public async Task BoundAsync(CancellationToken ct)
    {
        if (telemetry.Database.Dialect.IsPostgres)
        {
            return;
        }

        await LookAsync(ct);
        await telemetry.Database.WriteAsync(
            async tx =>
            {
                var page = await tx.ScalarAsync("PRAGMA page_size") ?? 1;
                await tx.ExecuteAsync($"PRAGMA max_page_count = {Math.Max(1, MostBytes / page)}");
            },
            ct);
    }

    /// <summary>Looks again whether there is room.</summary>
    /// <returns>The bytes that are taken.</returns>
    public async Task<long> LookAsync(CancellationToken ct)
    {
        var taken = await telemetry.Database.ReadAsync(TakenAsync, ct);
        _isFull = taken >= MostBytes - (MostBytes / 100);
        return taken;
    }

    private async Task<long> TakenAsync(Session session)
    {
        if (!session.Dialect.IsPostgres)
        {
            var page = await session.ScalarAsync("PRAGMA page_size") ?? 0;
            var file = page * (await session.ScalarAsync("PRAGMA page_count") ?? 0);
            var growth = (free() ?? long.MaxValue / 2) - (long)(options.Value.MinFreeGigabytes * Gibibyte);

            // Where the disk is short, what is removed makes room within the file; that does not shrink.
            Volatile.Write(ref _mostOnDisk, file + Math.Max(0, growth));
            return file - (page * (await session.ScalarAsync("PRAGMA freelist_count") ?? 0));
        }

        // Room that removed blocks took is used again, but the table keeps it: so blocks are counted by what they hold.
        var blocks = await session.ScalarAsync("SELECT COALESCE(SUM(bytes), 0) FROM log_block") ?? 0;
        var others = 0L;
        foreach (var table in TelemetrySchema.Tables.Where(static t => t != "log_block"))
        {
            others += await session.ScalarAsync("SELECT pg_total_relation_size(to_regclass(@table))", ("table", table)) ?? 0;
        }

        return blocks + others;
    }
}

/// <summary>Bytes that are free on the disk of the embedded store's logs and metrics; null with PostgreSQL, whose disk is not ours to see.</summary>
internal delegate long? FreeSpace();
