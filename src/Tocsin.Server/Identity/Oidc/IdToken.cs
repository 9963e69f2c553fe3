using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tocsin.Identity.Oidc;

/// <summary>What an ID token must say to be the answer to one login.</summary>
/// <param name="Issuer">The provider's own name for itself, as its discovery document says it.</param>
/// <param name="AccessToken">What came beside it, for <c>at_hash</c>; null: nothing.</param>
internal sealed record IdTokenWish(string Issuer, string ClientId, string Nonce, string? AccessToken);

/// <summary>What came of checking an ID token.</summary>
internal abstract record IdTokenOutcome
{
    /// <summary>It is what was asked for.</summary>
    /// <param name="Claims">Lives as long as whoever holds it; data of the provider.</param>
    internal sealed record Good(JsonElement Claims) : IdTokenOutcome;

    /// <summary>It is not.</summary>
    /// <param name="Why">For the log: one sentence without anything out of the token.</param>
    internal sealed record Bad(string Why) : IdTokenOutcome;

    /// <summary>It names a key that the provider did not have when it was last asked: there may be a new one.</summary>
    internal sealed record UnknownKey : IdTokenOutcome;
}

/// <summary>
/// Checks ID tokens, strictly: OpenID Connect Core 3.1.3.7, with a fixed list of algorithms, and keys from nowhere but the provider's own set. Pure.
/// </summary>
internal static class IdToken
{
    /// <summary>Longer ones are not looked at. A person in some hundreds of groups stays below.</summary>
    public const int MaxLength = 32 * 1024;

    /// <summary>How far the provider's clock may be off.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromSeconds(60);

    /// <summary>A login takes ten minutes at most, so its token is not older.</summary>
    private static readonly TimeSpan MostAge = TimeSpan.FromMinutes(10);

    // The strict alphabet: decoders also take blanks and padding, and one token has one spelling.
    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    public static IdTokenOutcome Check(string token, IdTokenWish wish, IReadOnlyList<SigningKey> keys, DateTimeOffset now)
    {
        if (token.Length > MaxLength)
        {
            return Bad("it is too long");
        }

        var parts = token.Split('.');
        if (parts.Length != 3)
        {
            return Bad(parts.Length == 5 ? "it is encrypted, which is not supported" : "it has not three parts");
        }

        if (Decode(parts[2]) is not { } signature || ReadObject(parts[0]) is not { } header)
        {
            return Bad("its header or signature cannot be read");
        }

        if (SigningAlgorithm.Find(header.Text("alg")) is not { } algorithm)
        {
            return Bad("it is signed in a way that is not accepted");
        }

        if (header.TryGetProperty("crit", out _) || (header.TryGetProperty("typ", out _) && !string.Equals(header.Text("typ"), "JWT", StringComparison.OrdinalIgnoreCase)))
        {
            return Bad("it is another kind of token");
        }

        var fitting = Fitting(header, algorithm, keys);
        if (fitting.Count == 0)
        {
            return new IdTokenOutcome.UnknownKey();
        }

        var signed = Encoding.ASCII.GetBytes(token, 0, parts[0].Length + 1 + parts[1].Length);
        if (!fitting.Any(key => key.Signed(algorithm, signed, signature)))
        {
            return Bad("its signature is not by the provider");
        }

        return ReadObject(parts[1]) is not { } claims ? Bad("its claims cannot be read")
            : (Fault(claims, wish, now) ?? AccessTokenFault(claims, wish.AccessToken, algorithm)) is { } why ? Bad(why)
            : new IdTokenOutcome.Good(claims);
    }

    /// <summary>The key that the header names; without a name the only one that fits.</summary>
    private static List<SigningKey> Fitting(JsonElement header, SigningAlgorithm algorithm, IReadOnlyList<SigningKey> keys)
    {
        var kid = header.Text("kid");
        var fitting = keys.Where(key => key.Fits(algorithm) && (kid is null || key.Id == kid)).ToList();
        return kid is null && fitting.Count > 1 ? [] : fitting;
    }

    private static string? Fault(JsonElement claims, IdTokenWish wish, DateTimeOffset now)
    {
        if (claims.Text("iss") != wish.Issuer)
        {
            return "it is from another issuer";
        }

        var audience = Audience(claims);
        if (!audience.Contains(wish.ClientId, StringComparer.Ordinal))
        {
            return "it is for another client";
        }

        // Whom it was issued to: must be said where several may read it, and must be us wherever it is said.
        if ((audience.Count > 1 || claims.TryGetProperty("azp", out _)) && claims.Text("azp") != wish.ClientId)
        {
            return "it was issued to another client";
        }

        return TimeFault(claims, now)
            ?? (claims.Text("nonce") != wish.Nonce ? "it answers another login"
                : claims.Text("sub") is not { Length: > 0 and <= 255 } subject || subject.Any(char.IsControl) ? "it names nobody"
                : null);
    }

    private static string? TimeFault(JsonElement claims, DateTimeOffset now)
    {
        if (Instant(claims, "exp") is not { } end || Instant(claims, "iat") is not { } issued)
        {
            return "it does not say when it was issued or ends";
        }

        if (claims.TryGetProperty("nbf", out _) && (Instant(claims, "nbf") is not { } begin || begin > now + Skew))
        {
            return "it is not valid yet";
        }

        return end <= now - Skew ? "it has expired"
            : issued > now + Skew ? "it was issued in the future"
            : issued < now - MostAge - Skew ? "it is older than any login"
            : null;
    }

    /// <summary>The access token is used for nothing but the provider's own userinfo; still it must be the one that belongs to this token.</summary>
    private static string? AccessTokenFault(JsonElement claims, string? accessToken, SigningAlgorithm algorithm)
    {
        if (!claims.TryGetProperty("at_hash", out _) || accessToken is null)
        {
            return null;
        }

        var hash = CryptographicOperations.HashData(algorithm.Hash, Encoding.ASCII.GetBytes(accessToken));
        return claims.Text("at_hash") == Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2)) ? null : "it belongs to another access token";
    }

    private static List<string> Audience(JsonElement claims) => !claims.TryGetProperty("aud", out var aud) ? [] : aud.ValueKind switch
    {
        JsonValueKind.String => [aud.Text() ?? ""],
        JsonValueKind.Array => [.. aud.EnumerateArray().Select(a => a.Text() ?? "")],
        _ => [],
    };

    private static DateTimeOffset? Instant(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var seconds) && seconds is >= 0 and <= 253402300799
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : null;

    private static JsonElement? ReadObject(string part)
    {
        if (Decode(part) is not { } bytes)
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(bytes, Strict);
            return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[]? Decode(string part) =>
        part.AsSpan().ContainsAnyExcept(Letters) || !Base64Url.IsValid(part) ? null : Base64Url.DecodeFromChars(part);

    private static IdTokenOutcome.Bad Bad(string why) => new($"The ID token was refused: {why}.");
}
