using Tocsin.Data;

namespace Tocsin.Estate;

/// <summary>The estate's objects as they are kept: references not filled in.</summary>
internal sealed class EstateStore
{
    public Task<List<EstateObject>> ListAsync(Session session, long workspace, string name) => session.QueryAsync(
        "SELECT kind, name, body, origin FROM estate_object WHERE workspace_id = @workspace ORDER BY kind, name",
        row => EstateObject.Stored(name, row.GetString(0), row.GetString(1), row.GetString(2), row.NullableString(3)), ("workspace", workspace));

    /// <summary>Stores an object and raises the workspace's revision, so that every node reads it anew.</summary>
    public async Task SaveAsync(Tx tx, long workspace, EstateObject item, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            """
            INSERT INTO estate_object (workspace_id, kind, name, body, origin, updated_at) VALUES (@workspace, @kind, @name, @body, @origin, @now)
            ON CONFLICT (workspace_id, kind, name) DO UPDATE SET body = excluded.body, origin = excluded.origin, updated_at = excluded.updated_at
            """,
            ("workspace", workspace), ("kind", item.Kind), ("name", item.Name), ("body", EstateJson.Write(item.Body)), ("origin", item.Origin), ("now", now.ToMicros()));
        await RaiseAsync(tx, workspace);
    }

    public async Task DeleteAsync(Tx tx, long workspace, EstateObject item)
    {
        await tx.ExecuteAsync(
            "DELETE FROM estate_object WHERE workspace_id = @workspace AND kind = @kind AND name = @name", ("workspace", workspace), ("kind", item.Kind), ("name", item.Name));
        await RaiseAsync(tx, workspace);
    }

    private static Task<int> RaiseAsync(Tx tx, long workspace) =>
        tx.ExecuteAsync("UPDATE workspace SET revision = revision + 1 WHERE id = @workspace", ("workspace", workspace));
}
