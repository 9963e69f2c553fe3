using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>A rule tried on what is stored: what it would have found, and what it looked at, to be drawn.</summary>
internal sealed record LookBack(DetectorPreview Preview, IReadOnlyList<LookedAt> Drawn);

/// <summary>What lines or measurements of one kind were like, as a detector judges them.</summary>
/// <param name="Says">What the numbers are: "errors within 5 minutes".</param>
/// <param name="Unit">Empty: none.</param>
/// <param name="Limits">Beyond which a finding begins; empty: the limit is not one number.</param>
internal sealed record LookedAt(string Says, string Unit, IReadOnlyList<double> Limits, IReadOnlyList<LookedLine> Lines)
{
    /// <summary>What would have been found in just these lines.</summary>
    public IReadOnlyList<FindingView> Told { get; init; } = [];
}

/// <param name="Points">In the order of time.</param>
internal sealed record LookedLine(string Name, IReadOnlyList<(DateTimeOffset At, double Value)> Points);

/// <summary>Draws what a detector looked at over a span: in each stretch the value that was furthest out, so that no short peak is lost.</summary>
/// <param name="from">The first minute.</param>
/// <param name="to">The minute after the last.</param>
/// <param name="told">What was found: what it is about is drawn first.</param>
internal sealed class LookBackDrawing(DetectorRule rule, long from, long to, IReadOnlyList<FindingView> told)
{
    private const int Look = 5;
    private const int MostCharts = 4;
    private const int MostLines = 6;

    /// <summary>About so many points are on a line.</summary>
    private const int Points = 288;

    /// <summary>The rate at which an hour of an objective's budget is lost too fast.</summary>
    private const double FastBurn = 14.4;

    private readonly long _stretch = Math.Max(1, (to - from) / Points / Look) * Look;

    public IReadOnlyList<LookedAt> Of(TelemetryHistory history) => rule.Detector switch
    {
        Detectors.ErrorBurst or Detectors.NewError => Drawn(OfServices(history, "errors within 5 minutes", s => s.Errors)),
        Detectors.MissingData or Detectors.TemplateBurst or Detectors.TemplateStopped when told.Any(f => long.TryParse(f.Key, out _)) => Drawn(OfTemplates(history)),
        Detectors.MissingData or Detectors.TemplateBurst or Detectors.TemplateStopped => Drawn(OfServices(history, "lines within 5 minutes", s => s.Lines)),
        Detectors.Threshold => [.. Enum.GetValues<SnapshotField>().SelectMany(f => Drawn(OfField(history, f))).Take(MostCharts)],
        Detectors.MetricOutlier => [.. Series(history).Where(s => told.Any(f => IsOf(f, s))).GroupBy(s => (s.Name, s.Unit)).Take(MostCharts).SelectMany(g => Drawn(OfOutliers([.. g])))],
        _ => [],
    };

    public IReadOnlyList<LookedAt> Of(QueryPast past)
    {
        var query = rule.Query!;
        var within = $"{query.Within.TotalMinutes:0} minutes";
        return query.Metric is null
            ? [new($"lines within {within}", "", [query.MoreThan], [new("lines", Stretched(minute => past.CountAt(minute), Greatest))]) { Told = told }]
            : Drawn(new(
                (query.Above, query.Below) switch { ({ }, null) => $"the least of {within} of {query.Metric}", (null, { }) => $"the greatest of {within} of {query.Metric}", _ => $"the metric {query.Metric}" },
                "", [.. new[] { query.Above, query.Below }.OfType<double>()],
                [.. past.Series.OrderByDescending(s => told.Any(f => f.Key.EndsWith(s.Key.Key, StringComparison.Ordinal))).Take(MostLines)
                    .Select(s => new LookedLine(Named(s.Key.Service, s.Key.Key), Stretched(minute => past.ValueAt(s.Value, minute), query.Above is null ? Least : Greatest)))]));
    }

    public IReadOnlyList<LookedAt> Of(Dictionary<long, SloEvents> pieces)
    {
        var budget = 1 - rule.Objective;
        double? BurnAt(long minute) => SloReader.Over(pieces, minute / Look)(TimeSpan.FromHours(1)) is { All: > 0 } hour ? hour.Share / budget : null;
        return Drawn(new("times faster than the objective allows, over an hour", "", [FastBurn], [new(rule.Name, Stretched(BurnAt, Greatest))]));
    }

    private static double Greatest(double value) => value;

    private static double Least(double value) => -value;

    /// <summary>How far from what is usual a value is.</summary>
    private static Func<double, double> AwayFrom(IReadOnlyList<double> values)
    {
        var usual = values.Count == 0 ? 0 : Robust.Median([.. values]);
        return value => Math.Abs(value - usual);
    }

    private static bool IsOf(FindingView finding, SeriesHistory series) => finding.Service == series.Service && finding.Key == series.Key;

    /// <summary>A chart without lines that have no points; none where no line has any.</summary>
    private IReadOnlyList<LookedAt> Drawn(LookedAt chart) =>
        chart.Lines.Any(l => l.Points.Count > 0) ? [chart with { Lines = [.. chart.Lines.Where(l => l.Points.Count > 0)], Told = chart.Told.Count > 0 || rule.Detector == Detectors.Threshold ? chart.Told : told }] : [];

    private static string Named(string service, string key) => service.Length > 0 ? $"{service} · {key}" : key;

    private IEnumerable<SeriesHistory> Series(TelemetryHistory history) =>
        history.Series.Values.Where(s => rule.Service is null || s.Service == rule.Service).OrderBy(s => s.Service, StringComparer.Ordinal).ThenBy(s => s.Key, StringComparer.Ordinal);

    private LookedAt OfServices(TelemetryHistory history, string says, Func<ServiceHistory, MinuteValues> values) => new(says, "", [],
    [
        .. history.Services.Values.Where(s => rule.Service is null || s.Name == rule.Service)
            .Select(s => (s.Name, Values: values(s))).Where(s => s.Values.Sum(from, to) > 0)
            .OrderByDescending(s => told.Any(f => f.Service == s.Name)).ThenByDescending(s => s.Values.Sum(from, to)).Take(MostLines)
            .Select(s => new LookedLine(s.Name.Length > 0 ? s.Name : "without a service", Stretched(minute => s.Values.Sum(minute + 1 - Look, minute + 1), rule.Detector == Detectors.MissingData ? Least : Greatest))),
    ]);

    private LookedAt OfTemplates(TelemetryHistory history) => new("lines of a kind within 5 minutes", "", [],
    [
        .. history.Services.Values.SelectMany(s => s.Templates.Values.Select(t => (Service: s.Name, Template: t)))
            .Where(t => told.Any(f => f.Service == t.Service && f.Key == $"{t.Template.Id}")).Take(MostLines)
            .Select(t => new LookedLine(Named(t.Service, t.Template.Pattern), Stretched(minute => t.Template.Lines.Sum(minute + 1 - Look, minute + 1), rule.Detector == Detectors.TemplateStopped ? Least : Greatest))),
    ]);

    private LookedAt OfOutliers(IReadOnlyList<SeriesHistory> series) => new($"{series[0].Name}, which stood out", series[0].Unit, [],
    [
        .. series.Take(MostLines).Select(s => new LookedLine(Named(s.Service, s.Key), Measured(s.Values, 1, known => known.Average(), AwayFrom(s.Values.Known(from, to))))),
    ])
    {
        Told = [.. told.Where(f => series.Any(s => IsOf(f, s)))],
    };

    private LookedAt OfField(TelemetryHistory history, SnapshotField field) => new($"the least of 5 minutes of {field.Name()}", "", Thresholds.LimitOf(rule, field) is { } limit ? [limit] : [],
    [
        .. (Thresholds.LimitOf(rule, field) is null ? [] : Series(history)).Where(s => s.Field == field)
            .OrderByDescending(s => told.Any(f => f.Service == s.Service && f.Key == field.Name())).Take(MostLines)
            .Select(s => new LookedLine(Named(s.Service, s.Key), Measured(s.Values, s.Factor, known => known.Min(), Greatest))),
    ])
    {
        Told = [.. told.Where(f => f.Key == field.Name())],
    };

    /// <param name="of">What stands for the values of five minutes.</param>
    private List<(DateTimeOffset At, double Value)> Measured(MinuteValues values, double factor, Func<IReadOnlyList<double>, double> of, Func<double, double> isFar) =>
        Stretched(minute => values.Known(minute + 1 - Look, minute + 1) is { Count: > 0 } known ? of(known) * factor : null, isFar);

    /// <summary>The look of each stretch that was furthest out, where it was.</summary>
    /// <param name="at">The value of a look; null: there is none.</param>
    /// <param name="isFar">The greater, the further out.</param>
    private List<(DateTimeOffset At, double Value)> Stretched(Func<long, double?> at, Func<double, double> isFar)
    {
        List<(DateTimeOffset At, double Value)> points = [];
        for (var begin = from; begin < to; begin += _stretch)
        {
            (DateTimeOffset At, double Value)? furthest = null;
            for (var minute = begin + Look - 1; minute < Math.Min(to, begin + _stretch); minute += Look)
            {
                if (at(minute) is { } value && double.IsFinite(value) && (furthest is not { } known || isFar(value) > isFar(known.Value)))
                {
                    furthest = (Minutes.At(minute + 1), value);
                }
            }

            if (furthest is { } drawn)
            {
                points.Add(drawn);
            }
        }

        return points;
    }
}
