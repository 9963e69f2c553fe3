namespace Tocsin.Streams;

/// <summary>How events look to those who follow.</summary>
internal enum StreamForm
{
    /// <summary><c>id</c>, <c>event: KIND</c> and <c>data</c> with the whole line of the log.</summary>
    Events,

    /// <summary>Published alerts only: <c>id</c> and <c>data</c> with the alert as it was published and when it was received.</summary>
    Alerts,
}

/// <summary>What somebody follows.</summary>
/// <param name="Workspace">From the credential, never from the request.</param>
/// <param name="From">The sequence number after which to begin; null: with what happens from now on.</param>
internal sealed record StreamRequest(long Workspace, StreamFilter Filter, long? From, StreamForm Form);
