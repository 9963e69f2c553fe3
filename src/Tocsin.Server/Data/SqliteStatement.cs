using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Tocsin.Data;

/// <summary>
/// One prepared statement that returns no rows, bound by position without boxing or copying: the hot path of ingest, where the ADO.NET
/// layer would cost more than the rows do. For one thread at a time.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private const int LeastKept = 4096;
    private const int MostKept = 256 * 1024;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly nint _handle;
    private readonly nint _connection;
    private readonly string[] _names;

    // Texts of one row, at fixed addresses, until the row is written.
    private readonly List<byte[]> _outgrown = [];
    private byte[] _texts = GC.AllocateUninitializedArray<byte>(LeastKept, pinned: true);
    private int _used;

    public SqliteStatement(sqlite3 database, string sql)
    {
        _database = database;
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v3(database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement), database);
        (_handle, _connection) = (_statement.DangerousGetHandle(), database.DangerousGetHandle());
        _names = [.. Enumerable.Range(1, raw.sqlite3_bind_parameter_count(_statement)).Select(i => raw.sqlite3_bind_parameter_name(_statement, i).utf8_to_string() ?? "?")];
    }

    /// <summary>Runs it once.</summary>
    /// <param name="args">One for each name in the statement.</param>
    /// <returns>How many rows were inserted, updated or deleted.</returns>
    public int Run(ReadOnlySpan<(string Name, object? Value)> args)
    {
        for (var i = 0; i < args.Length; i++)
        {
            var (name, value) = args[i];
            Bind(PositionOf(name, i), value);
        }

        return Step();
    }

    /// <summary>Runs it once for each row.</summary>
    /// <returns>How many rows were inserted or updated.</returns>
    public int Run(Column[] columns, int rows)
    {
        var changed = 0;
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < columns.Length; i++)
            {
                Bind(i + 1, columns[i].Values, row);
            }

            changed += Step();
        }

        return changed;
    }

    public void Dispose() => _statement.Dispose();

    /// <returns>How many rows the statement itself changed, without what triggers did.</returns>
    private int Step()
    {
        var before = SqliteNative.TotalChanges(_connection);
        int result;
        do
        {
            result = SqliteNative.Step(_handle);
        }
        while (result == raw.SQLITE_ROW);

        _ = SqliteNative.Reset(_handle);
        LetGo();
        if (result != raw.SQLITE_DONE)
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }

        // What is not about rows leaves the last statement's count standing.
        return SqliteNative.TotalChanges(_connection) == before ? 0 : SqliteNative.Changes(_connection);
    }

    private void LetGo()
    {
        _used = 0;
        _outgrown.Clear();
        if (_texts.Length > MostKept)
        {
            _texts = GC.AllocateUninitializedArray<byte>(LeastKept, pinned: true);
        }
    }

    /// <param name="likely">Arguments mostly stand in the order in which the statement names them.</param>
    private int PositionOf(string name, int likely)
    {
        if (likely < _names.Length && Is(_names[likely], name))
        {
            return likely + 1;
        }

        var at = Array.FindIndex(_names, n => Is(n, name));
        return at >= 0 ? at + 1 : throw new ArgumentException($"The statement has no @{name}.", nameof(name));
    }

    private static bool Is(string parameter, string name) => parameter.AsSpan(1).SequenceEqual(name);

    private void Bind(int position, object? value)
    {
        switch (value)
        {
            case null:
                _ = SqliteNative.BindNull(_handle, position);
                break;
            case string text:
                BindText(position, text);
                break;
            case long number:
                _ = SqliteNative.BindInt64(_handle, position, number);
                break;
            case int number:
                _ = SqliteNative.BindInt64(_handle, position, number);
                break;
            case double number:
                _ = SqliteNative.BindDouble(_handle, position, number);
                break;
            case byte[] blob:
                BindBlob(position, blob);
                break;
            default:
                throw new ArgumentException($"No way to store {value.GetType()}.", nameof(value));
        }
    }

    private void Bind(int position, Array values, int row)
    {
        switch (values)
        {
            case long[] longs:
                _ = SqliteNative.BindInt64(_handle, position, longs[row]);
                break;
            case int[] ints:
                _ = SqliteNative.BindInt64(_handle, position, ints[row]);
                break;
            case string?[] texts:
                BindText(position, texts[row]);
                break;
            case ReadOnlyMemory<byte>[] texts:
                BindUtf8(position, texts[row].Span);
                break;
            case long?[] longs when longs[row] is { } value:
                _ = SqliteNative.BindInt64(_handle, position, value);
                break;
            case double[] doubles:
                _ = SqliteNative.BindDouble(_handle, position, doubles[row]);
                break;
            case byte[]?[] blobs when blobs[row] is { } blob:
                BindBlob(position, blob);
                break;
            case long?[] or byte[]?[]:
                _ = SqliteNative.BindNull(_handle, position);
                break;
            default:
                throw new ArgumentException($"No way to store {values.GetType()}.", nameof(values));
        }
    }

    private void BindText(int position, string? text)
    {
        if (text is null)
        {
            _ = SqliteNative.BindNull(_handle, position);
            return;
        }

        text = StorableText.Of(text);
        BindRoom(position, Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length))));
    }

    private void BindUtf8(int position, ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Room(utf8.Length));
        BindRoom(position, utf8.Length);
    }

    private void BindRoom(int position, int length)
    {
        _ = SqliteNative.BindText(_handle, position, ref MemoryMarshal.GetReference(_texts.AsSpan(_used)), length, SqliteNative.Static);
        _used += length;
    }

    /// <summary>Room for the row's next text. What was bound before stays where it is.</summary>
    private Span<byte> Room(int bytes)
    {
        if (_texts.Length - _used < bytes)
        {
            _outgrown.Add(_texts);
            (_texts, _used) = (GC.AllocateUninitializedArray<byte>(Math.Max(bytes, _texts.Length * 2), pinned: true), 0);
        }

        return _texts.AsSpan(_used);
    }

    private void BindBlob(int position, byte[] blob) => _ = blob.Length == 0
        ? SqliteNative.BindBlob(_handle, position, ref MemoryMarshal.GetArrayDataReference(_texts), 0, SqliteNative.Static)
        : SqliteNative.BindBlob(_handle, position, ref MemoryMarshal.GetArrayDataReference(blob), blob.Length, SqliteNative.Copied);
}
