namespace Tocsin.Data;

/// <summary>
/// Where logs, metrics and traces are stored. Beside the embedded store it is a file of its own with a writer of its own, so that a
/// flood of lines delays no page and may fill its share of the disk only; with PostgreSQL it is the same database.
/// </summary>
internal sealed class TelemetryDatabase(Database database, bool isOwn) : IAsyncDisposable
{
    public const string FileName = "telemetry.db";

    public Database Database => database;

    /// <returns>Bytes that are free on the disk of the file; null where there is no file of its own.</returns>
    public long? FreeBytes() => isOwn && database is SqliteDatabase { Path: var path } ? new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace : null;

    /// <param name="main">The store of everything else.</param>
    /// <exception cref="StoreUnavailableException">The file cannot be opened.</exception>
    public static TelemetryDatabase Beside(Database main)
    {
        if (main is not SqliteDatabase { Path: var path })
        {
            return new(main, isOwn: false);
        }

        var file = Path.Combine(Path.GetDirectoryName(path)!, FileName);
        try
        {
            return new(new SqliteDatabase(file), isOwn: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Data.Common.DbException)
        {
            throw new StoreUnavailableException($"The store of logs and metrics, {file}, cannot be opened: {e.Message}", e);
        }
    }

    public ValueTask DisposeAsync() => isOwn ? database.DisposeAsync() : ValueTask.CompletedTask;
}
