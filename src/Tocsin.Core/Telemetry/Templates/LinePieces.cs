using System.Buffers;

namespace Tocsin.Telemetry;

/// <summary>
/// Takes a line apart into what stays from one line of its kind to the next, and what changes: numbers, times, addresses, ids, quoted
/// texts. The same text always gives the same pieces. Reads the first line of a message, of that the first thousand characters.
/// </summary>
internal ref struct LinePieces(ReadOnlySpan<char> message)
{
    /// <summary>Pieces beyond these don't tell lines apart.</summary>
    public const int Most = 96;

    private const int MostCharacters = 1_000;
    private const string Marks = "()[]{},;=\"|<>";
    private const string InnerMarks = "-_./\\@#~+%&*$:!?'^`";

    private static readonly SearchValues<char> _chunkEnds = SearchValues.Create(Marks + " \t\r\v\f\u0001\u001f");
    private static readonly SearchValues<char> _inner = SearchValues.Create(InnerMarks);

    private readonly ReadOnlySpan<char> _line = FirstLine(message);
    private int _at;
    private int _chunkEnd;
    private bool _isGlued;
    private int _count;
    private PieceKind _last;

    public LinePiece Current { get; private set; }

    public readonly LinePieces GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_count < Most && Next())
        {
            // "2026-01-05 10:00:00" is one time.
            var again = Current.Kind == PieceKind.Time && _last == PieceKind.Time;
            _last = Current.Kind;
            if (!again)
            {
                _count++;
                return true;
            }
        }

        return false;
    }

    private bool Next()
    {
        if (_at < _chunkEnd)
        {
            return InChunk();
        }

        while (_at < _line.Length && IsSpace(_line[_at]))
        {
            _at++;
            _isGlued = false;
        }

        if (_at == _line.Length)
        {
            return false;
        }

        var first = _line[_at];
        if (first is '"' or '\'' && Quoted(first) is { } end)
        {
            // In an object, what stands before a colon is what the value is called, not the value.
            var isName = end < _line.Length && _line[end] == ':' && _line[.._at].TrimEnd(' ') is [.., '{' or ','];
            return Give(end, isName ? PieceKind.Word : PieceKind.Text);
        }

        if (Marks.Contains(first))
        {
            return Give(_at + 1, PieceKind.Mark);
        }

        return Chunk();
    }

    private bool Chunk()
    {
        var end = ChunkEnd(_at);
        var chunk = _line[_at..end];

        // What ends a sentence or a label is not part of the word.
        var word = chunk.TrimEnd(".:!?'");
        if (word.IsEmpty)
        {
            return Give(_at + 1, PieceKind.Mark);
        }

        if (PieceKinds.Whole(word) is { } kind)
        {
            return Give(_at + word.Length, kind);
        }

        _chunkEnd = end;
        return InChunk();
    }

    /// <summary>Words with marks inside, such as paths and names of hosts, are looked at part by part.</summary>
    private bool InChunk()
    {
        var rest = _line[_at.._chunkEnd];
        if (_inner.Contains(rest[0]))
        {
            return Give(_at + 1, PieceKind.Mark);
        }

        var mark = rest.IndexOfAny(_inner);
        var part = mark < 0 ? rest : rest[..mark];
        if (PieceKinds.Part(part) is not { } kind)
        {
            // Letters with a number behind them, such as worker12.
            var letters = part.TrimEnd("0123456789");
            return letters.Length < part.Length ? Give(_at + letters.Length, PieceKind.Word) : Give(_at + part.Length, PieceKind.Word);
        }

        return Give(_at + part.Length, kind);
    }

    private bool Give(int end, PieceKind kind)
    {
        Current = new(_line[_at..end], kind, _isGlued);
        (_at, _isGlued) = (end, true);
        return true;
    }

    /// <summary>A comma between digits belongs to a number, a time or a list of numbers.</summary>
    private readonly int ChunkEnd(int from)
    {
        var at = from;
        while (true)
        {
            var next = _line[at..].IndexOfAny(_chunkEnds);
            if (next < 0)
            {
                return _line.Length;
            }

            at += next;
            if (_line[at] != ',' || at == from || at + 1 == _line.Length || !char.IsAsciiDigit(_line[at - 1]) || !char.IsAsciiDigit(_line[at + 1]))
            {
                return at;
            }

            at++;
        }
    }

    /// <returns>Behind the closing mark; null: it closes nothing, as in <c>can't</c>.</returns>
    private readonly int? Quoted(char mark)
    {
        var close = _line[(_at + 1)..].IndexOf(mark);
        if (close < 0)
        {
            return null;
        }

        var end = _at + close + 2;
        return mark == '"' || ((_at == 0 || !char.IsLetterOrDigit(_line[_at - 1])) && (end == _line.Length || !char.IsLetterOrDigit(_line[end]))) ? end : null;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\v' or '\f' or TemplateToken.Glue or TemplateToken.Separator;

    private static ReadOnlySpan<char> FirstLine(ReadOnlySpan<char> message)
    {
        var start = message.TrimStart();
        var end = start.IndexOf('\n');
        var line = end < 0 ? start : start[..end];
        return line.Length > MostCharacters ? line[..MostCharacters] : line;
    }
}
