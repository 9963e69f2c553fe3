using Tocsin.Notify;

namespace Tocsin.Providers;

/// <summary>The provider's final answer to one attempt.</summary>
internal abstract record SendOutcome
{
    /// <summary>The provider took it.</summary>
    /// <param name="Receipt">The provider's own id or status line, for the timeline.</param>
    internal sealed record Accepted(string Receipt) : SendOutcome
    {
        /// <summary>What the provider needs to change this message later; null: it cannot be changed. At most 500 characters, no secret.</summary>
        public string? Handle { get; init; }

        /// <summary>Where news about the same incident goes instead of a message of its own; null: changing the message says it all.</summary>
        public string? Thread { get; init; }

        /// <summary>With a handle: how often the provider is to be asked whether it was answered there (<see cref="IAskedReplySource"/>); null: it need not.</summary>
        public TimeSpan? AskEvery { get; init; }
    }

    /// <summary>Might work later: 429, 5xx, timeout, connection refused.</summary>
    /// <param name="RetryAfter">What the provider asked for; null if it did not.</param>
    internal sealed record TryAgain(string Reason, TimeSpan? RetryAfter = null) : SendOutcome
    {
        /// <summary>Nothing was sent: the target failed so often lately that another method is better at once.</summary>
        public bool NotTried { get; init; }
    }

    /// <summary>Will not work as it is: another 4xx, a bad address, a target that is not allowed. The next method is tried at once.</summary>
    internal sealed record Refused(string Reason) : SendOutcome
    {
        /// <summary>Nothing was sent: there is nobody to send it to any more.</summary>
        public bool NotTried { get; init; }
    }
}

/// <summary>A system that tells people. An attempt ends within 10 s, with an outcome, never an exception except cancellation.</summary>
internal interface INotifier
{
    ProviderInfo Info { get; }

    /// <summary>What is wrong with these settings; empty when nothing is. Does no I/O.</summary>
    IReadOnlyList<Error> Check(ContactMethod method);

    Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct);

    /// <summary>
    /// Changes a message that is there, so that it says what is so now. Asked only with a handle that this provider gave. Repeating it
    /// changes nothing more, and nobody is rung.
    /// </summary>
    Task<SendOutcome> EditAsync(Message message, string handle, ContactMethod method, CancellationToken ct) =>
        Task.FromResult<SendOutcome>(new SendOutcome.Refused($"{Info.Name} cannot change a message."));
}
