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
}
