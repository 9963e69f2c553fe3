using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.OnCall;

/// <summary>
/// Addresses in messages that let one person answer one request, without logging in. Signed with a secret that all nodes share; opening one
/// changes nothing, and the request's own end is the link's.
/// </summary>
/// <param name="secret">32 bytes.</param>
internal sealed class SwapLinks(byte[] secret)
{
    private const int MacLength = 16;
    private const int MostNameBytes = 200;

    private readonly byte[] _key = HMACSHA256.HashData(secret, "tocsin/swap"u8);

    /// <summary>The path of the page, without the address of the installation.</summary>
    public string PathOf(long workspace, long swap, string user) => $"/swap/{Token(workspace, swap, user)}";

    public string Token(long workspace, long swap, string user)
    {
        var name = Encoding.UTF8.GetBytes(user);
        var body = new byte[16 + name.Length];
        BinaryPrimitives.WriteInt64BigEndian(body, workspace);
        BinaryPrimitives.WriteInt64BigEndian(body.AsSpan(8), swap);
        name.CopyTo(body, 16);
        return Base64Url.EncodeToString([.. body, .. Signed(body)]);
    }

    /// <returns>Null for anything that was not signed here.</returns>
    public (long Workspace, long Swap, string User)? Read(string token)
    {
        if (token.Length > 2 * MostNameBytes || !Base64Url.IsValid(token, out var length) || length <= 16 + MacLength)
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        var body = bytes[..^MacLength];
        return CryptographicOperations.FixedTimeEquals(Signed(body), bytes.AsSpan(body.Length))
            ? (BinaryPrimitives.ReadInt64BigEndian(body), BinaryPrimitives.ReadInt64BigEndian(body.AsSpan(8)), Encoding.UTF8.GetString(body, 16, body.Length - 16))
            : null;
    }

    private byte[] Signed(byte[] body) => HMACSHA256.HashData(_key, body)[..MacLength];
}
