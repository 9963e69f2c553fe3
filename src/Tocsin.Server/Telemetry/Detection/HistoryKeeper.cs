namespace Tocsin.Telemetry;

/// <summary>What detectors look at, and what was too much to be looked at.</summary>
/// <param name="Skipped">Each as a sentence without a full stop.</param>
internal sealed record KeptHistory(TelemetryHistory History, IReadOnlyList<string> Skipped);

/// <summary>
/// Keeps the counts and values that detectors look at in memory: the last hours, and those around this time on earlier days. Each turn reads only
/// the newest minutes, and whole hours as they come into sight. Not for use by two turns of one workspace at once.
/// </summary>
internal sealed class HistoryKeeper(LogRates rates, TemplateStore templates, MetricQuery metrics)
{
    /// <summary>Minutes that are read again each time, since lines and values come late.</summary>
    private const int Late = 15;

    private const int MostBreak = 45;

    private const int MostServices = 1_000;
    private const int MostTemplates = 3_000;
    private const int MostSeries = 1_000;

    private readonly Dictionary<long, Kept> _kept = [];

    private sealed class Kept
    {
        public TelemetryHistory History { get; } = new();

        /// <summary>The newest minute that was read; another node may have had the turns since.</summary>
        public long ReadTo { get; set; }

        public HashSet<long> LogHours { get; } = [];

        public HashSet<long> MetricHours { get; } = [];

        public List<string> Skipped { get; } = [];

        public HashSet<long> KnownTemplates { get; } = [];
    }

    /// <summary>Forgets workspaces that are not there any more.</summary>
    public void Keep(IReadOnlySet<long> workspaces)
    {
        foreach (var gone in _kept.Keys.Where(w => !workspaces.Contains(w)).ToArray())
        {
            _kept.Remove(gone);
        }
    }

    /// <summary>The history of a workspace up to a whole minute.</summary>
    public async Task<KeptHistory> ReadAsync(long workspace, long minute, DateTimeOffset now, CancellationToken ct)
    {
        // After a long break it is cheaper to read anew than to find what is missing.
        if (!_kept.TryGetValue(workspace, out var kept) || minute - kept.ReadTo > MostBreak)
        {
            _kept[workspace] = kept = new() { ReadTo = minute };
        }

        try
        {
            kept.Skipped.Clear();
            var wanted = Season.Hours(minute, Examination.RecentHours);
            await TemplatesAsync(workspace, kept, now, ct);
            await LinesAsync(workspace, kept, wanted, minute, ct);
            await ValuesAsync(workspace, kept, wanted, minute, now, ct);
            Forget(kept, wanted);
            MakeRoom(kept, minute);
            kept.ReadTo = minute;
            return new(kept.History, [.. kept.Skipped]);
        }
        catch
        {
            // Half of a turn was read: the next one begins anew.
            _kept.Remove(workspace);
            throw;
        }
    }

    /// <summary>The history of a span, for a look back. Nothing of it is kept.</summary>
    /// <param name="from">The first minute that is looked at; what is needed before it is read too.</param>
    /// <param name="only">Just this service; null: all.</param>
    public async Task<KeptHistory> ReadSpanAsync(long workspace, long from, long to, string? only, int mostRows, DateTimeOffset now, CancellationToken ct)
    {
        var kept = new Kept();
        await TemplatesAsync(workspace, kept, now, ct);
        var first = (from / 60) - (8 * 24) - 1;
        var rows = 0;
        for (var hour = to / 60; hour >= first; hour--)
        {
            var read = await rates.ReadAsync(workspace, Minutes.At(hour * 60), Minutes.At(Math.Min(to, (hour + 1) * 60)), ct);
            Take(kept, read, only);
            rows += read.Count;
            if (rows > mostRows && hour > first)
            {
                kept.Skipped.Add($"lines before {Minutes.At(hour * 60):yyyy-MM-dd HH:mm} UTC were too many to be looked at");
                break;
            }
        }

        var chosen = await SeriesAsync(workspace, kept, now, only, 100, ct);
        foreach (var name in chosen.Values.GroupBy(s => (s.Name, s.Service)))
        {
            for (var day = first * 60; day < to; day += Minutes.OfDay)
            {
                await ValuesAsync(workspace, kept, new() { Name = name.Key.Name, Service = name.Key.Service }, day, Math.Min(to, day + Minutes.OfDay), chosen, ct);
            }
        }

        return new(kept.History, [.. kept.Skipped]);
    }

    private static void Forget(Kept kept, IReadOnlySet<long> wanted)
    {
        kept.LogHours.IntersectWith(wanted);
        kept.MetricHours.IntersectWith(wanted);
        foreach (var service in kept.History.Services.Values)
        {
            service.Lines.Keep(wanted.Contains);
            service.Errors.Keep(wanted.Contains);
            foreach (var template in service.Templates.Values)
            {
                template.Lines.Keep(wanted.Contains);
            }
        }

        foreach (var series in kept.History.Series.Values)
        {
            series.Values.Keep(wanted.Contains);
        }
    }

    /// <summary>What was silent in all hours that count, and for a day, makes room for what is new: a process lives for months, and the kinds of lines, services and series change.</summary>
    private static void MakeRoom(Kept kept, long minute)
    {
        var history = kept.History;
        if (kept.KnownTemplates.Count >= MostTemplates)
        {
            foreach (var service in history.Services.Values)
            {
                foreach (var idle in service.Templates.Values.Where(t => t.Lines.IsEmpty && minute - Minutes.Of(t.FirstSeenAt) > Minutes.OfDay).ToArray())
                {
                    service.Templates.Remove(idle.Id);
                    kept.KnownTemplates.Remove(idle.Id);
                }
            }
        }

        if (history.Services.Count >= MostServices)
        {
            foreach (var idle in history.Services.Values.Where(s => s.Lines.IsEmpty && minute - s.LastAt > Minutes.OfDay).ToArray())
            {
                history.Services.Remove(idle.Name);
                kept.KnownTemplates.ExceptWith(idle.Templates.Keys);
            }
        }

        if (history.Series.Count > MostSeries)
        {
            foreach (var (id, _) in history.Series.Where(s => s.Value.Values.IsEmpty && minute - s.Value.LastAt > Minutes.OfDay).ToArray())
            {
                history.Series.Remove(id);
            }
        }
    }

    private async Task TemplatesAsync(long workspace, Kept kept, DateTimeOffset now, CancellationToken ct)
    {
        var all = await templates.ListAsync(workspace, null, ct);

        // Where there is no room for all, those that spoke last come first.
        foreach (var service in all.GroupBy(t => t.Service, StringComparer.Ordinal).OrderByDescending(s => s.Max(t => t.LastSeenAt)))
        {
            if (!kept.History.Services.ContainsKey(service.Key) && kept.History.Services.Count >= MostServices)
            {
                continue;
            }

            var history = kept.History.Service(service.Key);
            history.KnownSince = Math.Min(history.KnownSince, Minutes.Of(service.Min(t => t.FirstSeenAt)));

            // Lines whose clock is ahead say nothing about now.
            history.LastAt = Math.Max(history.LastAt, Math.Min(Minutes.Of(now), Minutes.Of(service.Max(t => t.LastSeenAt))));
        }

        // New ones whatever they count; of the others those that were there within a day, and then those with the most lines.
        foreach (var template in all.OrderByDescending(t => now - t.FirstSeenAt < TimeSpan.FromDays(1)).ThenByDescending(t => now - t.LastSeenAt < TimeSpan.FromDays(1)))
        {
            // What became known as new stays so; a flood of new ones must not grow without end either.
            var most = now - template.FirstSeenAt < TimeSpan.FromDays(1) ? 2 * MostTemplates : MostTemplates;
            if (kept.KnownTemplates.Count < most && kept.History.Services.TryGetValue(template.Service, out var service) && kept.KnownTemplates.Add(template.Id))
            {
                service.Templates[template.Id] = new(template.Id, template.Level, template.Pattern, template.FirstSeenAt);
            }
        }

        if (all.Count > kept.KnownTemplates.Count)
        {
            kept.Skipped.Add($"{all.Count - kept.KnownTemplates.Count} kinds of lines that come seldom, of {all.Count}");
        }
    }

    private async Task LinesAsync(long workspace, Kept kept, IReadOnlySet<long> wanted, long minute, CancellationToken ct)
    {
        foreach (var hour in wanted.Where(h => !kept.LogHours.Contains(h)).Order().ToArray())
        {
            Take(kept, await rates.ReadAsync(workspace, Minutes.At(hour * 60), Minutes.At(Math.Min(minute + 1, (hour + 1) * 60)), ct), null);
            kept.LogHours.Add(hour);
        }

        var from = Math.Min(minute, kept.ReadTo) + 1 - Late;
        var late = await rates.ReadAsync(workspace, Minutes.At(from), Minutes.At(minute + 1), ct);
        foreach (var service in kept.History.Services.Values)
        {
            for (var at = from; at <= minute; at++)
            {
                service.Lines.Clear(at);
                service.Errors.Clear(at);
                foreach (var template in service.Templates.Values)
                {
                    template.Lines.Clear(at);
                }
            }
        }

        Take(kept, late, null);
    }

    private static void Take(Kept kept, IReadOnlyList<LogRate> read, string? only)
    {
        foreach (var rate in read)
        {
            if (only is not null && rate.Service != only)
            {
                continue;
            }

            if (!kept.History.Services.ContainsKey(rate.Service) && kept.History.Services.Count >= MostServices)
            {
                var told = $"services beyond {MostServices}";
                if (!kept.Skipped.Contains(told))
                {
                    kept.Skipped.Add(told);
                }

                continue;
            }

            var (service, minute) = (kept.History.Service(rate.Service), Minutes.Of(rate.Minute));
            service.KnownSince = Math.Min(service.KnownSince, minute);
            service.LastAt = Math.Max(service.LastAt, minute);
            service.Lines.Add(minute, rate.Count);
            if (rate.Level >= LineLevel.Error)
            {
                service.Errors.Add(minute, rate.Count);
            }

            if (service.Templates.TryGetValue(rate.Template, out var template))
            {
                template.Lines.Add(minute, rate.Count);
            }
        }
    }

    private async Task ValuesAsync(long workspace, Kept kept, IReadOnlySet<long> wanted, long minute, DateTimeOffset now, CancellationToken ct)
    {
        var chosen = await SeriesAsync(workspace, kept, now, null, MostSeries, ct);
        if (chosen.Count == 0)
        {
            return;
        }

        // One reading of everything where that is no more than what is wanted.
        SeriesFilter[] filters = chosen.Count == MostSeries ? [.. chosen.Values.Select(s => s.Name).Distinct(StringComparer.Ordinal).Select(name => new SeriesFilter { Name = name })] : [new()];
        var missing = wanted.Where(h => !kept.MetricHours.Contains(h)).Order().ToList();
        foreach (var filter in filters)
        {
            foreach (var hour in missing)
            {
                await ValuesAsync(workspace, kept, filter, hour * 60, Math.Min(minute + 1, (hour + 1) * 60), chosen, ct);
            }

            await ValuesAsync(workspace, kept, filter, Math.Min(minute, kept.ReadTo) + 1 - Late, minute + 1, chosen, ct);
        }

        kept.MetricHours.UnionWith(missing);
    }

    private async Task<Dictionary<long, MetricSeries>> SeriesAsync(long workspace, Kept kept, DateTimeOffset now, string? only, int most, CancellationToken ct)
    {
        const int MostListed = 20_000;
        var all = await metrics.SeriesAsync(workspace, new() { Service = only }, MostListed, ct);

        // The buckets of histograms are no metrics by themselves.
        var alive = all.Where(s => now - s.LastAt < TimeSpan.FromDays(1) && !s.Name.EndsWith("_bucket", StringComparison.Ordinal)).ToList();
        if (alive.Count > most || all.Count == MostListed)
        {
            kept.Skipped.Add($"{(all.Count == MostListed ? "many" : $"{alive.Count - most}")} of {(all.Count == MostListed ? $"more than {MostListed}" : $"{alive.Count}")} series of metrics; the figures that are known by name come first");
        }

        var chosen = alive.OrderBy(s => SnapshotNames.FieldOf(s.Name) is null).ThenBy(s => s.Tags.Count).ThenBy(s => s.Id).Take(most).ToDictionary(s => s.Id);
        foreach (var series in chosen.Values.Where(s => !kept.History.Series.ContainsKey(s.Id)))
        {
            kept.History.Series[series.Id] = new(series.Service, series.Name, KeyOf(series), series.Unit, series.Kind);
        }

        foreach (var series in chosen.Values)
        {
            kept.History.Series[series.Id].LastAt = Math.Min(Minutes.Of(now), Minutes.Of(series.LastAt));
        }

        return chosen;
    }

    private async Task ValuesAsync(long workspace, Kept kept, SeriesFilter filter, long from, long to, Dictionary<long, MetricSeries> chosen, CancellationToken ct)
    {
        var step = TimeSpan.FromMinutes(1);
        if (from >= to)
        {
            return;
        }

        foreach (var how in chosen.Values.Select(HowOf).Distinct())
        {
            foreach (var (series, points) in await metrics.RangeAsync(workspace, filter, Minutes.At(from), Minutes.At(to), step, how, MetricQuery.MostSeries, ct))
            {
                if (!chosen.TryGetValue(series.Id, out var wanted) || HowOf(wanted) != how)
                {
                    continue;
                }

                var history = kept.History.Series[series.Id];
                foreach (var point in points)
                {
                    var minute = point.AtMicros / 60_000_000;
                    history.Values[minute] = point.Value;
                    history.KnownSince = Math.Min(history.KnownSince, minute);
                }
            }
        }
    }

    internal static Aggregation HowOf(MetricSeries series) => series.Kind == MetricKind.Gauge ? Aggregation.Avg : Aggregation.Rate;

    internal static string KeyOf(MetricSeries series) =>
        series.Tags.Count == 0 ? series.Name : $"{series.Name}{{{string.Join(", ", series.Tags.Select(t => $"{t.Key}=\"{t.Value}\""))}}}";
}
