using System.CommandLine;
using System.Globalization;
using Tocsin.Backup;
using Tocsin.Cli;
using Tocsin.Data;

namespace Tocsin.Verbs;

/// <summary>Puts a backup in place of nothing, or of what is moved aside first. Old incidents page again only when somebody says so.</summary>
internal static class RestoreVerb
{
    public static Command Create(Terminal terminal)
    {
        var store = new LocalStore();
        var from = new Argument<string>("file") { Description = "A file made by `tocsin backup`" };
        var force = new Option<bool>("--force") { Description = "Restore although something is there; a data folder is moved aside, a PostgreSQL database is replaced" };
        var json = new Option<bool>("--json") { Description = "Print what was restored as JSON" };
        var verb = new Command("restore", "Put a backup in place; the server must not run") { from, force, json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var file = parse.GetValue(from)!;
            if (!File.Exists(file))
            {
                throw new CliException(ExitCode.Usage, $"there is no file '{file}'");
            }

            var location = store.Find(parse);
            var staging = location.Folder + ".restoring";
            if (Directory.Exists(staging))
            {
                Directory.Delete(staging, recursive: true);
            }

            try
            {
                MakePrivate(staging);
                var done = await RestoreAsync(file, location, staging, parse.GetValue(force), terminal, ct);
                if (parse.GetValue(json))
                {
                    JsonOutput.Write(terminal.Out, done, BackupJson.Default.RestoreDone);
                }
                else
                {
                    Write(terminal, done, location);
                }
            }
            finally
            {
                if (Directory.Exists(staging))
                {
                    Directory.Delete(staging, recursive: true);
                }
            }

            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task<RestoreDone> RestoreAsync(string file, StoreLocation location, string staging, bool force, Terminal terminal, CancellationToken ct)
    {
        var database = Path.Combine(staging, location.PostgresAddress is null ? Path.GetFileName(location.SqlitePath) : ".database.part");
        var manifest = await BackupArchive.ReadAsync(file, database, staging, ct);
        Check(manifest, location, file);
        var held = location.PostgresAddress is null
            ? await PlaceFolderAsync(location, staging, database, force, terminal, ct)
            : await PlacePostgresAsync(location, staging, database, force, terminal, ct);
        return new(manifest.MadeAt, manifest.Tocsin, held);
    }

    private static void Write(Terminal terminal, RestoreDone done, StoreLocation location)
    {
        terminal.Out.WriteLine($"restored what was backed up {Words.Both(done.MadeAt, terminal.Time)} to {location.Description}");
        if (done.HeldIncidents > 0)
        {
            terminal.Out.WriteLine(
                $"{Words.Count(done.HeldIncidents, "open incident is", "open incidents are")} held: nobody is paged again for what was open until you say so. "
                + "Start the server, look at them with `tocsin incidents`, and resolve them or let them go on with `tocsin jobs replay --held`.");
        }
    }

    private static void MakePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void Check(BackupManifest manifest, StoreLocation location, string file)
    {
        if (manifest.Schema > Schema.Version)
        {
            throw new CliException(
                ExitCode.NewerDatabase,
                $"'{file}' was made by Tocsin {manifest.Tocsin} with schema {manifest.Schema}; this version knows {Schema.Version}",
                "restore it with that version or a newer one");
        }

        var engine = location.PostgresAddress is null ? "sqlite" : "postgres";
        if (manifest.Engine != engine)
        {
            throw new CliException(
                ExitCode.Usage,
                $"'{file}' holds a {manifest.Engine} database",
                manifest.Engine == "postgres" ? "say with --database postgres://… where it goes" : "leave --database out");
        }
    }

    private static async Task<int> PlaceFolderAsync(
        StoreLocation location, string staging, string database, bool force, Terminal terminal, CancellationToken ct)
    {
        // Held before it is in place: no server can start on it in between.
        int held;
        await using (var restored = new SqliteDatabase(database))
        {
            await CheckIntegrityAsync(restored, ct);
            await Migrator.MigrateAsync(restored, terminal.Now, ct);
            held = await RestoredBackup.HoldAsync(restored, terminal.Now, ct);
        }

        if (Directory.Exists(location.Folder) && Directory.EnumerateFileSystemEntries(location.Folder).Any())
        {
            if (!force)
            {
                throw new CliException(
                    ExitCode.CheckFailed, $"'{location.Folder}' is not empty", "restore into a new folder, or give --force to move this one aside");
            }

            if (SqliteBackup.IsInUse(location.SqlitePath))
            {
                throw new CliException(ExitCode.CheckFailed, $"a server is running on '{location.Folder}'", "stop it first");
            }

            var aside = $"{location.Folder}.before-restore-{terminal.Now.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}";
            Directory.Move(location.Folder, aside);
            terminal.Error.WriteLine($"What was there is in {aside}");
        }
        else if (Directory.Exists(location.Folder))
        {
            Directory.Delete(location.Folder);
        }

        Directory.Move(staging, location.Folder);
        return held;
    }

    private static async Task<int> PlacePostgresAsync(
        StoreLocation location, string staging, string dump, bool force, Terminal terminal, CancellationToken ct)
    {
        var isEmpty = await location.SchemaAsync(ct) is null;
        if (!isEmpty && !force)
        {
            throw new CliException(
                ExitCode.CheckFailed, $"{location.Description} is not empty", "restore into a new database, or give --force to replace what is in it");
        }

        if (!isEmpty && await location.NodesAsync(ct) > 0)
        {
            throw new CliException(ExitCode.CheckFailed, $"a server is running on {location.Description}", "stop it first");
        }

        await PostgresTools.RestoreAsync(location.PostgresAddress!, dump, replace: !isEmpty, ct);
        foreach (var (name, path) in DataFolderFiles.Find(staging))
        {
            var target = Path.Combine(location.Folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(path, target, overwrite: force);
        }

        await using var restored = await location.OpenMigratedAsync(terminal.Now, ct);
        return await RestoredBackup.HoldAsync(restored, terminal.Now, ct);
    }

    private static async Task CheckIntegrityAsync(SqliteDatabase database, CancellationToken ct)
    {
        var verdict = await database.ReadAsync(session => session.FirstAsync("PRAGMA integrity_check", static row => row.GetString(0)), ct);
        if (verdict != "ok")
        {
            throw new CliException(ExitCode.CheckFailed, $"the database in the backup is damaged: {verdict}");
        }
    }
}
