using System.Collections.Frozen;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>The rules of the reliability assistant: each at its limit and just beyond.</summary>
public sealed class AnomalyRulesTests
{
    private static readonly DateTimeOffset _now = new(2031, 5, 4, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(SnapshotField.CpuPercent, 85, null, AnomalyGrade.Low)]
    [InlineData(SnapshotField.CpuPercent, 85.1, "cpu_high", AnomalyGrade.High)]
    [InlineData(SnapshotField.CpuPercent, 95, "cpu_high", AnomalyGrade.High)]
    [InlineData(SnapshotField.CpuPercent, 95.1, "cpu_high", AnomalyGrade.Critical)]
    [InlineData(SnapshotField.MemoryPercent, 90, null, AnomalyGrade.Low)]
    [InlineData(SnapshotField.MemoryPercent, 90.1, "memory_high", AnomalyGrade.High)]
    [InlineData(SnapshotField.MemoryPercent, 95.1, "memory_high", AnomalyGrade.Critical)]
    [InlineData(SnapshotField.LatencyMs, 2000, null, AnomalyGrade.Low)]
    [InlineData(SnapshotField.LatencyMs, 2001, "latency_high", AnomalyGrade.Medium)]
    [InlineData(SnapshotField.LatencyMs, 5000, "latency_high", AnomalyGrade.Medium)]
    [InlineData(SnapshotField.LatencyMs, 5001, "latency_high", AnomalyGrade.High)]
    [InlineData(SnapshotField.ErrorRate, 0.05, null, AnomalyGrade.Low)]
    [InlineData(SnapshotField.ErrorRate, 0.051, "error_rate_high", AnomalyGrade.High)]
    [InlineData(SnapshotField.ErrorRate, 0.2, "error_rate_high", AnomalyGrade.High)]
    [InlineData(SnapshotField.ErrorRate, 0.21, "error_rate_high", AnomalyGrade.Critical)]
    public void A_limit_is_passed_above_it_and_not_at_it(SnapshotField field, double value, string? type, AnomalyGrade grade)
    {
        var verdict = AnomalyRules.Decide([With(field, value)], [], forced: false, _now);

        Assert.Equal((type is not null, type, grade), (verdict.Detected, verdict.Type, verdict.Grade));
        Assert.Equal(type is null ? [] : [field.Name()], verdict.Affected);
        Assert.Equal(type is null ? 0 : 0.6, verdict.Confidence);
    }

    [Theory]
    [InlineData(9, 1900, false)]
    [InlineData(10, 1900, true)]
    [InlineData(10, 103, false)]
    public void A_latency_is_a_spike_beyond_three_deviations_of_ten_values(int known, double value, bool spikes)
    {
        var snapshot = With(SnapshotField.LatencyMs, value) with { Before = Before(SnapshotField.LatencyMs, [.. Enumerable.Range(0, known).Select(i => 100.0 + (i % 2))]) };

        Assert.Equal(spikes ? "latency_spike" : null, AnomalyRules.Decide([snapshot], [], forced: false, _now).Type);
    }

    [Theory]
    [InlineData(700, null)]
    [InlineData(699, "throughput_drop")]
    [InlineData(0, "throughput_drop")]
    public void Throughput_has_dropped_below_seven_tenths_and_an_outage_is_a_drop(double value, string? type)
    {
        var snapshot = With(SnapshotField.Throughput, value) with { Before = Before(SnapshotField.Throughput, [.. Enumerable.Repeat(1000.0, 10)]) };

        Assert.Equal(type, AnomalyRules.Decide([snapshot], [], forced: false, _now).Type);
    }

    [Theory]
    [InlineData(5, null, AnomalyGrade.Low)]
    [InlineData(6, "error_burst", AnomalyGrade.Medium)]
    [InlineData(20, "error_burst", AnomalyGrade.Medium)]
    [InlineData(21, "error_burst", AnomalyGrade.High)]
    public void More_than_five_errors_are_a_burst(int errors, string? type, AnomalyGrade grade)
    {
        var verdict = AnomalyRules.Decide([], Lines(errors, LineLevel.Error, "it went wrong"), forced: false, _now);

        Assert.Equal((type, grade), (verdict.Type, verdict.Grade));
    }

    [Fact]
    public void Lines_older_than_a_quarter_of_an_hour_do_not_count()
    {
        var old = new LogLine(_now - TimeSpan.FromMinutes(15), LineLevel.Critical, "gone");

        Assert.False(AnomalyRules.Decide([], [old], forced: false, _now).Detected);
        Assert.Equal("critical_logs", AnomalyRules.Decide([], [old with { At = old.At.AddSeconds(1) }], forced: false, _now).Type);
    }

    [Theory]
    [InlineData("connection refused", "database_connection_failure")]
    [InlineData("killed by oom-killer", "out_of_memory")]
    [InlineData("No space left on device", "disk_full")]
    [InlineData("HTTP 401 for /", "authentication_failure")]
    [InlineData("answered 429", "rate_limiting")]
    [InlineData("upstream went away", "service_unavailable")]
    [InlineData("TLS: bad record", "ssl_certificate_issue")]
    [InlineData("java.lang.NullPointerException: x", "null_pointer")]
    [InlineData("deadlock found", "deadlock")]
    [InlineData("dns: no such host", "network_failure")]
    public void A_pattern_is_found_as_whole_words_where_something_warns(string message, string pattern)
    {
        Assert.Equal(pattern, AnomalyRules.Decide([], Lines(1, LineLevel.Warning, message), forced: false, _now).Type);
        Assert.False(AnomalyRules.Decide([], Lines(1, LineLevel.Info, message), forced: false, _now).Detected);
    }

    [Theory]
    [InlineData("the room is full")]
    [InlineData("order 14010 was slow")]
    [InlineData("databases opened")]
    [InlineData("dnsmasq restarted")]
    public void A_part_of_a_word_is_no_pattern(string message) =>
        Assert.False(AnomalyRules.Decide([], Lines(1, LineLevel.Warning, message), forced: false, _now).Detected);

    [Fact]
    public void Several_signals_are_told_together_and_confidence_ends_at_nine_tenths()
    {
        var verdict = AnomalyRules.Decide([With(SnapshotField.CpuPercent, 99)], Lines(8, LineLevel.Error, "deadlock found"), forced: false, _now);

        Assert.Equal(("multiple", AnomalyGrade.Critical, 0.9), (verdict.Type, verdict.Grade, verdict.Confidence));
        Assert.Equal(["cpu_percent", "logs"], verdict.Affected);
        Assert.Equal(2, verdict.Description!.Count(c => c == ';'));
    }

    [Fact]
    public void A_forced_incident_says_so_whatever_else_is_seen()
    {
        var verdict = AnomalyRules.Decide([], [], forced: true, _now);

        Assert.Equal(("forced_incident", AnomalyGrade.High, 1), (verdict.Type, verdict.Grade, verdict.Confidence));
    }

    [Theory]
    [InlineData("error_percent", "", 0.01)]
    [InlineData("error_rate", "%", 0.01)]
    [InlineData("error_rate", "", 1)]
    [InlineData("Response_Time", "s", 1000)]
    [InlineData("latency", "ms", 1)]
    [InlineData("system.cpu_percent", "", 1)]
    [InlineData("cpu", "ratio", 100)]
    public void A_metric_comes_in_its_figures_unit(string name, string unit, double factor) => Assert.Equal(factor, SnapshotNames.Factor(name, unit));

    [Fact]
    public void Other_names_are_no_figures() => Assert.Equal((null, SnapshotField.MemoryPercent), (SnapshotNames.FieldOf("cpu_temperature"), SnapshotNames.FieldOf("SYSTEM.memory_percent")));

    private static ServiceSnapshot With(SnapshotField field, double value) => new("") { Values = new Dictionary<SnapshotField, double> { [field] = value }.ToFrozenDictionary() };

    private static FrozenDictionary<SnapshotField, IReadOnlyList<double>> Before(SnapshotField field, IReadOnlyList<double> values) =>
        new Dictionary<SnapshotField, IReadOnlyList<double>> { [field] = values }.ToFrozenDictionary();

    private static LogLine[] Lines(int count, LineLevel level, string message) => [.. Enumerable.Range(0, count).Select(i => new LogLine(_now.AddSeconds(-i), level, message))];
}
