using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>
/// How much room logs, metrics and traces take, and whether there is any left. Beside the embedded store their file has a bound that the engine itself keeps; with
/// PostgreSQL, whose files nobody here can bound, what is written is refused when the tables have grown to it.
/// </summary>
internal sealed class TelemetryRoom(TelemetryDatabase telemetry, IOptions<TelemetryOptions> options)
{
    /// <summary>What is old goes when so much is taken, so that what is new finds room.</summary>
    private const double Comfortable = 0.9;

    private volatile bool _isFull;

    /// <summary>Whether logs, metrics and traces are refused.</summary>
    public bool IsFull => _isFull;

    public long MostBytes => (long)(options.Value.MaxGigabytes * 1024 * 1024 * 1024);

    public long ComfortableBytes => (long)(MostBytes * Comfortable);

    /// <exception cref="StoreUnavailableException">There is no room.</exception>
    public void Demand()
    {
        if (_isFull)
        {
            throw new StoreUnavailableException($"The store of logs and metrics is full: it takes the {options.Value.MaxGigabytes} GiB of Telemetry:MaxGigabytes. Alerts are not concerned.");
        }
    }

    /// <summary>Bounds the file of the embedded store.</summary>
    public Task BoundAsync(CancellationToken ct) => telemetry.Database.WriteAsync(
        async tx =>
        {
            if (!tx.Dialect.IsPostgres && await tx.ScalarAsync("PRAGMA page_size") is { } page)
            {
                await tx.ExecuteAsync($"PRAGMA max_page_count = {Math.Max(1, MostBytes / page)}");
            }
        },
        ct);

    /// <summary>Looks again whether there is room.</summary>
    /// <returns>The bytes that are taken.</returns>
    public async Task<long> LookAsync(CancellationToken ct)
    {
        var taken = await telemetry.Database.ReadAsync(TakenAsync, ct);
        _isFull = taken >= MostBytes - (MostBytes / 100);
        return taken;
    }

    private static async Task<long> TakenAsync(Session session)
    {
        if (!session.Dialect.IsPostgres)
        {
            var free = await session.ScalarAsync("PRAGMA freelist_count") ?? 0;
            return ((await session.ScalarAsync("PRAGMA page_count") ?? 0) - free) * (await session.ScalarAsync("PRAGMA page_size") ?? 0);
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
