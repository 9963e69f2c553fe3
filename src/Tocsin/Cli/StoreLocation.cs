using System.CommandLine;
using Tocsin.Data;

namespace Tocsin.Cli;

/// <summary>The two options that say where the data is, for verbs that work on it without a server.</summary>
internal sealed class LocalStore
{
    public const string DefaultFolder = "./data";

    public Option<string> Data { get; } = new("--data")
    {
        Description = "The folder with the data",
        HelpName = "DIR",
        DefaultValueFactory = _ => DefaultFolder,
    };

    public Option<string?> Database { get; } = new("--database")
    {
        Description = "A PostgreSQL database instead of the folder's own. Default: DATABASE_URL, if that is one",
        HelpName = "postgres://…",
    };

    public StoreLocation Find(ParseResult parse, Terminal terminal)
    {
        var address = parse.GetValue(Database) ?? terminal.Environment("DATABASE_URL");
        return new(Path.GetFullPath(parse.GetValue(Data)!), string.IsNullOrWhiteSpace(address) ? null : address);
    }
}

/// <summary>Where the data of an installation is.</summary>
/// <param name="Folder">Keys, and the embedded database unless there is another.</param>
/// <param name="PostgresAddress">Null: the embedded database.</param>
internal sealed record StoreLocation(string Folder, string? PostgresAddress)
{
    public string SqlitePath => Path.Combine(Folder, "tocsin.db");

    /// <summary>For people; never a password.</summary>
    public string Description => PostgresAddress is null
        ? $"'{Folder}'"
        : PostgresDatabase.ConnectionString(PostgresAddress) is var builder ? $"PostgreSQL database '{builder.Database}' on {builder.Host}" : "";

    /// <summary>Opens the store as it is; it is made if it is missing.</summary>
    public Database Open()
    {
        if (PostgresAddress is not null)
        {
            return new PostgresDatabase(PostgresAddress);
        }

        Directory.CreateDirectory(Folder);
        return new SqliteDatabase(SqlitePath);
    }

    /// <returns>The schema of the database; null when there is none. Creates nothing.</returns>
    public async Task<int?> SchemaAsync(CancellationToken ct)
    {
        if (PostgresAddress is null && !File.Exists(SqlitePath))
        {
            return null;
        }

        await using var database = Open();
        return await database.ReadAsync(Migrator.VersionAsync, ct) is > 0 and var version ? version : null;
    }
}
