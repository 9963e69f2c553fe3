using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.OnCall;

/// <summary>
/// Says in the log when the people on call change, whatever changed them: the end of a shift, an override, another rotation. Who is on call is
/// worked out anew each time that it matters; this only tells those who listen. Safe on many nodes at once: what was said last is
/// stored, and compared under the workspace's lock.
/// </summary>
internal sealed class OnCallWatch(
    Database database, WorkspaceStore workspaces, IEstates estates, EventLog log, TimeProvider clock, ILogger<OnCallWatch> logger)
    : RepeatedWork(TimeSpan.FromSeconds(5), clock)
{
    // What this node saw last, so that it asks the store only when something differs. Used by the one loop.
    private readonly Dictionary<long, Dictionary<string, string>> _seen = [];

    /// <summary>One look at all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            if (await estates.FindAsync(workspace.Id, ct) is not { } estate)
            {
                continue;
            }

            var now = Clock.GetUtcNow();
            var people = estate.Schedules.ToDictionary(s => s.Key, s => string.Join(", ", s.Value.At(now).Users), StringComparer.Ordinal);
            if (!_seen.TryGetValue(workspace.Id, out var seen) || seen.Count != people.Count || people.Any(p => seen.GetValueOrDefault(p.Key) != p.Value))
            {
                await database.WriteAsync(tx => TellAsync(tx, estate, people, now), ct);
                _seen[workspace.Id] = people;
            }
        }
    }

    protected override void Waits(string reason) => logger.WatchWaits(reason);

    protected override void Broke(Exception bug) => logger.WatchBroke(bug);

    /// <summary>Compares with what was said last, by whichever node. A schedule that is looked at for the first time is no change.</summary>
    private async Task TellAsync(Tx tx, EstateSnapshot estate, Dictionary<string, string> people, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        var prefix = $"oncall/{estate.Workspace}/";
        var said = (await tx.QueryAsync(
                "SELECT name, value FROM meta WHERE name LIKE @prefix", static row => (Name: row.GetString(0), People: row.GetString(1)), ("prefix", prefix + "%")))
            .ToDictionary(row => row.Name[prefix.Length..], row => row.People, StringComparer.Ordinal);
        List<LogLine> lines = [];
        foreach (var (schedule, are) in people)
        {
            if (said.Remove(schedule, out var were) && were == are)
            {
                continue;
            }

            await tx.ExecuteAsync(
                "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value", ("name", prefix + schedule), ("value", are));
            if (were is not null)
            {
                lines.Add(new("oncall.changed", $"schedule/{schedule}", "system", Sentence(were, are, estate.Schedules[schedule].At(now).Because)));
            }
        }

        foreach (var gone in said.Keys)
        {
            await tx.ExecuteAsync("DELETE FROM meta WHERE name = @name", ("name", prefix + gone));
        }

        if (lines.Count > 0)
        {
            await log.AppendAsync(tx, estate.Workspace, now, lines);
        }
    }

    private static string Sentence(string were, string are, string because) => (were, are) switch
    {
        (_, "") => $"nobody is on call after {were}: {because}",
        ("", _) => $"{are} on call, after nobody: {because}",
        _ => $"{are} on call, after {were}: {because}",
    };
}

internal static partial class OnCallLog
{
    [LoggerMessage(2451, LogLevel.Warning, "Changes of who is on call are not told now: {Reason}")]
    public static partial void WatchWaits(this ILogger logger, string reason);

    [LoggerMessage(2452, LogLevel.Error, "Telling changes of who is on call met a bug; it is tried again in 5 s")]
    public static partial void WatchBroke(this ILogger logger, Exception e);
}
