using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>A query, made ready to be asked of many lines and blocks. It says nothing about time: whoever asks does.</summary>
internal sealed class LineFilter
{
    private readonly LogQuery _query;
    private readonly LogText _text;
    private readonly ulong[][] _facets;
    private readonly ulong[] _words;

    public LineFilter(LogQuery query)
    {
        _query = query;
        _text = LogText.Parse(query.Text);
        Levels = Enum.GetValues<LineLevel>().Where(l => l >= query.Least).Sum(static l => 1 << (int)l);
        List<ulong[]> facets = [];
        if (query.Service is { } service)
        {
            facets.Add([.. Enum.GetValues<LineLevel>().Where(l => l >= query.Least).Select(l => LogFacets.Service(service, l))]);
        }

        if (query.Source is { } source)
        {
            facets.Add([LogFacets.Source(source)]);
        }

        if (query.Environment is { } environment)
        {
            facets.Add([LogFacets.Environment(environment)]);
        }

        if (query.Template is { } template)
        {
            facets.Add([LogFacets.Template(template)]);
        }

        _facets = [.. facets];
        List<ulong> words = [.. _text.Tokens];
        if (query.TraceId is { Length: > 0 } trace)
        {
            LogWords.Needs(trace, beginsAnywhere: false, endsAnywhere: false, words);
        }

        _words = [.. words];
    }

    /// <summary>A bit for each level that is wanted.</summary>
    public int Levels { get; }

    public bool AsksFacets => _facets.Length > 0;

    public bool AsksWords => _words.Length > 0;

    /// <summary>Whether counts per minute, service, level and template can answer it.</summary>
    public bool NeedsNoLines => _text.IsEmpty && _query.Source is null && _query.Environment is null && _query.TraceId is null;

    /// <returns>False: the block surely holds no line that matches.</returns>
    public bool MayMatch(BlockHead block) =>
        (block.Facets is not { } facets || Array.TrueForAll(_facets, any => Array.Exists(any, token => TokenFilter.MayHold(facets, token))))
        && (block.Words is not { } words || Array.TrueForAll(_words, token => TokenFilter.MayHold(words, token)));

    public bool Matches(LogLine line, long template) =>
        line.Level >= _query.Least && (_query.Service ?? line.Service) == line.Service && (_query.Source ?? line.Source) == line.Source
        && (_query.Environment ?? line.Environment) == line.Environment && (_query.TraceId ?? line.TraceId) == line.TraceId && (_query.Template ?? template) == template
        && (_text.IsEmpty || _text.Matches($"{line.Message}\0{line.Attributes}\0{line.TraceId}\0{line.SpanId}\0"));

    /// <summary>Which lines of a block match, in the order in which they stand there.</summary>
    public IEnumerable<int> In(LogBlock block, CancellationToken ct)
    {
        if (!Numbers(block, out var service, out var source, out var environment, out var template))
        {
            yield break;
        }

        var at = 0;
        while (NextCandidate(block, at) is { } line)
        {
            ct.ThrowIfCancellationRequested();
            if (block.Level(line) >= _query.Least && Is(block.Services, line, service) && Is(block.Origins, line, source) && Is(block.Environments, line, environment)
                && Is(block.Kinds, line, template) && (_query.TraceId is not { } trace || block.TraceOf(line).Trace.SequenceEqual(trace))
                && (_text.IsEmpty || _text.Matches(block.Text(line))))
            {
                yield return line;
            }

            at = line + 1;
        }
    }

    /// <summary>The next line from one on that may match; null: there is none.</summary>
    private int? NextCandidate(LogBlock block, int from)
    {
        if (from >= block.Lines)
        {
            return null;
        }

        var needle = _text.Needle.Length > 0 ? _text.Needle : _query.TraceId ?? "";
        if (needle.Length == 0)
        {
            return from;
        }

        var start = block.StartOf(from);
        var found = block.AllText[start..].IndexOf(needle, StringComparison.OrdinalIgnoreCase);
        return found < 0 ? null : block.LineAt(start + found);
    }

    /// <returns>False: a name that is asked for does not occur in the block.</returns>
    private bool Numbers(LogBlock block, out int service, out int source, out int environment, out int template)
    {
        service = _query.Service is { } s ? block.NumberOf(s) : Unasked;
        source = _query.Source is { } o ? block.NumberOf(o) : Unasked;
        environment = _query.Environment is { } e ? block.NumberOf(e) : Unasked;
        template = _query.Template is { } t ? block.NumberOfTemplate(t) : Unasked;
        return service != Missing && source != Missing && environment != Missing && template != Missing;
    }

    private const int Unasked = -2;
    private const int Missing = -1;

    private static bool Is(ReadOnlySpan<int> column, int line, int wanted) => wanted == Unasked || column[line] == wanted;
}
