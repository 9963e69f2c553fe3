using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Cli;

/// <summary>The two options that say where the data is, for verbs that work on it without a server; the rest is read as the server reads it.</summary>
internal sealed class LocalStore
{
    public Option<string?> Data { get; } = new("--data") { Description = "The folder with the data. Default: ./data", HelpName = "DIR" };

    public Option<string?> Database { get; } = new("--database")
    {
        Description = "A PostgreSQL database instead of the folder's own. Default: DATABASE_URL",
        HelpName = "postgres://…",
    };

    /// <exception cref="OptionsValidationException">The settings are wrong.</exception>
    public StoreLocation Find(ParseResult parse)
    {
        var settings = Settings(parse);
        SettingsFaults.Demand(settings);
        return Find(settings);
    }

    public static StoreLocation Find(IConfiguration settings)
    {
        var options = settings.GetSection("Server").Get<ServerOptions>() ?? new();
        return new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Data)), options.Database.Length > 0 ? options.Database : null);
    }

    /// <summary>All settings, as a server with the same two options would have them; they may be wrong.</summary>
    public ConfigurationManager Settings(ParseResult parse)
    {
        var configuration = new ConfigurationManager();
        ServerConfiguration.Add(configuration, new() { Data = parse.GetValue(Data), Database = parse.GetValue(Database) });
        return configuration;
    }
}

/// <summary>Where the data of an installation is.</summary>
/// <param name="Folder">Keys, and the embedded database unless there is another.</param>
/// <param name="PostgresAddress">Null: the embedded database.</param>
internal sealed record StoreLocation(string Folder, string? PostgresAddress)
{
    public string SqlitePath => Path.Combine(Folder, Store.FileName);

    /// <summary>For people; never a password.</summary>
    public string Description
    {
        get
        {
            if (PostgresAddress is null)
            {
                return $"'{Folder}'";
            }

            var builder = PostgresDatabase.ConnectionString(PostgresAddress);
            return $"the PostgreSQL database '{builder.Database}' on {builder.Host}";
        }
    }

    /// <summary>Opens the store, making and upgrading it as the server would.</summary>
    /// <exception cref="SchemaTooNewException">A newer version wrote it.</exception>
    /// <exception cref="StoreUnavailableException">It cannot be reached or opened.</exception>
    public async Task<Database> OpenMigratedAsync(DateTimeOffset now, CancellationToken ct)
    {
        var database = Open();
        try
        {
            await Migrator.MigrateAsync(database, now, ct);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
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

    /// <exception cref="CliException">There is no database yet.</exception>
    public async Task RequireAsync(CancellationToken ct)
    {
        if (await SchemaAsync(ct) is null)
        {
            throw new CliException(ExitCode.CheckFailed, $"there is no database in {Description}", "--data and --database say where it is");
        }
    }

    /// <returns>How many other connections of servers a PostgreSQL database has.</returns>
    public async Task<long> NodesAsync(CancellationToken ct)
    {
        await using var database = Open();
        return await database.ReadAsync(
            session => session.ScalarAsync(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tocsin' AND pid <> pg_backend_pid()"),
            ct) ?? 0;
    }

    /// <summary>Opens the store as it is.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be reached or opened.</exception>
    public Database Open() => Store.Open(Folder, PostgresAddress ?? "");
}
