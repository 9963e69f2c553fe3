using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Tocsin.Identity.Oidc;

/// <summary>A way to sign that is accepted: asymmetric ones only, so that no public key can pass for a secret.</summary>
internal sealed record SigningAlgorithm(string Name, string KeyType, HashAlgorithmName Hash, string? Curve, RSASignaturePadding? Padding)
{
    private static readonly SigningAlgorithm[] All =
    [
        new("RS256", "RSA", HashAlgorithmName.SHA256, null, RSASignaturePadding.Pkcs1),
        new("RS384", "RSA", HashAlgorithmName.SHA384, null, RSASignaturePadding.Pkcs1),
        new("RS512", "RSA", HashAlgorithmName.SHA512, null, RSASignaturePadding.Pkcs1),
        new("PS256", "RSA", HashAlgorithmName.SHA256, null, RSASignaturePadding.Pss),
        new("PS384", "RSA", HashAlgorithmName.SHA384, null, RSASignaturePadding.Pss),
        new("PS512", "RSA", HashAlgorithmName.SHA512, null, RSASignaturePadding.Pss),
        new("ES256", "EC", HashAlgorithmName.SHA256, "P-256", null),
        new("ES384", "EC", HashAlgorithmName.SHA384, "P-384", null),
        new("ES512", "EC", HashAlgorithmName.SHA512, "P-521", null),
    ];

    /// <returns>Null: none of those that are accepted.</returns>
    public static SigningAlgorithm? Find(string? name) => Array.Find(All, a => a.Name == name);
}

/// <summary>One public key of a provider, as its key set has it.</summary>
/// <param name="Id">Null: the provider names it not.</param>
/// <param name="Algorithm">The only one it is for; null: any that its type fits.</param>
internal sealed record SigningKey(string? Id, string Type, string? Algorithm, string? Curve, byte[] First, byte[] Second)
{
    /// <summary>Providers have a handful; a set with more is cut, so that trying them all stays cheap.</summary>
    private const int MostKeys = 100;

    private const int LeastRsaBits = 2048;
    private const int MostRsaBits = 8192;

    /// <summary>The keys of a set (RFC 7517) that can check a signature; those of other kinds are left out.</summary>
    /// <returns>Null: this is no key set.</returns>
    public static SigningKey[]? ReadSet(JsonElement set) =>
        set.ValueKind == JsonValueKind.Object && set.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array
            ? [.. keys.EnumerateArray().Take(MostKeys).Select(Read).OfType<SigningKey>()]
            : null;

    /// <summary>Whether a signature by this algorithm may be this key's.</summary>
    public bool Fits(SigningAlgorithm algorithm) =>
        Type == algorithm.KeyType && (Algorithm is null || Algorithm == algorithm.Name) && (algorithm.Curve is null || algorithm.Curve == Curve);

    /// <summary>Whether this key made the signature; false also for a key that is none.</summary>
    public bool Signed(SigningAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            if (algorithm.Padding is { } padding)
            {
                using var rsa = RSA.Create(new RSAParameters { Modulus = First, Exponent = Second });
                return rsa.KeySize is >= LeastRsaBits and <= MostRsaBits && rsa.VerifyData(data, signature, algorithm.Hash, padding);
            }

            using var ec = ECDsa.Create(new ECParameters { Curve = CurveOf(algorithm.Curve!), Q = { X = First, Y = Second } });
            return ec.VerifyData(data, signature, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static ECCurve CurveOf(string name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        _ => ECCurve.NamedCurves.nistP521,
    };

    private static SigningKey? Read(JsonElement key)
    {
        if (key.ValueKind != JsonValueKind.Object || key.Text("use") is not (null or "sig") || key.TryGetProperty("d", out _))
        {
            return null;
        }

        var type = key.Text("kty");
        var (first, second) = type switch
        {
            "RSA" => (Bytes(key, "n"), Bytes(key, "e")),
            "EC" => (Bytes(key, "x"), Bytes(key, "y")),
            _ => (null, null),
        };
        return first is null || second is null ? null : new(key.Text("kid"), type!, key.Text("alg"), key.Text("crv"), first, second);
    }

    private static byte[]? Bytes(JsonElement key, string name) =>
        key.Text(name) is { Length: > 0 and <= 2000 } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}

internal static class JsonWords
{
    /// <returns>The text of that member; null where it is missing or something else.</returns>
    public static string? Text(this JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.Text() : null;

    /// <returns>Null: not a text, or one with bytes or halves of characters that make none.</returns>
    public static string? Text(this JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
