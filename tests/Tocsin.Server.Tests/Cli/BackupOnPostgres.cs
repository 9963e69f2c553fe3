using Npgsql;
using Tocsin.Data;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

/// <summary>Backup and restore through PostgreSQL's own programs, between two databases of the test server.</summary>
public sealed class BackupOnPostgres : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-backup-").FullName;
    private readonly CliWorld _world = new(null);
    private readonly string _from = $"tocsin_{Guid.NewGuid():N}";
    private readonly string _to = $"tocsin_{Guid.NewGuid():N}";

    private string Archive => Path.Combine(_root, "backup.tar.gz");

    private string Data => Path.Combine(_root, "data");

    public async Task InitializeAsync()
    {
        await RunAsync($"CREATE DATABASE {_from}");
        await RunAsync($"CREATE DATABASE {_to}");
        await using var database = new PostgresDatabase(Address(_from));
        await Migrator.MigrateAsync(database, FakeServer.Now, CancellationToken.None);
        await database.WriteAsync(BackupTests.SeedAsync, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await RunAsync($"DROP DATABASE {_from} WITH (FORCE)");
        await RunAsync($"DROP DATABASE {_to} WITH (FORCE)");
        Directory.Delete(_root, recursive: true);
    }

    [StoreFact]
    public async Task A_database_comes_back_in_another_and_what_was_open_is_held()
    {
        Directory.CreateDirectory(Data);
        await File.WriteAllTextAsync(Path.Combine(Data, "key.xml"), "<key/>");
        var backup = await _world.RunAsync("backup", "--data", Data, "--database", Address(_from), "--to", Archive);
        var target = Path.Combine(_root, "elsewhere");

        var restore = await _world.RunAsync("restore", Archive, "--data", target, "--database", Address(_to));

        Assert.Equal((0, 0), (backup.ExitCode, restore.ExitCode));
        Assert.Contains("1 open incident is held", restore.Out, StringComparison.Ordinal);
        Assert.Equal("<key/>", await File.ReadAllTextAsync(Path.Combine(target, "key.xml")));
        await using var restored = new PostgresDatabase(Address(_to));
        Assert.Equal(2, await BackupTests.ScalarAsync(restored, "SELECT COUNT(*) FROM incident"));
        Assert.Equal(1, await BackupTests.ScalarAsync(restored, "SELECT COUNT(*) FROM job WHERE dead = 0"));
    }

    [StoreFact]
    public async Task A_database_with_something_in_it_is_replaced_only_with_force_and_never_under_a_server()
    {
        await _world.RunAsync("backup", "--data", Data, "--database", Address(_from), "--to", Archive);
        await _world.RunAsync("restore", Archive, "--data", Data, "--database", Address(_to));
        await using var restored = new PostgresDatabase(Address(_to));
        await restored.WriteAsync(tx => tx.ExecuteAsync("UPDATE incident SET severity = 3"), CancellationToken.None);

        var refused = await _world.RunAsync("restore", Archive, "--data", Data, "--database", Address(_to));
        var running = await _world.RunAsync("restore", Archive, "--data", Data, "--database", Address(_to), "--force");
        await restored.DisposeAsync();
        var forced = await _world.RunAsync("restore", Archive, "--data", Data, "--database", Address(_to), "--force");

        Assert.Equal([1, 1, 0], [refused.ExitCode, running.ExitCode, forced.ExitCode]);
        Assert.Contains("a server is running", running.Error, StringComparison.Ordinal);
        await using var replaced = new PostgresDatabase(Address(_to));
        Assert.Equal(2, await BackupTests.ScalarAsync(replaced, "SELECT COUNT(*) FROM incident WHERE severity = 0"));
    }

    [StoreFact]
    public async Task A_backup_goes_back_to_its_own_engine()
    {
        await _world.RunAsync("backup", "--data", Data, "--database", Address(_from), "--to", Archive);

        var run = await _world.RunAsync("restore", Archive, "--data", Path.Combine(_root, "elsewhere"));

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("hint: say with --database postgres://", run.Error, StringComparison.Ordinal);
    }

    private static string Address(string database) => new NpgsqlConnectionStringBuilder(Server) { Database = database, ApplicationName = "tocsin" }.ConnectionString;

    private static string Server => Environment.GetEnvironmentVariable("TOCSIN_TEST_POSTGRES") ?? throw new InvalidOperationException(Engine.MissingPostgres);

    private static async Task RunAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(Server);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
