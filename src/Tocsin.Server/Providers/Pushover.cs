using System.Globalization;
using System.Text.RegularExpressions;
using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Routing;

namespace Tocsin.Providers;

/// <summary>
/// Push by Pushover. A page of high urgency is an emergency there: it rings again until somebody acknowledges, on the phone (then the incident
/// is acknowledged) or anywhere else (then it is cancelled on the phone).
/// </summary>
internal sealed partial class Pushover(GuardedHttp http) : INotifier
{
    public const string Type = "pushover";

    /// <summary>How often Pushover may be asked about one receipt, and how long there is something to ask.</summary>
    public static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(10);

    public ProviderInfo Info { get; } = new(Type, "Pushover", new("https://pushover.net/api"),
    [
        new("token", "The token of the application that was made there, 30 letters and digits.", Secret: true, App: true),
        new("api", "The base address of Pushover's API. Default: https://api.pushover.net/1/.", App: true),
        new("user", "The person's or group's key, 30 letters and digits.", Required: true, Secret: true),
        new("device", "Names of devices, separated by commas. Default: all.", Required: false),
        new("emergency", "yes or no: whether pages of high urgency ring until somebody acknowledges. Default: yes."),
        new("retry", "Seconds from one ring to the next, 30 to 10800. Default: 60."),
        new("expire", "Seconds after which it rings no more, 30 to 10800. Default: 3600."),
        new("sound", "The name of a sound there. Default: the person's own choice."),
        ProviderSetting.From("application token"),
        ProviderSetting.Updates("yes"),
    ])
    {
        Rings = true,
    };

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "token").Length == 0)
        {
            errors.Add(Error.Invalid("token", "Give the application's 'token', or 'from', a channel that has it."));
        }

        foreach (var key in (string[])["token", "user"])
        {
            if (SettingsCheck.Get(method, key) is { Length: > 0 } value && !KeyForm().IsMatch(value))
            {
                errors.Add(Error.Invalid(key, $"'{key}' is 30 letters and digits."));
            }
        }

        foreach (var key in (string[])["retry", "expire"])
        {
            if (SettingsCheck.Get(method, key) is { Length: > 0 } value && !(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 30 and <= 10_800))
            {
                errors.Add(Error.Invalid(key, $"'{key}' is 30 to 10800 seconds."));
            }
        }

        if (SettingsCheck.Get(method, "emergency") is not ("" or "yes" or "no" or "true" or "false"))
        {
            errors.Add(Error.Invalid("emergency", "The setting 'emergency' is yes or no."));
        }

        if (SettingsCheck.Get(method, "api") is { Length: > 0 } api && OutgoingUrl.Parse(api, "api").Error is { } badApi)
        {
            errors.Add(badApi);
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        return ToOutcome(await PostAsync(method, "messages.json", Fields(message, method), ct));
    }

    /// <summary>What is there rings until it is cancelled; there is nothing else of it to change.</summary>
    public async Task<SendOutcome> EditAsync(Message message, string handle, ContactMethod method, CancellationToken ct)
    {
        if (message.Kind is not (MessageKind.Acknowledged or MessageKind.Resolved or MessageKind.Snoozed))
        {
            return new SendOutcome.Accepted("Pushover: it goes on ringing");
        }

        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        return ToOutcome(await PostAsync(method, $"receipts/{handle}/cancel.json", [new("token", SettingsCheck.Get(method, "token"))], ct));
    }

    /// <summary>What Pushover knows of a receipt.</summary>
    /// <returns>Whoever acknowledged there, by their key; null: nobody did, or it cannot be asked now.</returns>
    public static async Task<string?> AcknowledgedByAsync(GuardedHttp http, ContactMethod method, string receipt, CancellationToken ct)
    {
        var url = new Uri(Api(method), $"receipts/{Uri.EscapeDataString(receipt)}.json?token={Uri.EscapeDataString(SettingsCheck.Get(method, "token"))}");
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (await http.SendAsync(request, ct) is not OutgoingAnswer.Status { Code: 200 } answer)
        {
            return null;
        }

        using var json = JsonAnswer.Parse(answer.Body);
        return json?.RootElement.Text("acknowledged") == "1" ? json.RootElement.Text("acknowledged_by") : null;
    }

    private static Uri Api(ContactMethod method) =>
        new(SettingsCheck.Get(method, "api") is { Length: > 0 } api ? $"{api.TrimEnd('/')}/" : "https://api.pushover.net/1/");

    private async Task<OutgoingAnswer> PostAsync(ContactMethod method, string path, List<KeyValuePair<string, string>> fields, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Api(method), path)) { Content = new FormUrlEncodedContent(fields) };
        return await http.SendAsync(request, ct);
    }

    private static SendOutcome ToOutcome(OutgoingAnswer answer)
    {
        if (answer is not OutgoingAnswer.Status status)
        {
            return answer.ToOutcome();
        }

        using var json = JsonAnswer.Parse(status.Body);
        if (status.Code is >= 200 and <= 299 && json?.RootElement.Text("status") == "1")
        {
            var receipt = json.RootElement.Text("receipt");
            return new SendOutcome.Accepted($"Pushover request {PlainText.OneLine(json.RootElement.Text("request"), 40)}")
            {
                Handle = ReceiptForm().IsMatch(receipt) ? receipt : null,
                AskEvery = receipt.Length > 0 ? AskEvery : null,
            };
        }

        return status.Code is >= 200 and <= 299 ? new SendOutcome.TryAgain("Pushover's answer could not be read.")
            : status.Code == 429 ? new SendOutcome.Refused("HTTP 429: the application has used up its messages of this month.")
            : answer.ToOutcome();
    }

    internal static List<KeyValuePair<string, string>> Fields(Message message, ContactMethod method)
    {
        var text = Texts.For(message);
        var description = PlainText.Block(message.Description, 700);
        var emergency = message is { Kind: MessageKind.Page, Urgency: Urgency.High } && SettingsCheck.Get(method, "emergency") is not ("no" or "false");
        List<KeyValuePair<string, string>> fields =
        [
            new("token", SettingsCheck.Get(method, "token")),
            new("user", SettingsCheck.Get(method, "user")),
            new("title", PlainText.OneLine(text.Title, 250)),
            new("message", PlainText.Block(description.Length == 0 ? text.Body : $"{text.Body}\n\n{description}", 1024)),
            new("priority", emergency ? "2" : Priority(message)),
            new("timestamp", message.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ];
        if (((text.Actionable ? message.ActionUrl : null) ?? message.IncidentUrl) is { AbsoluteUri.Length: <= 512 } url)
        {
            fields.Add(new("url", url.AbsoluteUri));
            fields.Add(new("url_title", text.Actionable && message.ActionUrl is not null ? text.Action : "Open"));
        }

        if (emergency)
        {
            fields.Add(new("retry", SettingsCheck.Get(method, "retry") is { Length: > 0 } retry ? retry : "60"));
            fields.Add(new("expire", SettingsCheck.Get(method, "expire") is { Length: > 0 } expire ? expire : "3600"));
            if (message.ReplyUrl is { } reply)
            {
                fields.Add(new("callback", reply.AbsoluteUri));
            }
        }

        foreach (var key in (string[])["device", "sound"])
        {
            if (SettingsCheck.Get(method, key) is { Length: > 0 } value)
            {
                fields.Add(new(key, value));
            }
        }

        return fields;
    }

    private static string Priority(Message message) => (message.Kind, message.Severity) switch
    {
        (MessageKind.Resolved or MessageKind.Acknowledged or MessageKind.Snoozed, _) => "-1",
        (MessageKind.Test or MessageKind.SelfTest or MessageKind.Reminder or MessageKind.Waited, _) => "0",
        (_, Severity.Critical or Severity.High or Severity.Unset) => "1",
        (_, Severity.Warning) => "0",
        _ => "-1",
    };

    [GeneratedRegex("^[A-Za-z0-9]{30}$", RegexOptions.NonBacktracking)]
    private static partial Regex KeyForm();

    [GeneratedRegex("^[A-Za-z0-9]{1,60}$", RegexOptions.NonBacktracking)]
    private static partial Regex ReceiptForm();
}
