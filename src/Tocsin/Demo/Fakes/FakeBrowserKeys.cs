using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Demo.Fakes;

/// <summary>
/// A browser's side of an encrypted push message, written from RFC 8291, RFC 8188 and RFC 5869 with its own arithmetic of P-256, so that it shares
/// nothing with the sender's. Slow, and open to whoever can time it: for fakes only.
/// </summary>
internal sealed class FakeBrowserKeys
{
    private static readonly BigInteger _p = Hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger _n = Hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    private static readonly BigInteger _b = Hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    private static readonly (BigInteger X, BigInteger Y) _base = (
        Hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"), Hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"));

    private readonly BigInteger _private;

    /// <param name="secret">32 bytes; null: new ones.</param>
    /// <param name="auth">16 bytes; null: new ones.</param>
    public FakeBrowserKeys(byte[]? secret = null, byte[]? auth = null)
    {
        _private = Number(secret ?? RandomNumberGenerator.GetBytes(32)) % _n;
        Auth = auth ?? RandomNumberGenerator.GetBytes(16);
        var point = Times(_private, _base)!.Value;
        Public = [4, .. Bytes(point.X), .. Bytes(point.Y)];
    }

    /// <summary>65 bytes.</summary>
    public byte[] Public { get; }

    public byte[] Auth { get; }

    /// <returns>The plain text; null: the body is not one record of aes128gcm for these keys.</returns>
    public byte[]? Decrypt(byte[] body)
    {
        if (body.Length < 86 + 17 || body[20] != 65)
        {
            return null;
        }

        var recordSize = (body[16] << 24) | (body[17] << 16) | (body[18] << 8) | body[19];
        var salt = body[..16];
        var sender = body[21..86];
        var cipher = body[86..];
        if (sender[0] != 4 || cipher.Length > recordSize)
        {
            return null;
        }

        (BigInteger X, BigInteger Y) point = (Number(sender[1..33]), Number(sender[33..]));
        if (!IsOnCurve(point))
        {
            return null;
        }

        var shared = Bytes(Times(_private, point)!.Value.X);
        var secret = Expand(Hmac(Auth, shared), [.. Encoding.ASCII.GetBytes("WebPush: info"), 0, .. Public, .. sender], 32);
        var pseudoRandom = Hmac(salt, secret);
        var key = Expand(pseudoRandom, [.. Encoding.ASCII.GetBytes("Content-Encoding: aes128gcm"), 0], 16);
        var nonce = Expand(pseudoRandom, [.. Encoding.ASCII.GetBytes("Content-Encoding: nonce"), 0], 12);
        var plain = new byte[cipher.Length - 16];
        try
        {
            using var aes = new AesGcm(key, 16);
            aes.Decrypt(nonce, cipher[..^16], cipher[^16..], plain);
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        // After the text comes the mark of the last record, then zeros.
        var end = Array.FindLastIndex(plain, b => b != 0);
        return end >= 0 && plain[end] == 2 ? plain[..end] : null;
    }

    /// <summary>HKDF's second half (RFC 5869), for at most one block.</summary>
    private static byte[] Expand(byte[] key, byte[] info, int length) => Hmac(key, [.. info, 1])[..length];

    private static byte[] Hmac(byte[] key, byte[] text)
    {
        using var hmac = new HMACSHA256(key);
        return hmac.ComputeHash(text);
    }

    private static (BigInteger X, BigInteger Y)? Times(BigInteger factor, (BigInteger X, BigInteger Y) point)
    {
        (BigInteger X, BigInteger Y)? sum = null;
        (BigInteger X, BigInteger Y)? doubled = point;
        for (; factor > 0; factor >>= 1)
        {
            if (!factor.IsEven)
            {
                sum = Add(sum, doubled);
            }

            doubled = Add(doubled, doubled);
        }

        return sum;
    }

    /// <summary>The chord, or for a point and itself the tangent, and where it meets the curve again. Null is the point at infinity.</summary>
    private static (BigInteger X, BigInteger Y)? Add((BigInteger X, BigInteger Y)? first, (BigInteger X, BigInteger Y)? second)
    {
        if (first is not { } a || second is not { } b)
        {
            return first ?? second;
        }

        if (a.X == b.X && (a.Y + b.Y) % _p == 0)
        {
            return null;
        }

        var slope = a == b
            ? Mod(((3 * a.X * a.X) - 3) * Inverse(2 * a.Y))
            : Mod((b.Y - a.Y) * Inverse(Mod(b.X - a.X)));
        var x = Mod((slope * slope) - a.X - b.X);
        return (x, Mod((slope * (a.X - x)) - a.Y));
    }

    private static bool IsOnCurve((BigInteger X, BigInteger Y) point) => Mod((point.Y * point.Y) - (point.X * point.X * point.X) + (3 * point.X) - _b) == 0;

    private static BigInteger Inverse(BigInteger number) => BigInteger.ModPow(number, _p - 2, _p);

    private static BigInteger Mod(BigInteger number) => ((number % _p) + _p) % _p;

    private static BigInteger Number(byte[] bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static BigInteger Hex(string digits) => BigInteger.Parse($"0{digits}", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[32 - bytes.Length], .. bytes];
    }
}
