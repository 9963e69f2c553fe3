using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Tests.Cli;

public sealed class MetricVerbTests
{
    public static readonly MetricSeriesView Series = new()
    {
        Name = "latency_ms",
        Service = "checkout",
        Unit = "ms",
        Kind = "gauge",
        Tags = new Dictionary<string, string> { ["host"] = "a\u001b[31m" },
        LastAt = FakeServer.Now.AddMinutes(-1),
    };

    [Fact]
    public async Task Series_are_listed_and_whoever_asks_hears_that_there_are_more()
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.AgainstAsync(server, "metrics", "list", "--service", "checkout");

        Assert.Equal(
            (ExitCode.Ok, "METRIC      SERVICE   TAGS    UNIT  KIND   LAST SEEN\nlatency_ms  checkout  host=a  ms    gauge  1 min ago\n", "there are more: --name or --service says which\n"),
            (run.ExitCode, run.Out, run.Error));
        Assert.Contains(server.Requests, r => r.Line == "GET /api/v1/metrics?service=checkout&limit=200");
    }

    [Fact]
    public async Task A_metric_is_drawn_with_the_steps_that_have_no_value_left_blank()
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.AgainstAsync(server, "metrics", "query", "latency_ms", "--last", "10m", "--step", "1m", "--how", "max", "--tags", "{host=\"a\"}");

        Assert.Equal("checkout  host=a\n  ▁▂ █\n  min 10 ms, max 80.5 ms, last 80.5 ms (1 min ago)\n", run.Out);
        Assert.Contains(server.Requests, r => r.Line.Contains("name=latency_ms&tags=%7Bhost%3D%22a%22%7D&from=2026-11-23T01%3A52", StringComparison.Ordinal) && r.Line.Contains("step=1m&how=max", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("query", "a", "--how", "median")]
    [InlineData("query", "a", "--last", "often")]
    [InlineData("query", "a", "--step", "x")]
    [InlineData("query")]
    public async Task What_makes_no_sense_is_refused_before_anything_is_asked(params string[] args)
    {
        await using var server = await FakeServer.StartAsync();

        Assert.Equal(ExitCode.Usage, (await CliRun.AgainstAsync(server, ["metrics", .. args])).ExitCode);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void A_line_that_is_wider_than_the_screen_shows_the_highest_of_each_share()
    {
        Assert.Equal("▂█", Sparkline.Draw([0, 1, 0, 7], 2));
        Assert.Equal("▁▁", Sparkline.Draw([5, 5], 10));
        Assert.Equal("   ", Sparkline.Draw([null, null, null], 10));
        Assert.Equal(100, Sparkline.Draw([.. Enumerable.Range(0, 1_001).Select(i => (double?)i)], 100).Length);
    }
}
