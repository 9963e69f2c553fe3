using System.Collections.Frozen;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

public sealed class StabilityRulesTests
{
    private static readonly DateTimeOffset _now = new(2031, 5, 4, 10, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<SnapshotField, double> _baseline = new() { [SnapshotField.LatencyMs] = 100, [SnapshotField.ErrorRate] = 0.01 };

    [Theory]
    [InlineData(200, 0.03, true)]
    [InlineData(201, 0.03, false)]
    [InlineData(200, 0.031, false)]
    public void Twice_the_latency_and_thrice_the_errors_of_the_baseline_are_still_fine(double latency, double errors, bool ok)
    {
        var snapshot = new ServiceSnapshot("a") { Values = new Dictionary<SnapshotField, double> { [SnapshotField.LatencyMs] = latency, [SnapshotField.ErrorRate] = errors }.ToFrozenDictionary() };

        Assert.Equal(ok, StabilityRules.Decide([snapshot], [], _baseline, _now).MetricsOk);
        Assert.True(StabilityRules.Decide([snapshot], [], null, _now).IsStable);
    }

    [Fact]
    public void The_limits_of_a_snapshot_count_without_a_baseline()
    {
        var verdict = StabilityRules.Decide([new("db") { Values = new Dictionary<SnapshotField, double> { [SnapshotField.CpuPercent] = 85.5 }.ToFrozenDictionary() }], [], null, _now);

        Assert.Equal((false, false, true, "db: CPU at 85.5 %, over 85 %"), (verdict.IsStable, verdict.MetricsOk, verdict.LogsOk, Assert.Single(verdict.Details)));
    }

    [Theory]
    [InlineData(10, 0, true)]
    [InlineData(11, 0, false)]
    [InlineData(0, 1, false)]
    public void More_than_ten_errors_or_one_critical_line_are_not_stable(int errors, int criticals, bool ok)
    {
        LogLine[] lines =
        [
            .. Enumerable.Range(0, errors).Select(i => new LogLine(_now, LineLevel.Error, $"{i} went wrong")),
            .. Enumerable.Range(0, criticals).Select(i => new LogLine(_now, LineLevel.Critical, $"{i} is down")),
        ];

        Assert.Equal(ok, StabilityRules.Decide([], lines, null, _now).LogsOk);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void The_same_beginning_in_more_than_five_errors_is_not_stable(int alike, bool ok)
    {
        var beginning = new string('x', 50);

        Assert.Equal(ok, StabilityRules.Decide([], [.. Enumerable.Range(0, alike).Select(i => new LogLine(_now, LineLevel.Error, $"{beginning}{i}"))], null, _now).LogsOk);
    }

    [Fact]
    public void Lines_older_than_five_minutes_do_not_count() =>
        Assert.True(StabilityRules.Decide([], [new(_now - TimeSpan.FromMinutes(5), LineLevel.Critical, "gone")], null, _now).IsStable);

    [Theory]
    [InlineData("", StabilityTrend.Unknown, false)]
    [InlineData("+++++", StabilityTrend.Stable, false)]
    [InlineData("---", StabilityTrend.Critical, true)]
    [InlineData("+++--", StabilityTrend.Improving, false)]
    [InlineData("++-", StabilityTrend.Improving, true)]
    [InlineData("+-", StabilityTrend.Degrading, true)]
    [InlineData("++---", StabilityTrend.Degrading, true)]
    public void A_trend_is_made_of_the_last_verdicts(string verdicts, StabilityTrend trend, bool reruns)
    {
        bool[] stable = [.. verdicts.Select(v => v == '+')];

        Assert.Equal(trend, StabilityRules.Trend(stable));
        Assert.Equal(reruns, StabilityRules.ShouldRerunAgent(trend, stable.Count(s => s)));
    }
}
