namespace Tocsin.Telemetry;

/// <summary>What a fixed question is about, by minute, so that it can be asked at each moment of a span without reading again.</summary>
/// <param name="Series">By service and by what tells its series apart; empty where the question is about lines.</param>
/// <param name="IsComplete">False: not all lines could be counted in the time that a search has.</param>
internal sealed record QueryPast(DetectorRule Rule, MinuteValues Lines, IReadOnlyDictionary<(string Service, string Key), MinuteValues> Series, bool IsComplete)
{
    private long Within => (long)Rule.Query!.Within.TotalMinutes;

    /// <param name="minute">The newest whole minute.</param>
    public IReadOnlyList<Observation> Look(long minute)
    {
        var (from, to) = (minute + 1 - Within, minute + 1);
        return Rule.Query!.Metric is null
            ? FixedQueries.OfLines(Rule, (long)Lines.Sum(from, to), Minutes.At(to)) is { } many ? [many] : []
            :
            [
                .. Series.Select(s => FixedQueries.OfMetric(Rule, s.Key.Key, s.Value.Known(from, to), Minutes.At(to)) is { } seen ? seen with { Service = Rule.Service ?? s.Key.Service } : null).OfType<Observation>(),
            ];
    }

    /// <summary>How many lines there were within the question's time.</summary>
    public double CountAt(long minute) => Lines.Sum(minute + 1 - Within, minute + 1);

    /// <summary>Of a metric, what is held against the limit: the least within the question's time where the limit is above, the greatest where it is below.</summary>
    /// <returns>Null: nothing was measured.</returns>
    public double? ValueAt(MinuteValues values, long minute) =>
        values.Known(minute + 1 - Within, minute + 1) is not { Count: > 0 } known ? null : (Rule.Query!.Above, Rule.Query.Below) switch
        {
            ({ }, null) => known.Min(),
            (null, { }) => known.Max(),
            _ => known[^1],
        };
}
