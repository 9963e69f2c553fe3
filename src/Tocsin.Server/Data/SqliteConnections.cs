using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Tocsin.Data;

/// <summary>One open SQLite connection with every statement it has seen, prepared.</summary>
internal sealed class SqliteChannel : IDisposable
{
    private readonly Dictionary<string, DbCommand> _prepared = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    public SqliteChannel(string connectionString, bool readOnly)
    {
        SqliteLibrary.EnsureLoaded();
        Connection = new(connectionString);
        Connection.Open();
        Run("PRAGMA busy_timeout=5000");
        Run("PRAGMA temp_store=MEMORY");
        if (readOnly)
        {
            Run("PRAGMA query_only=1");
            Run("PRAGMA cache_size=-4096");
            return;
        }

        // FULL syncs the write-ahead log before a commit is reported, so that an answer survives power loss.
        Run("PRAGMA journal_mode=WAL");
        Run("PRAGMA synchronous=FULL");
        Run("PRAGMA cache_size=-32768");
        Run($"PRAGMA wal_autocheckpoint={SqliteCheckpoints.MostPages}");
    }

    public SqliteConnection Connection { get; }

    /// <summary>Every statement that was prepared so far.</summary>
    public IEnumerable<string> Statements => _prepared.Keys.Concat(_statements.Keys);

    public DbCommand Prepared(string sql)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = Connection.CreateCommand();
            command.CommandText = sql;
            _prepared[sql] = command;
        }

        return command;
    }

    /// <summary>Runs an INSERT with <c>{rows}</c> once for each row of the columns, and returns how many rows were written.</summary>
    public int InsertEach(string sql, Column[] columns, int rows)
    {
        if (!_statements.TryGetValue(sql, out var insert))
        {
            _statements[sql] = insert = new(Connection.Handle!, sql.Replace("{rows}", $"VALUES ({string.Join(", ", columns.Select(_ => "?"))})", StringComparison.Ordinal));
        }

        return insert.Run(columns, rows);
    }

    /// <summary>Runs a statement that returns no rows, and returns how many rows it changed.</summary>
    public int Execute(string sql, ReadOnlySpan<(string Name, object? Value)> args)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements[sql] = statement = new(Connection.Handle!, sql);
        }

        return statement.Run(args);
    }

    public void Run(string sql) => Prepared(sql).ExecuteNonQuery();

    public void Dispose()
    {
        foreach (var command in _prepared.Values)
        {
            command.Dispose();
        }

        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        Connection.Dispose();
    }
}

internal sealed class SqliteSession(SqliteChannel channel, CancellationToken ct) : Session(Dialect.Sqlite, ct)
{
    protected override DbCommand Command(string sql) => channel.Prepared(sql);

    protected override ValueTask ReleaseAsync(DbCommand command) => ValueTask.CompletedTask;

    protected override Task<int> RunAsync(string sql, ReadOnlySpan<(string Name, object? Value)> args) => Task.FromResult(channel.Execute(sql, args));

    protected override Task<int> InsertEachAsync(string sql, Column[] columns, int rows) => Task.FromResult(channel.InsertEach(sql, columns, rows));
}

internal sealed class SqliteTx(SqliteChannel channel, CancellationToken ct) : Tx(Dialect.Sqlite, ct)
{
    protected override DbCommand Command(string sql) => channel.Prepared(sql);

    protected override ValueTask ReleaseAsync(DbCommand command) => ValueTask.CompletedTask;

    protected override Task<int> RunAsync(string sql, ReadOnlySpan<(string Name, object? Value)> args) => Task.FromResult(channel.Execute(sql, args));

    protected override Task<int> InsertEachAsync(string sql, Column[] columns, int rows) => Task.FromResult(channel.InsertEach(sql, columns, rows));
}
