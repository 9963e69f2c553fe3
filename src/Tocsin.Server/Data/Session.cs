using System.Data.Common;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Tocsin.Data;

/// <summary>
/// One connection for one unit of work, with its cancellation. Statements name their arguments (<c>@now</c>); on SQLite each
/// text is prepared once per connection. Not for use by two threads at once.
/// </summary>
internal abstract class Session(Dialect dialect, CancellationToken ct)
{
    public Dialect Dialect { get; } = dialect;

    public CancellationToken Ct { get; } = ct;

    protected abstract DbCommand Command(string sql);

    /// <summary>Called when a command is no longer needed; a session that caches commands keeps it.</summary>
    protected abstract ValueTask ReleaseAsync(DbCommand command);

    /// <returns>The number of rows inserted, updated or deleted.</returns>
    /// <exception cref="DbException">The database refused or was lost.</exception>
    public Task<int> ExecuteAsync(string sql, params ReadOnlySpan<(string Name, object? Value)> args) => RunAsync(sql, args);

    public Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> args) =>
        QueryAsync(Bind(sql, args), read);

    /// <summary>Reads rows as long as more are wanted.</summary>
    /// <param name="more">Asked after each row.</param>
    public Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, Predicate<T> more, params ReadOnlySpan<(string Name, object? Value)> args) =>
        QueryAsync(Bind(sql, args), read, more);

    /// <returns>The first row, or default when there is none.</returns>
    public Task<T?> FirstAsync<T>(string sql, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> args) =>
        FirstAsync(Bind(sql, args), read);

    /// <returns>The first column of the first row as a whole number; null when there is no row or it is NULL.</returns>
    public Task<long?> ScalarAsync(string sql, params ReadOnlySpan<(string Name, object? Value)> args) =>
        FirstAsync(Bind(sql, args), static row => row.IsDBNull(0) ? (long?)null : Convert.ToInt64(row.GetValue(0)));

    /// <summary>
    /// Runs an INSERT for many rows: <c>{rows}</c> in the text stands for them, its columns in the order given. One statement
    /// with arrays on PostgreSQL, one prepared statement a row on SQLite.
    /// </summary>
    /// <returns>How many rows were written.</returns>
    public async Task<int> BatchAsync(string sql, params Column[] columns)
    {
        var rows = columns[0].Values.Length;
        if (rows == 0)
        {
            return 0;
        }

        if (Dialect.IsPostgres)
        {
            var arrays = string.Join(", ", columns.Select(c => $"@{c.Name}::{c.PostgresType}[]"));
            var command = Command(sql.Replace("{rows}", $"SELECT * FROM unnest({arrays})", StringComparison.Ordinal));
            for (var i = 0; i < columns.Length; i++)
            {
                Set(command, i, columns[i].Name, columns[i].Values);
            }

            return await ExecuteAsync(command);
        }

        return await InsertEachAsync(sql, columns, rows);
    }

    /// <summary>Runs a statement whose rows nobody wants.</summary>
    protected virtual Task<int> RunAsync(string sql, ReadOnlySpan<(string Name, object? Value)> args) => ExecuteAsync(Bind(sql, args));

    /// <summary>Runs the statement once for each row; the engine without arrays does it here.</summary>
    protected virtual Task<int> InsertEachAsync(string sql, Column[] columns, int rows) => throw new NotSupportedException();

    private DbCommand Bind(string sql, ReadOnlySpan<(string Name, object? Value)> args)
    {
        var command = Command(sql);
        for (var i = 0; i < args.Length; i++)
        {
            Set(command, i, args[i].Name, args[i].Value);
        }

        return command;
    }

    /// <param name="position">Where the parameter stands if the statement ran before; with other arguments it is looked for.</param>
    private static void Set(DbCommand command, int position, string name, object? value)
    {
        var parameters = command.Parameters;
        var parameter = position < parameters.Count && parameters[position].ParameterName.AsSpan(1).SequenceEqual(name)
            ? parameters[position]
            : parameters.Cast<DbParameter>().FirstOrDefault(p => p.ParameterName.AsSpan(1).SequenceEqual(name));
        if (parameter is null)
        {
            parameter = command.CreateParameter();
            parameter.ParameterName = $"@{name}";
            parameters.Add(parameter);
        }

        parameter.Value = value switch
        {
            null => DBNull.Value,
            string text => StorableText.Of(text),
            string?[] texts => Array.ConvertAll(texts, StorableText.Of),
            ReadOnlyMemory<byte>[] texts => Array.ConvertAll(texts, static text => Encoding.UTF8.GetString(text.Span)),
            _ => value,
        };
    }

    private async Task<int> ExecuteAsync(DbCommand command)
    {
        var rows = await command.ExecuteNonQueryAsync(Ct);
        await ReleaseAsync(command);
        return rows;
    }

    private async Task<List<T>> QueryAsync<T>(DbCommand command, Func<DbDataReader, T> read, Predicate<T>? more = null)
    {
        List<T> rows = [];
        await using (var reader = await command.ExecuteReaderAsync(Ct))
        {
            while (await reader.ReadAsync(Ct))
            {
                rows.Add(read(reader));
                if (more?.Invoke(rows[^1]) == false)
                {
                    break;
                }
            }
        }

        await ReleaseAsync(command);
        return rows;
    }

    private async Task<T?> FirstAsync<T>(DbCommand command, Func<DbDataReader, T> read)
    {
        T? first = default;
        await using (var reader = await command.ExecuteReaderAsync(Ct))
        {
            if (await reader.ReadAsync(Ct))
            {
                first = read(reader);
            }
        }

        await ReleaseAsync(command);
        return first;
    }
}

/// <summary>One column of a batch; all columns have the same length.</summary>
/// <param name="Values">long[], string?[], int[], double[] or byte[]?[]; texts that are UTF-8 already as ReadOnlyMemory&lt;byte&gt;[], without U+0000.</param>
internal readonly record struct Column(string Name, Array Values)
{
    public string PostgresType => Values switch
    {
        long[] or long?[] => "bigint",
        int[] => "integer",
        double[] or double?[] => "double precision",
        string?[] or ReadOnlyMemory<byte>[] => "text",
        byte[]?[] => "bytea",
        _ => throw new ArgumentException($"No column type for {Values.GetType()}.", nameof(Values)),
    };
}

/// <summary>A session inside a transaction. What is registered here happens when the outcome is known.</summary>
internal abstract class Tx(Dialect dialect, CancellationToken ct) : Session(dialect, ct)
{
    private readonly List<Action<bool>> _whenDone = [];
    private readonly Dictionary<object, object> _gathered = [];
    private readonly List<Func<Task>> _beforeCommit = [];
    private readonly List<Func<Task>> _lastOfAll = [];

    /// <summary>Where the request came from that this is done for; null: nobody's request.</summary>
    public IPAddress? Origin { get; init; }

    /// <summary>Runs <paramref name="action"/> once the transaction ended, with whether it was committed. It must be quick and not throw.</summary>
    public void WhenDone(Action<bool> action) => _whenDone.Add(action);

    /// <summary>
    /// Makes this transaction the only one that changes the workspace until it ends. All decisions about alerts, incidents and
    /// pages are made under it, so that each sees what the one before decided. SQLite has one writer anyway.
    /// </summary>
    public virtual Task LockWorkspaceAsync(long workspace) => Dialect.IsPostgres
        ? ExecuteAsync("SELECT pg_advisory_xact_lock(@class, @workspace)", ("class", 7_001), ("workspace", (int)workspace))
        : Task.CompletedTask;

    /// <summary>Ids for rows about to be added to a table, unused by any other transaction. The caller holds the workspace's lock.</summary>
    /// <param name="table">A table whose key is generated.</param>
    public async Task<long[]> ReserveIdsAsync(string table, int count)
    {
        if (Dialect.IsPostgres)
        {
            return [.. await QueryAsync(
                "SELECT nextval(pg_get_serial_sequence(@table, 'id')) FROM generate_series(1, @count)", static row => row.GetInt64(0), ("table", table), ("count", count))];
        }

        var last = await ScalarAsync($"SELECT MAX(id) FROM {table}") ?? 0;
        var ids = new long[count];
        for (var i = 0; i < count; i++)
        {
            ids[i] = last + 1 + i;
        }

        return ids;
    }

    /// <summary>What an owner has gathered so far; null: nothing.</summary>
    public T? Gathered<T>(object owner)
        where T : class => _gathered.GetValueOrDefault(owner) as T;

    /// <summary>
    /// What one owner gathers over this transaction, to be written in one go. The first call makes it and registers
    /// <paramref name="write"/>, which runs after the work and before the commit.
    /// </summary>
    public T Gather<T>(object owner, Func<T, Task> write)
        where T : class, new() => Gather(_beforeCommit, owner, write);

    /// <summary>
    /// The same for what is written after everything else: whoever takes a lock there waits for nobody who waits for what this transaction
    /// has changed before, so that the order of other locks does not matter.
    /// </summary>
    public T GatherLast<T>(object owner, Func<T, Task> write)
        where T : class, new() => Gather(_lastOfAll, owner, write);

    private T Gather<T>(List<Func<Task>> writes, object owner, Func<T, Task> write)
        where T : class, new()
    {
        if (_gathered.TryGetValue(owner, out var known))
        {
            return (T)known;
        }

        var made = new T();
        _gathered[owner] = made;
        writes.Add(() => write(made));
        return made;
    }

    internal async Task FinishAsync()
    {
        foreach (var write in _beforeCommit)
        {
            await write();
        }

        foreach (var write in _lastOfAll)
        {
            await write();
        }
    }

    internal void Done(bool committed)
    {
        foreach (var action in CollectionsMarshal.AsSpan(_whenDone))
        {
            action(committed);
        }
    }
}

internal static class RowReading
{
    public static string? NullableString(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static long? NullableLong(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static DateTimeOffset Instant(this DbDataReader row, int column) => Instants.FromMicros(row.GetInt64(column));

    public static DateTimeOffset? NullableInstant(this DbDataReader row, int column) => Instants.FromMicros(row.NullableLong(column));

    /// <summary>A text as its bytes.</summary>
    public static byte[] Utf8(this DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static byte[]? NullableBytes(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}
