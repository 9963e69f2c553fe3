using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Tocsin.Providers;

/// <summary>
/// Text out of JSON that may come from anyone. What databases and encoders refuse never gets further: U+0000 and halves of surrogate pairs,
/// which JSON can write as escapes, become U+FFFD.
/// </summary>
internal static class JsonText
{
    /// <summary>The text of the reader's current token, which is a string or a member's name.</summary>
    public static string Of(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Unescape(reader.ValueSpan) : TextCache.Get(reader.ValueSpan);

    /// <summary>Whether the reader's current token is the member of this name. The reader's own comparison throws on half a surrogate pair.</summary>
    public static bool IsName(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) =>
        reader.ValueIsEscaped
            ? Unescape(reader.ValueSpan).AsSpan().SequenceEqual(Encoding.UTF8.GetString(name))
            : reader.ValueSpan.SequenceEqual(name);

    /// <summary>A string's text, a number or a truth value as it is written; null for null, objects and lists.</summary>
    public static string? Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => OfEscaped(JsonMarshal.GetRawUtf8Value(element)[1..^1]),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => TextCache.Get(JsonMarshal.GetRawUtf8Value(element)),
        _ => null,
    };

    public static string NameOf(JsonProperty member) => OfEscaped(JsonMarshal.GetRawUtf8PropertyName(member));

    private static string OfEscaped(ReadOnlySpan<byte> text) => text.Contains((byte)'\\') ? Unescape(text) : TextCache.Get(text);

    /// <param name="text">Valid UTF-8 with valid JSON escapes, without quotes.</param>
    private static string Unescape(ReadOnlySpan<byte> text)
    {
        var rented = text.Length > 512 ? ArrayPool<char>.Shared.Rent(text.Length) : null;
        Span<char> chars = rented ?? stackalloc char[512];
        var length = 0;
        while (text.IndexOf((byte)'\\') is var at and >= 0)
        {
            length += Encoding.UTF8.GetChars(text[..at], chars[length..]);
            var (unit, used) = text[at + 1] switch
            {
                (byte)'b' => ('\b', 2),
                (byte)'f' => ('\f', 2),
                (byte)'n' => ('\n', 2),
                (byte)'r' => ('\r', 2),
                (byte)'t' => ('\t', 2),
                (byte)'u' => (Hex(text.Slice(at + 2, 4)), 6),
                var plain => ((char)plain, 2),
            };
            chars[length++] = unit;
            text = text[(at + used)..];
        }

        length += Encoding.UTF8.GetChars(text, chars[length..]);
        chars = chars[..length];
        Repair(chars);
        var result = chars.ToString();
        if (rented is not null)
        {
            ArrayPool<char>.Shared.Return(rented);
        }

        return result;
    }

    private static char Hex(ReadOnlySpan<byte> digits)
    {
        var value = 0;
        foreach (var digit in digits)
        {
            value = (value << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return (char)value;
    }

    private static void Repair(Span<char> chars)
    {
        for (var i = 0; i < chars.Length; i++)
        {
            if (char.IsHighSurrogate(chars[i]) && i + 1 < chars.Length && char.IsLowSurrogate(chars[i + 1]))
            {
                i++;
            }
            else if (chars[i] == '\0' || char.IsSurrogate(chars[i]))
            {
                chars[i] = '\uFFFD';
            }
        }
    }
}
