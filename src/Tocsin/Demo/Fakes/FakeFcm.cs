using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tocsin.Demo.Fakes;

/// <param name="Token">The registration of the app that it went to.</param>
internal sealed record FcmMessage(string Token, JsonObject Message);

/// <summary>Google's token service and Firebase Cloud Messaging in one: checks the signed assertion, the access token and the form of a message.</summary>
internal sealed class FakeFcm : FakeHttp
{
    private const string Project = "tocsin-fake";
    private const string Email = "tocsin@tocsin-fake.iam.gserviceaccount.com";

    private readonly RSA _key = RSA.Create(2048);
    private readonly ConcurrentQueue<FcmMessage> _messages = new();
    private readonly ConcurrentDictionary<string, bool> _gone = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new(StringComparer.Ordinal);

    private FakeFcm(TimeProvider clock)
        : base(clock)
    {
    }

    public IReadOnlyList<FcmMessage> Messages => [.. _messages];

    /// <summary>How many access tokens were given.</summary>
    public int Tokens { get; private set; }

    /// <summary>The file that the operator downloads.</summary>
    public string ServiceAccount => new JsonObject
    {
        ["type"] = "service_account",
        ["project_id"] = Project,
        ["private_key_id"] = "key1",
        ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
        ["client_email"] = Email,
        ["token_uri"] = $"{Url}token",
    }.ToJsonString();

    public static async Task<FakeFcm> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeFcm(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>The app was taken off that phone.</summary>
    public void Remove(string registration) => _gone[registration] = true;

    /// <summary>Takes back all access tokens.</summary>
    public void Revoke() => _tokens.Clear();

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. _messages.Select(message => message.Message.DeepClone())]).ToJsonString() + "\n", "application/json")
        : null;

    protected override FakeAnswer Take(HttpRequest request, byte[] body) =>
        request.Path == "/token" ? Grant(body)
        : request.Path == $"/v1/projects/{Project}/messages:send" ? Send(request, body)
        : Says(404, "NOT_FOUND", null, "Requested entity was not found.");

    private FakeAnswer Grant(byte[] body)
    {
        using var reader = new FormReader(Encoding.UTF8.GetString(body));
        var form = reader.ReadForm();
        if (form.GetValueOrDefault("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" || AssertionFault(form.GetValueOrDefault("assertion").ToString()) is not null)
        {
            return new(400, """{"error":"invalid_grant","error_description":"Invalid JWT Signature."}""", "application/json");
        }

        var token = $"ya29.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}";
        _tokens[token] = Clock.GetUtcNow().AddHours(1);
        Tokens++;
        return new(200, new JsonObject { ["access_token"] = token, ["expires_in"] = 3599, ["token_type"] = "Bearer" }.ToJsonString(), "application/json");
    }

    private string? AssertionFault(string assertion)
    {
        if (assertion.Split('.') is not [var header, var claims, var signature])
        {
            return "not a JWT";
        }

        try
        {
            var (head, says) = (JsonNode.Parse(Base64Url.DecodeFromChars(header))!, JsonNode.Parse(Base64Url.DecodeFromChars(claims))!);
            var (from, until, now) = (says["iat"]!.GetValue<long>(), says["exp"]!.GetValue<long>(), Clock.GetUtcNow().ToUnixTimeSeconds());
            return head["alg"]!.GetValue<string>() != "RS256" || head["kid"]!.GetValue<string>() != "key1" ? "header"
                : !_key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{claims}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) ? "signature"
                : says["iss"]!.GetValue<string>() != Email || says["aud"]!.GetValue<string>() != $"{Url}token" ? "claims"
                : says["scope"]!.GetValue<string>() != "https://www.googleapis.com/auth/firebase.messaging" ? "scope"
                : from > now + 60 || until <= now || until - from > 3600 ? "time"
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or NullReferenceException or InvalidOperationException)
        {
            return "unreadable";
        }
    }

    private FakeAnswer Send(HttpRequest request, byte[] body)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal) || !_tokens.TryGetValue(authorization[7..], out var until) || until <= Clock.GetUtcNow())
        {
            return Says(401, "UNAUTHENTICATED", null, "Request had invalid authentication credentials.");
        }

        JsonObject? message;
        try
        {
            message = (JsonNode.Parse(body) as JsonObject)?["message"] as JsonObject;
        }
        catch (JsonException)
        {
            message = null;
        }

        if (message is null || message["token"] is not JsonValue token || message["data"] is not JsonObject data || data.Any(d => d.Value is not JsonValue text || text.GetValueKind() != JsonValueKind.String)
            || message.Any(m => m.Key is not ("token" or "notification" or "data" or "android" or "apns")))
        {
            return Says(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Request contains an invalid argument.");
        }

        var registration = token.GetValue<string>();
        if (_gone.ContainsKey(registration))
        {
            return Says(404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.");
        }

        _messages.Enqueue(new(registration, message));
        while (_messages.Count > Remembered)
        {
            _messages.TryDequeue(out _);
        }

        return new(200, new JsonObject { ["name"] = $"projects/{Project}/messages/{_messages.Count}" }.ToJsonString(), "application/json");
    }

    private static FakeAnswer Says(int status, string word, string? code, string text)
    {
        var error = new JsonObject { ["code"] = status, ["message"] = text, ["status"] = word };
        if (code is not null)
        {
            error["details"] = new JsonArray(new JsonObject { ["@type"] = "type.googleapis.com/google.firebase.fcm.v1.FcmError", ["errorCode"] = code });
        }

        return new(status, new JsonObject { ["error"] = error }.ToJsonString(), "application/json");
    }
}
