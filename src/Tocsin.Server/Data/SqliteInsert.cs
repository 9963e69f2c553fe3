using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tocsin.Data;

/// <summary>
/// One prepared INSERT, bound by position without boxing: the hot path of ingest, where the ADO.NET layer would cost more than
/// the rows do.
/// </summary>
internal sealed class SqliteInsert : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    public SqliteInsert(sqlite3 database, string sql)
    {
        _database = database;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement), database);
    }

    /// <returns>How many rows were inserted or updated.</returns>
    public int Run(Column[] columns, int rows)
    {
        var before = raw.sqlite3_total_changes(_database);
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < columns.Length; i++)
            {
                Bind(i + 1, columns[i].Values, row);
            }

            var result = raw.sqlite3_step(_statement);
            raw.sqlite3_reset(_statement);
            if (result != raw.SQLITE_DONE)
            {
                SqliteException.ThrowExceptionForRC(result, _database);
            }
        }

        return raw.sqlite3_total_changes(_database) - before;
    }

    public void Dispose() => _statement.Dispose();

    private void Bind(int position, Array values, int row)
    {
        switch (values)
        {
            case long[] longs:
                raw.sqlite3_bind_int64(_statement, position, longs[row]);
                break;
            case int[] ints:
                raw.sqlite3_bind_int64(_statement, position, ints[row]);
                break;
            case string?[] texts:
                BindText(position, texts[row]);
                break;
            case long?[] longs when longs[row] is { } value:
                raw.sqlite3_bind_int64(_statement, position, value);
                break;
            case double[] doubles:
                raw.sqlite3_bind_double(_statement, position, doubles[row]);
                break;
            case byte[]?[] blobs when blobs[row] is { } blob:
                raw.sqlite3_bind_blob(_statement, position, blob);
                break;
            case long?[] or byte[]?[]:
                raw.sqlite3_bind_null(_statement, position);
                break;
            default:
                throw new ArgumentException($"No way to store {values.GetType()}.", nameof(values));
        }
    }

    private void BindText(int position, string? text)
    {
        if (text is null)
        {
            raw.sqlite3_bind_null(_statement, position);
        }
        else
        {
            raw.sqlite3_bind_text(_statement, position, StorableText.Of(text));
        }
    }
}
