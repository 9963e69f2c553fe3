namespace Tocsin.Sdk;

/// <summary>What happened to the stream itself while it was followed.</summary>
public abstract record StreamNotice
{
    private StreamNotice()
    {
    }

    /// <summary>The server sends.</summary>
    public sealed record Connected : StreamNotice;

    /// <summary>The connection ended; it is tried again, from where it stopped.</summary>
    /// <param name="Because">Null: the server ended it in order, as it does when it stops.</param>
    /// <param name="RetryIn">When it is tried again.</param>
    public sealed record Lost(Exception? Because, TimeSpan RetryIn) : StreamNotice;

    /// <summary>What lies between the place to go on from and this sequence number was removed by the server's retention, and was missed.</summary>
    /// <param name="Oldest">The oldest sequence number that is left.</param>
    public sealed record Reset(long Oldest) : StreamNotice;

    /// <summary>Log lines were left out: they came faster than they were read, or more were stored while nothing was heard than the server gives again.</summary>
    /// <param name="Lines">So many.</param>
    /// <param name="AtLeast">Or more than that.</param>
    public sealed record Missed(long Lines, bool AtLeast) : StreamNotice;
}
