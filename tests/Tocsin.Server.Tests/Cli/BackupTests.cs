using System.Formats.Tar;
using System.IO.Compression;
using Tocsin.Data;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class BackupTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-backup-").FullName;
    private readonly CliWorld _world = new(null);

    private string Source => Path.Combine(_root, "data");

    private string Archive => Path.Combine(_root, "backup.tar.gz");

    private string Target => Path.Combine(_root, "elsewhere");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Source, "keys"));
        await File.WriteAllTextAsync(Path.Combine(Source, "keys", "key-1.xml"), "<key/>");
        await using var database = new SqliteDatabase(Path.Combine(Source, "tocsin.db"));
        await Migrator.MigrateAsync(database, FakeServer.Now, CancellationToken.None);
        await database.WriteAsync(SeedAsync, CancellationToken.None);
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_root, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_backup_made_while_the_server_runs_comes_back_whole_with_its_keys()
    {
        await using (var server = new SqliteDatabase(Path.Combine(Source, "tocsin.db")))
        {
            var backup = await _world.RunAsync("backup", "--data", Source, "--to", Archive);
            Assert.Equal((0, Archive + "\n"), (backup.ExitCode, backup.Out));
            await server.WriteAsync(tx => tx.ExecuteAsync("UPDATE incident SET severity = 3"), CancellationToken.None);
        }

        var restore = await _world.RunAsync("restore", Archive, "--data", Target);

        Assert.Equal(0, restore.ExitCode);
        Assert.Equal("<key/>", await File.ReadAllTextAsync(Path.Combine(Target, "keys", "key-1.xml")));
        await using var restored = new SqliteDatabase(Path.Combine(Target, "tocsin.db"));
        Assert.Equal(2, await ScalarAsync(restored, "SELECT COUNT(*) FROM incident WHERE severity = 0"));
    }

    [Fact]
    public async Task A_place_where_no_file_can_be_is_a_usage_error()
    {
        var folder = await _world.RunAsync("backup", "--data", Source, "--to", _root);
        var nowhere = await _world.RunAsync("backup", "--data", Source, "--to", Path.Combine(_root, "missing", "b.tar.gz"));

        Assert.Equal([(2, $"error: '{_root}' is a folder"), (2, $"error: there is no folder for '{Path.Combine(_root, "missing", "b.tar.gz")}'")], new[] { folder, nowhere }.Select(r => (r.ExitCode, r.Error.Split('\n')[0])));
    }

    [Fact]
    public async Task A_script_learns_what_was_written_and_what_is_held()
    {
        var backup = await _world.RunAsync("backup", "--data", Source, "--to", Archive, "--json");
        var restore = await _world.RunAsync("restore", Archive, "--data", Target, "--json");

        Assert.Equal((Archive, new FileInfo(Archive).Length), (Of(backup).GetProperty("file").GetString(), Of(backup).GetProperty("bytes").GetInt64()));
        Assert.Equal(1, Of(restore).GetProperty("held_incidents").GetInt32());

        static System.Text.Json.JsonElement Of(CliRun run) => System.Text.Json.JsonDocument.Parse(run.Out).RootElement;
    }

    [Fact]
    public async Task After_a_restore_nobody_is_paged_again_until_somebody_says_so()
    {
        await _world.RunAsync("backup", "--data", Source, "--to", Archive);

        var restore = await _world.RunAsync("restore", Archive, "--data", Target);

        Assert.Contains("1 open incident is held", restore.Out, StringComparison.Ordinal);
        await using var restored = new SqliteDatabase(Path.Combine(Target, "tocsin.db"));
        Assert.Equal(0, await ScalarAsync(restored, "SELECT COUNT(*) FROM job WHERE dead = 0 AND kind IN ('page', 'incident.wake')"));
        Assert.Equal(1, await ScalarAsync(restored, "SELECT COUNT(*) FROM job WHERE dead = 0 AND kind = 'alert.expire'"));
        Assert.Equal(1, await ScalarAsync(restored, "SELECT COUNT(*) FROM event WHERE kind = 'incident.held' AND subject = 'incident/1'"));
        Assert.Equal(0, await ScalarAsync(restored, "SELECT COUNT(*) FROM event WHERE subject = 'incident/2'"));
    }

    [Fact]
    public async Task A_folder_with_something_in_it_is_left_alone_and_with_force_moved_aside()
    {
        await _world.RunAsync("backup", "--data", Source, "--to", Archive);
        await File.WriteAllTextAsync(Path.Combine(Source, "keys", "key-2.xml"), "later");

        var refused = await _world.RunAsync("restore", Archive, "--data", Source);
        var forced = await _world.RunAsync("restore", Archive, "--data", Source, "--force");

        Assert.Equal([1, 0], [refused.ExitCode, forced.ExitCode]);
        Assert.Contains("is not empty", refused.Error, StringComparison.Ordinal);
        Assert.Equal(["key-1.xml"], Directory.GetFiles(Path.Combine(Source, "keys")).Select(Path.GetFileName));
        var aside = Assert.Single(Directory.GetDirectories(_root, "data.before-restore-*"));
        Assert.True(File.Exists(Path.Combine(aside, "keys", "key-2.xml")));
        Assert.False(Directory.Exists(Source + ".restoring"));
    }

    [Fact]
    public async Task A_running_server_is_not_restored_under()
    {
        await _world.RunAsync("backup", "--data", Source, "--to", Archive);
        await using var server = new SqliteDatabase(Path.Combine(Source, "tocsin.db"));

        var run = await _world.RunAsync("restore", Archive, "--data", Source, "--force");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("a server is running", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, await ScalarAsync(server, "SELECT COUNT(*) FROM incident"));
    }

    [Fact]
    public async Task A_backup_of_a_newer_version_is_6()
    {
        await using (var database = new SqliteDatabase(Path.Combine(Source, "tocsin.db")))
        {
            await database.WriteAsync(tx => tx.ExecuteAsync("INSERT INTO schema_version (version, applied_at) VALUES (9999, 0)"), CancellationToken.None);
        }

        var backup = await _world.RunAsync("backup", "--data", Source, "--to", Archive);
        var restore = await _world.RunAsync("restore", Archive, "--data", Target);

        Assert.Equal([0, 6], [backup.ExitCode, restore.ExitCode]);
        Assert.False(Directory.Exists(Target));
    }

    [Fact]
    public async Task A_file_is_not_replaced_unasked_and_only_its_owner_may_read_it()
    {
        await File.WriteAllTextAsync(Archive, "mine");

        var refused = await _world.RunAsync("backup", "--data", Source, "--to", Archive);
        var kept = await File.ReadAllTextAsync(Archive);
        var forced = await _world.RunAsync("backup", "--data", Source, "--to", Archive, "--force");

        Assert.Equal([1, 0], [refused.ExitCode, forced.ExitCode]);
        Assert.Equal("mine", kept);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(Archive) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.Equal(["backup.tar.gz", "data"], Directory.GetFileSystemEntries(_root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_data_folder_without_a_database_is_said_and_left_as_it_is()
    {
        var run = await _world.RunAsync("backup", "--data", Target, "--to", Archive);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("there is no database", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Target));
    }

    [Fact]
    public async Task Damaged_and_foreign_files_are_refused_and_leave_nothing()
    {
        await _world.RunAsync("backup", "--data", Source, "--to", Archive);
        var whole = await File.ReadAllBytesAsync(Archive);
        var cut = Path.Combine(_root, "cut.tar.gz");
        await File.WriteAllBytesAsync(cut, whole[..(whole.Length / 2)]);
        var text = Path.Combine(_root, "text.tar.gz");
        await File.WriteAllTextAsync(text, "not an archive");
        var escaping = Path.Combine(_root, "escaping.tar.gz");
        await WriteTarAsync(escaping, ("manifest.json", """{"format":1,"tocsin":"1","engine":"sqlite","schema":1,"made_at":"2026-01-01T00:00:00Z"}"""), ("files/../../escaped", "x"));

        foreach (var file in new[] { cut, text, escaping })
        {
            var run = await _world.RunAsync("restore", file, "--data", Target);
            Assert.Equal((1, ""), (run.ExitCode, run.Out));
            Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(Path.Combine(_root, "escaped")));
        Assert.False(Directory.Exists(Target));
    }

    private static async Task WriteTarAsync(string path, params (string Name, string Text)[] entries)
    {
        await using var file = File.Create(path);
        await using var gzip = new GZipStream(file, CompressionLevel.Fastest);
        await using var tar = new TarWriter(gzip, TarEntryFormat.Pax);
        foreach (var (name, text) in entries)
        {
            using var content = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
        }
    }

    internal static async Task SeedAsync(Tx tx)
    {
        foreach (var (number, status) in new[] { (1, 0), (2, 3) })
        {
            await tx.ExecuteAsync(
                """
                INSERT INTO incident (workspace_id, number, status, group_hash, severity, created_at, updated_at, state)
                VALUES (1, @number, @status, @number, 0, 0, 0, '{}')
                """,
                ("number", (long)number), ("status", status));
        }

        foreach (var kind in new[] { "page", "incident.wake", "alert.expire" })
        {
            await tx.ExecuteAsync(
                """
                INSERT INTO job (workspace_id, lane, kind, job_key, ready_at, dead, attempt, payload, created_at)
                VALUES (1, 1, @kind, @kind, 0, 0, 0, '1', 0)
                """,
                ("kind", kind));
        }
    }

    internal static Task<long?> ScalarAsync(Database database, string sql) => database.ReadAsync(session => session.ScalarAsync(sql), CancellationToken.None);
}
