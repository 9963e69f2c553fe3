using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Push by ntfy, its own server or the public one. The page key is sent as <c>sequence_id</c>: servers since 2.16 put a repeated
/// delivery in the place of the first instead of ringing twice; older ones ignore the field, and may then show a retry a second time.
/// </summary>
internal sealed partial class Ntfy(GuardedHttp http) : INotifier
{
    /// <summary>A longer message would arrive as an attachment.</summary>
    private const int MessageMaxBytes = 4096;

    public ProviderInfo Info { get; } = new("ntfy", "ntfy", new("https://docs.ntfy.sh/publish/"),
    [
        new("url", "The server's base address, such as https://ntfy.sh.", Required: true),
        new("topic", "1 to 64 letters, digits, - and _. Whoever knows the name of an open topic can read it.", Required: true),
        new("token", "The access token, tk_…; needed for a protected topic. Default: none.", Secret: true),
        ProviderSetting.Updates("yes"),
    ])
    {
        Rings = true,
    };

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url)
        {
            if (OutgoingUrl.Parse(url, "url").Error is { } badUrl)
            {
                errors.Add(badUrl);
            }
            else if (url.AsSpan().ContainsAny('?', '#'))
            {
                errors.Add(Error.Invalid("url", "The base address has no query; the topic and the token have their own settings."));
            }
        }

        if (SettingsCheck.Get(method, "topic") is { Length: > 0 } topic && !TopicForm().IsMatch(topic))
        {
            errors.Add(Error.Invalid("topic", "A topic has 1 to 64 letters, digits, - and _; it is not a URL."));
        }

        if (SettingsCheck.Get(method, "token") is { Length: > 0 } token && !TokenForm().IsMatch(token))
        {
            errors.Add(Error.Invalid("token", "A token has letters, digits, - . _ ~ + / = only, such as tk_…."));
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, SettingsCheck.Get(method, "url").TrimEnd('/') + "/");
        request.Content = new ByteArrayContent(Write(message, SettingsCheck.Get(method, "topic")));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (SettingsCheck.Get(method, "token") is { Length: > 0 } token)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        return (await http.SendAsync(request, ct)).ToOutcome(ReadReceipt);
    }

    internal static int Priority(Message message) => (message.Kind, message.Severity) switch
    {
        (MessageKind.Resolved or MessageKind.Acknowledged or MessageKind.Snoozed, _) => 2,
        (MessageKind.Test or MessageKind.Reminder or MessageKind.Waited, _) => 3,
        (MessageKind.SelfTest, _) => 4,
        (_, Severity.Critical) => 5,
        (_, Severity.Warning) => 3,
        (_, Severity.Info) => 2,
        _ => 4,
    };

    internal static byte[] Write(Message message, string topic)
    {
        var text = Texts.For(message);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("topic", topic);
        json.WriteString("title", text.Title);
        json.WriteString("message", Body(text, message));
        json.WriteNumber("priority", Priority(message));
        json.WriteString("sequence_id", message.Key);
        if (message.IncidentUrl is { } incident)
        {
            json.WriteString("click", incident.AbsoluteUri);
        }

        json.WriteStartArray("actions");
        if (text.Actionable && message.ActionUrl is { } action)
        {
            WriteView(json, text.Action, action);
        }

        if (message.IncidentUrl is { } open)
        {
            WriteView(json, "Open", open);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteView(Utf8JsonWriter json, string label, Uri url)
    {
        json.WriteStartObject();
        json.WriteString("action", "view");
        json.WriteString("label", label);
        json.WriteString("url", url.AbsoluteUri);
        // Opening the page acknowledges nothing, so the notification stays until somebody did.
        json.WriteBoolean("clear", false);
        json.WriteEndObject();
    }

    private static string Body(MessageText text, Message message)
    {
        var description = PlainText.Block(message.Description, 1000);
        var body = description.Length == 0 ? text.Body : $"{text.Body}\n\n{description}";
        return System.Text.Encoding.UTF8.GetByteCount(body) <= MessageMaxBytes ? body : text.Body;
    }

    private static string? ReadReceipt(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String
                ? $"ntfy id {PlainText.OneLine(id.GetString(), 40)}"
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex("^[-_A-Za-z0-9]{1,64}$", RegexOptions.NonBacktracking)]
    private static partial Regex TopicForm();

    [GeneratedRegex("^[-A-Za-z0-9._~+/=]{1,200}$", RegexOptions.NonBacktracking)]
    private static partial Regex TokenForm();
}
