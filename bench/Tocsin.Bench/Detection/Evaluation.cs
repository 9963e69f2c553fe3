using Tocsin.Telemetry;

namespace Tocsin.Bench.Detection;

/// <summary>How well one detector did.</summary>
/// <param name="Expected">Faults that it is expected to find.</param>
/// <param name="Found">Of those, how many it found.</param>
/// <param name="Findings">All that it said.</param>
/// <param name="Right">Of those, how many belong to some fault.</param>
/// <param name="DelayMinutes">The median over the faults found; not a number: none.</param>
public sealed record Score(string Detector, int Expected, int Found, int Findings, int Right, double DelayMinutes, double ServiceWeeks)
{
    public double Precision => Findings == 0 ? 1 : (double)Right / Findings;

    public double Recall => Expected == 0 ? 1 : (double)Found / Expected;

    public double FalsePerServiceWeek => (Findings - Right) / ServiceWeeks;
}

/// <summary>Runs the detectors minute by minute over made-up weeks, as the server does, and compares what they say with what was put in.</summary>
public static class Evaluation
{
    public const string OldRules = "the assistant's rules";

    private const int Calm = 8 * Minutes.OfDay;
    private static readonly long _start = Minutes.Of(new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero));

    /// <param name="seed">Other seeds make other services, noise and faults.</param>
    /// <param name="faultsPerWeek">For each service; 0: noise only.</param>
    /// <param name="heard">Told of each finding and whether it is right.</param>
    /// <param name="oldRules">Runs the assistant's rules too, which takes most of the time.</param>
    public static IReadOnlyList<Score> Run(int seed, int services, int weeks, int faultsPerWeek, Action<Finding, long, Fault?>? heard = null, bool oldRules = false)
    {
        var minutes = weeks * 7 * Minutes.OfDay;
        var history = new TelemetryHistory();
        List<Fault> faults = [];
        for (var i = 0; i < services; i++)
        {
            var service = new MadeService($"service-{i + 1}", i + 1, seed, _start, minutes, history);
            service.Plan(Calm, faultsPerWeek * (minutes - Calm) / (7 * Minutes.OfDay));
            service.Make();
            faults.AddRange(service.Faults);
        }

        // Findings of one fault are one alert per detector; what matters is when a detector first spoke up and whether it was right to.
        var book = new DetectorBook(history.Services.Keys.Select(s => new DetectorRule($"{s}-availability", Detectors.Slo) { Service = s, Objective = 0.995 }));
        var slos = book.Slos.ToDictionary(s => s.Name, s => new ErrorRates(history.Series.Values.Single(x => x.Service == s.Service && x.Name == "error_rate").Values, _start, minutes));
        List<(Finding Finding, long Minute)> said = [];
        Dictionary<(string, string, string), OpenFinding> open = [];
        Dictionary<string, long> old = [];
        for (var minute = _start + Calm; minute < _start + minutes; minute++)
        {
            var now = Minutes.At(minute + 1);
            List<Observation> seen = [.. Examination.Look(history, book, minute)];
            seen.AddRange(book.Slos.Select(slo => SloBurn.Decide(slo, span => slos[slo.Name].Over(minute, span))).OfType<Observation>());
            foreach (var finding in FindingLife.Decide([.. open.Values], seen, now))
            {
                var key = (finding.Detector, finding.Service, finding.Key);
                if (finding.Over)
                {
                    open.Remove(key);
                }
                else
                {
                    // A second key of the same service joins the alert that is there.
                    if (!open.Values.Any(o => o.Detector == finding.Detector && o.Service == finding.Service))
                    {
                        said.Add((finding, minute));
                    }

                    open[key] = new(finding.Detector, finding.Service, finding.Key, now);
                }
            }

            if (oldRules)
            {
                OldTurn(history, minute, old, said);
            }
        }

        foreach (var (finding, minute) in said)
        {
            heard?.Invoke(finding, minute, faults.Find(f => f.Explains(finding.Service, minute)));
        }

        var serviceWeeks = services * (minutes - Calm) / (7.0 * Minutes.OfDay);
        return
        [
            .. Detectors.All.Where(d => d.Id != Detectors.Query).Select(d => ScoreOf(d.Id, [.. faults.Where(f => f.Finders.Contains(d.Id))], faults, said, serviceWeeks)),
            .. oldRules ? [ScoreOf(OldRules, faults, faults, said, serviceWeeks)] : Array.Empty<Score>(),
        ];
    }

    /// <summary>The same over several seeds.</summary>
    public static IReadOnlyList<Score> Sum(IReadOnlyList<IReadOnlyList<Score>> runs) =>
    [
        .. runs[0].Select((first, i) => first with
        {
            Expected = runs.Sum(r => r[i].Expected),
            Found = runs.Sum(r => r[i].Found),
            Findings = runs.Sum(r => r[i].Findings),
            Right = runs.Sum(r => r[i].Right),
            DelayMinutes = runs.Select(r => r[i].DelayMinutes).Where(d => !double.IsNaN(d)).DefaultIfEmpty(double.NaN).Average(),
            ServiceWeeks = runs.Sum(r => r[i].ServiceWeeks),
        }),
    ];

    private static Score ScoreOf(string detector, List<Fault> expected, List<Fault> all, List<(Finding Finding, long Minute)> said, double serviceWeeks)
    {
        var mine = said.Where(s => s.Finding.Detector == detector).ToList();
        List<double> delays = [];
        foreach (var fault in expected)
        {
            var first = mine.Where(s => fault.Explains(s.Finding.Service, s.Minute)).Select(s => (double?)(s.Minute + 1 - fault.From)).Min();
            if (first is { } delay)
            {
                delays.Add(delay);
            }
        }

        return new(
            detector, expected.Count, delays.Count, mine.Count, mine.Count(s => all.Exists(f => f.Explains(s.Finding.Service, s.Minute))),
            delays.Count == 0 ? double.NaN : Robust.Median(delays.ToArray()), serviceWeeks);
    }

    /// <summary>The rules of the reliability assistant, for each service by itself, asked each five minutes; an alert ends when they were quiet for ten.</summary>
    private static void OldTurn(TelemetryHistory history, long minute, Dictionary<string, long> old, List<(Finding, long)> said)
    {
        if (minute % 5 != 0)
        {
            return;
        }

        var now = Minutes.At(minute + 1);
        foreach (var service in history.Services.Values)
        {
            List<LogLine> lines = [];
            foreach (var template in service.Templates.Values.Where(t => t.Level >= LineLevel.Warning))
            {
                for (var at = minute - 14; at <= minute; at++)
                {
                    for (var i = 0; i < Math.Min(30, template.Lines[at]); i++)
                    {
                        lines.Add(new(Minutes.At(at).AddSeconds(1), template.Level, template.Pattern));
                    }
                }
            }

            var figures = history.Series.Values.Where(s => s.Service == service.Name && s.Field is not null).ToList();
            var snapshot = new ServiceSnapshot(service.Name)
            {
                Values = figures.Where(s => !double.IsNaN(s.Values[minute])).ToFrozen(s => s.Values[minute]),
                Before = figures.ToFrozen(s => (IReadOnlyList<double>)s.Values.Known(minute - 100, minute)),
            };
            if (AnomalyRules.Decide([snapshot], lines, forced: false, now).Detected)
            {
                if (!old.TryGetValue(service.Name, out var last) || minute - last > 10)
                {
                    said.Add((new() { Detector = OldRules, Service = service.Name, Title = "" }, minute));
                }

                old[service.Name] = minute;
            }
        }
    }

    private static System.Collections.Frozen.FrozenDictionary<SnapshotField, T> ToFrozen<T>(this IEnumerable<SeriesHistory> series, Func<SeriesHistory, T> value) =>
        System.Collections.Frozen.FrozenDictionary.ToFrozenDictionary(series, s => s.Field!.Value, value);

    /// <summary>Sums of a share by minute, so that any span is two look-ups.</summary>
    private sealed class ErrorRates
    {
        private readonly double[] _bad;
        private readonly int[] _all;
        private readonly long _start;

        public ErrorRates(MinuteValues values, long start, int minutes)
        {
            (_start, _bad, _all) = (start, new double[minutes + 1], new int[minutes + 1]);
            for (var i = 0; i < minutes; i++)
            {
                var value = values[start + i];
                _bad[i + 1] = _bad[i] + (double.IsNaN(value) ? 0 : value);
                _all[i + 1] = _all[i] + (double.IsNaN(value) ? 0 : 1);
            }
        }

        public SloEvents Over(long minute, TimeSpan span)
        {
            var to = (int)(minute + 1 - _start);
            var from = Math.Max(0, to - (int)span.TotalMinutes);
            return new(_bad[to] - _bad[from], _all[to] - _all[from]);
        }
    }
}
