using Tocsin.Notify;
using Tocsin.Providers;

namespace Tocsin.Outgoing;

/// <summary>How a request ended.</summary>
internal abstract record OutgoingAnswer
{
    /// <summary>The other side gave a status; final, even if the body did not arrive whole.</summary>
    /// <param name="RetryAfter">0 to 1 h; null if it asked for nothing that can be read.</param>
    /// <param name="Body">UTF-8 text of at most <see cref="OutgoingOptions.AnswerMaxBytes"/>; as it came, so it is data.</param>
    internal sealed record Status(int Code, TimeSpan? RetryAfter, string Body) : OutgoingAnswer;

    /// <summary>No status: nobody there, cut off, too slow, or not HTTP. The request may still have arrived.</summary>
    internal sealed record Failed(string Reason) : OutgoingAnswer;

    /// <summary>The guard did not let it out. Nothing was sent.</summary>
    internal sealed record Refused(string Reason) : OutgoingAnswer;

    /// <summary>
    /// What the answer means for a page (R9): 2xx accepted; 429 and 5xx and no answer may work later; anything else will not.
    /// </summary>
    /// <param name="receipt">Reads the provider's own id from an accepted body; null or empty: the status line is the receipt.</param>
    public SendOutcome ToOutcome(Func<string, string?>? receipt = null) => this switch
    {
        Status { Code: >= 200 and <= 299 } ok => new SendOutcome.Accepted(receipt?.Invoke(ok.Body) is { Length: > 0 } id ? id : $"HTTP {ok.Code}"),
        Status { Code: 429 or (>= 500 and <= 599) } busy => new SendOutcome.TryAgain(Line(busy), busy.RetryAfter),
        Status { Code: 410 } gone => new SendOutcome.Refused($"{Line(gone)}. The target is gone: remove this contact method or give it a new address."),
        Status { Code: >= 300 and <= 399 } moved => new SendOutcome.Refused($"HTTP {moved.Code}: redirects are not followed; enter the final address."),
        Status other => new SendOutcome.Refused(Line(other)),
        Failed failed => new SendOutcome.TryAgain(failed.Reason),
        Refused refused => new SendOutcome.Refused(refused.Reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Line(Status status) =>
        PlainText.OneLine(status.Body, 200) is { Length: > 0 } body ? $"HTTP {status.Code}: {body}" : $"HTTP {status.Code}";
}
