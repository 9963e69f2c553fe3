using Npgsql;
using Tocsin.Data;

namespace Tocsin.Tests;

/// <summary>A store engine that tests run on. Each store is fresh and its own.</summary>
public sealed class Engine
{
    private readonly Func<Template?, Task<Store>> _open;

    // Migrating costs more than most tests do, so it is done once, and copied.
    private static readonly Lazy<Task<Template>> _dataFolder = new(() => MakeSqliteTemplateAsync(together: false));
    private readonly Lazy<Task<Template>> _template;

    private Engine(string name, Func<Template?, Task<Store>> open, Func<Task<Template>> make) =>
        (Name, _open, _template) = (name, open, new(make));

    public static Engine Sqlite { get; } = new("SQLite", OpenSqliteAsync, () => MakeSqliteTemplateAsync(together: true));

    public static Engine Postgres { get; } = new("PostgreSQL", OpenPostgresAsync, MakePostgresTemplateAsync);

    public string Name { get; }

    /// <summary>Why there is no PostgreSQL to test on; null when there is.</summary>
    public static string? MissingPostgres { get; } = PostgresAddress is null ? "TOCSIN_TEST_POSTGRES names no server; eng/test starts one." : null;

    private static string? PostgresAddress => Environment.GetEnvironmentVariable("TOCSIN_TEST_POSTGRES") is { Length: > 0 } address ? address : null;

    public override string ToString() => Name;

    /// <summary>An empty store with this version's tables, those of logs, metrics and traces among them.</summary>
    internal async Task<Store> OpenAsync() => await _open(await _template.Value);

    /// <summary>An empty store without tables.</summary>
    internal Task<Store> OpenBareAsync() => _open(null);

    /// <summary>Where a whole server finds an empty store with tables: an address for its settings (empty: its data folder), and what drops it.</summary>
    /// <param name="data">The server's data folder, in which an embedded store is put.</param>
    internal async Task<(string Address, Func<Task> Drop)> AddressAsync(string data)
    {
        if (this == Postgres)
        {
            return await CreateDatabaseAsync(await _template.Value);
        }

        Tocsin.Data.Store.MakeFolder(data);
        (await _dataFolder.Value).CopyTo(data);
        return ("", () => Task.CompletedTask);
    }

    private static Task<Store> OpenSqliteAsync(Template? template)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-store-");
        template?.CopyTo(folder.FullName);
        return Task.FromResult(new Store(() => new SqliteDatabase(Path.Combine(folder.FullName, Tocsin.Data.Store.FileName)), () =>
        {
            folder.Delete(recursive: true);
            return Task.CompletedTask;
        }));
    }

    /// <param name="together">Logs, metrics and traces in the same file; else in their own beside it, as a server has them.</param>
    private static async Task<Template> MakeSqliteTemplateAsync(bool together)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-template-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        await using (var store = new SqliteDatabase(Path.Combine(folder.FullName, Tocsin.Data.Store.FileName)))
        {
            await MigrateAsync(store, together);
        }

        return new(folder.FullName);
    }

    private static async Task<Store> OpenPostgresAsync(Template? template)
    {
        var (address, drop) = await CreateDatabaseAsync(template);
        return new(() => new PostgresDatabase(address), drop);
    }

    private static async Task<Template> MakePostgresTemplateAsync()
    {
        var (address, _) = await CreateDatabaseAsync(null);
        await using (var store = new PostgresDatabase(address))
        {
            await MigrateAsync(store, together: true);
        }

        var name = PostgresDatabase.ConnectionString(address).Database!;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RunAsync($"DROP DATABASE {name} WITH (FORCE)").GetAwaiter().GetResult();
        return new(name);
    }

    private static async Task MigrateAsync(Database store, bool together)
    {
        await Migrator.MigrateAsync(store, VirtualClock.Start, default);
        await using var telemetry = together ? new(store, isOwn: false) : TelemetryDatabase.Beside(store);
        await Migrator.MigrateAsync(telemetry, VirtualClock.Start, default);
    }

    private static async Task<(string Address, Func<Task> Drop)> CreateDatabaseAsync(Template? template)
    {
        var name = $"t{Guid.NewGuid():N}";
        await RunAsync($"CREATE DATABASE {name}{(template is null ? "" : $" TEMPLATE {template.Place}")}");
        var builder = PostgresDatabase.ConnectionString(PostgresAddress!);
        builder.Database = name;

        // Many tests share one server, so each takes few of its connections.
        builder.MaxPoolSize = 12;
        return (builder.ConnectionString, () => RunAsync($"DROP DATABASE {name} WITH (FORCE)"));
    }

    private static async Task RunAsync(string sql)
    {
        var address = PostgresDatabase.ConnectionString(PostgresAddress ?? throw new InvalidOperationException(MissingPostgres));

        // A connection that is kept open would be in the way of whoever copies what it is connected to.
        address.Pooling = false;
        await using var connection = new NpgsqlConnection(address.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)Patience.Limit.TotalSeconds };
        await command.ExecuteNonQueryAsync();
    }

    /// <param name="Place">A folder, or the name of a database.</param>
    private sealed record Template(string Place)
    {
        public void CopyTo(string folder)
        {
            foreach (var file in Directory.GetFiles(Place))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }
        }
    }
}

/// <summary>One store of an engine; several nodes can open it.</summary>
internal sealed class Store(Func<Database> open, Func<Task> drop) : IAsyncDisposable
{
    private readonly List<Database> _opened = [];

    public Database Open()
    {
        var database = open();
        _opened.Add(database);
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _opened)
        {
            await database.DisposeAsync();
        }

        await drop();
    }
}
