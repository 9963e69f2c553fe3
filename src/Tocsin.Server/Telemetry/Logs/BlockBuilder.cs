namespace Tocsin.Telemetry;

/// <summary>Lines of one workspace on their way into a block, column by column. <see cref="LogBlock"/> reads what it makes.</summary>
internal sealed class BlockBuilder
{
    /// <summary>Stands between the four texts of a line and behind the last; no text holds it.</summary>
    public const char TextEnd = '\0';

    private readonly Dictionary<string, int> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<long, int> _templates = [];
    private readonly List<(long Seq, int Lines)> _sources = [];
    private readonly ByteColumn _at = new();
    private readonly ByteColumn _levels = new();
    private readonly ByteColumn _services = new();
    private readonly ByteColumn _origins = new();
    private readonly ByteColumn _environments = new();
    private readonly ByteColumn _kinds = new();
    private readonly ByteColumn _lengths = new();
    private readonly ByteColumn _text = new();
    private long _lastAt;
    private long _firstAt = long.MaxValue;
    private long _latestAt = long.MinValue;
    private int _levelBits;

    public int Lines { get; private set; }

    public long Characters { get; private set; }

    /// <summary>Adds a line that just came. Its texts hold no U+0000.</summary>
    public void Add(LogLine line, long atMicros, long template)
    {
        AddFields(atMicros, line.Level, line.Service, line.Source, line.Environment, template);
        _text.Text(line.Message);
        _text.Byte(0);
        _text.Text(line.Attributes);
        _text.Byte(0);
        _text.Text(line.TraceId);
        _text.Byte(0);
        _text.Text(line.SpanId);
        _text.Byte(0);
        var length = line.Message.Length + line.Attributes.Length + line.TraceId.Length + line.SpanId.Length + 4;
        _lengths.Number((ulong)length);
        Characters += length;
    }

    /// <summary>Adds all lines of a stored block, which keep their names.</summary>
    /// <param name="seq">The block's own number, under which its lines go if it was never merged.</param>
    public void Add(LogBlock block, long seq)
    {
        _sources.AddRange(block.Sources.Count > 0 ? block.Sources : [(seq, block.Lines)]);
        for (var i = 0; i < block.Lines; i++)
        {
            AddFields(block.At(i), block.Level(i), block.Service(i), block.Source(i), block.Environment(i), block.Template(i));
            _lengths.Number((ulong)block.Text(i).Length);
        }

        _text.Bytes(block.TextBytes);
        Characters += block.Characters;
    }

    /// <param name="words">Null: nobody has looked at the words yet.</param>
    public NewBlock ToBlock(long workspace, long hour, int state, byte[] facets, byte[]? words) => new(workspace, hour, state, _sources)
    {
        FirstAt = _firstAt,
        LastAt = _latestAt,
        Levels = _levelBits,
        Lines = Lines,
        Characters = Characters,
        Facets = facets,
        Words = words,
        Body = Pack(isFresh: state == LogBlockStore.Fresh),
    };

    private byte[] Pack(bool isFresh)
    {
        var whole = new ByteColumn();
        whole.Number((ulong)Lines);
        whole.Number((ulong)_sources.Count);
        foreach (var (seq, lines) in _sources)
        {
            whole.Number((ulong)seq);
            whole.Number((ulong)lines);
        }

        whole.Number((ulong)_names.Count);
        var name = new ByteColumn();
        foreach (var text in _names.Keys)
        {
            name.Clear();
            name.Text(text);
            whole.Column(name);
        }

        whole.Number((ulong)_templates.Count);
        foreach (var template in _templates.Keys)
        {
            whole.Number((ulong)template);
        }

        foreach (var column in (ReadOnlySpan<ByteColumn>)[_at, _levels, _services, _origins, _environments, _kinds, _lengths])
        {
            whole.Column(column);
        }

        whole.Number((ulong)Characters);
        whole.Bytes(_text.Written);
        return BlockBody.Pack(whole.Written, isFresh);
    }

    private void AddFields(long at, LineLevel level, string service, string source, string environment, long template)
    {
        _at.Signed(at - _lastAt);
        _lastAt = at;
        _levels.Byte((byte)level);
        _services.Number((ulong)NameOf(service));
        _origins.Number((ulong)NameOf(source));
        _environments.Number((ulong)NameOf(environment));
        if (!_templates.TryGetValue(template, out var kind))
        {
            _templates[template] = kind = _templates.Count;
        }

        _kinds.Number((ulong)kind);
        Lines++;
        _firstAt = Math.Min(_firstAt, at);
        _latestAt = Math.Max(_latestAt, at);
        _levelBits |= 1 << (int)level;
    }

    private int NameOf(string name)
    {
        if (!_names.TryGetValue(name, out var number))
        {
            _names[name] = number = _names.Count;
        }

        return number;
    }
}
