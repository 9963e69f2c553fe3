using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Tocsin.Providers;

/// <summary>A body made ready for a JSON reader.</summary>
internal static class PayloadBytes
{
    /// <summary>As deep as everywhere else in the product.</summary>
    public const int MaxDepth = 64;

    /// <summary>The body without a byte order mark and with U+FFFD for what is no UTF-8, which the note then says.</summary>
    public static ReadOnlyMemory<byte> Clean(ReadOnlyMemory<byte> body, out string? note)
    {
        note = null;
        if (body.Span.StartsWith("\uFEFF"u8))
        {
            body = body[3..];
        }

        if (Utf8.IsValid(body.Span))
        {
            return body;
        }

        note = "The body is not valid UTF-8; what could not be read was replaced.";
        return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body.Span));
    }

    /// <summary>Why a body could not be read at all.</summary>
    public static Error NotJson(ReadOnlyMemory<byte> body, JsonException e) => body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0
        ? Error.Invalid("body", "The body is empty; send JSON.")
        : Error.Invalid(
            "body",
            $"The body is not valid JSON, or nested deeper than {MaxDepth} levels: "
            + $"reading stopped at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");

    /// <summary>Both remarks as one text; null if there is neither.</summary>
    public static string? Notes(string? one, string? other) =>
        one is null ? other
        : other is null ? one
        : $"{one} {other}";
}
