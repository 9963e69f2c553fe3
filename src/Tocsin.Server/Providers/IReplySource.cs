using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Notify;

namespace Tocsin.Providers;

/// <summary>What somebody does by answering.</summary>
internal enum ReplyVerb
{
    Acknowledge,
    Resolve,
    Escalate,
    Snooze,
    Note,

    /// <summary>Links the account to the person whose code is the text.</summary>
    Link,
}

/// <summary>One thing that somebody wants done.</summary>
/// <param name="Account">Who: the provider's own id of the person, which <see cref="IReplySource.IsOf"/> knows again.</param>
internal sealed record ReplyAct(string Account, ReplyVerb Verb)
{
    /// <summary>What the button carried, <see cref="Message.AnswerCode"/>; null: <see cref="Incident"/> says which.</summary>
    public string? Code { get; init; }

    /// <summary>The incident's number; 0: that of the page whose address was called, or of <see cref="Code"/>.</summary>
    public long Incident { get; init; }

    /// <summary>The page itself, where the source knows it and nothing above says it; 0: it does not.</summary>
    public long Page { get; init; }

    /// <summary>How long to snooze. Default: 1 h.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>The text of a note, or the code that links an account.</summary>
    public string? Text { get; init; }
}

/// <summary>What one request said.</summary>
/// <param name="Id">
/// The provider's own id of it, at most 200 characters: what was seen once is not done again. Null: repeating these acts does no harm.
/// </param>
/// <param name="Acts">Empty: the provider only wants an answer.</param>
internal sealed record Reply(string? Id, IReadOnlyList<ReplyAct> Acts)
{
    /// <summary>What the source needs again to answer; its own affair.</summary>
    public object? Context { get; init; }
}

internal enum ReplyResult
{
    /// <summary>It is so now; also when it was so already.</summary>
    Done,

    /// <summary>This very answer was here before. Nothing was changed.</summary>
    Repeated,

    /// <summary>Nobody in the workspace has this account. Nothing was changed.</summary>
    Unlinked,

    /// <summary>May not, or cannot be. Nothing was changed.</summary>
    Refused,
}

/// <param name="Text">One or two sentences for whoever answered; plain text.</param>
/// <param name="Incident">As it is now; null: there is none, or it is none of theirs.</param>
/// <param name="User">Who it was; null: not known.</param>
internal sealed record ReplyOutcome(ReplyResult Result, string Text, IncidentState? Incident = null, string? User = null);

/// <summary>A request as it came to the reply address of a workspace.</summary>
internal sealed record ReplyRequest
{
    public required EstateSnapshot Estate { get; init; }

    /// <summary>The page that the address was made for; 0: for all of the workspace.</summary>
    public long Page { get; init; }

    /// <summary>The address as the provider was told it, with what it added behind the question mark; null when no public address is known.</summary>
    public Uri? Url { get; init; }

    /// <summary>Without parameters, in lower case.</summary>
    public required string ContentType { get; init; }

    /// <summary>Raw, at most 256 KiB.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Reads a request header; the empty string when it is missing.</summary>
    public required Func<string, string> Headers { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>What the provider gets as the answer to its request.</summary>
internal sealed record ReplyAnswer(string Body = "", string ContentType = "text/plain; charset=utf-8", int Status = 200);

/// <summary>
/// A system through which people answer. Found by a scan, like the others; one class may be a notifier too. Its address is
/// <c>POST /reply/{id}/{key}</c>.
/// </summary>
internal interface IReplySource
{
    /// <summary>Stands in the address and in the log (<c>ana via slack</c>).</summary>
    string Id { get; }

    /// <summary>Whether a contact method belongs to an account: whoever has the method is whoever has the account.</summary>
    bool IsOf(ContactMethod method, string account);

    /// <summary>What somebody does whose account nobody has, as one or two sentences.</summary>
    string HowToLink(string account);

    /// <summary>Checks over the raw bytes that the request is really the provider's, and reads it. Changes nothing.</summary>
    /// <returns>Forbidden: answered with 401. Invalid: with 400. Neither is tried to be understood.</returns>
    Task<Result<Reply>> ReadAsync(ReplyRequest request, CancellationToken ct);

    /// <summary>What the provider hears after the acts were done or refused. Whoever must be told otherwise is told here too, within 2 s.</summary>
    /// <param name="outcomes">One for each act, in order.</param>
    Task<ReplyAnswer> AnswerAsync(ReplyRequest request, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct);
}

/// <summary>One that must be asked whether a page was answered there.</summary>
internal interface IAskedReplySource : IReplySource
{
    /// <returns>What was answered; null: nothing yet, or it cannot be asked now.</returns>
    Task<Reply?> AskAsync(ContactMethod method, string handle, CancellationToken ct);
}
