using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>The lines of many requests on their way into one commit: the blocks they become, and what they add to the counts.</summary>
internal sealed class LogBatch
{
    /// <summary>Of one block that a commit stores.</summary>
    public const int MostLines = LineKey.Positions / 2;

    /// <summary>Of one block that a commit stores.</summary>
    public const int MostCharacters = 4 * 1024 * 1024;

    /// <summary>Lines of more hours than these share a block, so that a few lines from anywhere in time don't become as many blocks.</summary>
    private const int MostHours = 8;

    /// <summary>The hour of blocks with lines from far apart.</summary>
    public const long AnyHour = -1;

    private const long HourMicros = 3_600_000_000;

    private readonly Dictionary<(long Workspace, long Hour), OpenLines> _open = [];
    private readonly Dictionary<long, int> _hours = [];
    private readonly Dictionary<(long Workspace, MinedTemplate Template, long Minute), long> _counts = [];
    private readonly Dictionary<(long Workspace, string Service, LineLevel Level, long Minute), long> _unlearnt = [];
    private readonly List<BlockOfLines> _blocks = [];

    /// <param name="keepsLines">Whether somebody follows this workspace's lines as they are stored.</param>
    public void Add(long workspace, IReadOnlyList<LogLine> lines, TemplateMiner miner, bool keepsLines)
    {
        foreach (var line in lines)
        {
            var at = line.At.ToMicros();
            var template = miner.Of(line.Service, line.Level, line.Message, line.At);
            Count(workspace, line, template, LogRates.MinuteOf(at));
            var open = OpenFor(workspace, LogRates.FloorDivide(at, HourMicros));
            open.Builder.Add(line, at, template?.Id ?? 0);
            open.Facets.Add(line, template?.Id ?? 0);
            if (keepsLines)
            {
                open.Lines.Add((line, template?.Id ?? 0));
            }

            if (open.Builder.Lines >= MostLines || open.Builder.Characters >= MostCharacters)
            {
                Close(open);
                _open.Remove((workspace, open.Hour));
            }
        }
    }

    /// <summary>Packs what is still open. Nothing can be added afterwards.</summary>
    public IReadOnlyList<BlockOfLines> Blocks()
    {
        foreach (var open in _open.Values)
        {
            Close(open);
        }

        _open.Clear();
        return _blocks;
    }

    /// <summary>Sorted.</summary>
    public IReadOnlyList<RateCount> Rates() =>
    [
        .. _counts.Select(static c => new RateCount(c.Key.Workspace, c.Key.Minute, c.Key.Template.Service, c.Key.Template.Level, c.Key.Template.Id, c.Value))
            .Concat(_unlearnt.Select(static c => new RateCount(c.Key.Workspace, c.Key.Minute, c.Key.Service, c.Key.Level, 0, c.Value)))
            .GroupBy(static c => c with { Lines = 0 }, static (key, same) => key with { Lines = same.Sum(static c => c.Lines) })
            .Order(RateCount.Order),
    ];

    /// <summary>Sorted.</summary>
    public IReadOnlyList<TemplateUse> Templates() =>
    [
        .. _counts.GroupBy(
                static c => (c.Key.Workspace, c.Key.Template.Id),
                static (key, same) =>
                {
                    var (last, lines, template) = (long.MinValue, 0L, default(MinedTemplate));
                    foreach (var ((_, one, minute), count) in same)
                    {
                        (last, lines, template) = (Math.Max(last, minute), lines + count, one);
                    }

                    return new TemplateUse(key.Workspace, template!, LogRates.StartOf(last).ToMicros(), lines);
                })
            .OrderBy(static u => u.Workspace).ThenBy(static u => u.Template.Id),
    ];

    private void Count(long workspace, LogLine line, MinedTemplate? template, long minute)
    {
        if (template is not null)
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_counts, (workspace, template, minute), out _)++;
        }
        else
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_unlearnt, (workspace, line.Service, line.Level, minute), out _)++;
        }
    }

    private OpenLines OpenFor(long workspace, long hour)
    {
        if (_open.TryGetValue((workspace, hour), out var open))
        {
            return open;
        }

        var hours = _hours.GetValueOrDefault(workspace);
        if (hours >= MostHours && hour != AnyHour)
        {
            return OpenFor(workspace, AnyHour);
        }

        _hours[workspace] = hours + 1;
        return _open[(workspace, hour)] = new(workspace, hour);
    }

    private void Close(OpenLines open) =>
        _blocks.Add(new(open.Builder.ToBlock(open.Workspace, open.Hour, LogBlockStore.Fresh, open.Facets.Pack(), words: null), open.Lines));

    private sealed record OpenLines(long Workspace, long Hour)
    {
        public BlockBuilder Builder { get; } = new();

        public FacetSet Facets { get; } = new();

        public List<(LogLine Line, long Template)> Lines { get; } = [];
    }
}

/// <param name="Lines">The lines, in their order in the block, with their templates; empty: nobody follows them.</param>
internal sealed record BlockOfLines(NewBlock Block, IReadOnlyList<(LogLine Line, long Template)> Lines);
