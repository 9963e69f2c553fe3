using System.CommandLine;
using System.Globalization;
using Tocsin.Backup;
using Tocsin.Cli;
using Tocsin.Data;
using Tocsin.Operations;

namespace Tocsin.Verbs;

/// <summary>Everything that is needed to go on elsewhere, in one file, while the server runs.</summary>
internal static class BackupVerb
{
    public static Command Create(Terminal terminal)
    {
        var store = new LocalStore();
        var to = new Option<string?>("--to") { Description = "The file to write. Default: tocsin-backup-TIME.tar.gz here", HelpName = "FILE" };
        var force = new Option<bool>("--force") { Description = "Replace the file if it is there" };
        var json = new Option<bool>("--json") { Description = "Print what was written as JSON" };
        var verb = new Command("backup", "Write the database and the keys into one file; the server may run") { to, force, json, store.Data, store.Database };
        verb.SetAction(async (parse, ct) =>
        {
            var location = store.Find(parse);
            var file = parse.GetValue(to) ?? $"tocsin-backup-{terminal.Now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}.tar.gz";
            if (Directory.Exists(file) || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))))
            {
                throw new CliException(
                    ExitCode.Usage, Directory.Exists(file) ? $"'{file}' is a folder" : $"there is no folder for '{file}'", "give the name of a file in a folder that is there with --to");
            }

            if (File.Exists(file) && !parse.GetValue(force))
            {
                throw new CliException(ExitCode.CheckFailed, $"'{file}' is there already", "give another name with --to, or --force to replace it");
            }

            await WriteAsync(location, file, terminal.Now, ct);
            if (parse.GetValue(json))
            {
                JsonOutput.Write(terminal.Out, new(Path.GetFullPath(file), new FileInfo(file).Length, terminal.Now), BackupJson.Default.BackupDone);
            }
            else
            {
                terminal.Out.WriteLine(file);
            }

            terminal.Error.WriteLine("It holds keys and secrets: keep it where only you can read it.");
            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task WriteAsync(StoreLocation location, string file, DateTimeOffset now, CancellationToken ct)
    {
        await location.RequireAsync(ct);
        var schema = await location.SchemaAsync(ct) ?? 0;
        var copy = file + ".database.part";
        try
        {
            var postgres = location.PostgresAddress is not null;
            await (postgres ? PostgresTools.DumpAsync(location.PostgresAddress!, copy, ct) : SqliteBackup.CopyAsync(location.SqlitePath, copy, ct));
            var files = Directory.Exists(location.Folder) ? DataFolderFiles.Find(location.Folder) : [];
            await BackupArchive.WriteAsync(
                file, new(BackupManifest.CurrentFormat, BuildInfo.Version, postgres ? "postgres" : "sqlite", schema, now), copy, files, ct);
        }
        finally
        {
            File.Delete(copy);
        }
    }
}
