using System.Security.Cryptography;
using Tocsin.Data;

namespace Tocsin.Hosting;

/// <summary>Facts of this installation that all its nodes share, in the table <c>meta</c>.</summary>
internal sealed class Installation(Database database)
{
    private const string LinkSecret = "link_secret";
    private const string AliveAt = "alive_at";

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
    public async Task<DateTimeOffset?> LastAliveAsync(CancellationToken ct) =>
        await database.ReadAsync(session => ValueAsync(session, AliveAt), ct) is { } text ? Instants.FromMicros(long.Parse(text)) : null;

    public Task SaveAliveAsync(DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        tx => tx.ExecuteAsync(
            "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            ("name", AliveAt), ("value", now.ToMicros().ToString())),
        ct);

    /// <summary>The database's own clock where nodes share one; null for the embedded store, whose clock is ours.</summary>
    public Task<DateTimeOffset?> DatabaseNowAsync(CancellationToken ct) => database.ReadAsync<DateTimeOffset?>(
        async session => session.Dialect.IsPostgres
            ? Instants.FromMicros(await session.ScalarAsync("SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint"))
            : null,
        ct);

    public Task<long?> AnyWorkspaceAsync(CancellationToken ct) => database.ReadAsync(session => session.ScalarAsync("SELECT MIN(id) FROM workspace"), ct);

    private static Task<string?> ValueAsync(Session session, string name) =>
        session.FirstAsync("SELECT value FROM meta WHERE name = @name", static row => row.GetString(0), ("name", name));
}
