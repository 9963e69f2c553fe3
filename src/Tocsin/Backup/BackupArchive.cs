using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;
using Tocsin.Cli;

namespace Tocsin.Backup;

/// <summary>
/// One .tar.gz: <c>manifest.json</c>, the database as <c>database</c>, and the other files of the data folder (keys above all)
/// under <c>files/</c>. It holds secrets, so only its owner may read it.
/// </summary>
internal static class BackupArchive
{
    private const string Manifest = "manifest.json";
    private const string Database = "database";
    private const string Files = "files/";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the archive beside its final name first, so that a file of that name is always whole.</summary>
    public static async Task WriteAsync(
        string path, BackupManifest manifest, string databaseFile, IEnumerable<(string Name, string Path)> files, CancellationToken ct)
    {
        var part = path + ".part";
        File.Delete(part);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        await using (var file = new FileStream(part, options))
        {
            await using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            await using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
            {
                using var head = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, BackupJson.Default.BackupManifest));
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Manifest) { DataStream = head, Mode = OwnerOnly }, ct);
                await WriteFileAsync(tar, Database, databaseFile, ct);
                foreach (var (name, source) in files)
                {
                    await WriteFileAsync(tar, Files + name, source, ct);
                }
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
    }

    /// <summary>Unpacks an archive: the database to <paramref name="databaseFile"/>, the files under <paramref name="folder"/>.</summary>
    /// <exception cref="CliException">The file is not a backup of ours, is damaged, or was made by a newer version.</exception>
    public static async Task<BackupManifest> ReadAsync(string path, string databaseFile, string folder, CancellationToken ct)
    {
        try
        {
            await using var file = File.OpenRead(path);
            await using var gzip = new GZipStream(file, CompressionMode.Decompress);
            await using var tar = new TarReader(gzip);
            var manifest = await ReadManifestAsync(tar, path, ct);
            var hasDatabase = false;
            while (await tar.GetNextEntryAsync(copyData: false, ct) is { } entry)
            {
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                {
                    throw NotOurs(path);
                }

                hasDatabase |= entry.Name == Database;
                await ExtractAsync(entry, entry.Name == Database ? databaseFile : PathOf(entry.Name, folder, path), ct);
            }

            return hasDatabase ? manifest : throw NotOurs(path);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new CliException(ExitCode.CheckFailed, $"'{path}' is damaged or not a backup: {e.Message}");
        }
    }

    private static async Task<BackupManifest> ReadManifestAsync(TarReader tar, string path, CancellationToken ct)
    {
        if (await tar.GetNextEntryAsync(copyData: false, ct) is not { Name: Manifest, DataStream: { } head })
        {
            throw NotOurs(path);
        }

        BackupManifest? manifest;
        try
        {
            manifest = await JsonSerializer.DeserializeAsync(head, BackupJson.Default.BackupManifest, ct);
        }
        catch (JsonException)
        {
            throw NotOurs(path);
        }

        return manifest switch
        {
            { Format: BackupManifest.CurrentFormat } => manifest,
            { Format: > BackupManifest.CurrentFormat } => throw new CliException(
                ExitCode.NewerDatabase, $"'{path}' was made by Tocsin {manifest.Tocsin}, in a form that this version does not know", "restore it with that version"),
            _ => throw NotOurs(path),
        };
    }

    private static async Task WriteFileAsync(TarWriter tar, string name, string path, CancellationToken ct)
    {
        await using var content = File.OpenRead(path);
        await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content, Mode = OwnerOnly }, ct);
    }

    private static async Task ExtractAsync(TarEntry entry, string target, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        await using var file = new FileStream(target, options);
        if (entry.DataStream is { } content)
        {
            await content.CopyToAsync(file, ct);
        }

        file.Flush(flushToDisk: true);
    }

    /// <summary>An archive may come from anywhere; what it holds stays inside the folder.</summary>
    private static string PathOf(string name, string folder, string archive)
    {
        var target = Path.GetFullPath(Path.Combine(folder, name.StartsWith(Files, StringComparison.Ordinal) ? name[Files.Length..] : ".."));
        return target.StartsWith(Path.GetFullPath(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? target : throw NotOurs(archive);
    }

    private static CliException NotOurs(string path) => new(ExitCode.CheckFailed, $"'{path}' is not a backup made by `tocsin backup`");
}
