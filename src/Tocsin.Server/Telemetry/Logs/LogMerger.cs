using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Telemetry;

/// <summary>
/// Makes large blocks of small ones, with the filter of their words, which commits have no time for. A merged block is stored and its parts removed in one transaction,
/// so that whenever it ends each line is there once. Safe on many nodes at once: whoever comes second finds parts gone and leaves it.
/// </summary>
internal sealed class LogMerger(TelemetryDatabase telemetry, LogBlockStore blocks, TimeProvider clock, ILogger<LogMerger> logger)
    : RepeatedWork(TimeSpan.FromSeconds(3), clock)
{
    private const int MostWordBits = 1 << 22;

    /// <summary>With several nodes, each looks at the others' commits before they are merged: <see cref="LogTail"/>.</summary>
    private static readonly TimeSpan _leftAlone = TimeSpan.FromSeconds(5);

    private readonly TokenFilter _words = new(MostWordBits);

    /// <summary>Merges until nothing is worth it.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        while (await PassAsync(ct) > 0)
        {
            ct.ThrowIfCancellationRequested();
        }
    }

    protected override void Waits(string reason) => logger.MergerWaits(reason);

    protected override void Broke(Exception bug) => logger.MergerBroke(bug);

    /// <returns>How many merges were done.</returns>
    private async Task<int> PassAsync(CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        var storedBefore = telemetry.Database.Dialect.IsPostgres ? now - _leftAlone : now.AddDays(1);
        var open = await telemetry.Database.ReadAsync(session => blocks.OpenAsync(session, storedBefore), ct);
        var done = 0;
        foreach (var hour in open.GroupBy(static b => (b.Workspace, b.Block.Hour)))
        {
            foreach (var plan in MergePlan.Of(hour.Key.Workspace, [.. hour.Select(static b => b.Block)], now))
            {
                ct.ThrowIfCancellationRequested();
                done += await MergeAsync(plan, now, ct) ? 1 : 0;
            }
        }

        return done;
    }

    /// <returns>False: a part is gone, merged by another node or too old.</returns>
    private async Task<bool> MergeAsync(MergePlan plan, DateTimeOffset now, CancellationToken ct)
    {
        var (builder, facets) = (new BlockBuilder(), new FacetSet());
        _words.Clear();
        var hour = 0L;
        foreach (var id in plan.Blocks)
        {
            if (await telemetry.Database.ReadAsync(session => blocks.HourAndBodyAsync(session, plan.Workspace, id), ct) is not { } part)
            {
                return false;
            }

            hour = part.Hour;
            using var block = new LogBlock(part.Body);
            builder.Add(block, id);
            facets.Add(block);
            LogWords.Add(block.AllText, _words);
        }

        var merged = builder.ToBlock(plan.Workspace, hour, plan.State, facets.Pack(), _words.Pack());
        try
        {
            await telemetry.Database.WriteAsync(
                async tx =>
                {
                    // First, so that the room of the parts can be used again.
                    if (await blocks.RemoveAsync(tx, plan.Workspace, plan.Blocks) != plan.Blocks.Count)
                    {
                        throw new PartGoneException();
                    }

                    await blocks.AddAsync(tx, [merged], now);
                },
                ct);
            return true;
        }
        catch (PartGoneException)
        {
            return false;
        }
    }

    /// <summary>Takes the merge back.</summary>
    private sealed class PartGoneException() : Exception("A block is gone that was to be merged.");
}
