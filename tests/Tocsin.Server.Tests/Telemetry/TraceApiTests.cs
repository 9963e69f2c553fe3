using System.Net;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>Traces over HTTP: listed, told, and as a browser without scripts sees them.</summary>
public abstract class TraceApiTests(Engine engine) : IAsyncLifetime
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow.AddMinutes(-5);
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _viewer = await _bench.CallerAsync(Role.Viewer);
        var workspace = (await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default))!.Value;
        await _bench.Service<SpanIntake>().StoreAsync(
            workspace,
            [
                new(Trace, "b7ad6b7169203331", "POST /pay", _start, TimeSpan.FromMilliseconds(120)) { Service = "checkout", Kind = "server" },
                new(Trace, "00f067aa0ba902b7", "SELECT", _start.AddMilliseconds(20), TimeSpan.FromMilliseconds(90))
                {
                    ParentId = "b7ad6b7169203331",
                    Service = "db",
                    Failed = true,
                    StatusText = "deadlock <b>found</b>",
                    Attributes = """{"db.rows":3,"event.0":{"name":"retry","at":"2026-11-21T20:00:00Z","n":2},"link.0":{"trace_id":"1bf8","span_id":"77"}}""",
                },
                new(Trace, "00f067aa0ba902b8", "mail", _start.AddMilliseconds(30), TimeSpan.FromMilliseconds(5)) { ParentId = "ffffffffffffffff", Service = "mail" },
                new("slow", "a", "GET /cart", _start.AddSeconds(9), TimeSpan.FromSeconds(3)) { Service = "cart" },
            ],
            default);
        await _bench.Service<LogIntake>().StoreAsync(
            workspace,
            [
                new(_start.AddMilliseconds(60), LineLevel.Error, "row is locked") { Service = "db", TraceId = Trace, SpanId = "00f067aa0ba902b7" },
                new(_start.AddMilliseconds(61), LineLevel.Info, "a line without spans") { Service = "db", TraceId = "lonely" },
            ],
            default);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task Traces_are_listed_by_service_errors_length_and_time()
    {
        var all = await _viewer.GetJsonAsync("/api/v1/traces");
        var pay = all.Items()[0]!;

        Assert.Equal([Trace, "slow"], all.Items().Select(t => t!["trace_id"].Text()));
        Assert.Equal(("checkout", "POST /pay", 3, 1, 120), (pay["service"].Text(), pay["name"].Text(), pay["spans"]!.GetValue<int>(), pay["failed_spans"]!.GetValue<int>(), pay["duration_ms"]!.GetValue<double>()));
        Assert.True(all["complete"]!.GetValue<bool>());
        Assert.Equal(["slow"], await IdsAsync("?longer_than=1.5s"));
        Assert.Equal(["slow", Trace], await IdsAsync("?order=slowest&longer_than=100ms"));
        Assert.Equal([Trace], await IdsAsync("?service=db&operation=SELECT&errors=true"));
        Assert.Equal(["slow"], await IdsAsync("?order=newest&limit=1"));
        Assert.Empty(await IdsAsync("?from=-2h&to=-1h"));
        Assert.Empty((await (await _bench.CallerAsync(Role.Viewer, "other")).GetJsonAsync("/api/v1/traces")).Items());

        async Task<string[]> IdsAsync(string query) => [.. (await _viewer.GetJsonAsync($"/api/v1/traces{query}")).Items().Select(t => t!["trace_id"].Text())];
    }

    [StoreFact]
    public async Task What_cannot_be_asked_is_refused_with_what_to_do()
    {
        (string Query, string Field)[] refusals = [("?from=yesterday", "from"), ("?from=-1m&to=-5m", "to"), ("?longer_than=long", "longer_than"), ("?order=random", "order"), ("?limit=0", "limit"), ("?limit=201", "limit")];
        foreach (var (query, field) in refusals)
        {
            using var response = await _viewer.GetAsync($"/api/v1/traces{query}");
            Assert.Equal((query, field), (query, (await response.JsonAsync(HttpStatusCode.UnprocessableEntity))["field"].Text()));
        }
    }

    [StoreFact]
    public async Task A_page_shows_a_trace_with_its_lines_and_lines_lead_to_it()
    {
        var ana = await _bench.PersonAsync("ana", Role.Viewer);

        var page = await ana.PageAsync($"/traces/{Trace.ToUpperInvariant()}");
        string[] inOrder = ["POST /pay", "SELECT", "failed", "deadlock <b>found</b>", "db.rows", "retry", "n: 2", "/traces/1bf8#s-77", "row is locked", "mail", "the span that it belongs to is not here"];
        var at = page.IndexOf("class=\"waterfall\"", StringComparison.Ordinal);
        foreach (var text in inOrder)
        {
            var next = page.IndexOf(text, at, StringComparison.Ordinal);
            Assert.True(next > at, $"{text} does not stand where it should.");
            at = next;
        }

        Assert.Contains($"/traces/{Trace}#s-00f067aa0ba902b7", await ana.PageAsync("/logs?q=locked"), StringComparison.Ordinal);
        Assert.Equal($"/traces/{Trace}", (await _viewer.GetJsonAsync("/api/v1/logs?q=locked")).Items()[0]!["trace_page"].Text());
        Assert.Contains("No span of this trace is kept", await ana.PageAsync("/traces/lonely"), StringComparison.Ordinal);
        using var unknown = await ana.GetAsync("/traces/nobody");
        using var foreign = await (await _bench.PersonAsync("eve", Role.Viewer, "other")).GetAsync($"/traces/{Trace}");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (unknown.StatusCode, foreign.StatusCode));

        var list = await ana.PageAsync("/traces?order=slowest&service=checkout");
        Assert.Contains($"href=\"/traces/{Trace}\"", list, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /cart", list, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Ten_thousand_spans_make_a_page_that_says_what_it_leaves_out()
    {
        var workspace = (await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default))!.Value;
        await _bench.Service<SpanIntake>().StoreAsync(
            workspace,
            [.. Enumerable.Range(0, SpanIntake.MostSpans).Select(i => new TraceSpan("huge", $"{i:x16}", $"step {i}", _start.AddMilliseconds(i), TimeSpan.FromMilliseconds(20_000 - i)) { ParentId = i == 0 ? "" : $"{(i == 5_000 ? 9_999 : i - 1):x16}" })],
            default);

        var page = await (await _bench.PersonAsync("ana", Role.Viewer)).PageAsync("/traces/huge");

        Assert.Contains("9500 rows are left out of 10000", page, StringComparison.Ordinal);
        Assert.InRange(page.Length, 10_000, 2_000_000);
    }

    public sealed class OnSqlite() : TraceApiTests(Engine.Sqlite);

    public sealed class OnPostgres() : TraceApiTests(Engine.Postgres);
}
