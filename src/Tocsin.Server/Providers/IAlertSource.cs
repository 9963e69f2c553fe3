using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>One delivery as it arrived: raw bytes, no interpretation.</summary>
/// <param name="Body">Decompressed, within the size limit.</param>
/// <param name="Headers">Reads a request header; the empty string when it is missing.</param>
internal sealed record InboundRequest(ReadOnlyMemory<byte> Body, Func<string, string> Headers, Estate.Source Source, DateTimeOffset ReceivedAt);

/// <summary>What an adapter made of one delivery. One bad element never costs the good ones: each has its own fate.</summary>
/// <param name="Rejected">Elements that could not be read, in order.</param>
/// <param name="Note">Something the source's page should say, such as that a custom payload was read by guessing.</param>
internal sealed record ParsedDelivery(IReadOnlyList<Signal> Signals, IReadOnlyList<RejectedElement> Rejected, string? Note = null);

/// <param name="Path">Where in the body: <c>[3]</c>, <c>alerts[0].labels</c>.</param>
/// <param name="Reason">One sentence: what is wrong and what to send instead.</param>
internal sealed record RejectedElement(string Path, string Reason);

/// <summary>A system that sends alerts. Pure: bytes in, signals out; no I/O, no clock.</summary>
internal interface IAlertSource
{
    ProviderInfo Info { get; }

    /// <summary>What is wrong with the settings of a source of this type; empty when nothing is. Does no I/O.</summary>
    IReadOnlyList<Error> Check(Estate.Source source) => [];

    /// <summary>Checks the sender's signature over the raw bytes, if the source has a secret. Null: admitted.</summary>
    Error? Verify(InboundRequest request) => null;

    /// <summary>
    /// Reads a delivery. An error means that nothing in it was readable; the caller keeps the body as an unparsed delivery
    /// with the error's detail as the reason. Never throws for any bytes.
    /// </summary>
    Result<ParsedDelivery> Parse(InboundRequest request);

    /// <summary>A snippet for the sending tool's own configuration, ready to paste.</summary>
    /// <param name="baseUrl">This server's public address without a trailing slash.</param>
    string Snippet(string baseUrl, Estate.Source source);

    /// <summary>A body as the tool really sends it, for the test button and the docs.</summary>
    ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now);
}
