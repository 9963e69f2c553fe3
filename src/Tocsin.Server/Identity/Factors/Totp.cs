using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Identity;

/// <summary>Codes of authenticator apps: RFC 6238 with HMAC-SHA-1, six digits, a new one every 30 seconds, which is what all apps know.</summary>
internal static class Totp
{
    public const int Digits = 6;

    private const int SecretBytes = 20;
    private const int StepSeconds = 30;
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static long StepOf(DateTimeOffset at) => at.ToUnixTimeSeconds() / StepSeconds;

    /// <param name="step">The number of 30 seconds since 1970.</param>
    [SuppressMessage("Security", "CA5350", Justification = "The apps know only this one; what breaks SHA-1 elsewhere, collisions, does not matter in an HMAC.")]
    public static string Code(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        HMACSHA1.HashData(secret, counter, hash);
        var number = BinaryPrimitives.ReadUInt32BigEndian(hash[(hash[^1] & 0x0F)..]) & int.MaxValue;
        return (number % 1_000_000).ToString($"D{Digits}", CultureInfo.InvariantCulture);
    }

    /// <summary>Looks whether a code is that of now, of the step before or of the one after. Takes the same time whichever it is, or none.</summary>
    /// <param name="code">As somebody typed it; blanks in it do not matter.</param>
    /// <param name="lastStep">The newest step that was accepted: it and those before are not accepted again.</param>
    /// <returns>The step that the code is of; null: of none of them.</returns>
    public static long? Find(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        var typed = Encoding.UTF8.GetBytes(Plain(code));
        var current = StepOf(now);
        long? found = null;
        for (var step = current - 1; step <= current + 1; step++)
        {
            var isIt = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Code(secret, step)), typed);
            found = isIt && step > lastStep ? step : found;
        }

        return found;
    }

    /// <summary>Whether somebody typed what could be such a code.</summary>
    public static bool Resembles(string code) => Plain(code) is { Length: Digits } plain && plain.All(char.IsAsciiDigit);

    /// <summary>The secret as it is typed into an app: base32 without padding.</summary>
    public static string TextOf(ReadOnlySpan<byte> secret)
    {
        var text = new StringBuilder();
        var (bits, held) = (0, 0);
        foreach (var b in secret)
        {
            (bits, held) = ((bits << 8) | b, held + 8);
            for (; held >= 5; held -= 5)
            {
                text.Append(Base32[(bits >> (held - 5)) & 31]);
            }

            bits &= (1 << held) - 1;
        }

        return held == 0 ? text.ToString() : text.Append(Base32[(bits << (5 - held)) & 31]).ToString();
    }

    /// <summary>The address by which apps take the secret over, by a link or as a QR code.</summary>
    /// <param name="place">Which installation it is for, so that a person with several can tell them apart.</param>
    public static string AddressOf(ReadOnlySpan<byte> secret, string account, string place) =>
        $"otpauth://totp/{Uri.EscapeDataString(place)}:{Uri.EscapeDataString(account)}?secret={TextOf(secret)}&issuer={Uri.EscapeDataString(place)}";

    private static string Plain(string code) => string.Concat(code.Where(c => !char.IsWhiteSpace(c)));
}
