using Tocsin.Data;

namespace Tocsin.Notify;

/// <summary>The answers that were acted upon, so that none is acted upon twice. Kept as long as incidents are.</summary>
internal sealed class ReplyStore
{
    /// <returns>False: it was here before.</returns>
    public async Task<bool> TryAddAsync(Tx tx, long workspace, string source, string id, DateTimeOffset now) => await tx.ExecuteAsync(
        "INSERT INTO reply_seen (workspace_id, source, reply_id, at) VALUES (@workspace, @source, @id, @now) ON CONFLICT (workspace_id, source, reply_id) DO NOTHING",
        ("workspace", workspace), ("source", source), ("id", id), ("now", now.ToMicros())) == 1;

    /// <summary>When an answer was acted upon; null: it was not.</summary>
    public Task<DateTimeOffset?> FindAsync(Session session, long workspace, string source, string id) => session.FirstAsync(
        "SELECT at FROM reply_seen WHERE workspace_id = @workspace AND source = @source AND reply_id = @id",
        static row => row.NullableInstant(0), ("workspace", workspace), ("source", source), ("id", id));
}
