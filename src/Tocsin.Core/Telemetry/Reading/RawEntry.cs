namespace Tocsin.Telemetry;

/// <summary>What a parser found in the text of one entry. A member that it did not find stays as it is.</summary>
internal ref struct RawEntry
{
    public DateTimeOffset? At { get; set; }

    public LineLevel? Level { get; set; }

    public ReadOnlySpan<char> Message { get; set; }

    public ReadOnlySpan<char> Service { get; set; }

    public ReadOnlySpan<char> Source { get; set; }

    public ReadOnlySpan<char> Environment { get; set; }

    public ReadOnlySpan<char> TraceId { get; set; }

    public ReadOnlySpan<char> SpanId { get; set; }

    /// <summary>Set by whoever has the whole object; else what was written to <see cref="RawLines.Attributes"/>.</summary>
    public string? Attributes { get; set; }
}

/// <summary>
/// Reads entries of unstructured text, each with the first parser that knows its form, and otherwise as it stands. Keeps what entries of a request
/// have in common.
/// </summary>
/// <param name="source">What the sender calls their source; empty: as each entry says.</param>
/// <param name="now">The time of receipt, UTC: of entries that tell none, and to guess the years of those that leave them out.</param>
internal sealed class RawLines(string source, DateTimeOffset now)
{
    private const int MostNested = 2;

    private readonly NamePool _names = new();

    public DateTimeOffset Now => now;

    public AttributeWriter Attributes { get; } = new();

    /// <summary>One entry, which may have several lines.</summary>
    public LogLine Read(ReadOnlySpan<char> text)
    {
        text = text.Trim("\r\n\uFEFF");
        text = text.Contains('\e') ? WithoutColours(text) : text;
        var entry = default(RawEntry);
        Parse(text, ref entry, nested: 0);
        return Line(entry);
    }

    /// <summary>One entry that is an object already.</summary>
    /// <param name="json">A JSON object, valid UTF-8.</param>
    public LogLine ReadObject(ReadOnlySpan<byte> json)
    {
        var entry = default(RawEntry);
        JsonLine.TryRead(json, [], this, ref entry, nested: 0);
        return Line(entry);
    }

    /// <summary>Whether a text of several lines is one object, written for people to read.</summary>
    public bool IsObject(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text is not ['{', .., '}'])
        {
            return false;
        }

        var entry = default(RawEntry);
        var isObject = JsonLine.TryRead(text, this, ref entry, nested: 0);
        Attributes.Clear();
        return isObject;
    }

    private LogLine Line(in RawEntry entry) => new(
        TelemetryTime.Plausible(entry.At ?? now, now), entry.Level ?? LineLevels.InWords(entry.Message) ?? LineLevel.Info, FittedText.Message(entry.Message))
    {
        Source = source.Length > 0 ? source : _names.Of(entry.Source),
        Service = _names.Of(entry.Service),
        Environment = _names.Of(entry.Environment),
        TraceId = FittedText.Name(entry.TraceId),
        SpanId = FittedText.Name(entry.SpanId),
        Attributes = entry.Attributes ?? Attributes.Take(),
    };

    /// <summary>Reads what a container's engine or a shipper wrapped.</summary>
    public void ParseNested(ReadOnlySpan<char> text, ref RawEntry entry, int nested)
    {
        text = text.Trim("\r\n");
        if (nested < MostNested)
        {
            Parse(text, ref entry, nested + 1);
        }
        else
        {
            entry.Message = text;
        }
    }

    private void Parse(ReadOnlySpan<char> text, ref RawEntry entry, int nested)
    {
        if (text.IsEmpty)
        {
            return;
        }

        var known = text.TrimStart()[..1] is ['{']
            ? JsonLine.TryRead(text, this, ref entry, nested)
            : AccessLine.TryRead(text, this, ref entry)
                || ContainerLine.TryRead(text, this, ref entry, nested)
                || SyslogLine.TryRead(text, this, ref entry)
                || ServerErrorLine.TryRead(text, this, ref entry)
                || KlogLine.TryRead(text, this, ref entry)
                || ConsoleLine.TryRead(text, this, ref entry)
                || LogfmtLine.TryRead(text, this, ref entry)
                || TimedLine.TryRead(text, this, ref entry);
        if (!known)
        {
            entry.Message = text;
        }
    }

    /// <summary>Terminals' colours are no part of what was said.</summary>
    private static ReadOnlySpan<char> WithoutColours(ReadOnlySpan<char> text)
    {
        var (plain, length) = (new char[text.Length], 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\e' && i + 1 < text.Length && text[i + 1] == '[')
            {
                var end = text[(i + 2)..].IndexOfAnyExceptInRange('\u0020', '\u003F');
                i = end < 0 ? text.Length : i + 2 + end;
                continue;
            }

            plain[length++] = text[i];
        }

        return plain.AsSpan(0, length);
    }
}
