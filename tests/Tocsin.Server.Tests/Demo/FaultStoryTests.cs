using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Demo.Faults;
using Tocsin.Telemetry;
using Tocsin.Tests.Cli;

namespace Tocsin.Tests.Demo;

/// <summary>The made-up trouble is such that detectors find it, and nothing else.</summary>
public sealed partial class FaultStoryTests
{
    private static readonly DateTimeOffset _start = new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("database", new[] { Detectors.ErrorBurst, Detectors.NewError, Detectors.Threshold })]
    [InlineData("memory", new[] { Detectors.ErrorBurst, Detectors.NewError, Detectors.Threshold })]
    [InlineData("latency", new[] { Detectors.NewError, Detectors.Threshold })]
    [InlineData("service", new[] { Detectors.ErrorBurst, Detectors.NewError, Detectors.Threshold })]
    [InlineData("disk", new[] { Detectors.ErrorBurst, Detectors.NewError, Detectors.Threshold })]
    public void Each_case_is_found_at_its_service_and_nowhere_else(string name, string[] expected)
    {
        var fault = FaultCase.Find(name)!;
        var history = new TelemetryHistory();
        var story = new FaultStory(1, [fault], _start.AddHours(-2), TimeSpan.FromMinutes(121), 20);
        Tell(history, story, 0, 7_200);
        Assert.Empty(Seen(history, 30, -30));

        Tell(history, story, 7_200, 900);
        var seen = Seen(history, 15, 0);

        Assert.All(expected, detector => Assert.Contains((detector, fault.Service), seen));
        Assert.All(seen, found => Assert.Equal(fault.Service, found.Service));
    }

    [Fact]
    public void The_same_seed_tells_the_same_story_and_another_another()
    {
        string[] Told(int seed)
        {
            var story = new FaultStory(seed, FaultCase.All, _start, TimeSpan.Zero, 7.5);
            return [.. Enumerable.Range(0, 60).SelectMany(s => story.Lines(s).Select(l => $"{l}").Concat(story.Figures(s).Select(f => $"{f}")).ToArray())];
        }

        Assert.Equal(Told(5), Told(5));
        Assert.NotEqual(Told(5), Told(6));
        Assert.Equal(450 + 40, Told(5).Length);
    }

    [Fact]
    public async Task The_verb_sends_the_past_and_then_the_story_and_again_what_a_busy_server_refused()
    {
        await using var server = await FakeServer.StartAsync();
        server.Refusing.Add(503);
        server.Refusing.Add(429);

        var run = await new CliRun.CliWorld(server) { Time = new SteppingTime() }.RunAsync(
            "demo", "faults", "--case", "disk", "--seconds", "60", "--calm", "5", "--rate", "10", "--past", "5m");

        Assert.Equal((ExitCode.Ok, true), (run.ExitCode, run.Out.EndsWith("sent 3600 lines and 1200 samples\n", StringComparison.Ordinal)));
        Assert.StartsWith("disk: The disk of inventory is full (service inventory), from 2026-11-23 ", run.Out, StringComparison.Ordinal);
        var logs = server.Requests.Where(r => r.Line == "POST /ingest/logs").SelectMany(r => JsonNode.Parse(r.Body)!["logs"]!.AsArray()).ToList();
        Assert.Contains(logs, l => l!["service"]!.GetValue<string>() == "inventory" && l["message"]!.GetValue<string>().EndsWith("no space left on device", StringComparison.Ordinal));
        Assert.All(logs, l => Assert.Contains(l!["level"]!.GetValue<string>(), (string[])["debug", "info", "warning", "error", "critical"]));
    }

    private static void Tell(TelemetryHistory history, FaultStory story, int from, int seconds)
    {
        for (var second = from; second < from + seconds; second++)
        {
            foreach (var line in story.Lines(second))
            {
                var (minute, service) = (Minutes.Of(line.At), history.Service(line.Service));
                service.KnownSince = Math.Min(service.KnownSince, minute);
                service.Lines.Add(minute, 1);
                service.Errors.Add(minute, line.Level >= LineLevel.Error ? 1 : 0);
                var pattern = Number().Replace(line.Message, "<*>");
                var id = StableHash.Of(line.Service, pattern);
                if (!service.Templates.TryGetValue(id, out var template))
                {
                    service.Templates[id] = template = new(id, line.Level, pattern, line.At);
                }

                template.Lines.Add(minute, 1);
            }

            foreach (var figures in story.Figures(second))
            {
                foreach (var (name, unit, value) in figures.Metrics)
                {
                    var id = StableHash.Of(figures.Service, name);
                    if (!history.Series.TryGetValue(id, out var series))
                    {
                        history.Series[id] = series = new(figures.Service, name, name, unit, MetricKind.Gauge) { KnownSince = Minutes.Of(figures.At) };
                    }

                    series.Values[Minutes.Of(figures.At)] = value;
                }
            }
        }
    }

    private static HashSet<(string Detector, string Service)> Seen(TelemetryHistory history, int minutes, int from) =>
    [
        .. Enumerable.Range(from, minutes).SelectMany(m => Examination.Look(history, DetectorBook.Usual, Minutes.Of(_start) + m))
            .Where(o => o.IsClear).Select(o => (o.Detector, o.Service)),
    ];

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();

    /// <summary>A clock whose waits are over at once, and are then in the past.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        private DateTimeOffset _now = FakeServer.Now;

        public override DateTimeOffset GetUtcNow() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _now += dueTime > TimeSpan.Zero ? dueTime : TimeSpan.Zero;
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
