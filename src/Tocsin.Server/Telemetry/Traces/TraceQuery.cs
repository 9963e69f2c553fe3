using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>Reads traces.</summary>
internal sealed class TraceQuery(TelemetryDatabase telemetry, SpanStore store, TraceSums sums)
{
    /// <summary>The spans of a trace by their start, each once.</summary>
    /// <param name="traceId">As the sender wrote it; letters of either case.</param>
    /// <returns>Empty: nothing is known of it.</returns>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<IReadOnlyList<TraceSpan>> FindAsync(long workspace, string traceId, CancellationToken ct)
    {
        var id = StorableText.Of(traceId.ToLowerInvariant());
        var blocks = await telemetry.Database.ReadAsync(session => store.BlocksAsync(session, workspace, SpanBlock.HashOf(id)), ct);
        Dictionary<string, TraceSpan> spans = [];
        foreach (var span in blocks.SelectMany(SpanBlock.Unpack).Where(span => span.TraceId == id))
        {
            spans[span.SpanId] = span;
        }

        return [.. spans.Values.OrderBy(static s => s.StartedAt).ThenBy(static s => s.SpanId, StringComparer.Ordinal)];
    }

    /// <summary>Traces of a stretch of time.</summary>
    /// <param name="limit">1 to 1000.</param>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public Task<TraceList> ListAsync(long workspace, TraceListQuery query, int limit, CancellationToken ct) =>
        telemetry.Database.ReadAsync(session => sums.ListAsync(session, workspace, query, limit), ct);

    /// <summary>The services of all traces, by name.</summary>
    public Task<IReadOnlyList<string>> ServicesAsync(long workspace, CancellationToken ct) => telemetry.Database.ReadAsync(session => sums.ServicesAsync(session, workspace), ct);
}
