using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tocsin.Demo.Fakes;

/// <summary>What the fake knows of its App: the signed assertion, the installation, and its tokens.</summary>
internal sealed partial class FakeGitHub
{
    private FakeAnswer OfApp(string method, string[] parts) => (method, parts) switch
    {
        ("GET", ["app"]) => Is(200, new JsonObject { ["id"] = int.Parse(AppId, CultureInfo.InvariantCulture), ["slug"] = "tocsin", ["name"] = "Tocsin" }),
        ("GET", ["repos", var owner, var name, "installation"]) => _repositories.TryGetValue($"{owner}/{name}", out var repository) && repository.IsInstalled
            ? Is(200, new JsonObject { ["id"] = Installation, ["permissions"] = new JsonObject { ["issues"] = repository.MayWrite ? "write" : "read", ["metadata"] = "read" } })
            : Says(404, "Not Found"),
        ("POST", ["app", "installations", "99", "access_tokens"]) => Grant(),
        _ => Says(404, "Not Found"),
    };

    private FakeAnswer Grant()
    {
        var token = $"ghs_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(18))}";
        _tokens[token] = Clock.GetUtcNow().AddHours(1);
        TokensGiven++;
        return Is(201, new JsonObject { ["token"] = token, ["expires_at"] = Time(_tokens[token]) });
    }

    private bool IsToken(string bearer) => bearer == Token || (_tokens.TryGetValue(bearer, out var until) && until > Clock.GetUtcNow());

    private string? JwtFault(string assertion)
    {
        if (assertion.Split('.') is not [var header, var claims, var signature])
        {
            return "A JSON web token could not be decoded";
        }

        try
        {
            var (head, says, now) = (JsonNode.Parse(Base64Url.DecodeFromChars(header))!, JsonNode.Parse(Base64Url.DecodeFromChars(claims))!, Clock.GetUtcNow().ToUnixTimeSeconds());
            var (from, until) = (says["iat"]!.GetValue<long>(), says["exp"]!.GetValue<long>());
            return head["alg"]!.GetValue<string>() != "RS256" ? "'alg' must be RS256"
                : says["iss"]!.ToString() != AppId ? "'Issuer' claim ('iss') must be an Integer"
                : from > now ? "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
                : until <= now || until > now + 600 ? "'Expiration time' claim ('exp') is too far in the future"
                : _key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{claims}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ? null
                : "A JSON web token could not be decoded";
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or NullReferenceException)
        {
            return "A JSON web token could not be decoded";
        }
    }
}
