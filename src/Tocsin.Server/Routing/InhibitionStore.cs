using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Routing;

/// <summary>Where a firing alert stands under a rule.</summary>
internal readonly record struct StoredPlace(long Key, long Alert, InhibitionSide Side);

/// <summary>
/// The places of all alerts that fire, by key, so that finding whom an alert mutes, or what mutes it, costs one look into an index. Written in the
/// transactions that decide about alerts, under the workspace's lock.
/// </summary>
internal sealed class InhibitionStore
{
    /// <summary>Which rules the stored places are of; null: none were ever stored.</summary>
    public async Task<(long Stamp, long Revision)?> StampAsync(Session session, long workspace) =>
        await session.QueryAsync(
            "SELECT stamp, revision FROM inhibit_stamp WHERE workspace_id = @workspace", static row => (row.GetInt64(0), row.GetInt64(1)), ("workspace", workspace))
        is [var stamp] ? stamp : null;

    /// <summary>Makes the next look at the workspace store all places anew, since its rules have changed.</summary>
    public static Task ForgetAsync(Tx tx, long workspace) => tx.ExecuteAsync("DELETE FROM inhibit_stamp WHERE workspace_id = @workspace", ("workspace", workspace));

    /// <summary>Forgets all places, for those of other rules.</summary>
    public async Task RestartAsync(Tx tx, long workspace, long stamp, long revision)
    {
        await tx.ExecuteAsync("DELETE FROM inhibit_place WHERE workspace_id = @workspace", ("workspace", workspace));
        await tx.ExecuteAsync(
            """
            INSERT INTO inhibit_stamp (workspace_id, stamp, revision) VALUES (@workspace, @stamp, @revision)
            ON CONFLICT (workspace_id) DO UPDATE SET stamp = excluded.stamp, revision = excluded.revision
            """,
            ("workspace", workspace), ("stamp", stamp), ("revision", revision));
    }

    public Task AddAsync(Tx tx, long workspace, IReadOnlyList<StoredPlace> places)
    {
        var count = places.Count;
        var (workspaces, keys, alerts, sides) = (new long[count], new long[count], new long[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            (workspaces[i], keys[i], alerts[i], sides[i]) = (workspace, places[i].Key, places[i].Alert, (int)places[i].Side);
        }

        return tx.BatchAsync(
            """
            INSERT INTO inhibit_place (workspace_id, place_key, alert_id, side) {rows}
            ON CONFLICT (workspace_id, place_key, alert_id) DO UPDATE SET side = excluded.side
            """,
            new("workspace", workspaces), new("key", keys), new("alert", alerts), new("side", sides));
    }

    public async Task RemoveAsync(Tx tx, long workspace, IReadOnlyCollection<long> alerts)
    {
        if (alerts.Count == 0)
        {
            return;
        }

        if (tx.Dialect.IsPostgres)
        {
            await tx.ExecuteAsync("DELETE FROM inhibit_place WHERE workspace_id = @workspace AND alert_id = ANY(@alerts)", ("workspace", workspace), ("alerts", alerts.ToArray()));
            return;
        }

        await tx.ExecuteAsync(
            "DELETE FROM inhibit_place WHERE workspace_id = @workspace AND alert_id IN (SELECT value FROM json_each(@alerts))",
            ("workspace", workspace), ("alerts", $"[{string.Join(',', alerts)}]"));
    }

    /// <summary>The targets at any of these keys, each with the side that it is on.</summary>
    public Task<List<StoredPlace>> TargetsAsync(Session session, long workspace, IReadOnlyCollection<long> keys) => keys.Count == 0
        ? Task.FromResult<List<StoredPlace>>([])
        : session.QueryAsync(
            $"SELECT place_key, alert_id, side FROM inhibit_place WHERE workspace_id = @workspace AND side >= 2 AND place_key {(session.Dialect.IsPostgres ? "= ANY(@keys)" : "IN (SELECT value FROM json_each(@keys))")} ORDER BY alert_id",
            Read, ("workspace", workspace), ("keys", session.Dialect.IsPostgres ? keys.ToArray() : $"[{string.Join(',', keys)}]"));

    /// <summary>Of each of these keys the first source on each side that still fires: a rule asks for no more.</summary>
    public async Task<List<StoredPlace>> SourcesAsync(Session session, long workspace, IReadOnlyCollection<long> keys)
    {
        if (keys.Count == 0)
        {
            return [];
        }

        // The alert's own word counts: a place that nobody cleared away mutes nothing.
        const string first =
            """
            SELECT p.place_key, p.alert_id, p.side FROM inhibit_place p JOIN alert a ON a.workspace_id = p.workspace_id AND a.id = p.alert_id
            WHERE p.workspace_id = @workspace AND p.place_key = {key} AND p.side = {side} AND a.status = 0 ORDER BY p.alert_id LIMIT 1
            """;
        if (session.Dialect.IsPostgres)
        {
            var of = first.Replace("{key}", "keys.key", StringComparison.Ordinal).Replace("{side}", "sides.side", StringComparison.Ordinal);
            return await session.QueryAsync(
                $"SELECT f.place_key, f.alert_id, f.side FROM unnest(@keys) AS keys(key) CROSS JOIN (VALUES (1), (3)) AS sides(side) CROSS JOIN LATERAL ({of}) f",
                Read, ("keys", keys.ToArray()), ("workspace", workspace));
        }

        List<StoredPlace> found = [];
        var one = first.Replace("{key}", "@key", StringComparison.Ordinal).Replace("{side}", "@side", StringComparison.Ordinal);
        foreach (var key in keys)
        {
            found.AddRange(await session.QueryAsync(one, Read, ("workspace", workspace), ("key", key), ("side", (int)InhibitionSide.Source)));
            found.AddRange(await session.QueryAsync(one, Read, ("workspace", workspace), ("key", key), ("side", (int)InhibitionSide.Both)));
        }

        return found;
    }

    private static StoredPlace Read(DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), (InhibitionSide)row.GetInt32(2));
}
