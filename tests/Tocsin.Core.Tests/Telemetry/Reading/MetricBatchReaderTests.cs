using System.Text;
using Tocsin.Alerts;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

public sealed class MetricBatchReaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_sample_has_all_that_was_said()
    {
        var sample = Assert.Single(Read("""{"metrics": [{"timestamp": "2026-11-21T11:59:00", "name": "request_ms", "value": 45.2, "unit": "ms", "service": "shop", "tags": {"route": "/pay", "b": "2"}}]}""").Good);

        Assert.Equal(("request_ms", 45.2, "ms", "shop", Now.AddMinutes(-1), MetricKind.Gauge), (sample.Name, sample.Value, sample.Unit, sample.Service, sample.At, sample.Kind));
        Assert.Equal(LabelSet.Of(("b", "2"), ("route", "/pay")), sample.Tags);
    }

    [Fact]
    public void A_running_total_of_the_client_is_a_counter() => Assert.Equal(MetricKind.Counter, Assert.Single(Read("""{"metrics": [{"name": "requests", "value": 7, "unit": "count"}]}""").Good).Kind);

    [Fact]
    public void A_tag_that_is_no_text_becomes_its_text()
    {
        var tags = Assert.Single(Read("""{"metrics": [{"name": "n", "value": 1, "tags": {"port": 8080, "ok": true, "ratio": 0.5, "none": null, "list": [1, 2], "odd\ud800": "x"}}]}""").Good).Tags;

        Assert.Equal(LabelSet.Of(("port", "8080"), ("ok", "true"), ("ratio", "0.5"), ("list", "[1, 2]"), ("odd\uFFFD", "x")), tags);
    }

    [Fact]
    public void Each_sample_has_its_own_tags_however_alike_they_are_written()
    {
        string[] written =
        [
            """{"a": "1"}""", """{"a": "1", "b": "2"}""", "{}", """{"a": "1"}""", """{"a": {"a": "1"}}""", """{"a": "1\u0032"}""", """{"a": "1"}""", """{"a": "12"}""",
            .. Enumerable.Range(0, 30).Select(i => $$"""{"a": "{{i % 12}}"}"""),
        ];
        var alone = written.Select(tags => Assert.Single(Read($$$"""{"metrics": [{"tags": {{{tags}}}, "name": "n", "value": 1}]}""").Good).Tags);

        var together = Read($$"""{"metrics": [{{string.Join(',', written.Select(tags => $$$"""{"tags": {{{tags}}}, "name": "n", "value": 1}"""))}}]}""").Good;

        Assert.Equal(alone, together.Select(s => s.Tags));
        Assert.Equal([LabelSet.Of(("a", "1")), LabelSet.Of(("a", "1"), ("b", "2")), LabelSet.Empty], together.Take(3).Select(s => s.Tags));
    }

    [Fact]
    public void Tags_beyond_the_limit_are_left_out()
    {
        var tags = string.Join(',', Enumerable.Range(0, 50).Select(i => $"\"t{i:00}\": \"v\""));

        Assert.Equal(TelemetryLimits.Tags, Assert.Single(Read($$$"""{"metrics": [{"name": "n", "value": 1, "tags": {{{{tags}}}}}]}""").Good).Tags.Count);
    }

    [Fact]
    public void Bad_samples_are_named_and_cost_no_good_one()
    {
        var batch = Read("""
            {"metrics": [{"name": "good", "value": "1.5"}, {"value": 1}, {"name": "n"}, {"name": "n", "value": "many"}, {"name": "n", "value": NaN}, {"name": "n", "value": 1e999},
             {"name": "", "value": 1}, {"name": "n", "value": 1, "tags": "a"}, {"name": "n", "value": 1, "timestamp": "soon"}, {"name": "n", "value": 1, "unit": 5}, {"name": "n", "value": []}, 7,
             {"name": "flag", "value": true}]}
            """);

        Assert.Equal([("good", 1.5), ("flag", 1)], batch.Good.Select(s => (s.Name, s.Value)));
        Assert.Equal(
            [(1, "name"), (2, "value"), (3, "value"), (4, "value"), (5, "value"), (6, "name"), (7, "tags"), (8, "timestamp"), (9, "unit"), (10, "value"), (11, "")],
            batch.Rejected.Select(r => (r.Index, r.Field)));
    }

    [Theory]
    [InlineData("[]", BatchFault.NotObject)]
    [InlineData("{}", BatchFault.Missing)]
    [InlineData("""{"metrics": 1}""", BatchFault.NotList)]
    [InlineData("""{"metrics": [}""", BatchFault.NotJson)]
    public void A_body_that_is_no_batch_is_refused(string body, string fault) => Assert.Equal(fault, MetricBatchReader.Read(Encoding.UTF8.GetBytes(body), Now).Error!.Code);

    [Fact]
    public void A_snapshot_becomes_samples_of_its_fields()
    {
        var batch = Snapshot("""
            {"service": "shop", "snapshot": {"cpu_percent": 85.5, "memory_percent": 72.0, "error_rate": 0, "latency_ms": 250, "throughput": null, "unknown": 3,
             "custom_metrics": {"queue": 12, "bad": "x"}, "timestamp": 1795258800}}
            """);

        Assert.Equal([("cpu_percent", 85.5, "%"), ("memory_percent", 72, "%"), ("error_rate", 0, ""), ("latency_ms", 250, "ms"), ("queue", 12, "")], batch.Good.Select(s => (s.Name, s.Value, s.Unit)));
        Assert.All(batch.Good, s => Assert.Equal(("shop", Now.AddHours(-1)), (s.Service, s.At)));
        Assert.Equal("custom_metrics.bad", Assert.Single(batch.Rejected).Field);
    }

    [Theory]
    [InlineData("""{"snapshot": {}}""", null)]
    [InlineData("{}", BatchFault.Missing)]
    [InlineData("""{"snapshot": []}""", BatchFault.NotObject)]
    [InlineData("""{"snapshot": {"timestamp": "soon"}}""", BatchFault.WrongValue)]
    [InlineData("7", BatchFault.NotObject)]
    public void A_body_that_is_no_snapshot_is_refused(string body, string? fault) => Assert.Equal(fault, MetricBatchReader.ReadSnapshot(Encoding.UTF8.GetBytes(body), Now).Error?.Code);

    private static ReadBatch<MetricSample> Read(string body) => Good(MetricBatchReader.Read(Encoding.UTF8.GetBytes(body), Now));

    private static ReadBatch<MetricSample> Snapshot(string body) => Good(MetricBatchReader.ReadSnapshot(Encoding.UTF8.GetBytes(body), Now));

    private static ReadBatch<MetricSample> Good(Result<ReadBatch<MetricSample>> read)
    {
        Assert.True(read.Ok, read.Error?.Detail);
        return read.Value;
    }
}
