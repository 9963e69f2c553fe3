using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Data;

/// <summary>
/// Encrypts texts for the database: AES-256-GCM, each bound to the place where it is stored, so that it opens nowhere else.
/// </summary>
/// <param name="key">32 random bytes.</param>
internal sealed class SecretBox(byte[] key)
{
    public const int KeyBytes = 32;

    private const string Mark = "sealed:1:";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public static bool IsSealed(string text) => text.StartsWith(Mark, StringComparison.Ordinal);

    /// <returns>Another text each time.</returns>
    public string Seal(string text, string place)
    {
        var plain = Encoding.UTF8.GetBytes(text);
        var packed = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = packed.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, plain, packed.AsSpan(NonceBytes + TagBytes), packed.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(place));
        return Mark + Convert.ToBase64String(packed);
    }

    /// <returns>Null: another key sealed it, or it was sealed for another place, or it was changed.</returns>
    public string? Open(string text, string place)
    {
        var packed = new byte[text.Length];
        if (!Convert.TryFromBase64String(text[Mark.Length..], packed, out var length) || length < NonceBytes + TagBytes)
        {
            return null;
        }

        ReadOnlySpan<byte> nonce = packed.AsSpan(0, NonceBytes), tag = packed.AsSpan(NonceBytes, TagBytes), cipher = packed.AsSpan((NonceBytes + TagBytes)..length);
        var plain = new byte[cipher.Length];
        using var aes = new AesGcm(key, TagBytes);
        try
        {
            aes.Decrypt(nonce, cipher, tag, plain, Encoding.UTF8.GetBytes(place));
            return Encoding.UTF8.GetString(plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
