using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// JSON as programs in trouble write it: bytes that are no UTF-8, halves of characters, numbers that are none. One such value must not cost the
/// entries beside it.
/// </summary>
internal static class SenderJson
{
    public const int MaxDepth = 64;

    internal delegate Result<T> Reading<T>(ReadOnlySpan<byte> json);

    /// <summary>Reads a body; what makes <paramref name="read"/> stop with a <see cref="JsonException"/> is the body's fault, and told.</summary>
    public static Result<T> Read<T>(ReadOnlySpan<byte> body, Reading<T> read)
    {
        body = body.StartsWith("\uFEFF"u8) ? body[3..] : body;
        if (!Utf8.IsValid(body))
        {
            body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body));
        }

        try
        {
            return read(body);
        }
        catch (JsonException e)
        {
            return WithoutNoNumbers(body) is { } repaired ? ReadRepaired(repaired, read) : NotJson(e);
        }
    }

    /// <summary>The text at which the reader stands, cut to a limit.</summary>
    public static string Text(ref Utf8JsonReader reader, int limit)
    {
        var utf8 = reader.ValueSpan;
        if (!reader.ValueIsEscaped && utf8.Length <= limit)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        var chars = ArrayPool<char>.Shared.Rent(utf8.Length);
        var text = FittedText.Fit(chars.AsSpan(0, Unescape(utf8, chars)), limit);
        ArrayPool<char>.Shared.Return(chars);
        return text;
    }

    /// <summary>The text of a JSON string, with lone halves of characters as they are.</summary>
    /// <param name="utf8">Between its quotes; valid JSON.</param>
    /// <param name="chars">At least as long.</param>
    /// <returns>How many were written.</returns>
    public static int Unescape(ReadOnlySpan<byte> utf8, Span<char> chars)
    {
        var written = 0;
        while (true)
        {
            var plain = utf8.IndexOf((byte)'\\');
            written += Encoding.UTF8.GetChars(plain < 0 ? utf8 : utf8[..plain], chars[written..]);
            if (plain < 0)
            {
                return written;
            }

            var escape = utf8[plain + 1];
            chars[written++] = escape switch
            {
                (byte)'n' => '\n',
                (byte)'r' => '\r',
                (byte)'t' => '\t',
                (byte)'b' => '\b',
                (byte)'f' => '\f',
                (byte)'u' => (char)ushort.Parse(utf8.Slice(plain + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
                _ => (char)escape,
            };
            utf8 = utf8[(plain + (escape == 'u' ? 6 : 2))..];
        }
    }

    /// <summary>A time as text or number; null means now, and so does one that cannot be true.</summary>
    /// <returns>False: it is no time.</returns>
    public static bool Time(ref Utf8JsonReader reader, DateTimeOffset now, out DateTimeOffset at)
    {
        at = now;
        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }

        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number))
        {
            return false;
        }

        var time = reader.ValueIsEscaped ? SenderTime.Read(Text(ref reader, TelemetryLimits.Name)) : SenderTime.Read(reader.ValueSpan);
        at = time.Kind == SenderTimeKind.Set ? TelemetryTime.Plausible(time.At, now) : now;
        return time.Kind != SenderTimeKind.Unreadable;
    }

    /// <summary>Makes sure that nothing but blanks follows.</summary>
    /// <exception cref="JsonException">Something does, or what was begun does not end.</exception>
    public static void ReadToEnd(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            // What stands here was of no use, and is looked at only for its form.
        }
    }

    /// <summary>Python writes NaN and Infinity where numbers belong, which is no JSON: they become null.</summary>
    /// <returns>Null: there is none.</returns>
    private static byte[]? WithoutNoNumbers(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("NaN"u8) < 0 && body.IndexOf("Infinity"u8) < 0)
        {
            return null;
        }

        var (clean, found) = (new ArrayBufferWriter<byte>(body.Length + 64), false);
        for (var (i, inText) = (0, false); i < body.Length;)
        {
            var rest = body[i..];
            var length = inText ? 0 : rest.StartsWith("NaN"u8) ? 3 : rest.StartsWith("Infinity"u8) ? 8 : rest.StartsWith("-Infinity"u8) ? 9 : 0;
            found |= length > 0;
            var taken = length > 0 ? length : inText && rest is [(byte)'\\', _, ..] ? 2 : 1;
            inText ^= taken == 1 && rest[0] == '"';
            clean.Write(length > 0 ? "null"u8 : rest[..taken]);
            i += taken;
        }

        return found ? clean.WrittenSpan.ToArray() : null;
    }

    private static Result<T> ReadRepaired<T>(byte[] body, Reading<T> read)
    {
        try
        {
            return read(body);
        }
        catch (JsonException e)
        {
            return NotJson(e);
        }
    }

    private static Error NotJson(JsonException e) => BatchFault.Of(
        BatchFault.NotJson, "", $"The body is not JSON, is nested deeper than {MaxDepth} levels, or breaks off, at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}; nothing was stored.");
}
