using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Routing;

/// <summary>Silences made by people and by amtool; those that an estate declares live with the estate.</summary>
internal sealed class SilenceStore
{
    /// <summary>Silences that have not ended before an instant, by their start.</summary>
    public Task<List<Silence>> ListAsync(Session session, long workspace, DateTimeOffset endsAfter) => session.QueryAsync(
        "SELECT body FROM silence WHERE workspace_id = @workspace AND ends_at > @after ORDER BY starts_at, id",
        Read, ("workspace", workspace), ("after", endsAfter.ToMicros()));

    /// <summary>The same, each with when it was last changed.</summary>
    public Task<List<(Silence Silence, DateTimeOffset UpdatedAt)>> ListWithChangesAsync(Session session, long workspace, DateTimeOffset endsAfter) => session.QueryAsync(
        "SELECT body, updated_at FROM silence WHERE workspace_id = @workspace AND ends_at > @after ORDER BY starts_at, id",
        static row => (Read(row), row.Instant(1)), ("workspace", workspace), ("after", endsAfter.ToMicros()));

    public Task<Silence?> FindAsync(Session session, long workspace, string id) => session.FirstAsync(
        "SELECT body FROM silence WHERE workspace_id = @workspace AND id = @id", Read, ("workspace", workspace), ("id", id));

    /// <returns>The silence and when it was last changed; a null silence when there is none of that id.</returns>
    public Task<(Silence? Silence, DateTimeOffset UpdatedAt)> FindWithChangeAsync(Session session, long workspace, string id) => session.FirstAsync(
        "SELECT body, updated_at FROM silence WHERE workspace_id = @workspace AND id = @id",
        static row => ((Silence?)Read(row), row.Instant(1)), ("workspace", workspace), ("id", id));

    /// <summary>Stores a silence, and makes every node read the workspace's configuration anew.</summary>
    public async Task SaveAsync(Tx tx, long workspace, Silence silence, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            """
            INSERT INTO silence (workspace_id, id, body, starts_at, ends_at, updated_at) VALUES (@workspace, @id, @body, @starts, @ends, @now)
            ON CONFLICT (workspace_id, id) DO UPDATE SET
                body = excluded.body, starts_at = excluded.starts_at, ends_at = excluded.ends_at, updated_at = excluded.updated_at
            """,
            ("workspace", workspace), ("id", silence.Id), ("body", JsonSerializer.Serialize(silence, SilenceJson.Default.Silence)),
            ("starts", silence.StartsAt.ToMicros()), ("ends", silence.EndsAt.ToMicros()), ("now", now.ToMicros()));
        await WorkspaceStore.TouchAsync(tx, workspace);
    }

    private static Silence Read(DbDataReader row) => JsonSerializer.Deserialize(row.GetString(0), SilenceJson.Default.Silence)!;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Silence))]
internal sealed partial class SilenceJson : JsonSerializerContext;
