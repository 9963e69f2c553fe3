using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <summary>A message as the browser read it.</summary>
/// <param name="Endpoint">The subscription's id.</param>
/// <param name="Replaces">An undelivered message of the same topic was there.</param>
internal sealed record PushMessage(string Endpoint, int TimeToLive, string Urgency, string Topic, bool Replaces, JsonObject Json);

/// <summary>
/// A push service (RFC 8030) together with the browsers behind it: checks the sender's signature (RFC 8292), decrypts as the browser would
/// (RFC 8291) and remembers what a phone would show. <c>GET /</c> lists it.
/// </summary>
internal sealed class FakePush : FakeHttp
{
    private const int MostBytes = 4096;

    private readonly ConcurrentDictionary<string, (FakeBrowserKeys Keys, string SenderKey)> _subscriptions = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<PushMessage> _messages = new();

    private FakePush(TimeProvider clock)
        : base(clock)
    {
    }

    /// <summary>What was delivered, oldest first; the last 500.</summary>
    public IReadOnlyList<PushMessage> Messages => [.. _messages];

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakePush> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakePush(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>What a browser's <c>PushManager.subscribe()</c> gives.</summary>
    /// <param name="senderKey">The <c>applicationServerKey</c> in base64url: only its owner may send.</param>
    public JsonObject Subscribe(string senderKey)
    {
        var (id, keys) = (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), new FakeBrowserKeys());
        _subscriptions[id] = (keys, senderKey);
        return new()
        {
            ["endpoint"] = $"{Url}push/{id}",
            ["expirationTime"] = null,
            ["keys"] = new JsonObject { ["p256dh"] = Base64Url.EncodeToString(keys.Public), ["auth"] = Base64Url.EncodeToString(keys.Auth) },
        };
    }

    /// <summary>The browser was reset, or its owner took the permission back.</summary>
    public void Unsubscribe(string endpoint) => _subscriptions.TryRemove(endpoint[(endpoint.LastIndexOf('/') + 1)..], out _);

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. _messages.Select(message => message.Json.DeepClone())]).ToJsonString() + "\n", "application/json")
        : null;

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        if (request.Path == "/subscribe")
        {
            return new(201, Subscribe(Encoding.ASCII.GetString(body)).ToJsonString(), "application/json");
        }

        if (!request.Path.StartsWithSegments("/push", StringComparison.Ordinal, out var rest) || !_subscriptions.TryGetValue(rest.Value!.TrimStart('/'), out var subscription))
        {
            return new(410, "push subscription has unsubscribed or expired\n");
        }

        if (body.Length > MostBytes)
        {
            return new(413, "the message is too large\n");
        }

        if (Fault(request) is { } fault)
        {
            return new(400, fault);
        }

        if (SignatureFault(request.Headers.Authorization.ToString(), subscription.SenderKey) is { } notYours)
        {
            return new(403, notYours);
        }

        if (subscription.Keys.Decrypt(body) is not { } plain)
        {
            // A real service can't know; the browser would drop the message without a word.
            return new(400, "the browser can't decrypt this\n");
        }

        var id = rest.Value.TrimStart('/');
        var topic = request.Headers["Topic"].ToString();
        _messages.Enqueue(new(
            id, int.Parse(request.Headers["TTL"].ToString()), request.Headers["Urgency"].ToString(), topic,
            topic.Length > 0 && _messages.Any(m => m.Endpoint == id && m.Topic == topic), JsonNode.Parse(plain)!.AsObject()));
        while (_messages.Count > Remembered)
        {
            _messages.TryDequeue(out _);
        }

        return new(201, "", Location: $"{Url}message/{_messages.Count}");
    }

    private static string? Fault(HttpRequest request)
    {
        var topic = request.Headers["Topic"].ToString();
        return request.Headers.ContentEncoding != "aes128gcm" ? "Content-Encoding must be aes128gcm\n"
            : !int.TryParse(request.Headers["TTL"].ToString(), out var seconds) || seconds < 0 ? "TTL is required\n"
            : request.Headers["Urgency"].ToString() is not ("" or "very-low" or "low" or "normal" or "high") ? "Urgency is unknown\n"
            : topic.Length > 32 || (topic.Length > 0 && !Base64Url.IsValid(topic)) ? "Topic is not base64url of at most 32 characters\n"
            : null;
    }

    private string? SignatureFault(string authorization, string senderKey)
    {
        if (!authorization.StartsWith("vapid t=", StringComparison.Ordinal) || authorization[8..].Split(", k=") is not [var token, var key])
        {
            return "the authorization is not of the form vapid t=…, k=…\n";
        }

        if (key != senderKey)
        {
            return "the subscription belongs to another sender\n";
        }

        if (token.Split('.') is not [var header, var claims, var signature])
        {
            return "the token has not three parts\n";
        }

        try
        {
            var point = Base64Url.DecodeFromChars(key);
            using var owner = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new() { X = point[1..33], Y = point[33..] } });
            if (!owner.VerifyData(Encoding.ASCII.GetBytes($"{header}.{claims}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256))
            {
                return "the signature is wrong\n";
            }

            var (says, head) = (JsonNode.Parse(Base64Url.DecodeFromChars(claims))!, JsonNode.Parse(Base64Url.DecodeFromChars(header))!);
            var left = DateTimeOffset.FromUnixTimeSeconds(says["exp"]!.GetValue<long>()) - Clock.GetUtcNow();
            return head["alg"]!.GetValue<string>() != "ES256" ? "the algorithm is not ES256\n"
                : says["aud"]!.GetValue<string>() != Url.GetLeftPart(UriPartial.Authority) ? "the audience is not this service\n"
                : left <= TimeSpan.Zero || left > TimeSpan.FromHours(24) ? "the token is over, or good for more than 24 h\n"
                : says["sub"]!.GetValue<string>() is not { } contact || !(contact.StartsWith("mailto:", StringComparison.Ordinal) || contact.StartsWith("https://", StringComparison.Ordinal))
                    ? "the subject is no address\n"
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or CryptographicException or NullReferenceException or InvalidOperationException)
        {
            return "the token can't be read\n";
        }
    }
}
