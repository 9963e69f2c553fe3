using System.Data.Common;
using Tocsin.Data;
using Tocsin.Notify;

namespace Tocsin.Audit;

/// <summary>
/// The audit's chains, one a workspace and one of the installation. Entries are added at the end of the transaction that does what they tell, under
/// a lock of their own that is always the last one taken: so numbers have no gaps, and nodes that write at once do not fork a chain.
/// </summary>
internal sealed class AuditStore
{
    /// <summary>The chain of what belongs to no workspace: setup, restores, logins of people whom nobody knows.</summary>
    public const long Installation = 0;

    private const int LockClass = 7_003;
    private const int MaxActor = 200;
    private const int MaxAction = 80;
    private const int MaxSubject = 300;
    private const int MaxAddress = 80;
    private const int MaxDetail = 1000;
    private const int MaxData = 16 * 1024;

    private const string Columns = "workspace_id, seq, at, actor, action, subject, result, address, detail, data, prev, hash";

    // All instances write into the same chains, so within a transaction they gather together.
    private static readonly object _owner = new();

    /// <summary>Adds an entry to a chain; it is written, with its number and hash, when the transaction's work is done.</summary>
    public void Append(Tx tx, long workspace, DateTimeOffset at, AuditEntry entry) =>
        tx.GatherLast<List<AuditLink>>(_owner, all => WriteAsync(tx, all)).Add(Unlinked(workspace, at, entry, entry.Address ?? RequestOrigin.TextOf(tx.Origin)));

    /// <summary>The last entry of a chain; null: it has none.</summary>
    public Task<AuditLink?> HeadAsync(Session session, long workspace) => session.FirstAsync(
        $"SELECT {Columns} FROM audit WHERE workspace_id = @workspace ORDER BY seq DESC LIMIT 1", Read, ("workspace", workspace));

    /// <summary>Entries of a chain after a number, oldest first.</summary>
    public Task<List<AuditLink>> AfterAsync(Session session, long workspace, long after, int limit) => session.QueryAsync(
        $"SELECT {Columns} FROM audit WHERE workspace_id = @workspace AND seq > @after ORDER BY seq LIMIT @limit",
        Read, ("workspace", workspace), ("after", after), ("limit", limit));

    /// <summary>Entries of a chain that a filter wants, newest first, before a number.</summary>
    public Task<List<AuditLink>> NewestAsync(Session session, long workspace, AuditFilter filter, long before, int limit)
    {
        var (sql, args) = filter.Conditions();
        return session.QueryAsync(
            $"SELECT {Columns} FROM audit WHERE workspace_id = @workspace AND seq < @before{sql} ORDER BY seq DESC LIMIT @limit",
            Read, [("workspace", workspace), ("before", before), .. args, ("limit", limit)]);
    }

    /// <summary>The workspaces that have entries, and <see cref="Installation"/> if it has.</summary>
    public Task<List<long>> ChainsAsync(Session session) => session.QueryAsync("SELECT DISTINCT workspace_id FROM audit ORDER BY workspace_id", static row => row.GetInt64(0));

    /// <summary>
    /// Removes the oldest entries up to the first that is not older than an instant, never the newest, and adds one that says so, by which the rest stays verifiable.
    /// </summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> ForgetAsync(Tx tx, long workspace, DateTimeOffset before, int most, DateTimeOffset now)
    {
        await LockAsync(tx, workspace);
        var old = await tx.QueryAsync(
            "SELECT seq, at, hash FROM audit WHERE workspace_id = @workspace ORDER BY seq LIMIT @most",
            static row => (Seq: row.GetInt64(0), At: row.Instant(1), Hash: row.GetString(2)), ("workspace", workspace), ("most", most + 1));
        var kept = old.FindIndex(link => link.At >= before);
        var count = kept >= 0 ? kept : old.Count - 1;
        if (count <= 0)
        {
            return 0;
        }

        var last = old[count - 1];
        await tx.ExecuteAsync("DELETE FROM audit WHERE workspace_id = @workspace AND seq <= @last", ("workspace", workspace), ("last", last.Seq));
        Append(tx, workspace, now, new("system", AuditCheck.Forgotten, "audit", $"entries up to {last.Seq}, older than {before:yyyy-MM-dd}, were removed after their time")
        {
            Data = AuditCheck.DataOf(new(last.Seq, last.Hash)),
        });
        return count;
    }

    private static async Task WriteAsync(Tx tx, List<AuditLink> all)
    {
        foreach (var chain in all.GroupBy(link => link.Workspace).OrderBy(chain => chain.Key))
        {
            await LockAsync(tx, chain.Key);
            var (seq, hash) = await tx.FirstAsync(
                "SELECT seq, hash FROM audit WHERE workspace_id = @workspace ORDER BY seq DESC LIMIT 1",
                static row => ((long Seq, string Hash)?)(row.GetInt64(0), row.GetString(1)), ("workspace", chain.Key)) ?? (0, AuditLink.Genesis);
            List<AuditLink> links = [];
            foreach (var unlinked in chain)
            {
                var link = (unlinked with { Seq = ++seq, Prev = hash }).Sealed();
                hash = link.Hash;
                links.Add(link);
            }

            await tx.BatchAsync(
                $"INSERT INTO audit ({Columns}) {{rows}}",
                new("workspace", Each(links, l => l.Workspace)), new("seq", Each(links, l => l.Seq)), new("at", Each(links, l => l.At.ToMicros())),
                new("actor", Each(links, l => l.Actor)), new("action", Each(links, l => l.Action)), new("subject", Each(links, l => l.Subject)),
                new("result", Each(links, l => l.Result)), new("address", Each(links, l => l.Address)), new("detail", Each(links, l => l.Detail)),
                new("data", Each(links, l => l.Data)), new("prev", Each(links, l => l.Prev)), new("hash", Each(links, l => l.Hash)));
        }
    }

    private static Task LockAsync(Tx tx, long workspace) => tx.Dialect.IsPostgres
        ? tx.ExecuteAsync("SELECT pg_advisory_xact_lock(@class, @workspace)", ("class", LockClass), ("workspace", (int)workspace))
        : Task.CompletedTask;

    /// <summary>The entry as it will be stored, to the letter: only so does its hash hold.</summary>
    private static AuditLink Unlinked(long workspace, DateTimeOffset at, AuditEntry entry, string address) => new(
        workspace, 0, Instants.FromMicros(at.ToMicros()), PlainText.OneLine(entry.Actor, MaxActor), PlainText.OneLine(entry.Action, MaxAction),
        PlainText.OneLine(entry.Subject, MaxSubject), entry.Result, PlainText.OneLine(address, MaxAddress), PlainText.OneLine(entry.Detail, MaxDetail),
        entry.Data is not { } data ? "" : data.Length <= MaxData ? StorableText.Of(data) : $$"""{"left_out":{{data.Length}}}""", "", "");

    private static AuditLink Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.Instant(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6), row.GetString(7), row.GetString(8),
        row.GetString(9), row.GetString(10), row.GetString(11));

    private static TValue[] Each<TValue>(List<AuditLink> links, Func<AuditLink, TValue> value) => [.. links.Select(value)];
}
