using System.Text;

namespace Tocsin.OnCall;

/// <summary>Writes the lines of a calendar (RFC 5545): CRLF, folded at 75 octets and never inside a character.</summary>
public sealed class IcalWriter
{
    private const int MostOctets = 75;

    private readonly StringBuilder _text = new();

    /// <summary>A line whose value is written as it is: names, numbers, times.</summary>
    public void Line(string name, string value)
    {
        var octets = 0;
        foreach (var rune in $"{name}:{value}".EnumerateRunes())
        {
            if (octets + rune.Utf8SequenceLength > MostOctets)
            {
                _text.Append("\r\n ");
                octets = 1;
            }

            _text.Append(rune.ToString());
            octets += rune.Utf8SequenceLength;
        }

        _text.Append("\r\n");
    }

    /// <summary>A line whose value is a text for people.</summary>
    public void Text(string name, string value)
    {
        var escaped = new StringBuilder(value.Length + 8);
        foreach (var c in value.ReplaceLineEndings("\n"))
        {
            _ = c switch
            {
                '\\' or ';' or ',' => escaped.Append('\\').Append(c),
                '\n' => escaped.Append("\\n"),
                < ' ' or '\u007F' => escaped.Append(' '),
                _ => escaped.Append(c),
            };
        }

        Line(name, escaped.ToString());
    }

    /// <summary>An instant, in UTC, so that no zone has to be explained.</summary>
    public void Instant(string name, DateTimeOffset at) => Line(name, at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'"));

    public override string ToString() => _text.ToString();
}
