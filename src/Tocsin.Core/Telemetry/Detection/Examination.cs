namespace Tocsin.Telemetry;

/// <summary>One look of all detectors that judge by history. Pure: the same history and minute give the same observations.</summary>
public static class Examination
{
    /// <summary>Hours of the past, beside those of earlier days, that a look needs.</summary>
    public static readonly int RecentHours = Math.Max(TemplateStopped.Hours, MetricOutlier.Hours);

    /// <param name="minute">The newest whole minute.</param>
    /// <param name="only">Just this detector; null: all.</param>
    public static IReadOnlyList<Observation> Look(TelemetryHistory history, DetectorBook book, long minute, string? only = null)
    {
        List<Observation> seen = [];
        List<Observation> silent = [];
        var speakers = 0;
        DetectorRule? For(string detector, string service) => only is null || only == detector ? book.For(detector, service) : null;

        foreach (var service in history.Services.Values)
        {
            if (For(Detectors.ErrorBurst, service.Name) is { } burst && ErrorBurst.Decide(service, burst, minute) is { } errors)
            {
                seen.Add(errors);
            }

            if (For(Detectors.NewError, service.Name) is { } fresh)
            {
                seen.AddRange(NewErrorTemplate.Decide(service, fresh, minute));
            }

            if (For(Detectors.TemplateBurst, service.Name) is { } many)
            {
                seen.AddRange(TemplateBurst.Decide(service, many, minute));
            }

            if (For(Detectors.TemplateStopped, service.Name) is { } stopped)
            {
                seen.AddRange(TemplateStopped.Decide(service, stopped, minute, history.WatchedSince));
            }

            if (For(Detectors.MissingData, service.Name) is { } missing)
            {
                speakers += MissingData.IsSpeaker(service, minute) ? 1 : 0;
                if (MissingData.Decide(service, missing, minute, history.WatchedSince) is { } silence)
                {
                    silent.Add(silence);
                }
            }
        }

        HashSet<string> mute = [.. silent.Select(o => o.Service)];
        foreach (var series in history.Series.Values)
        {
            if (For(Detectors.MetricOutlier, series.Service) is { } outlier && MetricOutlier.Decide(series, history.Services.TryGetValue(series.Service, out var service) ? service : null, outlier, minute) is { } far)
            {
                seen.Add(far);
            }

            if (For(Detectors.Threshold, series.Service) is { } limits && Thresholds.Decide(series, limits, minute) is { } over)
            {
                seen.Add(over);
            }

            // Where the whole service is silent, its series need not be named one by one.
            if (!mute.Contains(series.Service) && For(Detectors.MissingData, series.Service) is { } missing && MissingData.Decide(series, missing, minute, history.WatchedSince) is { } silence)
            {
                silent.Add(silence);
            }
        }

        seen.AddRange(MissingData.Together(silent, speakers));

        // Two series of a service may be the same figure; the worse is told.
        return [.. seen.GroupBy(o => (o.Detector, o.Service, o.Key)).Select(g => g.OrderByDescending(o => o.IsClear).ThenByDescending(o => o.Severity).First())];
    }
}
