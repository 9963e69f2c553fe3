namespace Tocsin.Telemetry;

/// <summary>Reads what is known of services: figures of all of them from counters, and all that a model is told of one.</summary>
internal sealed class ServiceReader(LogRates rates, TemplateStore templates, LogSearch search, MetricQuery metrics)
{
    /// <summary>What is looked at.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(5);

    /// <summary>What it is compared with.</summary>
    private static readonly TimeSpan _usual = TimeSpan.FromHours(1);

    private const int MostSeries = 500;
    private const int MostOfService = 50;
    private const int NewestOfSeries = 5;

    /// <summary>Every service that logged or was measured in the last five minutes, or logged an error in the hour before.</summary>
    public async Task<IReadOnlyList<ServiceFigures>> SurveyAsync(long workspace, DateTimeOffset now, CancellationToken ct)
    {
        var from = now - Span;
        var counted = await rates.ReadAsync(workspace, from - _usual, now, ct);
        var beyond = await BeyondAsync(workspace, from, now, ct);
        var lines = counted.ToLookup(r => r.Service, StringComparer.Ordinal);
        return
        [
            .. lines.Select(l => l.Key).Union(beyond.Keys, StringComparer.Ordinal).Select(service =>
            {
                var errors = lines[service].Where(r => r.Level >= LineLevel.Error).ToLookup(r => IsNow(r, from));
                var before = errors[false].Select(r => r.Template).ToHashSet();
                return new ServiceFigures(service)
                {
                    Critical = errors[true].Where(r => r.Level == LineLevel.Critical).Sum(r => r.Count),
                    Errors = errors[true].Sum(r => r.Count),
                    UsualErrors = errors[false].Sum(r => r.Count) * (Span / _usual),
                    NewErrorPatterns = errors[true].Select(r => r.Template).Distinct().Count(t => t != 0 && !before.Contains(t)),
                    Beyond = beyond.GetValueOrDefault(service, []),
                };
            }),
        ];
    }

    /// <summary>All that a model is told of a service.</summary>
    public async Task<ReviewFacts> FactsAsync(long workspace, string service, DateTimeOffset now, CancellationToken ct)
    {
        var from = now - Span;
        var counted = (await rates.ReadAsync(workspace, from - _usual, now, ct)).Where(r => r.Service == service).ToList();
        var patterns = (await templates.ListAsync(workspace, service, ct)).ToDictionary(t => t.Id);
        var found = await search.SearchAsync(workspace, new() { From = from, To = now, Least = LineLevel.Warning, Service = service }, ReviewPrompt.MostLines, null, ct);
        return new()
        {
            Service = service,
            From = from,
            To = now,
            Levels = LevelsOf(counted, from),
            Patterns =
            [
                .. counted.Where(r => r.Level >= LineLevel.Warning && IsNow(r, from)).GroupBy(r => (r.Template, r.Level))
                    .Where(g => patterns.ContainsKey(g.Key.Template))
                    .Select(g => new PatternFact(g.Key.Level, patterns[g.Key.Template].Pattern, g.Sum(r => r.Count), patterns[g.Key.Template].FirstSeenAt >= from - _usual))
                    .OrderByDescending(p => p.Level).ThenByDescending(p => p.Count).Take(ReviewPrompt.MostPatterns),
            ],
            Lines = [.. found.Lines.Select(l => l.Line)],
            Metrics = await MetricsAsync(workspace, service, from, now, ct),
        };
    }

    private static List<LevelFact> LevelsOf(List<LogRate> counted, DateTimeOffset from) =>
    [
        .. Enum.GetValues<LineLevel>().Select(level => new LevelFact(
            level, counted.Where(r => r.Level == level && IsNow(r, from)).Sum(r => r.Count),
            counted.Where(r => r.Level == level && !IsNow(r, from)).Sum(r => r.Count) * (Span / _usual)))
            .Where(l => l.Now > 0 || l.UsuallyPerSpan > 0),
    ];

    private async Task<List<MetricFact>> MetricsAsync(long workspace, string service, DateTimeOffset from, DateTimeOffset now, CancellationToken ct)
    {
        var read = await metrics.ReadAsync(workspace, new() { Service = service }, from, now, MostOfService, ct);
        return
        [
            .. read.OrderBy(r => SnapshotNames.FieldOf(r.Series.Name) is null)
                .SelectMany(r => r.Points.TakeLast(NewestOfSeries).Select(p => new MetricFact(p.At, r.Series.Name, p.Value, r.Series.Unit)))
                .Take(ReviewPrompt.MostMetrics).OrderByDescending(m => m.At),
        ];
    }

    /// <summary>The figures whose newest value is beyond a threshold, by service.</summary>
    private async Task<Dictionary<string, List<SnapshotField>>> BeyondAsync(long workspace, DateTimeOffset from, DateTimeOffset now, CancellationToken ct)
    {
        Dictionary<string, List<SnapshotField>> beyond = new(StringComparer.Ordinal);
        var here = (await metrics.SeriesAsync(workspace, new(), MetricQuery.MostSeries, ct)).Select(s => s.Name).Where(n => SnapshotNames.FieldOf(n) is not null);
        foreach (var name in here.Concat(SnapshotNames.All).Distinct(StringComparer.Ordinal))
        {
            foreach (var (series, points) in await metrics.ReadAsync(workspace, new() { Name = name }, from, now, MostSeries, ct))
            {
                if (points is [.., var newest] && SnapshotNames.FieldOf(name) is { } field && ReviewChoice.IsBeyond(field, newest.Value * SnapshotNames.Factor(series.Name, series.Unit)))
                {
                    if (!beyond.TryGetValue(series.Service, out var fields))
                    {
                        beyond[series.Service] = fields = [];
                    }

                    if (!fields.Contains(field))
                    {
                        fields.Add(field);
                    }
                }
            }
        }

        return beyond;
    }

    private static bool IsNow(LogRate rate, DateTimeOffset from) => rate.Minute >= from.AddSeconds(-59);
}
