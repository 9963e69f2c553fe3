using System.Buffers;
using System.Text;

namespace Tocsin.Telemetry;

/// <summary>A stored block, unpacked. Its memory goes back when it is disposed.</summary>
internal sealed class LogBlock : IDisposable
{
    private readonly byte[] _bytes;
    private readonly int _textAt;
    private readonly int _length;
    private readonly char[] _text;
    private readonly string[] _names;
    private readonly long[] _templates;
    private readonly long[] _at;
    private readonly byte[] _levels;
    private readonly int[] _services;
    private readonly int[] _origins;
    private readonly int[] _environments;
    private readonly int[] _kinds;
    private readonly int[] _starts;

    /// <exception cref="InvalidDataException">The stored bytes are no block.</exception>
    public LogBlock(byte[] packed)
    {
        (_bytes, _length) = BlockBody.Unpack(packed);
        var reader = new ByteReader(_bytes.AsSpan(0, _length));
        Lines = reader.Int();
        var sources = new (long Seq, int Lines)[reader.Int()];
        for (var i = 0; i < sources.Length; i++)
        {
            sources[i] = ((long)reader.Number(), reader.Int());
        }

        Sources = sources;
        _names = new string[reader.Int()];
        for (var i = 0; i < _names.Length; i++)
        {
            _names[i] = reader.Text();
        }

        _templates = new long[reader.Int()];
        for (var i = 0; i < _templates.Length; i++)
        {
            _templates[i] = (long)reader.Number();
        }

        _at = Instants(reader.Column());
        _levels = reader.Column().Rest.ToArray();
        _services = Numbers(reader.Column());
        _origins = Numbers(reader.Column());
        _environments = Numbers(reader.Column());
        _kinds = Numbers(reader.Column());
        var lengths = Numbers(reader.Column());
        Characters = reader.Int();
        _textAt = _length - reader.Rest.Length;
        _text = ArrayPool<char>.Shared.Rent(Characters);
        Encoding.UTF8.GetChars(TextBytes, _text);
        _starts = new int[Lines + 1];
        for (var i = 0; i < Lines; i++)
        {
            _starts[i + 1] = _starts[i] + lengths[i];
        }
    }

    public int Lines { get; }

    public int Characters { get; }

    /// <summary>The commits that the lines came in, in the order in which they stand here; empty: the block is one commit's.</summary>
    public IReadOnlyList<(long Seq, int Lines)> Sources { get; }

    /// <summary>The texts of all lines, one after the other.</summary>
    public ReadOnlySpan<byte> TextBytes => _bytes.AsSpan(_textAt, _length - _textAt);

    public ReadOnlySpan<char> AllText => _text.AsSpan(0, Characters);

    public long At(int line) => _at[line];

    public LineLevel Level(int line) => (LineLevel)_levels[line];

    public string Service(int line) => _names[_services[line]];

    public string Source(int line) => _names[_origins[line]];

    public string Environment(int line) => _names[_environments[line]];

    public long Template(int line) => _templates[_kinds[line]];

    /// <summary>Message, attributes, trace and span, each closed by <see cref="BlockBuilder.TextEnd"/>.</summary>
    public ReadOnlySpan<char> Text(int line) => _text.AsSpan(_starts[line].._starts[line + 1]);

    /// <summary>Where the text of a line begins in <see cref="AllText"/>; behind the last line: where it ends.</summary>
    public int StartOf(int line) => _starts[line];

    /// <summary>The line whose text holds this place of <see cref="AllText"/>.</summary>
    public int LineAt(int character)
    {
        var found = Array.BinarySearch(_starts, character);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>The number that names of services and the like have in this block; -1: it does not occur.</summary>
    public int NumberOf(string name) => Array.IndexOf(_names, name);

    public int NumberOfTemplate(long template) => Array.IndexOf(_templates, template);

    public ReadOnlySpan<int> Services => _services;

    public ReadOnlySpan<int> Origins => _origins;

    public ReadOnlySpan<int> Environments => _environments;

    public ReadOnlySpan<int> Kinds => _kinds;

    /// <summary>Names the lines.</summary>
    /// <param name="seq">The block's own number.</param>
    public IEnumerable<LineKey> Keys(long seq)
    {
        var line = 0;
        foreach (var (source, lines) in Sources.Count > 0 ? Sources : [(seq, Lines)])
        {
            for (var position = 0; position < lines; position++)
            {
                yield return new(_at[line++], source, position);
            }
        }
    }

    public TraceOf TraceOf(int line)
    {
        var text = Text(line);
        var span = text[..^1].LastIndexOf(BlockBuilder.TextEnd);
        var trace = text[..span].LastIndexOf(BlockBuilder.TextEnd);
        return new(text[(trace + 1)..span], text[(span + 1)..^1], trace);
    }

    public LogLine Line(int line)
    {
        var text = Text(line);
        var ids = TraceOf(line);
        var message = text.IndexOf(BlockBuilder.TextEnd);
        return new(Tocsin.Data.Instants.FromMicros(_at[line]), Level(line), text[..message].ToString())
        {
            Service = Service(line),
            Source = Source(line),
            Environment = Environment(line),
            Attributes = text[(message + 1)..ids.Start].ToString(),
            TraceId = ids.Trace.ToString(),
            SpanId = ids.Span.ToString(),
        };
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<char>.Shared.Return(_text);
    }

    private long[] Instants(ByteReader column)
    {
        var at = new long[Lines];
        var last = 0L;
        for (var i = 0; i < at.Length; i++)
        {
            at[i] = last += column.Signed();
        }

        return at;
    }

    private int[] Numbers(ByteReader column)
    {
        var numbers = new int[Lines];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = column.Int();
        }

        return numbers;
    }
}

/// <summary>The ids at the end of a line's text.</summary>
/// <param name="start">Where they begin: at the mark before them.</param>
internal readonly ref struct TraceOf(ReadOnlySpan<char> trace, ReadOnlySpan<char> span, int start)
{
    public ReadOnlySpan<char> Trace { get; } = trace;

    public ReadOnlySpan<char> Span { get; } = span;

    public int Start { get; } = start;
}
