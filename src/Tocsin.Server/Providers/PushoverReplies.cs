using Microsoft.AspNetCore.WebUtilities;
using Tocsin.Data;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Somebody acknowledged an emergency on the phone. Pushover signs nothing, so what it calls with is only a hint: it is asked whether it is so. Without a
/// public address it is asked now and then anyway.
/// </summary>
internal sealed class PushoverReplies(GuardedHttp http, Database database, PageStore pages) : IAskedReplySource
{
    public string Id => Pushover.Type;

    public bool IsOf(ContactMethod method, string account) => method.Type == Pushover.Type && SettingsCheck.Get(method, "user") == account;

    public string HowToLink(string account) => "Nothing was changed: whoever acknowledged in Pushover is nobody in Tocsin.";

    public async Task<Result<Reply>> ReadAsync(ReplyRequest request, CancellationToken ct)
    {
        var page = request.Page == 0 ? null : await database.ReadAsync(session => pages.FindAsync(session, request.Estate.Workspace, request.Page), ct);
        if (page is not { Type: Pushover.Type, Receipt.Handle: var receipt } || PagePlanner.MethodOf(request.Estate, page.RecipientKind, page.Recipient, page.Method) is not { } method)
        {
            return Error.Forbidden("The address is not that of a page that was sent by Pushover.");
        }

        var form = QueryHelpers.ParseQuery(System.Text.Encoding.UTF8.GetString(request.Body.Span));
        if (form["receipt"] != receipt)
        {
            return Error.Forbidden("The receipt is not that of this page.");
        }

        return await AskAsync(method, receipt, ct) ?? new Reply(null, []);
    }

    public Task<ReplyAnswer> AnswerAsync(ReplyRequest request, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct) => Task.FromResult(new ReplyAnswer());

    public async Task<Reply?> AskAsync(ContactMethod method, string handle, CancellationToken ct) =>
        await Pushover.AcknowledgedByAsync(http, method, handle, ct) is { } who
            // A device of the person itself names nobody.
            ? new Reply(null, [new(who.Length > 0 ? who : SettingsCheck.Get(method, "user"), ReplyVerb.Acknowledge)])
            : null;
}
