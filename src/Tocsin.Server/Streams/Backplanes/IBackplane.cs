namespace Tocsin.Streams.Backplanes;

/// <summary>
/// Carries short texts between the nodes of one installation, at most once: what is said while a node does not listen is not said again.
/// Nothing depends on it but latency, since every node also looks at the store by itself.
/// </summary>
internal interface IBackplane
{
    /// <summary>For people: <c>PostgreSQL</c>, <c>Redis at cache:6379</c>.</summary>
    string Name { get; }

    /// <summary>Connects and begins to listen.</summary>
    /// <param name="heard">Given each text that any node sent, this one included, until the line is disposed. Quick, and does not throw.</param>
    /// <param name="broken">Told once, with the reason, when the connection is gone.</param>
    /// <exception cref="BackplaneLostException">It cannot be reached.</exception>
    Task<IBackplaneLine> ConnectAsync(Action<string> heard, Action<string> broken, CancellationToken ct);
}

/// <summary>One connection that listens; a broken one is thrown away.</summary>
internal interface IBackplaneLine : IAsyncDisposable
{
    /// <exception cref="BackplaneLostException">The text may not have been sent.</exception>
    Task SendAsync(string text, CancellationToken ct);
}

/// <summary>The backplane is away; the poll of each node goes on.</summary>
internal sealed class BackplaneLostException(string message, Exception? inner = null) : Exception(message, inner);
