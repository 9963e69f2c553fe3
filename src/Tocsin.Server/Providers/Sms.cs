using System.Text;
using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Text messages by a carrier that speaks as Twilio does. It has no idempotency: when an answer is lost, a page may come twice.
/// </summary>
internal sealed class Sms(GuardedHttp http) : INotifier
{
    /// <summary>What one message holds of the alphabet of telephones.</summary>
    private const int MostSeptets = 160;

    /// <summary>What two parts hold where other letters are needed: 67 each.</summary>
    private const int MostUnicode = 134;

    // The alphabet of GSM 03.38; those of the second row count twice.
    private const string Basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    private const string Extended = "^{}\\[~]|€";

    public ProviderInfo Info { get; } = new(Twilio.Sms, "SMS", new("https://www.twilio.com/docs/messaging/api/message-resource"),
    [
        .. Twilio.Settings("The number or name that messages come from, or a messaging service, MG…."),
        ProviderSetting.Updates("yes"),
    ])
    {
        Rings = true,
    };

    public IReadOnlyList<Error> Check(ContactMethod method) => Twilio.Check(Info, method);

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        var sender = SettingsCheck.Get(method, "sender");
        List<(string, string)> form =
        [
            ("To", SettingsCheck.Get(method, "to")),
            (sender.StartsWith("MG", StringComparison.Ordinal) && sender.Length == 34 ? "MessagingServiceSid" : "From", sender),
            ("Body", Write(message)),
        ];
        if (message.ReplyUrl is { } status)
        {
            form.Add(("StatusCallback", $"{status.AbsoluteUri}?key={message.Key}"));
        }

        return (await Twilio.PostAsync(http, method, "Messages.json", form, ct)).ToOutcome(Twilio.SidOf);
    }

    /// <summary>One message of 160 characters where the letters allow it; the end, with how to answer, is never cut.</summary>
    internal static string Write(Message message)
    {
        var actionable = Texts.For(message).Actionable && message.Incident > 0;
        var link = message.IncidentUrl is { } url ? $" {url.AbsoluteUri}" : "";
        var end = message.Kind == MessageKind.SelfTest && message.ReplyUrl is not null ? $" Reply a if it did.{link}" : actionable ? $" Reply {message.Incident}a ack, {message.Incident}c resolve.{link}" : link;
        var start = message.Kind == MessageKind.Page
            ? $"{Short(message.Severity)} #{message.Incident} {Where(message)}: {PlainText.OneLine(message.Title, 200)}."
            : message.Kind == MessageKind.SelfTest ? $"Test from Tocsin for {PlainText.OneLine(message.Recipient, 60)}: did this reach you?"
            : WithoutSign(Texts.For(message).Title) + ".";
        if (Septets(Plain(start + end)) is { } all)
        {
            return all <= MostSeptets ? Plain(start + end) : Fit(Plain(start), Plain(end), MostSeptets, text => Septets(text)!.Value);
        }

        return start.Length + end.Length <= MostUnicode ? start + end : Fit(start, end, MostUnicode, static text => text.Length);
    }

    /// <summary>How much room the text takes in the alphabet of telephones; null: some letter is not in it.</summary>
    internal static int? Septets(string text)
    {
        var length = 0;
        foreach (var c in text)
        {
            if (Basic.Contains(c, StringComparison.Ordinal))
            {
                length++;
            }
            else if (Extended.Contains(c, StringComparison.Ordinal))
            {
                length += 2;
            }
            else
            {
                return null;
            }
        }

        return length;
    }

    /// <summary>What is only typography becomes what telephones have.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            plain.Append(c switch
            {
                '…' => "...",
                '–' or '—' or '−' or '‐' or '·' or '•' => "-",
                '“' or '”' or '„' or '«' or '»' => "\"",
                '‘' or '’' or '`' or '´' => "'",
                '\u00a0' or '\u202f' or '\u2009' or '\t' => " ",
                '→' => "->",
                '×' => "x",
                '°' => " deg",
                'µ' or 'μ' => "u",
                '≤' => "<=",
                '≥' => ">=",
                _ => c.ToString(),
            });
        }

        return plain.ToString();
    }

    private static string Fit(string start, string end, int most, Func<string, int> lengthOf)
    {
        const string Cut = "...";
        var cut = start;
        while (cut.Length > 0 && lengthOf(cut + Cut + end) > most)
        {
            cut = cut[..^1];
        }

        return $"{cut.TrimEnd()}{Cut}{end}";
    }

    /// <summary>Without the sign of the severity, which would cost more than half of the room.</summary>
    private static string WithoutSign(string title) => title.Length > 2 && title[1] == ' ' && !char.IsAsciiLetterOrDigit(title[0]) ? title[2..] : title;

    private static string Where(Message message) => (PlainText.OneLine(message.Service, 30), PlainText.OneLine(message.Environment, 15)) switch
    {
        ({ Length: > 0 } service, { Length: > 0 } environment) => $"{service} {environment}",
        ({ Length: > 0 } service, _) => service,
        _ => "alert",
    };

    private static string Short(Severity severity) => severity switch
    {
        Severity.Critical => "CRIT",
        Severity.High => "HIGH",
        Severity.Warning => "WARN",
        Severity.Info => "INFO",
        _ => "ALERT",
    };
}
