using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

public sealed class StepAggregatorTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 5, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(Aggregation.Avg, 4)]
    [InlineData(Aggregation.Min, 1)]
    [InlineData(Aggregation.Max, 9)]
    [InlineData(Aggregation.Sum, 16)]
    [InlineData(Aggregation.Last, 2)]
    [InlineData(Aggregation.Count, 4)]
    [InlineData(Aggregation.P50, 3)]
    [InlineData(Aggregation.P95, 8.25)]
    [InlineData(Aggregation.P99, 8.85)]
    public void A_step_becomes_one_value(Aggregation how, double expected)
    {
        var point = Assert.Single(Run(how, MetricKind.Gauge, (0, 4), (10, 9), (20, 1), (59, 2)));

        Assert.Equal(Noon, point.At);
        Assert.Equal(expected, point.Value, 12);
    }

    [Fact]
    public void Steps_begin_at_whole_multiples_and_those_without_samples_have_no_value() =>
        Assert.Equal([new(Noon, 1), new(Noon.AddMinutes(3), 2)], Run(Aggregation.Last, MetricKind.Gauge, (30, 1), (190, 2)));

    [Fact]
    public void A_counter_grows_evenly_between_its_samples() =>
        Assert.Equal([new(Noon, 2), new(Noon.AddMinutes(1), 2), new(Noon.AddMinutes(2), 1)], Run(Aggregation.Rate, MetricKind.Counter, (0, 100), (90, 280), (120, 340), (180, 400)));

    [Fact]
    public void A_counter_that_falls_began_anew_at_zero() =>
        Assert.Equal([new(Noon, 1), new(Noon.AddMinutes(1), 0.5)], Run(Aggregation.Rate, MetricKind.Counter, (0, 1_000), (60, 1_060), (120, 30)));

    [Fact]
    public void What_a_counter_did_in_a_long_pause_nobody_knows() =>
        Assert.Equal([new(Noon, 1), new(Noon.AddMinutes(10), 2)], Run(Aggregation.Rate, MetricKind.Counter, (0, 0), (60, 60), (600, 10_000), (660, 10_120)));

    [Fact]
    public void Deltas_are_added_up_and_spread_over_the_step() =>
        Assert.Equal([new(Noon, 1.5), new(Noon.AddMinutes(1), 1)], Run(Aggregation.Rate, MetricKind.Delta, (0, 60), (30, 30), (60, 60)));

    [Fact]
    public void The_sample_before_the_first_step_says_what_grew_in_it()
    {
        var steps = new StepAggregator(Aggregation.Rate, MetricKind.Counter, Minute);
        steps.Add(new(Noon.AddSeconds(-30), 100));
        steps.Add(new(Noon.AddSeconds(30), 160));

        Assert.Equal([new(Noon, 1)], steps.Finish(Noon));
    }

    [Fact]
    public void Steps_before_the_epoch_begin_at_whole_multiples_too() =>
        Assert.Equal(-60_000_000, StepAggregator.StepOf(-1, Minute));

    private static IReadOnlyList<MetricPoint> Run(Aggregation how, MetricKind kind, params (double Second, double Value)[] samples)
    {
        var steps = new StepAggregator(how, kind, Minute);
        foreach (var (second, value) in samples)
        {
            steps.Add(new(Noon.AddSeconds(second), value));
        }

        return steps.Finish(Noon);
    }
}
