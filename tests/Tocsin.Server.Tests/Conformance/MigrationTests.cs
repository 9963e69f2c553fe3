using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Tests.Conformance;

public abstract class MigrationTests(Engine engine)
{
    private static readonly DateTimeOffset _now = VirtualClock.Start;

    [StoreFact]
    public async Task A_migrated_store_is_left_alone_the_second_time()
    {
        await using var store = await engine.OpenBareAsync();
        var database = store.Open();

        await Migrator.MigrateAsync(database, _now, default);
        await database.WriteAsync(tx => EngineBench.AddWorkspaceAsync(tx, 1), default);
        await Migrator.MigrateAsync(database, _now.AddDays(1), default);

        Assert.Equal(1, await ScalarAsync(database, "SELECT COUNT(*) FROM workspace"));
        Assert.Equal(Schema.Version, await ScalarAsync(database, "SELECT COUNT(*) FROM schema_version"));
        Assert.Equal(_now.ToMicros(), await ScalarAsync(database, "SELECT MAX(applied_at) FROM schema_version"));
    }

    [StoreFact]
    public async Task Nodes_that_start_at_once_migrate_once()
    {
        await using var store = await engine.OpenBareAsync();
        var nodes = Enumerable.Range(0, 6).Select(_ => store.Open()).ToArray();

        await Task.WhenAll(nodes.Select(node => Migrator.MigrateAsync(node, _now, default)));

        Assert.Equal(Schema.Version, await ScalarAsync(nodes[0], "SELECT COUNT(*) FROM schema_version"));
    }

    [StoreFact]
    public async Task A_newer_schema_is_refused_and_left_alone()
    {
        await using var store = await engine.OpenBareAsync();
        var database = store.Open();
        await Migrator.MigrateAsync(database, _now, default);
        await database.WriteAsync(
            tx => tx.ExecuteAsync("INSERT INTO schema_version (version, applied_at) VALUES (@version, 0)", ("version", Schema.Version + 1L)), default);

        await Assert.ThrowsAsync<SchemaTooNewException>(() => Migrator.MigrateAsync(database, _now, default));

        Assert.Equal(Schema.Version + 1, await ScalarAsync(database, "SELECT MAX(version) FROM schema_version"));
    }

    [StoreFact]
    public async Task Who_could_log_in_before_people_had_several_workspaces_still_can_and_is_still_logged_in()
    {
        await using var store = await engine.OpenBareAsync();
        var database = store.Open();
        var token = new string('t', 43);
        await database.WriteAsync(
            async tx =>
            {
                await Migrator.MigrateAsync(tx, _now, to: 4);
                await tx.ExecuteAsync("INSERT INTO workspace (id, name, revision, last_incident, created_at) VALUES (1, 'acme', 0, 0, 0), (2, 'other', 0, 0, 0)");
                await tx.ExecuteAsync(
                    """
                    INSERT INTO account (id, workspace_id, email, user_name, role, password_hash, created_at) VALUES
                    (7, 1, 'ana@example.test', 'ana', 'owner', 'hash', 10), (8, 2, 'ana@example.test', 'ana-b', 'viewer', 'hash', 20), (9, 1, 'bo@example.test', 'bo', 'admin', NULL, 30)
                    """);
                await tx.ExecuteAsync(
                    "INSERT INTO web_session (workspace_id, token_hash, account_id, created_at, expires_at) VALUES (2, @hash, 8, 5, @expires)",
                    ("hash", ApiKeyText.Hash(token)), ("expires", _now.AddDays(1).ToMicros()));
            },
            default);

        await Migrator.MigrateAsync(database, _now, default);

        var accounts = new AccountStore();
        var known = await database.ReadAsync(async session => await accounts.OfPersonAsync(session, (await accounts.FindPersonAsync(session, "Ana@example.test"))!.Id), default);
        var session = await database.ReadAsync(s => accounts.FindLoginAsync(s, token, LoginFacts.Web, _now, DateTimeOffset.UnixEpoch), default);
        Assert.Equal([("acme", "ana", Role.Owner, "hash"), ("other", "ana-b", Role.Viewer, "hash")], known.Select(a => (a.WorkspaceName, a.UserName, a.Role, a.PasswordHash!)));
        Assert.Single(known.Select(a => a.Id).Distinct());
        Assert.Equal(known[1], session!.Value.Account);
        Assert.Equal(2, await ScalarAsync(database, "SELECT COUNT(*) FROM person"));
    }

    private static Task<long?> ScalarAsync(Database database, string sql) => database.ReadAsync(session => session.ScalarAsync(sql), default);

    public sealed class OnSqlite() : MigrationTests(Engine.Sqlite);

    public sealed class OnPostgres() : MigrationTests(Engine.Postgres);
}
