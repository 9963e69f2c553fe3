using Tocsin.Data;

namespace Tocsin.Tests.Conformance;

public abstract class MigrationTests(Engine engine)
{
    private static readonly DateTimeOffset _now = VirtualClock.Start;

    [StoreFact]
    public async Task A_migrated_store_is_left_alone_the_second_time()
    {
        await using var store = await engine.OpenAsync();
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
        await using var store = await engine.OpenAsync();
        var nodes = Enumerable.Range(0, 6).Select(_ => store.Open()).ToArray();

        await Task.WhenAll(nodes.Select(node => Migrator.MigrateAsync(node, _now, default)));

        Assert.Equal(Schema.Version, await ScalarAsync(nodes[0], "SELECT COUNT(*) FROM schema_version"));
    }

    [StoreFact]
    public async Task A_newer_schema_is_refused_and_left_alone()
    {
        await using var store = await engine.OpenAsync();
        var database = store.Open();
        await Migrator.MigrateAsync(database, _now, default);
        await database.WriteAsync(
            tx => tx.ExecuteAsync("INSERT INTO schema_version (version, applied_at) VALUES (@version, 0)", ("version", Schema.Version + 1L)), default);

        await Assert.ThrowsAsync<SchemaTooNewException>(() => Migrator.MigrateAsync(database, _now, default));

        Assert.Equal(Schema.Version + 1, await ScalarAsync(database, "SELECT MAX(version) FROM schema_version"));
    }

    private static Task<long?> ScalarAsync(Database database, string sql) => database.ReadAsync(session => session.ScalarAsync(sql), default);

    public sealed class OnSqlite() : MigrationTests(Engine.Sqlite);

    public sealed class OnPostgres() : MigrationTests(Engine.Postgres);
}
