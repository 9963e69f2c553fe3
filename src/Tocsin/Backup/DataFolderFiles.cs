namespace Tocsin.Backup;

/// <summary>What of a data folder goes into a backup beside the database itself: keys above all.</summary>
internal static class DataFolderFiles
{
    // The database travels as a consistent copy; copies that were made before upgrades are backups already.
    private static readonly string[] Left = [".db", ".db-wal", ".db-shm", ".db-journal", ".part", ".lock"];

    /// <summary>Name inside the folder, with forward slashes, and path of each; in the order of their names. Links are not followed.</summary>
    public static IEnumerable<(string Name, string Path)> Find(string folder)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return Directory.EnumerateFiles(folder, "*", options)
            .Where(file => !Left.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Select(file => (Path.GetRelativePath(folder, file).Replace('\\', '/'), file))
            .OrderBy(file => file.Item1, StringComparer.Ordinal);
    }
}
