namespace Tocsin.Telemetry;

/// <summary>Which blocks of an hour are to become one.</summary>
/// <param name="State">What the merged block is then: <see cref="LogBlockStore.Small"/> or <see cref="LogBlockStore.Whole"/>.</param>
internal sealed record MergePlan(long Workspace, IReadOnlyList<long> Blocks, int State)
{
    /// <summary>A block with so many lines is not merged again.</summary>
    public const int WholeLines = 20_000;

    /// <summary>A block with so many characters is not merged again.</summary>
    public const long WholeCharacters = 6 * 1024 * 1024;

    /// <summary>Blocks of about one size that are merged although they don't fill a whole one.</summary>
    public const int Enough = 8;

    /// <summary>How long after its end an hour is taken to have all its lines.</summary>
    private static readonly TimeSpan _late = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Each line is packed again a few times at most, since only blocks of about the same size are merged; and however slowly lines come in, few blocks stay small.
    /// </summary>
    /// <param name="open">The blocks of one hour of a workspace that are not whole, the oldest first.</param>
    public static IEnumerable<MergePlan> Of(long workspace, IReadOnlyList<OpenBlock> open, DateTimeOffset now)
    {
        var isOver = open[0].Hour != LogBatch.AnyHour && Data.Instants.FromMicros((open[0].Hour + 1) * 3_600_000_000) + _late < now && open.Max(static b => b.StoredAt) + _late < now;
        IEnumerable<IEnumerable<OpenBlock>> sizes = isOver ? [open] : open.GroupBy(SizeOf);
        foreach (var alike in sizes)
        {
            List<OpenBlock> taken = [];
            foreach (var block in alike)
            {
                taken.Add(block);
                if (taken.Sum(static b => b.Lines) >= WholeLines || taken.Sum(static b => b.Characters) >= WholeCharacters)
                {
                    yield return Merge(LogBlockStore.Whole);
                    taken = [];
                }
            }

            if (isOver && taken.Count > 0)
            {
                yield return Merge(LogBlockStore.Whole);
            }
            else if (taken.Count >= Enough)
            {
                yield return Merge(LogBlockStore.Small);
            }

            MergePlan Merge(int state) => new(workspace, [.. taken.Select(static b => b.Id)], state);
        }
    }

    /// <summary>The same for blocks that are at most eight times as large as each other.</summary>
    private static int SizeOf(OpenBlock block) => (int)Math.Log(Math.Max(1, Math.Max(block.Lines, block.Characters / 256)), Enough);
}
