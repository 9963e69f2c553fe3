using System.Buffers;
using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tocsin.Devices;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Push to browsers (RFC 8030) that people registered: encrypted for the browser, signed with this installation's key. The topic is the
/// incident's, so that an undelivered page gives way to the news that it is answered.
/// </summary>
/// <param name="signer">Null, as the sender is, where estates are only checked.</param>
internal sealed class WebPush(GuardedHttp http, PushSigner? signer = null, DeviceSender? sender = null) : IDeviceNotifier
{
    private const int MostBody = 700;
    private const int MostBodyOfSmall = 120;

    public ProviderInfo Info { get; } = new("webpush", "Web Push", new("https://www.rfc-editor.org/rfc/rfc8030"),
    [
        new("device", "The name of one of the person's devices. Default: all that they registered."),
        ProviderSetting.Updates("yes"),
    ])
    {
        ByDevices = true,
        Rings = true,
    };

    public string DeviceKind => Devices.DeviceKind.Web;

    public IReadOnlyList<Error> Check(ContactMethod method) => SettingsCheck.Keys(Info, method);

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct) =>
        Check(method) is [var first, ..] ? new SendOutcome.Refused(first.Detail)
        : sender is null ? new SendOutcome.Refused("Nothing is sent from here: devices are known to the server only.")
        : await sender.SendAsync(this, message, method, ct);

    public async Task<DeviceAnswer> PushAsync(Message message, Device device, CancellationToken ct)
    {
        var answer = await PostAsync(message, device, MostBody, ct);
        if (answer is OutgoingAnswer.Status { Code: 413 })
        {
            // Some services carry less than the standard asks of them: better a short page than none.
            answer = await PostAsync(message, device, MostBodyOfSmall, ct);
        }

        return answer switch
        {
            OutgoingAnswer.Status { Code: 404 or 410 } gone => new(new SendOutcome.Refused($"HTTP {gone.Code}: the browser's subscription is gone."), Gone: true),
            OutgoingAnswer.Status { Code: 401 or 403 } key => new(new SendOutcome.Refused(
                $"HTTP {key.Code}: the push service does not take this installation's signature. Check this server's clock; if the data was set up anew, register the device again.")),
            _ => new(answer.ToOutcome()),
        };
    }

    private async Task<OutgoingAnswer> PostAsync(Message message, Device device, int mostBody, CancellationToken ct)
    {
        if (OutgoingUrl.Fault(device.Address.Target) is { } fault)
        {
            return new OutgoingAnswer.Refused(fault);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, device.Address.Target);
        request.Content = new ByteArrayContent(PushCipher.Encrypt(Write(message, mostBody), device.Address.Point, device.Address.Secret));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        request.Content.Headers.ContentEncoding.Add("aes128gcm");
        request.Headers.TryAddWithoutValidation("TTL", $"{TimeToLive(message)}");
        request.Headers.TryAddWithoutValidation("Urgency", IsPage(message) || message.Kind is MessageKind.Test or MessageKind.SelfTest ? "high" : "normal");
        request.Headers.TryAddWithoutValidation("Topic", Topic(message));
        request.Headers.TryAddWithoutValidation("Authorization", signer!.Authorization(new(device.Address.Target)));
        return await http.SendAsync(request, ct);
    }

    /// <summary>Seconds that the push service keeps what it can't deliver: a page that comes later than the next step has no use.</summary>
    internal static int TimeToLive(Message message) => IsPage(message) ? 300 : 3600;

    /// <summary>At most 32 characters: a newer message of the same topic takes the place of an undelivered one.</summary>
    internal static string Topic(Message message) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(Tag(message))).AsSpan(0, 24));

    private static bool IsPage(Message message) =>
        message.Kind is MessageKind.Page or MessageKind.Reopened or MessageKind.AlertsAdded or MessageKind.Unanswered or MessageKind.More
            or MessageKind.Reminder or MessageKind.Asked or MessageKind.Waited;

    /// <summary>What shares a place on the screen.</summary>
    private static string Tag(Message message) => message.Incident > 0 && message.Kind is not (MessageKind.More or MessageKind.Waited)
        ? $"{message.WorkspaceId}/{message.Incident}"
        : $"{message.WorkspaceId}/{message.Kind}/{message.Key}";

    /// <summary>For our service worker only; below what one record takes.</summary>
    internal static byte[] Write(Message message, int mostBody)
    {
        var text = Texts.For(message);
        var description = PlainText.Block(message.Description, mostBody);
        var body = description.Length == 0 || !IsPage(message) ? text.Body : $"{text.Body}\n{description}";
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteNumber("v", 1);
        json.WriteString("kind", Word(message.Kind));
        json.WriteString("tag", Tag(message));
        json.WriteNumber("n", message.Incident);
        json.WriteString("title", PlainText.OneLine(text.Title, 200));
        json.WriteString("body", PlainText.Block(body, mostBody));
        json.WriteString("severity", message.Severity.ToString().ToLowerInvariant());
        json.WriteString("key", message.Key);
        json.WriteBoolean("again", message is { Kind: MessageKind.Page, Step: > 1 } or { Kind: MessageKind.Page, Round: > 1 });
        json.WriteNumber("at", message.Now.ToUnixTimeMilliseconds());

        // Paths: the service worker belongs to the site, whatever name it was reached by.
        if (message.IncidentUrl is { } open)
        {
            json.WriteString("url", open.AbsolutePath);
        }

        if (text.Actionable && message.ActionUrl is { } action)
        {
            json.WriteString("ack", action.AbsolutePath);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static string Word(MessageKind kind) => kind switch
    {
        MessageKind.Page => "page",
        MessageKind.Acknowledged => "acknowledged",
        MessageKind.Resolved => "resolved",
        MessageKind.Reopened => "reopened",
        MessageKind.AlertsAdded => "alerts_added",
        MessageKind.Unanswered => "unanswered",
        MessageKind.Test => "test",
        MessageKind.More => "more",
        MessageKind.Reminder => "reminder",
        MessageKind.Asked => "asked",
        MessageKind.Waited => "waited",
        MessageKind.SelfTest => "self_test",
        MessageKind.Snoozed => "snoozed",
        MessageKind.DeviceLost => "device_lost",
        MessageKind.Note => "note",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
