using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>How many lines a commit had of one minute, service, level and template.</summary>
/// <param name="Minute">Since 1970.</param>
internal readonly record struct RateCount(long Workspace, long Minute, string Service, LineLevel Level, long Template, long Lines)
{
    /// <summary>The one order in which all nodes take rows.</summary>
    public static Comparer<RateCount> Order { get; } = Comparer<RateCount>.Create(static (one, other) => one.OrderTo(other));

    private int OrderTo(RateCount other)
    {
        var order = Workspace.CompareTo(other.Workspace);
        order = order != 0 ? order : Minute.CompareTo(other.Minute);
        order = order != 0 ? order : string.CompareOrdinal(Service, other.Service);
        order = order != 0 ? order : Level.CompareTo(other.Level);
        return order != 0 ? order : Template.CompareTo(other.Template);
    }
}

/// <summary>How many lines there were per minute, service, level and template. Counted with the lines in one commit, and kept for 35 days, longer than most lines.</summary>
internal sealed class LogRates(TelemetryDatabase telemetry)
{
    public const int KeptDays = 35;

    /// <summary>Longer stretches of time than this are counted by hours where they can be.</summary>
    private const long MostMinutes = 2 * 24 * 60;

    /// <summary>The counts of whole minutes, in order of time. A minute without lines has no count.</summary>
    /// <param name="from">Inclusive; the minute that holds it counts whole.</param>
    /// <param name="to">Exclusive; the minute that holds the instant before counts whole.</param>
    public Task<IReadOnlyList<LogRate>> ReadAsync(long workspace, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) => telemetry.Database.ReadAsync<IReadOnlyList<LogRate>>(
        async session => await session.QueryAsync(
            """
            SELECT minute, service, level, template, lines FROM log_rate
            WHERE workspace_id = @workspace AND minute >= @from AND minute <= @to ORDER BY minute, service, level, template
            """,
            static row => new LogRate(StartOf(row.GetInt64(0)), row.GetString(1), (LineLevel)row.GetInt32(2), row.GetInt64(3), row.GetInt64(4)),
            ("workspace", workspace), ("from", MinuteOf(from.ToMicros())), ("to", MinuteOf(to.ToMicros() - 1))),
        ct);

    /// <summary>
    /// The same by service, level and template for a drawing of a long time: by minutes up to two days, and beyond that by whole hours, with minutes before the first and behind the
    /// last of them.
    /// </summary>
    public Task<IReadOnlyList<LogRate>> ReadCoarselyAsync(long workspace, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) => telemetry.Database.ReadAsync<IReadOnlyList<LogRate>>(
        async session =>
        {
            List<LogRate> all = [];
            foreach (var (isHours, first, end) in Parts(from, to, mayBeHours: true))
            {
                all.AddRange(await session.QueryAsync(
                    isHours
                        ? "SELECT hour * 60, service, level, template, lines FROM log_rate_hour WHERE workspace_id = @workspace AND hour >= @first AND hour < @end"
                        : "SELECT minute, service, level, template, lines FROM log_rate WHERE workspace_id = @workspace AND minute >= @first AND minute < @end",
                    static row => new LogRate(StartOf(row.GetInt64(0)), row.GetString(1), (LineLevel)row.GetInt32(2), row.GetInt64(3), row.GetInt64(4)),
                    ("workspace", workspace), ("first", first), ("end", end)));
            }

            return all;
        },
        ct);

    /// <summary>How many lines there were by time and level.</summary>
    /// <param name="mayBeHours">As coarsely as <see cref="ReadCoarselyAsync"/>; else by minutes.</param>
    /// <param name="service">Null: of all. So is the template.</param>
    public Task<List<(long Minute, LineLevel Level, long Lines)>> LevelsAsync(
        long workspace, DateTimeOffset from, DateTimeOffset to, LineLevel least, string? service, long? template, bool mayBeHours, CancellationToken ct) => telemetry.Database.ReadAsync(
        async session =>
        {
            List<(long, LineLevel, long)> all = [];
            foreach (var (isHours, first, end) in Parts(from, to, mayBeHours))
            {
                all.AddRange(await session.QueryAsync(
                    $"""
                    SELECT {(isHours ? "hour * 60" : "minute")}, level, SUM(lines) FROM {(isHours ? "log_rate_hour" : "log_rate")}
                    WHERE workspace_id = @workspace AND {(isHours ? "hour >= @first AND hour < @end" : "minute >= @first AND minute < @end")} AND level >= @least
                    {(service is null ? "" : "AND service = @service")} {(template is null ? "" : "AND template = @template")}
                    GROUP BY 1, 2
                    """,
                    static row => (row.GetInt64(0), (LineLevel)row.GetInt32(1), Convert.ToInt64(row.GetValue(2))),
                    [
                        ("workspace", workspace), ("first", first), ("end", end), ("least", (int)least),
                        .. service is null ? Array.Empty<(string, object?)>() : [("service", service)],
                        .. template is null ? Array.Empty<(string, object?)>() : [("template", template.Value)],
                    ]));
            }

            return all;
        },
        ct);

    /// <summary>The minutes and hours that make up a stretch of time.</summary>
    private static IEnumerable<(bool IsHours, long First, long End)> Parts(DateTimeOffset from, DateTimeOffset to, bool mayBeHours)
    {
        var (first, end) = (MinuteOf(from.ToMicros()), MinuteOf(to.ToMicros() - 1) + 1);
        if (!mayBeHours || end - first <= MostMinutes)
        {
            return [(false, first, end)];
        }

        var (firstHour, endHour) = (-FloorDivide(-first, 60), FloorDivide(end, 60));
        return [(false, first, firstHour * 60), (true, firstHour, endHour), (false, endHour * 60, end)];
    }

    public static long MinuteOf(long atMicros) => FloorDivide(atMicros, 60_000_000);

    public static DateTimeOffset StartOf(long minute) => Instants.FromMicros(minute * 60_000_000);

    public static long FloorDivide(long value, long by) => value >= 0 ? value / by : -((-value + by - 1) / by);

    /// <param name="counts">Sorted, each key at most once, so that two nodes never wait for each other.</param>
    public async Task CountAsync(Tx tx, IReadOnlyList<RateCount> counts)
    {
        await CountAsync(tx, "log_rate", "minute", counts);
        await CountAsync(
            tx, "log_rate_hour", "hour",
            [
                .. counts.GroupBy(static c => c with { Minute = FloorDivide(c.Minute, 60), Lines = 0 }, static (key, same) => key with { Lines = same.Sum(static c => c.Lines) })
                    .Order(RateCount.Order),
            ]);
    }

    private static Task<int> CountAsync(Tx tx, string table, string unit, IReadOnlyList<RateCount> counts) => tx.BatchAsync(
        $$"""
        INSERT INTO {{table}} (workspace_id, {{unit}}, service, level, template, lines) {rows}
        ON CONFLICT (workspace_id, {{unit}}, service, level, template) DO UPDATE SET lines = {{table}}.lines + excluded.lines
        """,
        new("workspace", counts.Select(static c => c.Workspace).ToArray()), new("unit", counts.Select(static c => c.Minute).ToArray()),
        new("service", counts.Select(static c => c.Service).ToArray()), new("level", counts.Select(static c => (int)c.Level).ToArray()),
        new("template", counts.Select(static c => c.Template).ToArray()), new("lines", counts.Select(static c => c.Lines).ToArray()));

    /// <summary>Removes the oldest counts of a workspace, an hour of them at a time.</summary>
    /// <returns>How many were removed; 0: none is older.</returns>
    public async Task<int> ForgetHourAsync(Tx tx, long workspace, DateTimeOffset before)
    {
        var end = MinuteOf(before.ToMicros());
        await tx.ExecuteAsync("DELETE FROM log_rate_hour WHERE workspace_id = @workspace AND hour < @before", ("workspace", workspace), ("before", FloorDivide(end, 60)));
        return await tx.ScalarAsync("SELECT MIN(minute) FROM log_rate WHERE workspace_id = @workspace", ("workspace", workspace)) is { } oldest && oldest < end
            ? await tx.ExecuteAsync("DELETE FROM log_rate WHERE workspace_id = @workspace AND minute < @before", ("workspace", workspace), ("before", Math.Min(oldest + 60, end)))
            : 0;
    }
}
