using System.Net;

namespace Tocsin.Sdk;

/// <summary>
/// The server answered, and the answer was no. When no server answered at all, <see cref="HttpRequestException"/> is thrown instead.
/// </summary>
/// <param name="status">The HTTP status of the answer.</param>
/// <param name="code">Stable and dotted, such as <c>incident.not_found</c>; clients switch on it. Empty when the answer had none.</param>
/// <param name="detail">One sentence for a person.</param>
/// <param name="retryAfter">How long the server asks to wait before the next try; null: it did not say.</param>
public sealed class TocsinException(HttpStatusCode status, string code, string detail, TimeSpan? retryAfter = null) : Exception(detail)
{
    /// <summary>The HTTP status of the answer.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>Stable and dotted, such as <c>incident.not_found</c>. Empty when the answer had none.</summary>
    public string Code { get; } = code;

    /// <summary>How long the server asks to wait before the next try; null: it did not say.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
