using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Tocsin.Data;
using Tocsin.Notify;

namespace Tocsin.Providers;

/// <summary>What people answer by SMS (<c>1042a</c>, <c>ack 1042</c>, <c>c</c>), and what the carrier says became of a message.</summary>
internal sealed partial class SmsReplies(Database database, PageStore pages, DeliveryReports reports) : IReplySource
{
    private const string Help = "Answer 1042a to acknowledge incident 1042, 1042c to resolve it, 1042e to escalate it. Without a number it is the one that you were told of last.";

    public string Id => Twilio.Sms;

    public bool IsOf(ContactMethod method, string account) => method.Type == Twilio.Sms && SettingsCheck.Get(method, "to") == account;

    public string HowToLink(string account) =>
        "Nothing was changed: this number is nobody's in Tocsin. Give your user a contact method of the type sms with it.";

    public async Task<Result<Reply>> ReadAsync(ReplyRequest request, CancellationToken ct)
    {
        var form = Twilio.ReadSigned(request, Twilio.Sms);
        if (!form.Ok)
        {
            return form.Error;
        }

        if (form.Value.TryGetValue("MessageStatus", out var status) && !form.Value.ContainsKey("Body"))
        {
            return new Reply(null, []) { Context = new Status(KeyOf(request.Url!), Report(status, form.Value.GetValueOrDefault("ErrorCode"))) };
        }

        if (!form.Value.TryGetValue("From", out var from) || !form.Value.TryGetValue("Body", out var body))
        {
            return Error.Invalid("form", "The form is neither a message nor the state of one.");
        }

        return new Reply(form.Value.GetValueOrDefault("MessageSid"), Parse(body) is { } said ? [await ActAsync(request, from, said, ct)] : []);
    }

    public async Task<ReplyAnswer> AnswerAsync(ReplyRequest request, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct)
    {
        if (reply.Context is Status status)
        {
            if (status is { Key: { } key, Report: { } report })
            {
                await reports.TellAsync(request.Estate.Workspace, key, report, ct);
            }

            return new("", "text/xml");
        }

        var text = outcomes is [var outcome] ? outcome.Result is ReplyResult.Refused && outcome.Incident is null ? $"{outcome.Text} {Help}" : outcome.Text : Help;
        return new(new XElement("Response", new XElement("Message", text)).ToString(SaveOptions.DisableFormatting), "text/xml; charset=utf-8");
    }

    /// <returns>Null: it is no answer that is known. The number is 0 where none was given.</returns>
    internal static (ReplyVerb Verb, long Incident)? Parse(string body)
    {
        var match = Form().Match(body.Trim().ToLowerInvariant());
        return match.Success
            ? (VerbOf(match.Groups["verb"].Value),
                match.Groups["number"].Value is { Length: > 0 } number && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var incident) ? incident : 0)
            : null;
    }

    /// <summary>The key that we wrote behind the address of the state.</summary>
    internal static string? KeyOf(Uri url) => url.Query.StartsWith("?key=", StringComparison.Ordinal) ? url.Query[5..] : null;

    private static ReplyVerb VerbOf(string word) => word[0] switch
    {
        'a' or '4' => ReplyVerb.Acknowledge,
        'e' or '5' => ReplyVerb.Escalate,
        _ => ReplyVerb.Resolve,
    };

    /// <summary>Without a number the incident is the one of the newest message to this telephone.</summary>
    private async Task<ReplyAct> ActAsync(ReplyRequest request, string from, (ReplyVerb Verb, long Incident) said, CancellationToken ct)
    {
        var act = new ReplyAct(from, said.Verb) { Incident = said.Incident };
        if (said.Incident > 0 || ReplyDesk.PersonOf(request.Estate, this, from) is not { Ok: true, Value: var person })
        {
            return act;
        }

        var last = await database.ReadAsync(session => pages.NewestSentAsync(session, request.Estate.Workspace, person.Name, Twilio.Sms), ct);
        return act with { Incident = last?.Incident ?? 0, Page = last is { Kind: MessageKind.SelfTest } ? last.Id : 0 };
    }

    private static DeliveryReport? Report(string status, string? code) => status switch
    {
        "delivered" or "read" => new DeliveryReport.Delivered(),
        "undelivered" or "failed" => new DeliveryReport.Undelivered(
            $"the carrier could not deliver it{(code is { Length: > 0 } ? $" (error {PlainText.OneLine(code, 20)})" : "")}"),
        _ => null,
    };

    private sealed record Status(string? Key, DeliveryReport? Report);

    [GeneratedRegex("^(?:(?<number>[0-9]{1,15})\\s*(?<verb>a|ack|acknowledge|c|close|r|resolve|e|esc|escalate)|(?<verb>a|ack|acknowledge|c|close|r|resolve|e|esc|escalate|4|5|6)(?:\\s+#?(?<number>[0-9]{1,15}))?)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Form();
}
