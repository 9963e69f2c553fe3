using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <param name="Path">Where it was posted: one fake serves many receivers, <c>/ana</c>, <c>/bo</c>.</param>
/// <param name="Id">The header webhook-id; equal over the retries of one page.</param>
/// <param name="Timestamp">The header webhook-timestamp, Unix seconds; 0 if it was none.</param>
/// <param name="Signature">valid, unchecked (this fake knows no secret) or none.</param>
internal sealed record WebhookDelivery(string Path, string Id, long Timestamp, string Signature, JsonNode Body, DateTimeOffset ReceivedAt);

/// <summary>
/// A receiver of Standard Webhooks that checks as a good one would, and a phone to look at: <c>GET /</c> shows what arrived, newest
/// first, <c>GET /deliveries</c> the same as JSON, oldest first.
/// </summary>
internal sealed class FakeWebhook : FakeHttp
{
    private readonly ConcurrentQueue<WebhookDelivery> _deliveries = new();
    private readonly byte[][] _secrets;

    private FakeWebhook(string? secrets, TimeProvider clock)
        : base(clock) =>
        _secrets = [.. (secrets ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(secret => Convert.FromBase64String(secret["whsec_".Length..]))];

    /// <summary>What was accepted, oldest first; the last 500.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries => [.. _deliveries];

    /// <param name="secrets">whsec_…, several separated by blanks; a delivery signed by none of them is answered 401. Null: not checked.</param>
    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeWebhook> StartAsync(TimeProvider clock, string? secrets = null, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeWebhook(secrets, clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        var id = request.Headers["webhook-id"].ToString();
        var signatures = request.Headers["webhook-signature"].ToString();
        _ = long.TryParse(request.Headers["webhook-timestamp"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var timestamp);
        if (_secrets.Length > 0)
        {
            if (Math.Abs(Clock.GetUtcNow().ToUnixTimeSeconds() - timestamp) > 300)
            {
                return Says(401, "webhook-timestamp is more than five minutes off");
            }

            if (!_secrets.Any(secret => IsSigned(secret, id, timestamp, body, signatures)))
            {
                return Says(401, "no webhook-signature matches");
            }
        }

        JsonNode? json;
        try
        {
            json = JsonNode.Parse(body);
        }
        catch (JsonException e)
        {
            return Says(400, $"the body is not JSON: {e.Message}");
        }

        if (json is not JsonObject)
        {
            return Says(400, "the body is not an object");
        }

        _deliveries.Enqueue(new(request.Path, id, timestamp, _secrets.Length > 0 ? "valid" : signatures.Length > 0 ? "unchecked" : "none", json, Clock.GetUtcNow()));
        while (_deliveries.Count > Remembered)
        {
            _deliveries.TryDequeue(out _);
        }

        return new(204, "");
    }

    protected override FakeAnswer? Show(PathString path) => path.Value switch
    {
        "/" => new(200, Page(), "text/html; charset=utf-8"),
        "/deliveries" => new(200, List().ToJsonString() + "\n", "application/json"),
        _ => null,
    };

    private static FakeAnswer Says(int status, string error) => new(status, new JsonObject { ["error"] = error }.ToJsonString(), "application/json");

    // Written apart from the sender's code, so that both can't be wrong in the same way.
    private static bool IsSigned(byte[] secret, string id, long timestamp, byte[] body, string signatures)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var expected = HMACSHA256.HashData(secret, signed);
        foreach (var entry in signatures.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var given = new byte[expected.Length];
            if (entry.StartsWith("v1,", StringComparison.Ordinal) && Convert.TryFromBase64String(entry[3..], given, out var length)
                && length == expected.Length && CryptographicOperations.FixedTimeEquals(given, expected))
            {
                return true;
            }
        }

        return false;
    }

    private JsonArray List() =>
    [
        .. _deliveries.Select(delivery => new JsonObject
        {
            ["path"] = delivery.Path,
            ["id"] = delivery.Id,
            ["timestamp"] = delivery.Timestamp,
            ["signature"] = delivery.Signature,
            ["received_at"] = delivery.ReceivedAt.UtcDateTime,
            ["body"] = delivery.Body.DeepClone(),
        }),
    ];

    private string Page()
    {
        var page = new StringBuilder("""
            <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
            <title>Fake phone</title><style>
            :root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif }
            body { max-width: 26rem; margin: 1rem auto; padding: 0 1rem }
            article { border: 1px solid; border-radius: .75rem; padding: .75rem 1rem; margin: .75rem 0 }
            article a { display: inline-block; padding: .5rem .75rem .5rem 0 }
            small { opacity: .75 }
            </style></head><body><h1>Fake phone</h1>

            """);
        var newest = _deliveries.Reverse().ToArray();
        page.Append(newest.Length == 0
            ? "<p>Nothing has arrived yet. Pages show up here by themselves.</p>"
            : $"<p>{newest.Length} arrived, newest first. A number of tries behind one means that it came again.</p>");
        foreach (var delivery in newest)
        {
            var tries = newest.Count(other => other.Id == delivery.Id && other.Path == delivery.Path);
            page.Append($"<article><small>{Html(delivery.Path)} · {delivery.ReceivedAt:HH:mm:ss} UTC · {Html(Text(delivery, "type"))}{(tries > 1 ? $" · {tries} tries" : "")}</small>");
            page.Append($"<p><strong>{Html(Text(delivery, "data", "text"))}</strong><br>{Html(Text(delivery, "data", "title"))}</p>");
            Link(page, delivery, "action_url", "Acknowledge");
            Link(page, delivery, "incident_url", "Open");
            page.Append("</article>\n");
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static void Link(StringBuilder page, WebhookDelivery delivery, string field, string label)
    {
        if (Uri.TryCreate(Text(delivery, "data", field), UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            page.Append($"<a href=\"{Html(url.AbsoluteUri)}\" rel=\"noopener\">{label}</a>\n");
        }
    }

    private static string Text(WebhookDelivery delivery, params ReadOnlySpan<string> path)
    {
        JsonNode? node = delivery.Body;
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
