using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Identity;

/// <summary>
/// Keys that we hand out: <c>tcn_</c>, 32 characters of base62 (190 random bits), and a CRC-32 of both as six more, so that a
/// scanner can tell a real key from a look-alike without asking us.
/// </summary>
internal static class ApiKeyText
{
    public const string Prefix = "tcn_";
    private const int RandomLength = 32;
    private const int CheckLength = 6;
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static string New()
    {
        var body = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        return body + Check(body);
    }

    /// <summary>Whether the text has the form and the checksum of a key of ours.</summary>
    public static bool IsWellFormed(string text) =>
        text.Length == Prefix.Length + RandomLength + CheckLength && text.StartsWith(Prefix, StringComparison.Ordinal)
        && text.EndsWith(Check(text[..^CheckLength]), StringComparison.Ordinal);

    /// <summary>What is stored of a key: 32 bytes. A plain hash suffices for random keys.</summary>
    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    private static string Check(string body)
    {
        var crc = Crc32(Encoding.ASCII.GetBytes(body));
        Span<char> text = stackalloc char[CheckLength];
        for (var i = CheckLength - 1; i >= 0; i--)
        {
            text[i] = Alphabet[(int)(crc % 62)];
            crc /= 62;
        }

        return new(text);
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
