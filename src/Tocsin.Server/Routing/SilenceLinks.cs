using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Notify;

namespace Tocsin.Routing;

/// <summary>Who may extend which silence, read from a signed link.</summary>
/// <param name="Silence">Its id.</param>
internal readonly record struct SilenceGrant(long Workspace, string Silence, DateTimeOffset ExpiresAt);

/// <summary>
/// The link in the message that a silence ends soon. It names one silence, works until shortly after the end that the message told of, and opening it
/// changes nothing: only its form does.
/// </summary>
internal sealed class SilenceLinks(PublicLinks links)
{
    private const int MacLength = 16;
    private const int LongestToken = 600;

    /// <summary>So that whoever opens it a moment too late reads why.</summary>
    private static readonly TimeSpan _after = TimeSpan.FromHours(24);

    private readonly byte[] _key = Encoding.UTF8.GetBytes(links.SecretFor("silence"));

    public string Path(long workspace, Silence silence, DateTimeOffset now) =>
        $"/s/{Token(new(workspace, silence.Id, (silence.EndsAt > now ? silence.EndsAt : now) + _after))}";

    public string Token(SilenceGrant grant)
    {
        var body = Encoding.UTF8.GetBytes($"{grant.Workspace} {grant.ExpiresAt.ToUnixTimeSeconds()} {grant.Silence}");
        return $"{Base64Url.EncodeToString(body)}.{Base64Url.EncodeToString(Mac(body))}";
    }

    /// <returns>Null for anything that was not signed here or has expired.</returns>
    public SilenceGrant? Read(string token, DateTimeOffset now)
    {
        if (token.Length > LongestToken || token.Split('.') is not [var text, var mac] || !Base64Url.IsValid(text) || !Base64Url.IsValid(mac))
        {
            return null;
        }

        var body = Base64Url.DecodeFromChars(text);
        return CryptographicOperations.FixedTimeEquals(Mac(body), Base64Url.DecodeFromChars(mac))
            && Encoding.UTF8.GetString(body).Split(' ', 3) is [var workspace, var expires, var silence]
            && DateTimeOffset.FromUnixTimeSeconds(long.Parse(expires)) is var at && at > now
                ? new(long.Parse(workspace), silence, at)
                : null;
    }

    private byte[] Mac(byte[] body) => HMACSHA256.HashData(_key, body)[..MacLength];
}
