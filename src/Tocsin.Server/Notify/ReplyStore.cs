using Tocsin.Data;

namespace Tocsin.Notify;

/// <summary>The answers that were acted upon, so that none is acted upon twice. Kept as long as incidents are.</summary>
internal sealed class ReplyStore
{
    /// <returns>False: it was here before.</returns>
    public async Task<bool> TryAddAsync(Tx tx, long workspace, string source, string id, DateTimeOffset now) => await tx.ExecuteAsync(
        "INSERT INTO reply_seen (workspace_id, source, reply_id, at) VALUES (@workspace, @source, @id, @now) ON CONFLICT (workspace_id, source, reply_id) DO NOTHING",
        ("workspace", workspace), ("source", source), ("id", id), ("now", now.ToMicros())) == 1;
}
