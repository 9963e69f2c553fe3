using Tocsin.Alerts;
using Tocsin.Estate;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Estate;

public sealed class DetectorEstateTests
{
    private const string All = """
        detectors:
          - {name: calm, type: error-burst, sensitivity: low}
          - {name: off, type: error-burst, service: batch, enabled: false}
          - {name: limits, type: threshold, service: checkout, latency_ms: 800.5, error_rate: 0.02, severity: critical}
          - {name: up, type: slo, service: checkout, objective: 99.5}
          - {name: paid, type: slo, service: pay, measure: metrics, bad_metric: pay.failed, total_metric: pay.all}
          - {name: cards, type: query, service: checkout, text: card refused, level: warning, more_than: 20, within: 10m}
          - {name: queue, type: query, metric: queue.depth, above: 1000, within: 15m}
        """;

    [Fact]
    public void A_detector_has_what_the_file_says()
    {
        var book = new DetectorBook(EstateBench.Model(All).Detectors);

        Assert.Equal(Sensitivity.Low, book.For(Detectors.ErrorBurst, "checkout")!.Sensitivity);
        Assert.Null(book.For(Detectors.ErrorBurst, "batch"));
        Assert.Equal(Sensitivity.Normal, book.For(Detectors.NewError, "batch")!.Sensitivity);

        var limits = book.For(Detectors.Threshold, "checkout")!;
        Assert.Equal((800.5, 0.02, Severity.Critical), (limits.Limits[SnapshotField.LatencyMs], limits.Limits[SnapshotField.ErrorRate], limits.Severity));
        Assert.Empty(book.For(Detectors.Threshold, "pay")!.Limits);

        Assert.Equal([("up", 0.995, SloMeasure.ErrorRate), ("paid", 0.999, new("pay.all", "pay.failed"))], book.Slos.OrderByDescending(s => s.Name).Select(s => (s.Name, Math.Round(s.Objective, 6), s.Measure)));
        Assert.Equal(
            [
                new FixedQuery { Text = "card refused", Least = LineLevel.Warning, MoreThan = 20, Within = TimeSpan.FromMinutes(10) },
                new FixedQuery { Metric = "queue.depth", Above = 1000, Within = TimeSpan.FromMinutes(15) },
            ],
            book.Queries.OrderBy(q => q.Name).Select(q => q.Query!));
    }

    [Fact]
    public void Detectors_come_back_from_an_export_as_they_were()
    {
        var objects = EstateBench.Objects(All);

        var again = EstateFiles.Parse(new EstateYaml(EstateBench.Secrets).Write(objects), "export.yaml");

        Assert.Empty(again.Faults);
        Assert.All(objects, o => Assert.True(EstateNode.Same(o.Body, again.Objects.Single(t => t.Key == o.Key).Body)));
    }

    [Theory]
    [InlineData("{name: a, type: slo}", "an objective is one of a service")]
    [InlineData("{name: a, type: burst}", "\"burst\" is not a type")]
    [InlineData("{name: a, type: error-burst, objective: 99}", "\"objective\" belongs to detectors of the type slo")]
    [InlineData("{name: a, type: threshold, sensitivity: high}", "have no sensitivity")]
    [InlineData("{name: a, type: threshold, error_rate: 1.5}", "is not a number from 0 to 1")]
    [InlineData("{name: a, type: query}", "a query needs \"text\" or \"level\"")]
    [InlineData("{name: a, type: query, text: x, metric: y, above: 1}", "either about lines or about a metric")]
    [InlineData("{name: a, type: query, text: x, above: 1}", "need a \"metric\"")]
    [InlineData("{name: a, type: query, metric: x}", "needs \"above\" or \"below\"")]
    [InlineData("{name: a, type: query, metric: x, above: 1, below: 2}", "\"above\" is below \"below\"")]
    [InlineData("{name: a, type: query, metric: x, above: 1, within: 90s}", "give whole minutes")]
    [InlineData("{name: a, type: slo, service: s, measure: metrics, bad_metric: b}", "belong together")]
    [InlineData("{name: a, type: new-error}, {name: b, type: new-error}", "is of the type new-error for all services too")]
    public void What_cannot_be_meant_is_refused(string detectors, string says)
    {
        var report = new EstateCheck(EstateBench.Providers, EstateBench.Clock).Run(
            EstateFiles.Parse($"apiVersion: tocsin/v1\ndetectors: [{detectors}]\n", "e.yaml"), EstateBench.Resolver());

        Assert.Contains(says, Assert.Single(report.Faults).Text, StringComparison.Ordinal);
    }
}
