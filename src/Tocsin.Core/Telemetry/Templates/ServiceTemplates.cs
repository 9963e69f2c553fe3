namespace Tocsin.Telemetry;

/// <summary>The templates of one service: a way that costs one look-up for lines of a form that was seen before, and a tree for those that were not.</summary>
internal sealed class ServiceTemplates(string service)
{
    /// <summary>Of a service, all levels together.</summary>
    public const int MostTemplates = 1_000;

    private const int MostForms = 20_000;
    private const int MostFirstWords = 50;

    private static readonly string[] _other = ["(other)"];

    private readonly Dictionary<ulong, MinedTemplate> _byForm = [];
    private readonly Dictionary<(LineLevel Level, string Text), MinedTemplate> _exceptions = [];
    private readonly Dictionary<(LineLevel Level, int Count, string First), TemplateLeaf> _leaves = [];
    private readonly Dictionary<(LineLevel Level, int Count), int> _firstWords = [];
    private readonly MinedTemplate?[] _others = new MinedTemplate?[Enum.GetValues<LineLevel>().Length];
    private int _count;

    public string Service => service;

    /// <summary>Of its templates, without those of lines that are not told apart.</summary>
    public int Count => _count;

    public IEnumerable<MinedTemplate> Known =>
        _leaves.Values.SelectMany(static l => l.Templates).Concat(_exceptions.Values).Concat(_others.OfType<MinedTemplate>());

    /// <param name="mayLearn">False: there is no room for what was not seen before.</param>
    public MinedTemplate Of(LineLevel level, string message, DateTimeOffset at, bool mayLearn)
    {
        var form = FormOf(level, message);
        if (message.Contains('\n') && ExceptionShape.Of(message) is { } thrown)
        {
            return Exception(level, thrown, message, at, mayLearn);
        }

        if (_byForm.TryGetValue(form, out var known))
        {
            return known;
        }

        if (_byForm.Count >= MostForms)
        {
            _byForm.Clear();
        }

        return _byForm[form] = Learn(level, TokensOf(message), message, at, mayLearn);
    }

    public void Add(MinedTemplate stored)
    {
        if (stored.Tokens.Length == 1 && stored.Tokens[0] == _other[0])
        {
            _others[(int)stored.Level] = stored;
        }
        else if (stored.Tokens.Length == 1 && stored.Tokens[0].Contains(" at ", StringComparison.Ordinal))
        {
            _count += _exceptions.TryAdd((stored.Level, stored.Tokens[0]), stored) ? 1 : 0;
        }
        else
        {
            _count += LeafOf(stored.Level, stored.Tokens).Add(stored);

            // Lines may now belong to what was added.
            _byForm.Clear();
        }
    }

    private MinedTemplate Exception(LineLevel level, string thrown, string message, DateTimeOffset at, bool mayLearn)
    {
        if (!_exceptions.TryGetValue((level, thrown), out var known))
        {
            if (_count >= MostTemplates || !mayLearn)
            {
                return Other(level, at);
            }

            _exceptions[(level, thrown)] = known = new(service, level, [thrown], message, at);
            _count++;
        }

        return known;
    }

    private MinedTemplate Learn(LineLevel level, string[] tokens, string message, DateTimeOffset at, bool mayLearn)
    {
        if (tokens.Length == 0)
        {
            return Other(level, at);
        }

        var leaf = LeafOf(level, tokens);
        if (leaf.Match(tokens) is { } match)
        {
            return match;
        }

        if (_count >= MostTemplates || !mayLearn)
        {
            return Other(level, at);
        }

        _count++;
        return leaf.Begin(new(service, level, tokens, message, at));
    }

    private MinedTemplate Other(LineLevel level, DateTimeOffset at) => _others[(int)level] ??= new(service, level, _other, "", at);

    private TemplateLeaf LeafOf(LineLevel level, string[] tokens)
    {
        var key = KeyOf(level, tokens);
        if (!_leaves.TryGetValue(key, out var leaf))
        {
            _leaves[key] = leaf = new();
            _firstWords[(level, tokens.Length)] = _firstWords.GetValueOrDefault((level, tokens.Length)) + 1;
        }

        return leaf;
    }

    private (LineLevel Level, int Count, string First) KeyOf(LineLevel level, string[] tokens)
    {
        var first = TemplateToken.IsMask(tokens[0]) ? TemplateToken.Any : tokens[0];
        var key = (level, tokens.Length, first);

        // Where very many lines of a length begin differently, it is the beginning that changes.
        return _leaves.ContainsKey(key) || _firstWords.GetValueOrDefault((level, tokens.Length)) < MostFirstWords ? key : (level, tokens.Length, TemplateToken.Any);
    }

    private static string[] TokensOf(string message)
    {
        List<string> tokens = [];
        foreach (var piece in new LinePieces(message))
        {
            tokens.Add(TemplateToken.Of(piece));
        }

        return [.. tokens];
    }

    /// <summary>Sixty-four bits of what stays of a line, without making a text of it.</summary>
    private static ulong FormOf(LineLevel level, string message)
    {
        const ulong Prime = 0x9E3779B97F4A7C15;
        var form = (ulong)level + 1;
        foreach (var piece in new LinePieces(message))
        {
            form = (form ^ (((ulong)piece.Kind << 1) | (piece.IsGlued ? 1UL : 0))) * Prime;
            if (piece.Kind is PieceKind.Word or PieceKind.Mark)
            {
                form = (form ^ (form >> 29) ^ (uint)string.GetHashCode(piece.Text, StringComparison.Ordinal)) * Prime;
            }

            form ^= form >> 32;
        }

        return form;
    }
}
