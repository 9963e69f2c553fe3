using System.Xml.Linq;
using Tocsin.Data;
using Tocsin.Incidents;
using Tocsin.Notify;

namespace Tocsin.Providers;

/// <summary>The keys that people press during a call, and how a call ended.</summary>
internal sealed class VoiceReplies(Database database, PageStore pages, IncidentStore incidents, DeliveryReports reports) : IReplySource
{
    public string Id => Twilio.Voice;

    public bool IsOf(ContactMethod method, string account) => method.Type == Twilio.Voice && SettingsCheck.Get(method, "to") == account;

    public string HowToLink(string account) => "Nothing was changed: this number is nobody's.";

    public Task<Result<Reply>> ReadAsync(ReplyRequest request, CancellationToken ct) => Task.FromResult(Read(request));

    public async Task<ReplyAnswer> AnswerAsync(ReplyRequest request, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct)
    {
        switch (reply.Context)
        {
            case Ended { Key: { } key } ended:
                if (await ReportAsync(request, ended, ct) is { } report)
                {
                    await reports.TellAsync(request.Estate.Workspace, key, report, ct);
                }

                return new("", "text/xml");
            case Ended:
                return new("", "text/xml");
            default:
                var heard = outcomes is [var outcome]
                    ? Voice.Document(new XElement("Say", $"{outcome.Text} Goodbye."), new XElement("Hangup"))
                    : Voice.Document(Voice.Menu("That key means nothing here.", request.Url!.AbsoluteUri), new XElement("Say", "No key was pressed, so escalation goes on. Goodbye."));
                return new(heard, "text/xml; charset=utf-8");
        }
    }

    private static Result<Reply> Read(ReplyRequest request)
    {
        var form = Twilio.ReadSigned(request, Twilio.Voice);
        if (!form.Ok)
        {
            return form.Error;
        }

        if (form.Value.TryGetValue("Digits", out var digits) && form.Value.TryGetValue("To", out var to))
        {
            ReplyVerb? verb = digits switch { "4" => ReplyVerb.Acknowledge, "5" => ReplyVerb.Escalate, "6" => ReplyVerb.Resolve, _ => null };
            return new Reply($"{form.Value.GetValueOrDefault("CallSid")}/{digits}", verb is { } known ? [new(to, known)] : []);
        }

        return form.Value.TryGetValue("CallStatus", out var status)
            ? new Reply(null, []) { Context = new Ended(SmsReplies.KeyOf(request.Url!), status) }
            : Error.Invalid("form", "The form is neither a key nor the state of a call.");
    }

    /// <summary>
    /// A call that ended without a key was perhaps a voicemail's: the next method begins at once, unless nobody needs to answer any more. A key that was
    /// pressed has made the page seen, and what is seen stays so.
    /// </summary>
    private async Task<DeliveryReport?> ReportAsync(ReplyRequest request, Ended ended, CancellationToken ct)
    {
        var waits = await database.ReadAsync(
            async session => await pages.FindAsync(session, request.Estate.Workspace, ended.Key!) is { } page
                && (page.Kind == MessageKind.SelfTest || await incidents.FindAsync(session, request.Estate.Workspace, page.Incident) is { Status: IncidentStatus.Triggered }),
            ct);
        return !waits ? null : ended.Status switch
        {
            "completed" => new DeliveryReport.Undelivered("picked up, but no key was pressed; perhaps a voicemail"),
            "busy" => new DeliveryReport.Undelivered("the line was busy"),
            "no-answer" => new DeliveryReport.Undelivered("nobody picked up"),
            "failed" or "canceled" => new DeliveryReport.Undelivered($"the carrier says that the call {(ended.Status == "failed" ? "failed" : "was cancelled")}"),
            _ => null,
        };
    }

    private sealed record Ended(string? Key, string Status);
}
