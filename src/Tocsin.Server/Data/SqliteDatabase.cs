using System.Collections.Concurrent;
using System.Data.Common;
using System.Net;
using Microsoft.Data.Sqlite;
using Tocsin.Audit;

namespace Tocsin.Data;

/// <summary>
/// The embedded store: one writer thread that commits whatever waits as one group (one sync for all), and readers in parallel.
/// </summary>
internal sealed class SqliteDatabase : Database
{
    private const int GroupLimit = 512;

    private readonly BlockingCollection<WriteItem> _queue = new(boundedCapacity: 20_000);
    private readonly ConcurrentBag<SqliteChannel> _readers = [];
    private readonly SemaphoreSlim _readSlots = new(8);
    private readonly string _connectionString;
    private readonly SqliteChannel _writing;
    private readonly SqliteCheckpoints _checkpoints;
    private readonly Thread _writer;

    public SqliteDatabase(string path)
    {
        Path = path;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString();
        _writing = new(_connectionString, readOnly: false);
        Description = $"SQLite {_writing.Connection.ServerVersion}";
        _checkpoints = new(_connectionString);
        _writer = new(() => WriteLoop(_writing)) { IsBackground = true, Name = "sqlite-writer" };
        _writer.Start();
    }

    public string Path { get; }

    public override Dialect Dialect => Dialect.Sqlite;

    public override string Description { get; }

    /// <summary>Every statement that was prepared so far. Not while others use the store.</summary>
    public IReadOnlyList<string> Statements => [.. _readers.Append(_writing).SelectMany(c => c.Statements).Distinct()];

    public override async Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct)
    {
        var item = new WriteItem<T>(work, ct);
        try
        {
            if (!_queue.TryAdd(item))
            {
                throw new StoreUnavailableException("Too many writes are waiting for the disk.");
            }
        }
        catch (InvalidOperationException)
        {
            throw new StoreUnavailableException("The store is closed.");
        }

        return await item.Done.Task;
    }

    public override async Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken ct)
    {
        await _readSlots.WaitAsync(ct);
        try
        {
            if (!_readers.TryTake(out var channel))
            {
                channel = new(_connectionString, readOnly: true);
            }

            var result = await work(new SqliteSession(channel, ct));
            _readers.Add(channel);
            return result;
        }
        catch (DbException e)
        {
            throw new StoreUnavailableException($"The database could not be read: {e.Message}", e);
        }
        finally
        {
            _readSlots.Release();
        }
    }

    public override ValueTask DisposeAsync()
    {
        _queue.CompleteAdding();
        _writer.Join();
        _checkpoints.Dispose();
        while (_readers.TryTake(out var channel))
        {
            channel.Dispose();
        }

        _queue.Dispose();
        _readSlots.Dispose();
        return ValueTask.CompletedTask;
    }

    private void WriteLoop(SqliteChannel channel)
    {
        using (channel)
        {
            List<WriteItem> group = [];
            foreach (var first in _queue.GetConsumingEnumerable())
            {
                group.Clear();
                group.Add(first);
                while (group.Count < GroupLimit && _queue.TryTake(out var next))
                {
                    group.Add(next);
                }

                CommitGroup(channel, group);
            }
        }
    }

    private void CommitGroup(SqliteChannel channel, List<WriteItem> group)
    {
        try
        {
            channel.Run("BEGIN IMMEDIATE");
            foreach (var item in group)
            {
                RunItem(channel, item);
            }

            channel.Run("COMMIT");
            _checkpoints.Committed(channel);
        }
        catch (DbException e)
        {
            Rollback(channel);
            var failure = new StoreUnavailableException($"The database could not store: {e.Message}", e);
            foreach (var item in group)
            {
                item.Fail(failure);
            }

            return;
        }

        foreach (var item in group)
        {
            item.Committed();
        }
    }

    /// <summary>An item that fails takes only its own changes with it; the group goes on.</summary>
    private static void RunItem(SqliteChannel channel, WriteItem item)
    {
        channel.Run("SAVEPOINT item");
        try
        {
            item.Run(channel);
        }
        catch (Exception e) when (e is not SqliteException { SqliteErrorCode: FullCode or IoErrorCode })
        {
            channel.Run("ROLLBACK TO item");
            item.Refused(e);
        }

        channel.Run("RELEASE item");
    }

    private const int FullCode = 13;
    private const int IoErrorCode = 10;

    private static void Rollback(SqliteChannel channel)
    {
        try
        {
            channel.Run("ROLLBACK");
        }
        catch (DbException)
        {
            // SQLite rolls some failures back by itself; then there is nothing left to undo.
        }
    }

    private abstract class WriteItem(CancellationToken ct)
    {
        protected CancellationToken Ct { get; } = ct;

        /// <summary>Taken where the write is asked for: the writer's thread belongs to no request.</summary>
        protected IPAddress? Origin { get; } = RequestOrigin.Current;

        protected Exception? Failure { get; set; }

        public abstract void Run(SqliteChannel channel);

        public abstract void Fail(Exception e);

        public abstract void Committed();

        public void Refused(Exception e) => Failure = e;
    }

    private sealed class WriteItem<T>(Func<Tx, Task<T>> work, CancellationToken ct) : WriteItem(ct)
    {
        private SqliteTx? _tx;
        private T? _result;

        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override void Run(SqliteChannel channel)
        {
            Ct.ThrowIfCancellationRequested();
            _tx = new(channel, Ct) { Origin = Origin };

            // SQLite commands complete synchronously, so this never blocks on anything but the disk.
            _result = work(_tx).GetAwaiter().GetResult();
            _tx.FinishAsync().GetAwaiter().GetResult();
        }

        public override void Fail(Exception e)
        {
            _tx?.Done(committed: false);
            Done.TrySetException(e);
        }

        public override void Committed()
        {
            if (Failure is { } failure)
            {
                Fail(failure);
                return;
            }

            _tx!.Done(committed: true);
            Done.TrySetResult(_result!);
        }
    }
}
