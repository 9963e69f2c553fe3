using System.Security.Cryptography;
using Tocsin.Data;

namespace Tocsin.Workspaces;

/// <summary>A tenant. <paramref name="Revision"/> grows with each change of its configuration.</summary>
internal sealed record Workspace(long Id, string Name, long Revision);

internal sealed class WorkspaceStore
{
    /// <summary>The name of the workspace that exists when nobody named one.</summary>
    public const string Default = "default";

    public Task<List<Workspace>> ListAsync(Session session) => session.QueryAsync(
        "SELECT id, name, revision FROM workspace ORDER BY id", static row => new Workspace(row.GetInt64(0), row.GetString(1), row.GetInt64(2)));

    public Task<Workspace?> FindAsync(Session session, string name) => session.FirstAsync(
        "SELECT id, name, revision FROM workspace WHERE name = @name",
        static row => new Workspace(row.GetInt64(0), row.GetString(1), row.GetInt64(2)), ("name", name));

    /// <summary>Lets every node compile the configuration anew, within two seconds: something that it depends on has changed.</summary>
    public static Task TouchAsync(Tx tx, long workspace) => tx.ExecuteAsync("UPDATE workspace SET revision = revision + 1 WHERE id = @workspace", ("workspace", workspace));

    /// <summary>
    /// The workspace of that name, made if it is missing. The default workspace takes the name instead if it is the only one and
    /// nobody has used it, so that a first estate does not leave an empty workspace, and keys made before it, beside it.
    /// </summary>
    public async Task<Workspace> EnsureAsync(Tx tx, string name, DateTimeOffset now)
    {
        if (tx.Dialect.IsPostgres)
        {
            // Two nodes that start at once must not both make it.
            await tx.ExecuteAsync("SELECT pg_advisory_xact_lock(7002)");
        }

        if (await FindAsync(tx, name) is { } known)
        {
            return known;
        }

        if (await ListAsync(tx) is [{ Name: Default } only] && await IsUnusedAsync(tx, only.Id))
        {
            await tx.ExecuteAsync("UPDATE workspace SET name = @name WHERE id = @id", ("name", name), ("id", only.Id));
            return only with { Name = name };
        }

        return await AddAsync(tx, name, now);
    }

    /// <summary>
    /// A new workspace for somebody who came by himself. Its name ends in random letters, so that nobody can take the name of one that the
    /// operator will declare later, and nobody learns from a refusal which names there are.
    /// </summary>
    public static async Task<Workspace> NewAsync(Tx tx, string name, DateTimeOffset now)
    {
        if (tx.Dialect.IsPostgres)
        {
            await tx.ExecuteAsync("SELECT pg_advisory_xact_lock(7002)");
        }

        return await AddAsync(tx, $"{name}-{RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 8)}", now);
    }

    private static async Task<Workspace> AddAsync(Tx tx, string name, DateTimeOffset now)
    {
        var id = (await tx.ScalarAsync("SELECT MAX(id) FROM workspace") ?? 0) + 1;
        await tx.ExecuteAsync(
            "INSERT INTO workspace (id, name, revision, last_incident, created_at) VALUES (@id, @name, 0, 0, @now)",
            ("id", id), ("name", name), ("now", now.ToMicros()));
        return new(id, name, 0);
    }

    private static async Task<bool> IsUnusedAsync(Session session, long id) =>
        await session.ScalarAsync(
            """
            SELECT (SELECT COUNT(*) FROM estate_object WHERE workspace_id = @id) + (SELECT COUNT(*) FROM member WHERE workspace_id = @id)
                + (SELECT COUNT(*) FROM delivery WHERE workspace_id = @id) + (SELECT last_incident FROM workspace WHERE id = @id)
            """,
            ("id", id)) == 0;
}
