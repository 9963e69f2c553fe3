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
        await bench.Node.Spans.StoreAsync(1, [Span("a", 0)], default);
        bench.Clock.Advance(TimeSpan.FromDays(2));
        await bench.Node.Spans.StoreAsync(1, [Span("b", 0, "another")], default);
        bench.Clock.Advance(TimeSpan.FromDays(1.5));

        await bench.Node.Keeper.TurnAsync(default);
        Assert.Empty(await bench.Node.Traces.FindAsync(1, Trace, default));
        Assert.Single(await bench.Node.Traces.FindAsync(1, "another", default));

        bench.Kept.TraceGigabytes = 0;
        await bench.Node.Keeper.TurnAsync(default);
        Assert.Equal(0, await bench.CountAsync("trace_block"));
    }

    private static TraceSpan Span(string id, int second, string trace = Trace) =>
        new(trace, id, "GET /pay", VirtualClock.Start.AddSeconds(second), TimeSpan.FromMilliseconds(12.5));

    public sealed class OnSqlite() : TraceTests(Engine.Sqlite);

    public sealed class OnPostgres() : TraceTests(Engine.Postgres);
}
