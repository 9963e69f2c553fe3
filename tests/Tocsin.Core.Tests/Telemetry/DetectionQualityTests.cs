using Tocsin.Bench.Detection;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>
/// The detectors on made-up weeks that nobody tuned them on. The floors are what was measured on other seeds, less a margin; the measured values stand in
/// the reference of detectors.
/// </summary>
public sealed class DetectionQualityTests
{
    private static readonly Lazy<IReadOnlyList<Score>> _scores = new(() => Evaluation.Sum([.. new[] { 7001, 7002 }.Select(seed => Evaluation.Run(seed, services: 4, weeks: 3, faultsPerWeek: 5))]));

    [Theory]
    [InlineData(Detectors.ErrorBurst, 0.85, 0.85)]
    [InlineData(Detectors.NewError, 0.85, 0.85)]
    [InlineData(Detectors.TemplateBurst, 0.8, 0.8)]
    [InlineData(Detectors.TemplateStopped, 0.7, 0.7)]
    [InlineData(Detectors.MetricOutlier, 0.85, 0.8)]
    [InlineData(Detectors.MissingData, 0.85, 0.85)]
    [InlineData(Detectors.Threshold, 0.85, 0.85)]
    [InlineData(Detectors.Slo, 0.85, 0.85)]
    public void What_goes_wrong_is_found_and_little_else(string detector, double recall, double precision)
    {
        var score = _scores.Value.Single(s => s.Detector == detector);

        Assert.True(score.Recall >= recall, $"{detector} found {score.Found} of {score.Expected}");
        Assert.True(score.Precision >= precision, $"{detector} was right {score.Right} times of {score.Findings}");
        Assert.True(score.FalsePerServiceWeek <= 0.25, $"{detector} was wrong {score.FalsePerServiceWeek:0.00} times per service and week");
    }

    [Fact]
    public void Where_nothing_goes_wrong_hardly_anything_is_said()
    {
        var scores = Evaluation.Run(7003, services: 4, weeks: 3, faultsPerWeek: 0);

        Assert.True(scores.Sum(s => s.FalsePerServiceWeek) <= 0.5, string.Join(", ", scores.Where(s => s.Findings > 0).Select(s => $"{s.Detector}: {s.Findings}")));
    }
}
