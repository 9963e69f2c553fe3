using System.Security.Cryptography;
using Tocsin.Data;

namespace Tocsin.Hosting;

/// <summary>Facts of this installation that all its nodes share, in the table <c>meta</c>.</summary>
internal sealed class Installation(Database database)
{
    private const string LinkSecret = "link_secret";
    private const string AliveAt = "alive_at";
    private const string AliveReference = "alive_reference";
    private const string AliveMachine = "alive_machine";

    /// <summary>The secret that signs action links, made at the first start. 32 bytes.</summary>
    public Task<byte[]> LinkSecretAsync(CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.ExecuteAsync(
                "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO NOTHING",
                ("name", LinkSecret), ("value", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))));
            return Convert.FromBase64String((await ValueAsync(tx, LinkSecret))!);
        },
        ct);

    /// <summary>When any node was last known to be at work; null before the first start.</summary>
    public Task<AliveNote?> LastAliveAsync(CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            if (await ValueAsync(session, AliveAt) is not { } text)
            {
                return null;
            }

            var at = Instants.FromMicros(long.Parse(text));
            return new AliveNote(
                at, await ValueAsync(session, AliveReference) is { } reference ? Instants.FromMicros(long.Parse(reference)) : at,
                (await ValueAsync(session, AliveMachine))?.Split(' ', 2) is [var up, var boot] ? new(boot, TimeSpan.FromMicroseconds(long.Parse(up))) : null);
        },
        ct);

    /// <summary>
    /// Notes that a node is at work. Its clock and what that follows are asked in the transaction, so that a node which
    /// stood still overwrites nothing newer with what it knew before.
    /// </summary>
    /// <param name="keep">Is given the database's clock, null where it has none, and says what to note.</param>
    public Task SaveAliveAsync(Func<DateTimeOffset?, AliveNote> keep, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            var note = keep(await NowAsync(tx));
            await SaveAsync(tx, AliveAt, $"{note.At.ToMicros()}");
            await SaveAsync(tx, AliveReference, $"{note.Reference.ToMicros()}");
            await SaveAsync(tx, AliveMachine, note.Machine is { } machine ? $"{(long)machine.Up.TotalMicroseconds} {machine.Boot}" : "");
        },
        ct);

    private static Task<int> SaveAsync(Tx tx, string name, string value) => tx.ExecuteAsync(
        "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        ("name", name), ("value", value));

    /// <summary>The database's own clock where nodes share one; null for the embedded store, whose clock is ours.</summary>
    public Task<DateTimeOffset?> DatabaseNowAsync(CancellationToken ct) => database.ReadAsync(NowAsync, ct);

    private static async Task<DateTimeOffset?> NowAsync(Session session) => session.Dialect.IsPostgres
        ? Instants.FromMicros(await session.ScalarAsync("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"))
        : null;

    public Task<long?> AnyWorkspaceAsync(CancellationToken ct) => database.ReadAsync(session => session.ScalarAsync("SELECT MIN(id) FROM workspace"), ct);

    private static Task<string?> ValueAsync(Session session, string name) =>
        session.FirstAsync("SELECT value FROM meta WHERE name = @name", static row => row.GetString(0), ("name", name));
}
