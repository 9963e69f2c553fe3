using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Identity;

/// <summary>
/// A key of the alert server: URL-safe base64, without padding, of the user's name, a colon and 24 random bytes. That server stored a slow
/// hash of the whole text.
/// </summary>
internal static class AlertServerKey
{
    public const int HashBytes = 32;

    private const int RandomBytes = 24;
    private const int Rounds = 100_000;
    private const int Longest = 512;

    /// <returns>Whose key it says to be; null when the text has not the form of one.</returns>
    public static string? UserOf(string text)
    {
        if (text.Length is 0 or > Longest || !Base64Url.IsValid(text) || text.Contains('='))
        {
            return null;
        }

        // The name ends before the random bytes, not at the first colon: names with a colon log in too.
        var bytes = Base64Url.DecodeFromChars(text);
        var name = bytes.Length - RandomBytes - 1;
        return name > 0 && bytes[name] == ':' ? Encoding.UTF8.GetString(bytes.AsSpan(0, name)) : null;
    }

    /// <summary>The first characters of each key of that user; all that can be known of one without having it.</summary>
    public static string PrefixOf(string user)
    {
        var bytes = Encoding.UTF8.GetBytes($"{user}:");
        return Base64Url.EncodeToString(bytes)[..Math.Min(10, bytes.Length * 8 / 6)];
    }

    /// <summary>The slow hash: some 20 ms of one core.</summary>
    /// <param name="salt">As the alert server stored it; its hexadecimal text itself is the salt.</param>
    public static byte[] SlowHash(string text, string salt) =>
        Rfc2898DeriveBytes.Pbkdf2(text, Encoding.UTF8.GetBytes(salt), Rounds, HashAlgorithmName.SHA256, HashBytes);
}
