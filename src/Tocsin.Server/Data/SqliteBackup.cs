namespace Tocsin.Data;

internal static class SqliteBackup
{
    /// <summary>Copies a database that may be in use into a new file, consistent as of one instant. An older copy is replaced.</summary>
    public static async Task CopyAsync(string from, string to, CancellationToken ct)
    {
        SqliteLibrary.EnsureLoaded();
        var part = to + ".part";
        File.Delete(part);
        await using (var source = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={from};Pooling=False"))
        {
            await source.OpenAsync(ct);
            await using var command = source.CreateCommand();
            command.CommandText = "VACUUM INTO @to";
            command.Parameters.AddWithValue("@to", part);
            await command.ExecuteNonQueryAsync(ct);
        }

        File.Move(part, to, overwrite: true);
    }

    /// <summary>Whether another process has the database open.</summary>
    public static bool IsInUse(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        SqliteLibrary.EnsureLoaded();
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False;Default Timeout=1");
        connection.Open();
        try
        {
            // In this mode the write-ahead log is opened for one process alone, and that fails while others have it open.
            // One command each: as one text, the second would be prepared, and the log opened, before the first is carried out.
            Run(connection, "PRAGMA locking_mode=EXCLUSIVE");
            Run(connection, "BEGIN EXCLUSIVE");
            Run(connection, "COMMIT");
            return false;
        }
        catch (Microsoft.Data.Sqlite.SqliteException e) when (e.SqliteErrorCode is Busy or Locked)
        {
            return true;
        }
    }

    private static void Run(Microsoft.Data.Sqlite.SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private const int Busy = 5;
    private const int Locked = 6;
}
