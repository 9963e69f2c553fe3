namespace Tocsin.Issues;

/// <summary>How an event came in.</summary>
/// <param name="Correlation">The name of the request, by which its lines of the log are found; null: it came with none.</param>
/// <param name="ReceivedAt">UTC.</param>
/// <param name="MessageId">The sender's own id of the message; null: it has none.</param>
public sealed record EventOrigin(string? Correlation, DateTimeOffset ReceivedAt, string? MessageId)
{
    /// <summary>Of what nobody sent.</summary>
    public static EventOrigin Here(DateTimeOffset at) => new(null, at, null);
}
