using Tocsin.Notify;

namespace Tocsin.Providers;

/// <summary>The provider's final answer to one attempt.</summary>
internal abstract record SendOutcome
{
    /// <summary>The provider took it.</summary>
    /// <param name="Receipt">The provider's own id or status line, for the timeline.</param>
    internal sealed record Accepted(string Receipt) : SendOutcome;

    /// <summary>Might work later: 429, 5xx, timeout, connection refused.</summary>
    /// <param name="RetryAfter">What the provider asked for; null if it did not.</param>
    internal sealed record TryAgain(string Reason, TimeSpan? RetryAfter = null) : SendOutcome
    {
        /// <summary>Nothing was sent: the target failed so often lately that another method is better at once.</summary>
        public bool NotTried { get; init; }
    }

    /// <summary>Will not work as it is: another 4xx, a bad address, a target that is not allowed. The next method is tried at once.</summary>
    internal sealed record Refused(string Reason) : SendOutcome;
}

/// <summary>A system that tells people. An attempt ends within 10 s, with an outcome, never an exception except cancellation.</summary>
internal interface INotifier
{
    ProviderInfo Info { get; }

    /// <summary>What is wrong with these settings; empty when nothing is. Does no I/O.</summary>
    IReadOnlyList<Error> Check(ContactMethod method);

    Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct);
}
