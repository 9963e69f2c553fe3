using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Notify;

/// <summary>Who may act on what, read from a signed link.</summary>
internal readonly record struct ActionGrant(long Workspace, long PageId, DateTimeOffset ExpiresAt);

/// <summary>Whose answers an address takes.</summary>
/// <param name="PageId">0: those to any page of the workspace.</param>
internal readonly record struct ReplyGrant(long Workspace, long PageId);

/// <summary>
/// Addresses that are handed out in messages. An action link names one page (so one person and one incident), ends after 12 h,
/// and is signed with a secret that all nodes share; opening it changes nothing, only its form does.
/// </summary>
/// <param name="publicUrl">The address under which people reach this installation, without a trailing slash; null: unknown, no links.</param>
/// <param name="secret">32 bytes.</param>
internal sealed class PublicLinks(string? publicUrl, byte[] secret)
{
    private const int MacLength = 16;
    private const int BodyLength = 24;
    private const int GrantLength = 16;

    private static readonly TimeSpan _life = TimeSpan.FromHours(12);

    public string? BaseUrl => publicUrl;

    public Uri? Incident(long number) => publicUrl is null || number == 0 ? null : new($"{publicUrl}/i/{number}");

    public Uri? Action(long workspace, long pageId, DateTimeOffset now) => publicUrl is null ? null : new($"{publicUrl}/a/{Token(new(workspace, pageId, now + _life))}");

    /// <summary>
    /// Where a provider sends what people answer. Its key says whose answers these are; what it admits to is each provider's to check, by
    /// signature. It is the same each time, so a provider can be told it before anything is sent.
    /// </summary>
    /// <param name="provider">The id of a reply source; the key is good for it alone.</param>
    /// <param name="pageId">0: for answers to any page.</param>
    public Uri? Reply(string provider, long workspace, long pageId = 0) =>
        publicUrl is null ? null : new($"{publicUrl}/reply/{provider}/{ReplyKey(provider, new(workspace, pageId))}");

    public string ReplyKey(string provider, ReplyGrant grant) => Seal($"reply/{provider}", grant);

    /// <returns>Null for anything that was not made here for this provider.</returns>
    public ReplyGrant? ReadReplyKey(string provider, string key) => Unseal($"reply/{provider}", key);

    /// <summary>What a button carries: which page it belongs to. 43 characters at most; it admits to nothing by itself.</summary>
    public string AnswerCode(long workspace, long pageId) => Seal("answer", new(workspace, pageId));

    /// <returns>The page; null for anything that was not made here for this workspace.</returns>
    public long? ReadAnswerCode(string code, long workspace) => Unseal("answer", code) is { } grant && grant.Workspace == workspace ? grant.PageId : null;

    /// <summary>A secret that is the same each time and that only this installation can make: 43 characters of base64url.</summary>
    /// <param name="purpose">Names what it is for; different purposes have secrets that tell nothing of each other.</param>
    public string SecretFor(string purpose) => Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"tocsin/secret/{purpose}")));

    /// <summary>What links an account of another system to a person: 43 letters, digits, - and _.</summary>
    public string LinkCode(string source, long workspace, string user, DateTimeOffset expiresAt) => Seal($"link/{source}/{user}", new(workspace, expiresAt.ToUnixTimeSeconds()));

    public bool IsLinkCode(string code, string source, long workspace, string user, DateTimeOffset now) =>
        Unseal($"link/{source}/{user}", code) is { } grant && grant.Workspace == workspace && grant.PageId > now.ToUnixTimeSeconds();

    /// <summary>Which workspace a code claims to be of; it may still be no code at all.</summary>
    public static long? WorkspaceOfLinkCode(string code)
    {
        Span<byte> bytes = stackalloc byte[GrantLength + MacLength];
        return code.Length <= 64 && Base64Url.IsValid(code, out var length) && length == bytes.Length && Base64Url.TryDecodeFromChars(code, bytes, out _)
            ? BinaryPrimitives.ReadInt64BigEndian(bytes)
            : null;
    }

    private string Seal(string purpose, ReplyGrant grant)
    {
        Span<byte> bytes = stackalloc byte[GrantLength + MacLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, grant.Workspace);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], grant.PageId);
        Sign(purpose, bytes[..GrantLength], bytes[GrantLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    private ReplyGrant? Unseal(string purpose, string text)
    {
        Span<byte> bytes = stackalloc byte[GrantLength + MacLength];
        if (text.Length > 64 || !Base64Url.IsValid(text, out var length) || length != bytes.Length || !Base64Url.TryDecodeFromChars(text, bytes, out _))
        {
            return null;
        }

        Span<byte> mac = stackalloc byte[MacLength];
        Sign(purpose, bytes[..GrantLength], mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes[GrantLength..])
            ? new(BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]))
            : null;
    }

    /// <summary>Each purpose has a key of its own, so that what was signed for one is nothing to another.</summary>
    private void Sign(string purpose, ReadOnlySpan<byte> body, Span<byte> mac)
    {
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"tocsin/{purpose}")), body, full);
        full[..MacLength].CopyTo(mac);
    }

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
