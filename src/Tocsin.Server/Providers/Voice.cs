using System.Xml.Linq;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Calls by a carrier that speaks as Twilio does. A call that is picked up is no answer: only a key that is pressed is one, since a voicemail
/// picks up too. A call that still rings is ended when somebody else has answered.
/// </summary>
internal sealed class Voice(GuardedHttp http) : INotifier
{
    private const int RingsForSeconds = 30;

    public ProviderInfo Info { get; } = new(Twilio.Voice, "Voice call", new("https://www.twilio.com/docs/voice/api/call-resource"),
    [
        .. Twilio.Settings("The number that calls come from."),
    ])
    {
        Rings = true,
    };

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = Twilio.Check(Info, method);
        if (SettingsCheck.Get(method, "sender") is { Length: > 0 } sender && !Twilio.IsNumber(sender))
        {
            errors.Add(Error.Invalid("sender", "Calls come from a number: + and the country's code, 8 to 15 digits without blanks."));
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        List<(string, string)> form =
        [
            ("To", SettingsCheck.Get(method, "to")), ("From", SettingsCheck.Get(method, "sender")), ("Twiml", Write(message)), ("Timeout", $"{RingsForSeconds}"),
        ];
        if (message.ReplyUrl is { } reply)
        {
            form.AddRange([("StatusCallback", $"{reply.AbsoluteUri}?key={message.Key}"), ("StatusCallbackEvent", "completed")]);
        }

        var answer = await Twilio.PostAsync(http, method, "Calls.json", form, ct);
        return answer.ToOutcome(Twilio.SidOf) is SendOutcome.Accepted taken && answer is OutgoingAnswer.Status { Body: var body }
            ? taken with { Handle = message.Kind == MessageKind.Page ? Twilio.SidOf(body) : null }
            : answer.ToOutcome();
    }

    /// <summary>Hangs up when there is nothing left to answer; whoever pressed the key hears the end of the sentence.</summary>
    public async Task<SendOutcome> EditAsync(Message message, string handle, ContactMethod method, CancellationToken ct)
    {
        if (message.Kind is not (MessageKind.Acknowledged or MessageKind.Resolved or MessageKind.Snoozed) || (message.By is { } by && by == message.Recipient))
        {
            return new SendOutcome.Accepted("nothing to change in a call");
        }

        var answer = await Twilio.PostAsync(http, method, $"Calls/{Uri.EscapeDataString(handle)}.json", [("Status", "completed")], ct);
        return answer is OutgoingAnswer.Status { Code: 400 or 404 } ? new SendOutcome.Accepted("the call was over") : answer.ToOutcome();
    }

    /// <summary>What the telephone says, as TwiML: the news and the keys, twice.</summary>
    internal static string Write(Message message)
    {
        var actionable = Texts.For(message).Actionable && message is { Incident: > 0, ReplyUrl: not null };
        var said = $"This is Tocsin. {Sentence(message)}";
        return message is { Kind: MessageKind.SelfTest, ReplyUrl: { } test }
            ? Document(Menu(said, test.AbsoluteUri, TestKey), Menu(said, test.AbsoluteUri, TestKey), new XElement("Say", "No key was pressed, so the test is not answered. Goodbye."))
            : actionable
            ? Document(Menu(said, message.ReplyUrl!.AbsoluteUri), Menu(said, message.ReplyUrl.AbsoluteUri), new XElement("Say", "No key was pressed, so escalation goes on. Goodbye."))
            : Document(new XElement("Say", said), new XElement("Say", said));
    }

    /// <param name="said">What is said while keys are listened for.</param>
    internal static XElement Menu(string said, string to, string keys = Keys) => new(
        "Gather", new XAttribute("numDigits", 1), new XAttribute("timeout", 8), new XAttribute("action", to), new XAttribute("method", "POST"), new XElement("Say", $"{said} {keys}"));

    private const string TestKey = "Press 4 if you hear this.";

    internal const string Keys = "Press 4 to acknowledge. 5 to escalate. 6 to resolve.";

    internal static string Document(params XElement[] verbs) => new XElement("Response", verbs).ToString(SaveOptions.DisableFormatting);

    private static string Sentence(Message message) => message.Kind is MessageKind.Test or MessageKind.SelfTest
        ? message.Kind == MessageKind.SelfTest ? "This is a test of how you are woken." : "This is a test. This contact method works; there is nothing to do."
        : message.Kind == MessageKind.Page
            ? $"{Texts.Word(message.Severity).ToLowerInvariant()} incident {Spelled(message.Incident)}. {Where(message)}{PlainText.OneLine(message.Title, 200)}."
            : PlainText.OneLine(Texts.For(message).Body, 300);

    private static string Where(Message message) =>
        string.Join(", ", new[] { PlainText.OneLine(message.Service, 40), PlainText.OneLine(message.Environment, 20) }.Where(part => part.Length > 0)) is { Length: > 0 } where ? $"{where}. " : "";

    /// <summary>Digit by digit: "one zero four two" is understood better than a thousand.</summary>
    private static string Spelled(long number) => string.Join(' ', $"{number}".AsEnumerable());
}
