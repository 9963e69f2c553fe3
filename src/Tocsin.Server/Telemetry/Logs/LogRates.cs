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

    public static long MinuteOf(long atMicros) => FloorDivide(atMicros, 60_000_000);

    public static DateTimeOffset StartOf(long minute) => Instants.FromMicros(minute * 60_000_000);

    public static long FloorDivide(long value, long by) => value >= 0 ? value / by : -((-value + by - 1) / by);

    /// <param name="counts">Sorted, each key at most once, so that two nodes never wait for each other.</param>
    public Task CountAsync(Tx tx, IReadOnlyList<RateCount> counts) => tx.BatchAsync(
        """
        INSERT INTO log_rate (workspace_id, minute, service, level, template, lines) {rows}
        ON CONFLICT (workspace_id, minute, service, level, template) DO UPDATE SET lines = log_rate.lines + excluded.lines
        """,
        new("workspace", counts.Select(static c => c.Workspace).ToArray()), new("minute", counts.Select(static c => c.Minute).ToArray()),
        new("service", counts.Select(static c => c.Service).ToArray()), new("level", counts.Select(static c => (int)c.Level).ToArray()),
        new("template", counts.Select(static c => c.Template).ToArray()), new("lines", counts.Select(static c => c.Lines).ToArray()));

    /// <summary>Removes the oldest counts of a workspace, an hour of them at a time.</summary>
    /// <returns>How many were removed; 0: none is older.</returns>
    public async Task<int> ForgetHourAsync(Tx tx, long workspace, DateTimeOffset before)
    {
        var end = MinuteOf(before.ToMicros());
        return await tx.ScalarAsync("SELECT MIN(minute) FROM log_rate WHERE workspace_id = @workspace", ("workspace", workspace)) is { } oldest && oldest < end
            ? await tx.ExecuteAsync("DELETE FROM log_rate WHERE workspace_id = @workspace AND minute < @before", ("workspace", workspace), ("before", Math.Min(oldest + 60, end)))
            : 0;
    }
}
