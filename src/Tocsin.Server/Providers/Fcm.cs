using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tocsin.Devices;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>Push to apps by Firebase Cloud Messaging, HTTP v1: what browsers get as one encrypted text, apps get as a notification and data.</summary>
/// <param name="account">Null, as the sender is, where estates are only checked.</param>
internal sealed class Fcm(GuardedHttp http, FcmAccount? account = null, DeviceSender? sender = null) : IDeviceNotifier
{
    private const int MostBody = 700;

    public ProviderInfo Info { get; } = new("fcm", "Firebase Cloud Messaging", new("https://firebase.google.com/docs/cloud-messaging/send/v1-api"),
    [
        new("device", "The name of one of the person's devices. Default: all that they registered."),
        ProviderSetting.Updates("yes"),
    ])
    {
        ByDevices = true,
        Rings = true,
    };

    public string DeviceKind => Devices.DeviceKind.App;

    public IReadOnlyList<Error> Check(ContactMethod method) => SettingsCheck.Keys(Info, method);

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct) =>
        Check(method) is [var first, ..] ? new SendOutcome.Refused(first.Detail)
        : sender is null ? new SendOutcome.Refused("Nothing is sent from here: devices are known to the server only.")
        : await sender.SendAsync(this, message, method, ct);

    public async Task<DeviceAnswer> PushAsync(Message message, Device device, CancellationToken ct)
    {
        var url = account!.SendUrl();
        if (!url.Ok)
        {
            return new(new SendOutcome.Refused(url.Error.Detail));
        }

        var token = await account.TokenAsync(ct);
        if (token.Value is not { } bearer)
        {
            return new(token.Failure!.ToOutcome());
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, url.Value);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        request.Content = new ByteArrayContent(Write(message, device.Address.Target));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var answer = await http.SendAsync(request, ct);
        switch (answer)
        {
            case OutgoingAnswer.Status { Code: 401 }:
                account.Forget(bearer);
                return new(new SendOutcome.TryAgain("HTTP 401: the access token was not taken; another one is asked for."));
            case OutgoingAnswer.Status { Code: 404 or 400 or 403, Body: var body } when CodeOf(body) is "UNREGISTERED" or "SENDER_ID_MISMATCH":
                return new(new SendOutcome.Refused("Firebase knows this app's registration no more."), Gone: true);
            default:
                return new(answer.ToOutcome(NameOf));
        }
    }

    /// <summary>The message as the app gets it. Data are texts, as Firebase wants them.</summary>
    internal static byte[] Write(Message message, string token)
    {
        using var facts = JsonDocument.Parse(WebPush.Write(message, MostBody));
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartObject("message");
        json.WriteString("token", token);
        json.WriteStartObject("notification");
        json.WriteString("title", facts.RootElement.GetProperty("title").GetString());
        json.WriteString("body", facts.RootElement.GetProperty("body").GetString());
        json.WriteEndObject();
        json.WriteStartObject("data");
        foreach (var fact in facts.RootElement.EnumerateObject())
        {
            json.WriteString(fact.Name, fact.Value.ToString());
        }

        json.WriteEndObject();
        json.WriteStartObject("android");
        json.WriteString("priority", "HIGH");
        json.WriteString("ttl", $"{WebPush.TimeToLive(message)}s");
        json.WriteString("collapse_key", WebPush.Topic(message));
        json.WriteStartObject("notification");
        json.WriteString("tag", WebPush.Topic(message));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("apns");
        json.WriteStartObject("headers");
        json.WriteString("apns-priority", "10");
        json.WriteString("apns-collapse-id", WebPush.Topic(message));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Firebase's own code behind the status: <c>error.details[].errorCode</c>.</summary>
    private static string? CodeOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("error").GetProperty("details").EnumerateArray()
                .Select(detail => detail.TryGetProperty("errorCode", out var code) ? code.GetString() : null).FirstOrDefault(code => code is not null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? NameOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("name", out var name) ? PlainText.OneLine(name.GetString(), 100) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
