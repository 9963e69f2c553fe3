using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tocsin.Devices;

/// <summary>
/// Encrypts what a push service carries, so that it can't read it: RFC 8291 over RFC 8188, one record, content encoding <c>aes128gcm</c>.
/// </summary>
internal static class PushCipher
{
    public const int PointBytes = 65;
    public const int AuthBytes = 16;

    /// <summary>What fits into the one record of 4096 bytes that every push service takes.</summary>
    public const int MostPlainBytes = 3993;

    private const int SaltBytes = 16;
    private const int TagBytes = 16;
    private const int RecordBytes = 4096;
    private const int HeaderBytes = SaltBytes + 4 + 1 + PointBytes;
    private const byte LastRecord = 2;

    /// <param name="plain">At most <see cref="MostPlainBytes"/>.</param>
    /// <param name="browser">The subscription's <c>p256dh</c>: an uncompressed point of P-256, 65 bytes.</param>
    /// <param name="auth">The subscription's <c>auth</c>, 16 bytes.</param>
    /// <exception cref="CryptographicException">The point is not on the curve.</exception>
    public static byte[] Encrypt(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> browser, ReadOnlySpan<byte> auth)
    {
        using var once = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Encrypt(plain, browser, auth, once, RandomNumberGenerator.GetBytes(SaltBytes));
    }

    /// <summary>The same with the parts that must be new for each message, for those who know the result.</summary>
    internal static byte[] Encrypt(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> browser, ReadOnlySpan<byte> auth, ECDiffieHellman once, ReadOnlySpan<byte> salt)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plain.Length, MostPlainBytes);
        using var theirs = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = PointOf(browser) });
        var shared = once.DeriveRawSecretAgreement(theirs.PublicKey);
        var ours = PointOf(once.ExportParameters(false).Q);
        var secret = HKDF.DeriveKey(HashAlgorithmName.SHA256, shared, 32, auth.ToArray(), [.. "WebPush: info\0"u8, .. browser, .. ours]);
        var key = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 16, salt.ToArray(), "Content-Encoding: aes128gcm\0"u8.ToArray());
        var nonce = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 12, salt.ToArray(), "Content-Encoding: nonce\0"u8.ToArray());

        var body = new byte[HeaderBytes + plain.Length + 1 + TagBytes];
        salt.CopyTo(body);
        BinaryPrimitives.WriteUInt32BigEndian(body.AsSpan(SaltBytes), RecordBytes);
        body[SaltBytes + 4] = PointBytes;
        ours.CopyTo(body, SaltBytes + 5);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, [.. plain, LastRecord], body.AsSpan(HeaderBytes, plain.Length + 1), body.AsSpan(HeaderBytes + plain.Length + 1));
        return body;
    }

    /// <summary>Whether the bytes are an uncompressed point of the curve.</summary>
    public static bool IsPoint(ReadOnlySpan<byte> point)
    {
        if (point.Length != PointBytes || point[0] != 4)
        {
            return false;
        }

        try
        {
            using var key = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = PointOf(point) });
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Uncompressed: 4, x, y.</summary>
    public static byte[] PointOf(ECPoint point) => [4, .. point.X!, .. point.Y!];

    private static ECPoint PointOf(ReadOnlySpan<byte> point) => point.Length == PointBytes && point[0] == 4
        ? new() { X = point[1..33].ToArray(), Y = point[33..].ToArray() }
        : throw new CryptographicException("Not an uncompressed point of P-256.");
}
