using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Identity.Oidc;

namespace Tocsin.Tests.Identity;

/// <summary>The check of ID tokens alone: its bounds to the second, its ways of signing, and texts that are no tokens.</summary>
public sealed class IdTokenTests
{
    private const string Issuer = "https://login.example.test";

    private static readonly DateTimeOffset Now = new(2026, 1, 5, 2, 58, 0, TimeSpan.Zero);
    private static readonly RSA Rsa = RSA.Create(2048);
    private static readonly IdTokenWish Wish = new(Issuer, "tocsin", "nonce-1", null);

    [Theory]
    [InlineData("exp", -59, true)]
    [InlineData("exp", -60, false)]
    [InlineData("nbf", 60, true)]
    [InlineData("nbf", 61, false)]
    [InlineData("iat", 60, true)]
    [InlineData("iat", 61, false)]
    [InlineData("iat", -660, true)]
    [InlineData("iat", -661, false)]
    public void A_clock_may_be_off_by_a_minute_and_no_more(string claim, int seconds, bool isGood)
    {
        var token = Token(claims => claims[claim] = Now.ToUnixTimeSeconds() + seconds);

        Assert.Equal(isGood, Check(token) is IdTokenOutcome.Good);
    }

    [Theory]
    [InlineData("iss", "\"https://login.example.test/\"")]
    [InlineData("iss", "[\"https://login.example.test\"]")]
    [InlineData("aud", "[]")]
    [InlineData("aud", "{\"tocsin\": 1}")]
    [InlineData("aud", "[\"tocsin\", 7]")]
    [InlineData("aud", "\"TOCSIN\"")]
    [InlineData("azp", "null")]
    [InlineData("azp", "\"other\"")]
    [InlineData("exp", "\"2026-01-05\"")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e300")]
    [InlineData("iat", "null")]
    [InlineData("nbf", "\"soon\"")]
    [InlineData("nonce", "[\"nonce-1\"]")]
    [InlineData("sub", "7")]
    [InlineData("sub", "\"\"")]
    [InlineData("sub", "\"a\\u0000b\"")]
    public void A_claim_of_another_kind_or_value_is_refused(string claim, string json) =>
        Assert.IsType<IdTokenOutcome.Bad>(Check(Token(claims => claims[claim] = JsonNode.Parse(json))));

    [Fact]
    public void Several_audiences_are_good_if_it_was_issued_to_us()
    {
        var token = Token(claims => (claims["aud"], claims["azp"]) = (new JsonArray("other", "tocsin"), "tocsin"));

        Assert.IsType<IdTokenOutcome.Good>(Check(token));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    public void Each_way_of_signing_that_is_accepted_works_and_is_not_taken_for_another(string algorithm)
    {
        var hash = new HashAlgorithmName($"SHA{algorithm[2..]}");
        using var ec = ECDsa.Create(algorithm switch { "ES256" => ECCurve.NamedCurves.nistP256, "ES384" => ECCurve.NamedCurves.nistP384, _ => ECCurve.NamedCurves.nistP521 });
        byte[] Sign(byte[] data) => algorithm[0] == 'E' ? ec.SignData(data, hash) : Rsa.SignData(data, hash, algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        var key = algorithm[0] == 'E' ? EcKey(ec, algorithm switch { "ES256" => "P-256", "ES384" => "P-384", _ => "P-521" }) : RsaKey(Rsa);
        var others = new[] { "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512" }.Where(other => other != algorithm);

        Assert.IsType<IdTokenOutcome.Good>(Check(Token(algorithm: algorithm, sign: Sign), key));
        Assert.All(others, other => Assert.IsNotType<IdTokenOutcome.Good>(Check(Token(algorithm: other, sign: Sign), key)));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("HS256")]
    [InlineData("EdDSA")]
    [InlineData("rs256")]
    [InlineData("RS1")]
    [InlineData("")]
    public void No_other_way_of_signing_is_looked_at(string algorithm) =>
        Assert.IsType<IdTokenOutcome.Bad>(Check(Token(algorithm: algorithm)));

    [Fact]
    public void A_short_key_counts_as_none()
    {
        using var weak = RSA.Create(1024);

        Assert.IsType<IdTokenOutcome.Bad>(Check(Token(sign: data => weak.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)), RsaKey(weak)));
    }

    [Fact]
    public void Keys_for_encryption_and_private_keys_are_left_out_of_a_set()
    {
        var good = RsaJson(Rsa);
        var (encrypting, leaked, odd) = (RsaJson(Rsa), RsaJson(Rsa), RsaJson(Rsa));
        (encrypting["use"], leaked["d"], odd["n"]) = ("enc", "AQAB", "not base64url!");
        using var json = JsonDocument.Parse(new JsonObject { ["keys"] = new JsonArray(encrypting, leaked, odd, good, 7, null) }.ToJsonString());

        Assert.Single(SigningKey.ReadSet(json.RootElement)!);
    }

    [Fact]
    public void A_token_without_a_key_name_is_tried_only_with_an_only_key()
    {
        var token = Token(change: null, header: header => header.Remove("kid"));
        using var second = RSA.Create(2048);

        Assert.IsType<IdTokenOutcome.Good>(Check(token, RsaKey(Rsa)));
        Assert.IsType<IdTokenOutcome.UnknownKey>(Check(token, RsaKey(Rsa), RsaKey(second)));
    }

    [Fact]
    public void The_access_token_must_be_the_one_that_it_was_issued_with()
    {
        var hash = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes("access-1")).AsSpan(0, 16));
        var token = Token(claims => claims["at_hash"] = hash);

        Assert.IsType<IdTokenOutcome.Good>(IdToken.Check(token, Wish with { AccessToken = "access-1" }, [RsaKey(Rsa)], Now));
        Assert.IsType<IdTokenOutcome.Bad>(IdToken.Check(token, Wish with { AccessToken = "access-2" }, [RsaKey(Rsa)], Now));
    }

    [Fact]
    public void A_claim_that_is_there_twice_is_refused()
    {
        var parts = Token().Split('.');
        var twice = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).Replace("{", "{\"sub\":\"bo\",", StringComparison.Ordinal);
        var text = $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(twice))}";

        Assert.IsType<IdTokenOutcome.Bad>(Check($"{text}.{Base64Url.EncodeToString(Sign(Encoding.ASCII.GetBytes(text)))}"));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'\\', (byte)'u', (byte)'d', (byte)'8', (byte)'0', (byte)'0' })]
    [InlineData(new byte[] { 0xC3, 0x28 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void A_text_that_is_none_is_refused(byte[] subject)
    {
        var parts = Token().Split('.');
        var json = Base64Url.DecodeFromChars(parts[1]);
        var at = json.AsSpan().IndexOf("ana"u8);
        var text = $"{parts[0]}.{Base64Url.EncodeToString([.. json[..at], .. subject, .. json[(at + 3)..]])}";

        Assert.IsType<IdTokenOutcome.Bad>(Check($"{text}.{Base64Url.EncodeToString(Sign(Encoding.ASCII.GetBytes(text)))}"));
    }

    [Fact]
    public void Another_spelling_of_the_same_bytes_is_refused()
    {
        var token = Token();

        Assert.All([$"{token}=", $" {token}", $"{token}\n", token.Replace(".", ". ", StringComparison.Ordinal)], other => Assert.IsType<IdTokenOutcome.Bad>(Check(other)));
    }

    [Fact]
    public void Whatever_bytes_come_the_check_says_no_and_does_not_fail()
    {
        var random = new Random(20260105);
        var token = Token();
        for (var i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder(token);
            for (var changes = random.Next(1, 6); changes > 0; changes--)
            {
                var at = random.Next(text.Length);
                switch (random.Next(3))
                {
                    case 0:
                        text[at] = (char)random.Next(32, 127);
                        break;
                    case 1:
                        text.Remove(at, random.Next(1, Math.Min(40, text.Length - at)));
                        break;
                    default:
                        text.Insert(at, ".");
                        break;
                }
            }

            Assert.True(text.ToString() == token || Check(text.ToString()) is not IdTokenOutcome.Good, text.ToString());
        }
    }

    private static IdTokenOutcome Check(string token, params SigningKey[] keys) => IdToken.Check(token, Wish, keys.Length > 0 ? keys : [RsaKey(Rsa)], Now);

    private static string Token(Action<JsonObject>? change = null, Action<JsonObject>? header = null, string algorithm = "RS256", Func<byte[], byte[]>? sign = null)
    {
        var at = Now.ToUnixTimeSeconds();
        JsonObject head = new() { ["alg"] = algorithm, ["kid"] = "key-1" };
        JsonObject claims = new() { ["iss"] = Issuer, ["sub"] = "ana", ["aud"] = "tocsin", ["nonce"] = "nonce-1", ["iat"] = at, ["exp"] = at + 300 };
        header?.Invoke(head);
        change?.Invoke(claims);
        var text = $"{Part(head)}.{Part(claims)}";
        return $"{text}.{Base64Url.EncodeToString((sign ?? Sign)(Encoding.ASCII.GetBytes(text)))}";
    }

    private static byte[] Sign(byte[] data) => Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static JsonObject RsaJson(RSA rsa)
    {
        var key = rsa.ExportParameters(false);
        return new() { ["kty"] = "RSA", ["kid"] = "key-1", ["n"] = Base64Url.EncodeToString(key.Modulus), ["e"] = Base64Url.EncodeToString(key.Exponent) };
    }

    private static SigningKey RsaKey(RSA rsa) => Key(RsaJson(rsa));

    private static SigningKey EcKey(ECDsa ec, string curve)
    {
        var key = ec.ExportParameters(false);
        return Key(new() { ["kty"] = "EC", ["kid"] = "key-1", ["crv"] = curve, ["x"] = Base64Url.EncodeToString(key.Q.X), ["y"] = Base64Url.EncodeToString(key.Q.Y) });
    }

    private static SigningKey Key(JsonObject key)
    {
        using var json = JsonDocument.Parse(new JsonObject { ["keys"] = new JsonArray(key) }.ToJsonString());
        return Assert.Single(SigningKey.ReadSet(json.RootElement)!);
    }
}
