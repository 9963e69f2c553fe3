namespace Tocsin.Data;

/// <summary>Opens the store that the settings name.</summary>
internal static class Store
{
    public const string FileName = "tocsin.db";

    /// <param name="data">The data folder; made if it is missing, readable by its owner only.</param>
    /// <param name="address">A PostgreSQL address; empty: the embedded store in the data folder.</param>
    /// <exception cref="StoreUnavailableException">The folder or the file cannot be opened.</exception>
    public static Database Open(string data, string address)
    {
        try
        {
            var folder = MakeFolder(data);
            return address.Length > 0 ? new PostgresDatabase(address) : new SqliteDatabase(Path.Combine(folder.FullName, FileName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Data.Common.DbException)
        {
            throw new StoreUnavailableException($"The store in {data} cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>The data folder; made if it is missing, readable by its owner only.</summary>
    public static DirectoryInfo MakeFolder(string data) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(data)
        : Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
