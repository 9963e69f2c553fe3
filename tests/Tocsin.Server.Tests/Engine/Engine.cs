using Npgsql;
using Tocsin.Data;

namespace Tocsin.Tests;

/// <summary>A store engine that tests run on. Each store is fresh and its own.</summary>
public sealed class Engine
{
    private readonly Func<Task<Store>> _open;

    private Engine(string name, Func<Task<Store>> open) => (Name, _open) = (name, open);

    public static Engine Sqlite { get; } = new("SQLite", OpenSqliteAsync);

    public static Engine Postgres { get; } = new("PostgreSQL", OpenPostgresAsync);

    public string Name { get; }

    /// <summary>Why there is no PostgreSQL to test on; null when there is.</summary>
    public static string? MissingPostgres { get; } = PostgresAddress is null ? "TOCSIN_TEST_POSTGRES names no server; eng/test starts one." : null;

    private static string? PostgresAddress => Environment.GetEnvironmentVariable("TOCSIN_TEST_POSTGRES") is { Length: > 0 } address ? address : null;

    public override string ToString() => Name;

    /// <summary>An empty store, without tables.</summary>
    internal Task<Store> OpenAsync() => _open();

    /// <summary>Where a whole server finds an empty store: an address for its settings (empty: its data folder), and what drops it.</summary>
    internal async Task<(string Address, Func<Task> Drop)> AddressAsync() =>
        this == Sqlite ? ("", () => Task.CompletedTask) : await MakeSchemaAsync();

    private static Task<Store> OpenSqliteAsync()
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-store-");
        return Task.FromResult(new Store(() => new SqliteDatabase(Path.Combine(folder.FullName, "tocsin.db")), () =>
        {
            folder.Delete(recursive: true);
            return Task.CompletedTask;
        }));
    }

    private static async Task<Store> OpenPostgresAsync()
    {
        var (address, drop) = await MakeSchemaAsync();
        return new(() => new PostgresDatabase(address), drop);
    }

    private static async Task<(string Address, Func<Task> Drop)> MakeSchemaAsync()
    {
        var address = PostgresAddress ?? throw new InvalidOperationException(MissingPostgres);
        var schema = $"t{Guid.NewGuid():N}";
        await RunAsync(address, $"CREATE SCHEMA {schema}");
        var builder = PostgresDatabase.ConnectionString(address);
        builder.SearchPath = schema;

        // Many tests share one server, so each takes few of its connections.
        builder.MaxPoolSize = 12;
        return (builder.ConnectionString, () => RunAsync(address, $"DROP SCHEMA {schema} CASCADE"));
    }

    private static async Task RunAsync(string address, string sql)
    {
        await using var source = NpgsqlDataSource.Create(PostgresDatabase.ConnectionString(address));
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
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
