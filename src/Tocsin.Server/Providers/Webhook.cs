using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Routing;

namespace Tocsin.Providers;

/// <summary>
/// Webhooks by the rules of Standard Webhooks 1.0: the id is the page key and equal over retries, so a receiver that remembers ids
/// never acts twice.
/// </summary>
internal sealed class Webhook(GuardedHttp http, TimeProvider clock) : INotifier
{
    /// <summary>The standard asks for less than 20 kB.</summary>
    internal const int BodyMaxBytes = 19_999;

    public ProviderInfo Info { get; } = new("webhook", "Webhook", new("https://www.standardwebhooks.com/"),
    [
        new("url", "Where to POST, http or https.", Required: true),
        new("secret", "Signs each delivery: whsec_ and 24 to 64 bytes in base64; several, separated by blanks, while it is being changed. Default: not signed.", Secret: true),
        ProviderSetting.Updates("no"),
    ]);

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url && OutgoingUrl.Parse(url, "url").Error is { } badUrl)
        {
            errors.Add(badUrl);
        }

        if (ReadSecrets(SettingsCheck.Get(method, "secret")).Error is { } badSecret)
        {
            errors.Add(badSecret);
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        var body = Write(message);
        var id = $"msg_{message.Key}";
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();

        using var request = new HttpRequestMessage(HttpMethod.Post, SettingsCheck.Get(method, "url"));
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        if (ReadSecrets(SettingsCheck.Get(method, "secret")).Value is { Count: > 0 } secrets)
        {
            request.Headers.Add("webhook-signature", string.Join(' ', secrets.Select(secret => Sign(secret, id, timestamp, body))));
        }

        return (await http.SendAsync(request, ct)).ToOutcome();
    }

    /// <summary>One entry of the signature header.</summary>
    internal static string Sign(byte[] secret, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        hmac.AppendData(Encoding.ASCII.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        return $"v1,{Convert.ToBase64String(hmac.GetHashAndReset())}";
    }

    /// <summary>The keys behind <c>whsec_…</c>, in order; empty if the text is empty.</summary>
    internal static Result<IReadOnlyList<byte[]>> ReadSecrets(string text)
    {
        List<byte[]> secrets = [];
        foreach (var entry in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            var key = new byte[entry.Length];
            if (!entry.StartsWith("whsec_", StringComparison.Ordinal) || !Convert.TryFromBase64String(entry[6..], key, out var length))
            {
                return Error.Invalid("secret", "A secret is whsec_ followed by base64; `openssl rand -base64 32` makes the second part.");
            }

            if (length is < 24 or > 64)
            {
                return Error.Invalid("secret", $"The secret has {length} bytes; 24 to 64 are needed (`openssl rand -base64 32` makes 32).");
            }

            secrets.Add(key[..length]);
        }

        return secrets;
    }

    internal static string EventType(Message message) => message.Kind switch
    {
        MessageKind.Page when message.Step <= 1 && message.Round <= 1 => "incident.triggered",
        MessageKind.Page => "incident.escalated",
        MessageKind.Acknowledged => "incident.acknowledged",
        MessageKind.Resolved => "incident.resolved",
        MessageKind.Reopened => "incident.reopened",
        MessageKind.AlertsAdded => "incident.alerts_added",
        MessageKind.Unanswered => "incident.unanswered",
        MessageKind.Test => "incident.test",
        MessageKind.More => "incident.more",
        MessageKind.Reminder => "incident.reminder",
        MessageKind.Asked => "incident.help_asked",
        MessageKind.Waited => "incident.waited",
        MessageKind.SelfTest => "contact.self_test",
        MessageKind.Snoozed => "incident.snoozed",
        MessageKind.DeviceLost => "device.lost",
        MessageKind.Note => "oncall.note",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>The body, below the standard's limit: what is too long is cut and says so, the longest things first.</summary>
    internal static byte[] Write(Message message)
    {
        Room[] rooms = [new(16_384, 64, 2_048, 500), new(4_000, 64, 200, 500), new(1_000, 32, 100, 300), new(200, 0, 0, 200)];
        foreach (var room in rooms)
        {
            if (Write(message, room) is { Length: <= BodyMaxBytes } body)
            {
                return body;
            }
        }

        // Only texts of escape characters come here; the facts that identify the page always fit.
        return Write(message, new(0, 0, 0, 50));
    }

    private static byte[] Write(Message message, Room room)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("type", EventType(message));
        json.WriteString("timestamp", Instant(message.Now));
        json.WriteStartObject("data");
        json.WriteNumber("incident", message.Incident);
        json.WriteString("key", message.Key);
        json.WriteString("kind", JsonNamingPolicy.SnakeCaseLower.ConvertName(message.Kind.ToString()));
        json.WriteString("workspace", message.Workspace);
        json.WriteString("recipient", message.Recipient);
        json.WriteString("text", Texts.For(message).Title);
        json.WriteString("title", PlainText.Block(message.Title, room.Text));
        json.WriteString("description", message.Description is null ? null : PlainText.Block(message.Description, room.Description));
        json.WriteString("severity", message.Severity == Severity.Unset ? null : JsonNamingPolicy.SnakeCaseLower.ConvertName(message.Severity.ToString()));
        json.WriteString("urgency", message.Urgency == Urgency.High ? "high" : "low");
        json.WriteString("status", message.Status);
        json.WriteString("service", PlainTextOrNull(message.Service, room.Text));
        json.WriteString("environment", PlainTextOrNull(message.Environment, room.Text));
        WriteLabels(json, message.Labels, room);
        json.WriteNumber("alert_count", message.AlertCount);
        json.WriteString("started_at", message.StartedAt == default ? null : Instant(message.StartedAt));
        json.WriteNumber("step", message.Step);
        json.WriteNumber("steps", message.Steps);
        json.WriteNumber("round", message.Round);
        json.WriteString("policy", message.Policy);
        json.WriteString("because", PlainTextOrNull(message.Because, room.Text));
        json.WriteString("next_recipient", message.NextRecipient);
        json.WriteString("next_at", message.NextAt is { } next ? Instant(next) : null);
        json.WriteString("by", PlainTextOrNull(message.By, room.Text));
        json.WriteString("incident_url", message.IncidentUrl?.AbsoluteUri);
        json.WriteString("action_url", message.ActionUrl?.AbsoluteUri);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteLabels(Utf8JsonWriter json, LabelSet labels, Room room)
    {
        json.WriteStartObject("labels");
        foreach (var (name, value) in labels.Take(room.Labels))
        {
            json.WriteString(PlainText.OneLine(name, 255), PlainText.Block(value, room.Label));
        }

        json.WriteEndObject();
        json.WriteNumber("labels_left_out", Math.Max(0, labels.Count - room.Labels));
    }

    private static string? PlainTextOrNull(string? text, int max) => text is null ? null : PlainText.OneLine(text, max);

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>How much of each long thing is written, in characters.</summary>
    private readonly record struct Room(int Description, int Labels, int Label, int Text);
}
