using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Identity;

/// <summary>
/// Keys that we hand out. Our own: <c>tcn_</c>, 32 characters of base62 (190 random bits), and a CRC-32 of both as six more, so that a
/// scanner can tell a real key from a look-alike without asking us. Those of <c>/api-keys</c>: <c>sra_</c> and 32 hexadecimal digits (128 random
/// bits), as the programs that use that address expect them.
/// </summary>
internal static class ApiKeyText
{
    /// <summary>The kind of our own keys.</summary>
    public const string Own = "tcn";

    /// <summary>The kind of the keys of an account.</summary>
    public const string Account = "sra";

    /// <summary>How much of an account's key is shown again.</summary>
    public const int AccountPrefixLength = 12;

    private const string Prefix = Own + "_";
    private const string AccountPrefix = Account + "_";
    private const int AccountLength = 36;
    private const int PrefixLength = 10;
    private const int RandomLength = 32;
    private const int CheckLength = 6;
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private static readonly SearchValues<char> _hexDigits = SearchValues.Create("0123456789abcdef");

    /// <param name="kind"><see cref="Own"/> or <see cref="Account"/>.</param>
    public static string New(string kind = Own)
    {
        if (kind == Account)
        {
            return AccountPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        }

        var body = Prefix + RandomNumberGenerator.GetString(Alphabet, RandomLength);
        return body + Check(body);
    }

    /// <summary>Whether the text has the form of a key that we hand out, and the checksum where there is one.</summary>
    public static bool IsWellFormed(string text) => IsOwn(text) || IsOfAccount(text);

    /// <summary>How a key begins: enough to tell it from others, too little to use it.</summary>
    public static string PrefixOf(string key) => key[..(IsOfAccount(key) ? AccountPrefixLength : PrefixLength)];

    public static bool IsOfAccount(string text) =>
        text.Length == AccountLength && text.StartsWith(AccountPrefix, StringComparison.Ordinal) && text.AsSpan(AccountPrefix.Length).IndexOfAnyExcept(_hexDigits) < 0;

    private static bool IsOwn(string text) =>
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
