using System.Globalization;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Workspaces;

namespace Tocsin.Alerts;

/// <summary>How a source that is expected to send is doing.</summary>
internal enum SourceHealth
{
    /// <summary>Nothing is expected of it, or it was set up a short while ago.</summary>
    Unknown,
    Healthy,

    /// <summary>Late, within its grace.</summary>
    Late,

    /// <summary>An alert: silent for too long, or a run takes too long.</summary>
    Silent,
}

/// <summary>
/// Makes an alert of a source that is silent for longer than it may be, and ends it when the source is heard again: once for each silence. The time
/// in which this installation was not at work itself counts as nobody's silence; what is still missing a whole interval after that does.
/// Safe on many nodes at once: each change is decided under the workspace's lock.
/// </summary>
internal sealed class SourceWatch(
    Database database, WorkspaceStore workspaces, IEstates estates, SourceStore sources, AlertIntake intake, TimeProvider clock, ILogger<SourceWatch> logger)
    : RepeatedWork(TimeSpan.FromSeconds(5), clock)
{
    /// <summary>Three turns: a sender that was refused for less long tries again by itself.</summary>
    private static readonly TimeSpan _away = TimeSpan.FromSeconds(15);

    /// <summary>Of each source's own silence, whatever else it sends.</summary>
    private const string AlertKey = "tocsin/silent";

    private const string WatchedAt = "sources_watched_at";
    private const string WatchedSince = "sources_watched_since";

    /// <summary>One look at all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        DateTimeOffset? since = null;
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            if (await estates.FindAsync(workspace.Id, ct) is not { } estate)
            {
                continue;
            }

            var states = await database.ReadAsync(session => sources.ListAsync(session, workspace.Id), ct);
            if (states.TrueForAll(s => s is { SilentAt: null, ExpectedAt: null }) && estate.Model.Sources.Values.All(s => s.ExpectEvery is null))
            {
                continue;
            }

            var watched = since ??= await WatchingSinceAsync(now, ct);
            if (Changes(estate, states, watched, now).Any())
            {
                await database.WriteAsync(tx => DecideAsync(tx, estate, watched, now), ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.SourceWatchWaits(reason);

    protected override void Broke(Exception bug) => logger.SourceWatchBroke(bug);

    /// <summary>How a source does, as it is shown: it is silent as soon as that is an alert.</summary>
    public static SourceHealth HealthOf(Source source, SourceState? state, DateTimeOffset now) =>
        state?.SilentAt is not null ? SourceHealth.Silent
        : HealthOf(source, state, DateTimeOffset.MinValue, now) is var health and not SourceHealth.Silent ? health
        : SourceHealth.Late;

    /// <param name="since">When the watch was last resumed after a time in which nobody watched.</param>
    private static SourceHealth HealthOf(Source source, SourceState? state, DateTimeOffset since, DateTimeOffset now)
    {
        if (source.ExpectEvery is not { } every || state?.ExpectedAt is not { } expected)
        {
            return SourceHealth.Unknown;
        }

        if (Heartbeat.MaxRun(source) is { } most && state.RunStartedAt is { } started && now > Later(started, since) + most)
        {
            return SourceHealth.Silent;
        }

        var due = Later(state.LastAt ?? expected, since) + every;
        return now > due + source.Grace ? SourceHealth.Silent
            : now > due ? SourceHealth.Late
            : state.LastAt is null ? SourceHealth.Unknown
            : SourceHealth.Healthy;
    }

    /// <summary>Since when somebody has watched without a break; notes that somebody does.</summary>
    private Task<DateTimeOffset> WatchingSinceAsync(DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            var at = await MomentAsync(tx, WatchedAt);
            var since = await MomentAsync(tx, WatchedSince);
            if (at is null || since is null || now - at > _away)
            {
                since = now;
                await SaveAsync(tx, WatchedSince, now);
            }

            await SaveAsync(tx, WatchedAt, now);
            return since.Value;
        },
        ct);

    private static async Task<DateTimeOffset?> MomentAsync(Session session, string name) =>
        await session.FirstAsync("SELECT value FROM meta WHERE name = @name", static row => row.GetString(0), ("name", name)) is { } text
            ? Instants.FromMicros(long.Parse(text, CultureInfo.InvariantCulture))
            : null;

    private static Task<int> SaveAsync(Tx tx, string name, DateTimeOffset at) => tx.ExecuteAsync(
        "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value", ("name", name), ("value", $"{at.ToMicros()}"));

    private async Task DecideAsync(Tx tx, EstateSnapshot estate, DateTimeOffset since, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        List<Intake> told = [];
        foreach (var (source, state, silent) in Changes(estate, await sources.ListAsync(tx, estate.Workspace), since, now))
        {
            await sources.SaveWatchAsync(
                tx, estate.Workspace, source.Name, source.ExpectEvery is null ? null : state?.ExpectedAt ?? now, silent ? state?.SilentAt ?? now : null);
            if (silent || state?.SilentAt is not null)
            {
                told.Add(new(source.Name, [SignalOf(source, state, silent, now)], now));
            }
        }

        if (told.Count > 0)
        {
            await intake.StoreAsync(tx, estate, told, now);
        }
    }

    /// <summary>The sources of which something other is to be noted than what is.</summary>
    private static IEnumerable<(Source Source, SourceState? State, bool Silent)> Changes(
        EstateSnapshot estate, List<SourceState> states, DateTimeOffset since, DateTimeOffset now)
    {
        var known = states.ToDictionary(s => s.Source, StringComparer.Ordinal);
        foreach (var source in estate.Model.Sources.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            var state = known.GetValueOrDefault(source.Name);
            var silent = HealthOf(source, state, since, now) == SourceHealth.Silent;
            if (silent != state?.SilentAt is not null || (source.ExpectEvery is null) != (state?.ExpectedAt is null))
            {
                yield return (source, state, silent);
            }
        }

        foreach (var gone in states.Where(s => s.SilentAt is not null && !estate.Model.Sources.ContainsKey(s.Source)))
        {
            yield return (estate.Source(gone.Source), gone, false);
        }
    }

    private static Signal SignalOf(Source source, SourceState? state, bool silent, DateTimeOffset now)
    {
        var status = silent ? SignalStatus.Firing : SignalStatus.Resolved;
        var every = source.ExpectEvery is { } expected ? $" (expected every {PlainText.Duration(expected)})" : "";
        var since = state?.LastAt is { } last ? $"for {PlainText.Duration(now - last)}" : "since it was set up";
        var alert = source.Type == Heartbeat.Id
            ? Heartbeat.Alert(source, status, IsOverdue(source, state, now)
                ? $"{source.Name} is still running after {PlainText.Duration(now - state!.RunStartedAt!.Value)}"
                : $"{source.Name} was not heard {since}{every}", null)
            : new()
            {
                DedupKey = "",
                Status = status,
                Title = SignalLimits.Title($"No events from {source.Name} {since}{every}"),
                Description = "Either nothing happens there, or it cannot reach this server: look at the sender's own log and at this source's page.",
                Labels = LabelSet.Of(("alertname", "SourceSilent"), ("silent_source", source.Name)),
            };
        return alert with { DedupKey = AlertKey };
    }

    private static bool IsOverdue(Source source, SourceState? state, DateTimeOffset now) =>
        Heartbeat.MaxRun(source) is { } most && state?.RunStartedAt is { } started && now > started + most;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}

internal static partial class SourceWatchLog
{
    [LoggerMessage(2321, LogLevel.Warning, "Silent sources are not noticed now: {Reason}")]
    public static partial void SourceWatchWaits(this ILogger logger, string reason);

    [LoggerMessage(2322, LogLevel.Critical, "Watching for silent sources met a bug; it is tried again in 5 s")]
    public static partial void SourceWatchBroke(this ILogger logger, Exception e);
}
