using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Tocsin.Demo.Fakes;

/// <summary>What is wrong with a token of the fake provider, or with what it says of itself. Each is something that a client must notice.</summary>
internal enum FakeLie
{
    None,
    OtherIssuer,
    OtherAudience,
    SharedAudienceWithoutParty,
    OtherParty,
    OtherNonce,
    NoNonce,
    Expired,
    NoExpiry,
    NotYetValid,
    IssuedInTheFuture,
    IssuedLongAgo,
    NoSubject,
    OtherAccessToken,
    NoAlgorithm,
    HmacWithThePublicKey,
    UnknownKey,
    KnownKeyNameOfAnotherKey,
    KeyInTheHeader,
    ChangedClaims,
    OtherKindOfToken,
    CriticalHeader,
    Encrypted,
    TooLong,
    NotAToken,
    NoToken,
    TooManyGroups,
    UserInfoOfAnother,
    DiscoveryOfAnother,
}

/// <summary>A key that signs tokens, RS256 or ES256.</summary>
internal sealed record FakeSigner(string Id, RSA? RsaKey, ECDsa? EcKey)
{
    public string Algorithm => RsaKey is null ? "ES256" : "RS256";

    public static FakeSigner Rsa(string id, int bits = 2048) => new(id, RSA.Create(bits), null);

    public static FakeSigner EllipticCurve(string id) => new(id, null, ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public byte[] Sign(byte[] data) => RsaKey?.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ?? EcKey!.SignData(data, HashAlgorithmName.SHA256);

    public JsonObject PublicKey()
    {
        if (RsaKey is not null)
        {
            var rsa = RsaKey.ExportParameters(false);
            return new() { ["kty"] = "RSA", ["use"] = "sig", ["alg"] = "RS256", ["kid"] = Id, ["n"] = Base64Url.EncodeToString(rsa.Modulus), ["e"] = Base64Url.EncodeToString(rsa.Exponent) };
        }

        var ec = EcKey!.ExportParameters(false);
        return new() { ["kty"] = "EC", ["use"] = "sig", ["crv"] = "P-256", ["kid"] = Id, ["x"] = Base64Url.EncodeToString(ec.Q.X), ["y"] = Base64Url.EncodeToString(ec.Q.Y) };
    }
}

/// <summary>Writes ID tokens as the provider's mood is.</summary>
internal static class FakeIdToken
{
    /// <summary>A key that is in no key set. Made once, since that takes long.</summary>
    private static readonly FakeSigner Stranger = FakeSigner.Rsa("key-of-nobody");

    public static JsonObject ClaimsOf(FakeOidc provider, FakePerson person)
    {
        JsonObject claims = new() { ["name"] = person.Name, ["preferred_username"] = person.Subject };
        if (person.Email is not null)
        {
            claims["email"] = person.Email;
        }

        if (person.IsVerified is { } verified)
        {
            claims["email_verified"] = verified;
        }

        if (provider.Lie == FakeLie.TooManyGroups)
        {
            claims["_claim_names"] = new JsonObject { ["groups"] = "elsewhere" };
        }
        else if (provider.GroupsOf(person) is { } groups)
        {
            claims["groups"] = groups;
        }

        return claims;
    }

    public static string Write(FakeOidc provider, FakeSigner signer, FakePerson person, string nonce, string accessToken, DateTimeOffset now)
    {
        var lie = provider.Lie;
        var claims = provider.IsThin ? [] : ClaimsOf(provider, person);
        foreach (var (name, value) in provider.Besides)
        {
            claims[name] = value?.DeepClone();
        }

        claims["iss"] = lie == FakeLie.OtherIssuer ? "https://login.other.example" : provider.Issuer;
        claims["sub"] = lie == FakeLie.NoSubject ? "" : person.Subject;
        claims["aud"] = lie switch
        {
            FakeLie.OtherAudience => "another-client",
            FakeLie.SharedAudienceWithoutParty => new JsonArray(FakeOidc.ClientId, "another-client"),
            _ => FakeOidc.ClientId,
        };
        if (lie == FakeLie.OtherParty)
        {
            claims["azp"] = "another-client";
        }

        if (lie != FakeLie.NoNonce)
        {
            claims["nonce"] = lie == FakeLie.OtherNonce ? "of-another-login" : nonce;
        }

        Date(claims, lie, now);
        var hashed = SHA256.HashData(Encoding.ASCII.GetBytes(lie == FakeLie.OtherAccessToken ? "another" : accessToken));
        claims["at_hash"] = Base64Url.EncodeToString(hashed.AsSpan(0, 16));
        if (lie == FakeLie.TooLong)
        {
            claims["padding"] = new string('x', 40_000);
        }

        return Sign(signer, claims, lie);
    }

    private static void Date(JsonObject claims, FakeLie lie, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        claims["iat"] = lie switch
        {
            FakeLie.IssuedInTheFuture => seconds + 120,
            FakeLie.IssuedLongAgo => seconds - 3600,
            _ => seconds,
        };
        if (lie != FakeLie.NoExpiry)
        {
            claims["exp"] = lie == FakeLie.Expired ? seconds - 61 : seconds + 300;
        }

        if (lie == FakeLie.NotYetValid)
        {
            claims["nbf"] = seconds + 120;
        }
    }

    private static string Sign(FakeSigner signer, JsonObject claims, FakeLie lie)
    {
        var used = lie switch
        {
            FakeLie.UnknownKey => Stranger,
            FakeLie.KnownKeyNameOfAnotherKey or FakeLie.KeyInTheHeader => Stranger with { Id = signer.Id },
            _ => signer,
        };
        JsonObject header = new() { ["alg"] = used.Algorithm, ["typ"] = "JWT", ["kid"] = used.Id };
        switch (lie)
        {
            case FakeLie.NoAlgorithm:
                header["alg"] = "none";
                break;
            case FakeLie.HmacWithThePublicKey:
                header["alg"] = "HS256";
                break;
            case FakeLie.KeyInTheHeader:
                header["jwk"] = used.PublicKey();
                break;
            case FakeLie.OtherKindOfToken:
                header["typ"] = "at+jwt";
                break;
            case FakeLie.CriticalHeader:
                header["crit"] = new JsonArray("exp");
                break;
            case FakeLie.NotAToken:
                return "not.a token";
            case FakeLie.Encrypted:
                return "a.b.c.d.e";
        }

        var text = $"{Part(header)}.{Part(claims)}";
        var signature = lie switch
        {
            FakeLie.NoAlgorithm => "",
            FakeLie.HmacWithThePublicKey => Base64Url.EncodeToString(HMACSHA256.HashData(signer.RsaKey!.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(text))),
            _ => Base64Url.EncodeToString(used.Sign(Encoding.ASCII.GetBytes(text))),
        };
        if (lie == FakeLie.ChangedClaims)
        {
            claims["groups"] = new JsonArray("platform");
            text = $"{Part(header)}.{Part(claims)}";
        }

        return $"{text}.{signature}";
    }

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
}
