namespace Tocsin.Telemetry;

/// <summary>Minutes since 1970, UTC: what counters are kept by.</summary>
public static class Minutes
{
    public const int OfDay = 24 * 60;

    public static long Of(DateTimeOffset at) => (long)Math.Floor(at.ToUnixTimeMilliseconds() / 60_000.0);

    public static DateTimeOffset At(long minute) => DateTimeOffset.UnixEpoch.AddMinutes(minute);

    /// <summary>The newest minute that is over, with a moment for lines that are on their way.</summary>
    public static long LastWhole(DateTimeOffset now) => Of(now - TimeSpan.FromSeconds(20)) - 1;
}

/// <summary>Values by minute, known for some hours. What is not known reads as <paramref name="unknown"/>.</summary>
/// <remarks>Not for use by two threads at once while it is written.</remarks>
public sealed class MinuteValues(double unknown)
{
    private readonly Dictionary<long, double[]> _hours = [];

    public double this[long minute]
    {
        get => _hours.TryGetValue(minute / 60, out var hour) ? hour[minute % 60] : unknown;
        set => Hour(minute / 60)[minute % 60] = value;
    }

    public void Add(long minute, double value) => Hour(minute / 60)[minute % 60] += value;

    /// <summary>Forgets one minute's value.</summary>
    public void Clear(long minute)
    {
        if (_hours.TryGetValue(minute / 60, out var hour))
        {
            hour[minute % 60] = unknown;
        }
    }

    /// <summary>Forgets the hours that are not wanted.</summary>
    public void Keep(Predicate<long> wanted)
    {
        foreach (var hour in _hours.Keys.Where(h => !wanted(h)).ToArray())
        {
            _hours.Remove(hour);
        }
    }

    public bool IsEmpty => _hours.Count == 0;

    /// <summary>Over the minutes from <paramref name="from"/> on, before <paramref name="to"/>; what is unknown counts nothing.</summary>
    public double Sum(long from, long to)
    {
        var sum = 0.0;
        for (var minute = from; minute < to;)
        {
            var end = Math.Min(to, ((minute / 60) + 1) * 60);
            if (_hours.TryGetValue(minute / 60, out var hour))
            {
                foreach (var value in hour.AsSpan((int)(minute % 60), (int)(end - minute)))
                {
                    sum += double.IsNaN(value) ? 0 : value;
                }
            }

            minute = end;
        }

        return sum;
    }

    /// <summary>The values that are known from <paramref name="from"/> on, before <paramref name="to"/>, oldest first.</summary>
    public IReadOnlyList<double> Known(long from, long to)
    {
        List<double> values = new((int)Math.Max(0, to - from));
        for (var minute = from; minute < to; minute++)
        {
            if (this[minute] is var value && !double.IsNaN(value))
            {
                values.Add(value);
            }
        }

        return values;
    }

    /// <summary>Sums of pieces of <paramref name="size"/> minutes, oldest first; the last ends before <paramref name="to"/>.</summary>
    public double[] Pieces(long to, int count, int size)
    {
        var pieces = new double[count];
        for (var i = 0; i < count; i++)
        {
            var end = to - ((long)(count - 1 - i) * size);
            pieces[i] = Sum(end - size, end);
        }

        return pieces;
    }

    private double[] Hour(long hour)
    {
        if (!_hours.TryGetValue(hour, out var values))
        {
            _hours[hour] = values = new double[60];
            if (unknown != 0)
            {
                Array.Fill(values, unknown);
            }
        }

        return values;
    }
}

/// <summary>When the same time of day or week was, before now: what a service usually does at this hour.</summary>
public static class Season
{
    /// <summary>How far around the same time counts, since jobs do not begin to the minute.</summary>
    public const int Around = 30;

    /// <summary>Yesterday, the day before, and the same time of the last four weeks.</summary>
    public static readonly IReadOnlyList<int> DaysBack = [1, 2, 7, 14, 21, 28];

    /// <summary>The hours that a look at a minute may need: the last <paramref name="recentHours"/>, and those around the same time before.</summary>
    public static IReadOnlySet<long> Hours(long minute, int recentHours)
    {
        HashSet<long> hours = [];
        for (var hour = (minute / 60) - recentHours; hour <= minute / 60; hour++)
        {
            hours.Add(hour);
        }

        foreach (var days in DaysBack)
        {
            var there = minute - (days * (long)Minutes.OfDay);
            hours.UnionWith([(there - Around - 5) / 60, (there + Around) / 60]);
        }

        return hours;
    }

    /// <summary>
    /// The minutes at which it was as late as at <paramref name="minute"/>, on those days that count: the same weekday of earlier weeks once there
    /// are two of them, the days just before as long as there are not.
    /// </summary>
    /// <param name="knownSince">Days before it are not counted.</param>
    public static IReadOnlyList<long> Before(long minute, long knownSince)
    {
        List<long> Of(Predicate<int> wanted) => [.. DaysBack.Where(d => wanted(d)).Select(d => minute - (d * (long)Minutes.OfDay)).Where(m => m - Around - 5 >= knownSince)];
        var weeks = Of(d => d % 7 == 0);
        return weeks.Count >= 2 ? weeks : [.. Of(d => d % 7 != 0), .. weeks];
    }

    /// <summary>
    /// The same time of yesterday and of the day before. What was so on both is how it is now, whatever earlier weeks say: a job was moved, or clocks were.
    /// </summary>
    /// <returns>Empty where one of them is not known.</returns>
    public static IReadOnlyList<long> Lately(long minute, long knownSince) =>
        minute - (2 * (long)Minutes.OfDay) - Around - 5 >= knownSince ? [minute - Minutes.OfDay, minute - (2 * (long)Minutes.OfDay)] : [];
}

/// <summary>How often lines of one template were written.</summary>
/// <param name="FirstSeenAt">When the first was, ever.</param>
public sealed record TemplateHistory(long Id, LineLevel Level, string Pattern, DateTimeOffset FirstSeenAt)
{
    public MinuteValues Lines { get; } = new(0);
}

/// <summary>How much one service wrote, by minute.</summary>
public sealed class ServiceHistory(string name)
{
    public string Name => name;

    /// <summary>The minute of its first line, as far as that is known.</summary>
    public long KnownSince { get; set; } = long.MaxValue;

    /// <summary>The minute of its newest line, also where that is longer ago than <see cref="Lines"/> knows.</summary>
    public long LastAt { get; set; } = long.MinValue;

    public MinuteValues Lines { get; } = new(0);

    /// <summary>Lines that are errors or worse.</summary>
    public MinuteValues Errors { get; } = new(0);

    public IDictionary<long, TemplateHistory> Templates { get; } = new Dictionary<long, TemplateHistory>();
}

/// <summary>What one series measured, by minute; a minute without a value is not a number.</summary>
/// <param name="Key">Tells the series of a service apart: its name, and its tags where it has any.</param>
public sealed record SeriesHistory(string Service, string Name, string Key, string Unit, MetricKind Kind)
{
    public MinuteValues Values { get; } = new(double.NaN);

    /// <summary>The minute of its first value, as far as that is known.</summary>
    public long KnownSince { get; set; } = long.MaxValue;

    /// <summary>The minute of its newest value, also where that is longer ago than <see cref="Values"/> knows.</summary>
    public long LastAt { get; set; } = long.MinValue;

    public SnapshotField? Field { get; } = SnapshotNames.FieldOf(Name);

    /// <summary>What values have to be multiplied with to be in the unit of <see cref="Field"/>.</summary>
    public double Factor { get; } = SnapshotNames.FieldOf(Name) is null ? 1 : SnapshotNames.Factor(Name, Unit);
}

/// <summary>All that detectors look at of one workspace.</summary>
public sealed class TelemetryHistory
{
    public IDictionary<string, ServiceHistory> Services { get; } = new Dictionary<string, ServiceHistory>(StringComparer.Ordinal);

    public IDictionary<long, SeriesHistory> Series { get; } = new Dictionary<long, SeriesHistory>();

    /// <summary>Time before which nobody watched, so that silence of it proves nothing.</summary>
    public long WatchedSince { get; set; } = long.MinValue;

    public ServiceHistory Service(string name)
    {
        if (!Services.TryGetValue(name, out var service))
        {
            Services[name] = service = new(name);
        }

        return service;
    }
}
