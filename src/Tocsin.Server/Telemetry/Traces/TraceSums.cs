using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>One trace of a list.</summary>
/// <param name="Service">Of the span that began it; empty: unknown. So is the name.</param>
/// <param name="Spans">As they came: one that came twice counts twice.</param>
/// <param name="Failed">Those that say that their work failed, counted likewise.</param>
internal sealed record TraceSummary(string TraceId, string Service, string Name, DateTimeOffset StartedAt, TimeSpan Duration, long Spans, long Failed);

/// <summary>How a list of traces is ordered.</summary>
internal enum TraceOrder
{
    /// <summary>Those with a span that failed, then the others; the newest of each first.</summary>
    Errors,
    Newest,
    Slowest,
}

/// <summary>Which traces are meant.</summary>
internal sealed record TraceListQuery
{
    /// <summary>Inclusive, of their beginning.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Exclusive.</summary>
    public required DateTimeOffset To { get; init; }

    /// <summary>Only those in which this service took part.</summary>
    public string? Service { get; init; }

    /// <summary>Only those that began so; with a service: whose part of it began so.</summary>
    public string? Operation { get; init; }

    /// <summary>Only those of which a span failed.</summary>
    public bool Errors { get; init; }

    public TimeSpan? LongerThan { get; init; }

    public TraceOrder Order { get; init; }
}

/// <param name="Complete">False: there are more of them, or more in this time than are looked at.</param>
internal sealed record TraceList(IReadOnlyList<TraceSummary> Traces, bool Complete);

/// <summary>A small row a trace, for lists.</summary>
internal sealed class TraceSums
{
    /// <summary>So many traces of a stretch of time are looked at, the newest of them.</summary>
    public const int MostLookedAt = 50_000;

    private const int MostServices = 200;

    /// <summary>Adds what came to what is known. Sorted by trace, so that two nodes never wait for each other.</summary>
    public async Task AddAsync(Tx tx, long workspace, IReadOnlyList<SpanBlock> blocks, DateTimeOffset now)
    {
        var sums = blocks.GroupBy(static b => b.Trace).OrderBy(static g => g.Key).Select(static g => (Trace: g.Key, Sum: g.Select(static b => b.Sum).Aggregate(static (a, b) => a.With(b)))).ToList();
        const string Better = "(excluded.is_root > trace_summary.is_root OR (excluded.is_root = trace_summary.is_root AND excluded.named_at < trace_summary.named_at))";
        await tx.BatchAsync(
            $$"""
            INSERT INTO trace_summary (workspace_id, trace, trace_id, service, name, is_root, named_at, started_at, ended_at, spans, failed, stored_at) {rows}
            ON CONFLICT (workspace_id, trace) DO UPDATE SET
                service = CASE WHEN {{Better}} THEN excluded.service ELSE trace_summary.service END,
                name = CASE WHEN {{Better}} THEN excluded.name ELSE trace_summary.name END,
                is_root = CASE WHEN {{Better}} THEN excluded.is_root ELSE trace_summary.is_root END,
                named_at = CASE WHEN {{Better}} THEN excluded.named_at ELSE trace_summary.named_at END,
                started_at = CASE WHEN excluded.started_at < trace_summary.started_at THEN excluded.started_at ELSE trace_summary.started_at END,
                ended_at = CASE WHEN excluded.ended_at > trace_summary.ended_at THEN excluded.ended_at ELSE trace_summary.ended_at END,
                spans = trace_summary.spans + excluded.spans, failed = trace_summary.failed + excluded.failed, stored_at = excluded.stored_at
            """,
            new("workspace", Each(sums, _ => workspace)), new("trace", Each(sums, static s => s.Trace)), new("trace_id", sums.ConvertAll(static s => s.Sum.TraceId).ToArray()),
            new("service", sums.ConvertAll(static s => s.Sum.Service).ToArray()), new("name", sums.ConvertAll(static s => s.Sum.Name).ToArray()),
            new("is_root", sums.ConvertAll(static s => s.Sum.IsRoot ? 1 : 0).ToArray()), new("named_at", Each(sums, static s => s.Sum.NamedAt.ToMicros())),
            new("started_at", Each(sums, static s => s.Sum.StartedAt.ToMicros())), new("ended_at", Each(sums, static s => s.Sum.EndedAt.ToMicros())),
            new("spans", Each(sums, static s => s.Sum.Spans)), new("failed", Each(sums, static s => s.Sum.Failed)), new("stored_at", Each(sums, _ => now.ToMicros())));

        var parts = sums.SelectMany(static s => s.Sum.Parts.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(p => (s.Trace, Service: p.Key, p.Value.Name, p.Value.StartedAt))).ToList();
        if (parts.Count > 0)
        {
            await tx.BatchAsync(
                """
                INSERT INTO trace_service (workspace_id, trace, service, name, started_at, stored_at) {rows}
                ON CONFLICT (workspace_id, trace, service) DO UPDATE SET
                    name = CASE WHEN excluded.started_at < trace_service.started_at THEN excluded.name ELSE trace_service.name END,
                    started_at = CASE WHEN excluded.started_at < trace_service.started_at THEN excluded.started_at ELSE trace_service.started_at END, stored_at = excluded.stored_at
                """,
                new("workspace", parts.ConvertAll(_ => workspace).ToArray()), new("trace", parts.ConvertAll(static p => p.Trace).ToArray()),
                new("service", parts.ConvertAll(static p => p.Service).ToArray()), new("name", parts.ConvertAll(static p => p.Name).ToArray()),
                new("started_at", parts.ConvertAll(static p => p.StartedAt.ToMicros()).ToArray()), new("stored_at", parts.ConvertAll(_ => now.ToMicros()).ToArray()));
        }
    }

    /// <summary>Traces of a stretch of time.</summary>
    /// <param name="limit">At least 1.</param>
    public async Task<TraceList> ListAsync(Session session, long workspace, TraceListQuery query, int limit)
    {
        var errors = query.Errors ? "AND failed > 0" : "";
        var window = query.Service is null
            ? $"SELECT trace, name AS operation FROM trace_summary WHERE workspace_id = @workspace AND started_at >= @from AND started_at < @to {errors} ORDER BY started_at DESC LIMIT @window"
            : "SELECT trace, name AS operation FROM trace_service WHERE workspace_id = @workspace AND service = @service AND started_at >= @from AND started_at < @to ORDER BY started_at DESC LIMIT @window";
        (string, object?)[] asked =
        [
            ("workspace", workspace), ("from", query.From.ToMicros()), ("to", query.To.ToMicros()), ("window", MostLookedAt + 1),
            .. query.Service is { } service ? [("service", service)] : Array.Empty<(string, object?)>(),
        ];
        var inTime = await session.ScalarAsync($"SELECT COUNT(*) FROM ({window}) w", asked) ?? 0;
        var traces = await session.QueryAsync(
            $"""
            SELECT t.trace_id, t.service, t.name, t.started_at, t.ended_at, t.spans, t.failed
            FROM ({window}) w JOIN trace_summary t ON t.workspace_id = @workspace AND t.trace = w.trace
            WHERE 1 = 1 {errors.Replace("failed", "t.failed", StringComparison.Ordinal)} {(query.Operation is null ? "" : "AND w.operation = @operation")} {(query.LongerThan is null ? "" : "AND t.ended_at - t.started_at > @longer")}
            ORDER BY {query.Order switch { TraceOrder.Newest => "t.started_at DESC", TraceOrder.Slowest => "t.ended_at - t.started_at DESC", _ => "CASE WHEN t.failed > 0 THEN 0 ELSE 1 END, t.started_at DESC" }}, t.trace
            LIMIT @limit
            """,
            Read,
            [
                .. asked, ("limit", limit + 1), .. query.Operation is { } operation ? [("operation", operation)] : Array.Empty<(string, object?)>(),
                .. query.LongerThan is { } longer ? [("longer", longer.Ticks / TimeSpan.TicksPerMicrosecond)] : Array.Empty<(string, object?)>(),
            ]);

        // The newest are among the newest, however many there are.
        var sawAll = inTime <= MostLookedAt || (query is { Order: TraceOrder.Newest } && traces.Count > limit);
        return new([.. traces.Take(limit)], sawAll && traces.Count <= limit);
    }

    /// <summary>Services that took part in a trace, by name; the first 200.</summary>
    public async Task<IReadOnlyList<string>> ServicesAsync(Session session, long workspace)
    {
        // From name to name in the index, since there are few of them in very many rows.
        List<string> services = [];
        while (services.Count < MostServices
            && await session.FirstAsync(
                "SELECT service FROM trace_service WHERE workspace_id = @workspace AND service > @last ORDER BY service LIMIT 1", static row => row.GetString(0),
                ("workspace", workspace), ("last", services.LastOrDefault() ?? "")) is { } next)
        {
            services.Add(next);
        }

        return services;
    }

    /// <summary>Forgets traces of which no span is left.</summary>
    /// <param name="most">At once.</param>
    /// <returns>How many are gone; as many as asked for: there may be more.</returns>
    public async Task<int> ForgetAsync(Tx tx, long workspace, int most)
    {
        var oldest = await tx.ScalarAsync("SELECT MIN(stored_at) FROM trace_block WHERE workspace_id = @workspace", ("workspace", workspace)) ?? long.MaxValue;
        (string, object?)[] asked = [("workspace", workspace), ("oldest", oldest), ("most", most)];
        var parts = await tx.ExecuteAsync(
            """
            DELETE FROM trace_service WHERE workspace_id = @workspace AND (trace, service) IN (
                SELECT trace, service FROM trace_service WHERE workspace_id = @workspace AND stored_at < @oldest ORDER BY stored_at LIMIT @most)
            """,
            asked);
        var whole = await tx.ExecuteAsync(
            "DELETE FROM trace_summary WHERE workspace_id = @workspace AND trace IN (SELECT trace FROM trace_summary WHERE workspace_id = @workspace AND stored_at < @oldest ORDER BY stored_at LIMIT @most)",
            asked);
        return Math.Max(parts, whole);
    }

    private static TraceSummary Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.Instant(3), TimeSpan.FromMicroseconds(row.GetInt64(4) - row.GetInt64(3)), row.GetInt64(5), row.GetInt64(6));

    private static long[] Each(List<(long Trace, TraceSum Sum)> sums, Func<(long Trace, TraceSum Sum), long> value) => [.. sums.Select(value)];
}
