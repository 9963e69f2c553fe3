using System.Buffers;

namespace Tocsin.Routing;

/// <summary>Builds a group key's text without an allocation unless it is long. Call <see cref="Return"/> when done with <see cref="Written"/>.</summary>
internal ref struct KeyText(Span<char> start)
{
    private Span<char> _buffer = start;
    private char[]? _rented;
    private int _length;
    private bool _hasPair;

    public readonly ReadOnlySpan<char> Written => _buffer[.._length];

    public void Append(ReadOnlySpan<char> text)
    {
        text.CopyTo(Room(text.Length));
        _length += text.Length;
    }

    /// <summary>Appends <c>name="value"</c> so that no other pair reads the same.</summary>
    public void AppendPair(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        if (_hasPair)
        {
            Append(",");
        }

        _hasPair = true;
        if (MatcherText.NeedsQuotes(name))
        {
            AppendQuoted(name);
        }
        else
        {
            Append(name);
        }

        Append("=");
        AppendQuoted(value);
    }

    public readonly void Return()
    {
        if (_rented is not null)
        {
            ArrayPool<char>.Shared.Return(_rented);
        }
    }

    private void AppendQuoted(ReadOnlySpan<char> text)
    {
        Append("\"");
        while (text.IndexOfAny('"', '\\') is var at and >= 0)
        {
            Append(text[..at]);
            Append("\\");
            Append(text.Slice(at, 1));
            text = text[(at + 1)..];
        }

        Append(text);
        Append("\"");
    }

    private Span<char> Room(int count)
    {
        if (_length + count > _buffer.Length)
        {
            var larger = ArrayPool<char>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + count));
            Written.CopyTo(larger);
            Return();
            _buffer = _rented = larger;
        }

        return _buffer[_length..];
    }
}
