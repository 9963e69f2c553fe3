using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Tests.Cli;

public sealed class TraceVerbTests
{
    public static TraceListView List { get; } = new(
        [
            new() { TraceId = "0af7", Service = "web", Name = "POST /pay", StartedAt = FakeServer.Now.AddMinutes(-2), DurationMs = 1_812.4, Spans = 12, FailedSpans = 1 },
            new() { TraceId = "1bf8", Name = "cron", StartedAt = FakeServer.Now.AddMinutes(-1), DurationMs = 0.84, Spans = 1 },
        ],
        Complete: false);

    public static TraceView Trace { get; } = new(
        "0af7", FakeServer.Now.AddMinutes(-2), 100,
        [
            new() { SpanId = "a", Name = "POST /pay", Service = "web", Kind = "server", StartedAt = FakeServer.Now.AddMinutes(-2), DurationMs = 100 },
            new() { SpanId = "b", ParentId = "a", Name = "SELECT", Service = "db", Kind = "client", StartedAt = FakeServer.Now.AddMinutes(-2).AddMilliseconds(50), DurationMs = 25, Failed = true, StatusText = "no answer" },
            new() { SpanId = "c", ParentId = "gone", Name = "mail", Kind = "producer", StartedAt = FakeServer.Now.AddMinutes(-2).AddMilliseconds(90), DurationMs = 10 },
        ]);

    [Fact]
    public async Task Traces_are_listed_as_they_are_asked_for()
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.AgainstAsync(server, "traces", "--service", "web", "--errors", "--longer-than", "250ms", "--order", "slowest", "-n", "2");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        var lines = run.Out.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Matches("^0af7 .* 1.81 s  +12 +✗ 1 +web +POST /pay$", lines[1]);
        Assert.Matches("^1bf8 .* 840 µs  +1 +none +– +cron$", lines[2]);
        Assert.Equal("there are more: narrow the time, or ask for more with -n\n", run.Error);
        var asked = Assert.Single(server.Requests).Line;
        Assert.StartsWith("GET /api/v1/traces?service=web&from=2026-11-23T01%3A02%3A00", asked, StringComparison.Ordinal);
        Assert.EndsWith("&errors=true&longer_than=250ms&order=slowest&limit=2", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_is_drawn_from_top_to_bottom()
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.AgainstAsync(server, "traces", "0af7");

        var lines = run.Out.TrimEnd('\n').Split('\n');
        Assert.StartsWith("0af7  3 spans in 100 ms, from ", lines[0], StringComparison.Ordinal);
        Assert.Equal(
            [
                "━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━    100 ms  web  POST /pay",
                "                ━━━━━━━━             25 ms    db  SELECT  ✗ failed: no answer",
                "                             ━━━     10 ms  –  mail  (the span that it belongs to is not here)",
            ],
            lines[1..]);
    }

    [Theory]
    [InlineData("--order", "random")]
    [InlineData("--since", "often")]
    [InlineData("-n", "0")]
    public async Task What_makes_no_sense_is_refused_before_anything_is_asked(params string[] args)
    {
        await using var server = await FakeServer.StartAsync();

        Assert.Equal(ExitCode.Usage, (await CliRun.AgainstAsync(server, ["traces", .. args])).ExitCode);
        Assert.Empty(server.Requests);
    }
}
