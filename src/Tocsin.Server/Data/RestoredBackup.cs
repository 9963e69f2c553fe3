using Tocsin.Audit;

namespace Tocsin.Data;

/// <summary>What a backup must not do by itself when it comes back: page people about what was open long ago.</summary>
internal static class RestoredBackup
{
    /// <summary>The reason that held jobs show, and by which they are found again.</summary>
    public const string Reason = "held: a backup was restored";

    /// <summary>
    /// Puts every job that would page, escalate, tell, or end a silence on the list of dead jobs, where each can be seen and replayed, and says so in
    /// the log of its incident. Nothing is deleted. Repeating it changes nothing.
    /// </summary>
    /// <returns>How many incidents would have gone on by themselves.</returns>
    public static Task<int> HoldAsync(Database database, DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            var incidents = await tx.ExecuteAsync(
                """
                INSERT INTO event (workspace_id, at, kind, subject, actor, reason)
                SELECT i.workspace_id, @now, 'incident.held', 'incident/' || CAST(i.number AS TEXT), 'system', @reason
                FROM incident i WHERE i.status IN (0, 2)
                    AND EXISTS (SELECT 1 FROM job j WHERE j.workspace_id = i.workspace_id AND j.dead = 0 AND (j.kind IN ('page', 'page.edit', 'silence.turn') OR j.kind LIKE 'incident.%'))
                """,
                ("now", now.ToMicros()), ("reason", "paging is held because a backup was restored; replay the held jobs to go on, or resolve it"));
            await tx.ExecuteAsync(
                "UPDATE job SET dead = 1, lease_by = NULL, error = @reason, ready_at = @now WHERE dead = 0 AND (kind IN ('page', 'page.edit', 'silence.turn') OR kind LIKE 'incident.%')",
                ("reason", Reason), ("now", now.ToMicros()));
            await AuditAsync(tx, now, incidents);
            return incidents;
        },
        ct);

    /// <summary>Every chain goes on from where the backup left it, and says that it was put back there.</summary>
    private static async Task AuditAsync(Tx tx, DateTimeOffset now, int incidents)
    {
        var audit = new AuditStore();
        foreach (var workspace in await tx.QueryAsync("SELECT id FROM workspace ORDER BY id", static row => row.GetInt64(0)))
        {
            await EntryAsync(workspace, $"workspace/{workspace}");
        }

        await EntryAsync(AuditStore.Installation, "installation");

        async Task EntryAsync(long chain, string subject)
        {
            var head = await audit.HeadAsync(tx, chain);
            audit.Append(tx, chain, now, new("system", "backup.restored", subject, $"a backup was restored; in it the audit ended with entry {head?.Seq ?? 0}. Open incidents held in all: {incidents}"));
        }
    }
}
