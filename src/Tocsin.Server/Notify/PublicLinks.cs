using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Tocsin.Notify;

/// <summary>Who may act on what, read from a signed link.</summary>
internal readonly record struct ActionGrant(long Workspace, long PageId, DateTimeOffset ExpiresAt);

/// <summary>
/// Addresses that are handed out in messages. An action link names one page (so one person and one incident), ends after 24 h,
/// and is signed with a secret that all nodes share; opening it changes nothing, only its form does.
/// </summary>
/// <param name="publicUrl">The address under which people reach this installation, without a trailing slash; null: unknown, no links.</param>
/// <param name="secret">32 bytes.</param>
internal sealed class PublicLinks(string? publicUrl, byte[] secret)
{
    private const int MacLength = 16;
    private const int BodyLength = 24;

    private static readonly TimeSpan _life = TimeSpan.FromHours(24);

    public string? BaseUrl => publicUrl;

    public Uri? Incident(long number) => publicUrl is null || number == 0 ? null : new($"{publicUrl}/i/{number}");

    public Uri? Action(long workspace, long pageId, DateTimeOffset now) => publicUrl is null ? null : new($"{publicUrl}/a/{Token(new(workspace, pageId, now + _life))}");

    public string Token(ActionGrant grant)
    {
        Span<byte> bytes = stackalloc byte[BodyLength + MacLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, grant.Workspace);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], grant.PageId);
        BinaryPrimitives.WriteInt64BigEndian(bytes[16..], grant.ExpiresAt.ToUnixTimeSeconds());
        Sign(bytes[..BodyLength], bytes[BodyLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <returns>Null for anything that was not signed here or has expired.</returns>
    public ActionGrant? Read(string token, DateTimeOffset now) => Open(token) is { } grant && grant.ExpiresAt > now ? grant : null;

    /// <summary>When a link ends or ended, to tell its holder so.</summary>
    /// <returns>Null for anything that was not signed here.</returns>
    public DateTimeOffset? EndOf(string token) => Open(token)?.ExpiresAt;

    private ActionGrant? Open(string token)
    {
        Span<byte> bytes = stackalloc byte[BodyLength + MacLength];
        if (token.Length > 64 || !Base64Url.IsValid(token, out var length) || length != bytes.Length || !Base64Url.TryDecodeFromChars(token, bytes, out _))
        {
            return null;
        }

        Span<byte> mac = stackalloc byte[MacLength];
        Sign(bytes[..BodyLength], mac);
        var grant = new ActionGrant(
            BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]),
            DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(BinaryPrimitives.ReadInt64BigEndian(bytes[16..]), 0, 253402300799)));
        return CryptographicOperations.FixedTimeEquals(mac, bytes[BodyLength..]) ? grant : null;
    }

    private void Sign(ReadOnlySpan<byte> body, Span<byte> mac)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, body, full);
        full[..MacLength].CopyTo(mac);
    }
}
