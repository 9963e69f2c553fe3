using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>Spans are stored and read by trace, on either engine.</summary>
public abstract class TraceTests(Engine engine)
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [StoreFact]
    public async Task A_trace_is_read_back_by_start_from_what_several_requests_brought()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        var spans = new[]
        {
            Span("a", 0) with { Service = "web", Kind = "server", Failed = true, StatusText = "no \u0000 answer", Attributes = """{"http.route":"/pay"}""" },
            Span("b", 10) with { ParentId = "a", Service = "db" },
            Span("c", 5) with { ParentId = "a" },
        };
        await bench.Node.Spans.StoreAsync(1, [spans[1], Span("x", 0, "another")], default);
        var stored = await bench.Node.Spans.StoreAsync(1, [spans[2], spans[0], spans[1]], default);

        Assert.Equal(new(3, 0), stored);
        Assert.Equal([spans[0], spans[2], spans[1]], await bench.Node.Traces.FindAsync(1, Trace.ToUpperInvariant(), default));
        Assert.Empty(await bench.Node.Traces.FindAsync(2, Trace, default));
        Assert.Empty(await bench.Node.Traces.FindAsync(1, "unknown", default));
    }

    [StoreFact]
    public async Task One_trace_has_a_bound_and_takes_no_room_from_others()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        for (var i = 0; i < SpanIntake.MostSpans; i += 1_000)
        {
            Assert.Equal(0, (await bench.Node.Spans.StoreAsync(1, [.. Enumerable.Range(i, 1_000).Select(n => Span($"{n:x16}", n))], default)).Refused);
        }

        Assert.Equal(new(1, 2), await bench.Node.Spans.StoreAsync(1, [Span("y", 0), Span("z", 0), Span("o", 0, "another")], default));
        Assert.Equal(SpanIntake.MostSpans, (await bench.Node.Traces.FindAsync(1, Trace, default)).Count);
    }

    [StoreFact]
    public async Task Traces_go_when_they_are_old_and_the_oldest_when_they_are_too_much()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.Node.Spans.StoreAsync(1, [Span("a", 0) with { Service = "web" }], default);
        bench.Clock.Advance(TimeSpan.FromDays(2));
        await bench.Node.Spans.StoreAsync(1, [Span("b", 0, "another") with { Service = "web" }], default);
        bench.Clock.Advance(TimeSpan.FromDays(1.5));

        await bench.Node.Keeper.TurnAsync(default);
        Assert.Empty(await bench.Node.Traces.FindAsync(1, Trace, default));
        Assert.Single(await bench.Node.Traces.FindAsync(1, "another", default));
        Assert.Equal("another", Assert.Single((await bench.Node.Traces.ListAsync(1, Ever, 10, default)).Traces).TraceId);
        Assert.Equal(1, await bench.CountAsync("trace_service"));

        bench.Kept.TraceGigabytes = 0;
        await bench.Node.Keeper.TurnAsync(default);
        foreach (var table in (string[])["trace_block", "trace_summary", "trace_service"])
        {
            Assert.Equal(0, await bench.CountAsync(table));
        }
    }

    [StoreFact]
    public async Task Traces_are_listed_by_what_all_requests_brought_of_them()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.Node.Spans.StoreAsync(1, [Span("b", 10, "late") with { ParentId = "a", Service = "db", Name = "SELECT" }, Span("x", 30, "quick") with { Service = "web", Name = "GET /" }], default);
        await bench.Node.Spans.StoreAsync(1, [Span("y", 40, "slow") with { Service = "web", Duration = TimeSpan.FromSeconds(9) }, Span("c", 11, "late") with { ParentId = "a", Service = "db", Name = "UPDATE", Failed = true }], default);
        var other = await bench.AddNodeAsync();
        await other.Spans.StoreAsync(1, [Span("a", 9, "late") with { Service = "web", Name = "POST /pay", Duration = TimeSpan.FromSeconds(3) }], default);
        await other.Spans.StoreAsync(2, [Span("z", 9, "hidden") with { Service = "secret" }], default);

        Assert.Equal(
            [new("late", "web", "POST /pay", VirtualClock.Start.AddSeconds(9), TimeSpan.FromSeconds(3), 3, 1), Quick, Slow],
            (await ListAsync(Ever with { Order = TraceOrder.Errors })).OrderBy(t => t.Failed == 0).ThenBy(t => t.TraceId));
        Assert.Equal(["late", "slow", "quick"], await IdsAsync(Ever));
        Assert.Equal(["slow", "quick", "late"], await IdsAsync(Ever with { Order = TraceOrder.Newest }));
        Assert.Equal(["slow", "late", "quick"], await IdsAsync(Ever with { Order = TraceOrder.Slowest }));
        Assert.Equal(["late"], await IdsAsync(Ever with { Errors = true }));
        Assert.Equal(["late"], await IdsAsync(Ever with { Service = "db" }));
        Assert.Equal(["late"], await IdsAsync(Ever with { Service = "db", Operation = "SELECT", Errors = true }));
        Assert.Empty(await IdsAsync(Ever with { Service = "db", Operation = "UPDATE" }));
        Assert.Equal(["late"], await IdsAsync(Ever with { Operation = "POST /pay" }));
        Assert.Equal(["slow"], await IdsAsync(Ever with { LongerThan = TimeSpan.FromSeconds(3) }));
        Assert.Equal(["quick"], await IdsAsync(Ever with { From = VirtualClock.Start.AddSeconds(30), To = VirtualClock.Start.AddSeconds(40) }));
        Assert.False((await other.Traces.ListAsync(1, Ever, 2, default)).Complete);
        Assert.True((await other.Traces.ListAsync(1, Ever, 3, default)).Complete);
        Assert.Equal(["db", "web"], await other.Traces.ServicesAsync(1, default));

        async Task<IReadOnlyList<TraceSummary>> ListAsync(TraceListQuery query) => (await other.Traces.ListAsync(1, query, 100, default)).Traces;
        async Task<string[]> IdsAsync(TraceListQuery query) => [.. (await ListAsync(query)).Select(t => t.TraceId)];
    }

    private static TraceListQuery Ever { get; } = new() { From = VirtualClock.Start.AddDays(-1), To = VirtualClock.Start.AddDays(1) };

    private static TraceSummary Quick { get; } = new("quick", "web", "GET /", VirtualClock.Start.AddSeconds(30), TimeSpan.FromMilliseconds(12.5), 1, 0);

    private static TraceSummary Slow { get; } = new("slow", "web", "GET /pay", VirtualClock.Start.AddSeconds(40), TimeSpan.FromSeconds(9), 1, 0);

    private static TraceSpan Span(string id, int second, string trace = Trace) =>
        new(trace, id, "GET /pay", VirtualClock.Start.AddSeconds(second), TimeSpan.FromMilliseconds(12.5));

    public sealed class OnSqlite() : TraceTests(Engine.Sqlite);

    public sealed class OnPostgres() : TraceTests(Engine.Postgres);
}
