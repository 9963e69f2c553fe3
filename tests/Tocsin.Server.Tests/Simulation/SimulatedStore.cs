using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Tests.Simulation;

/// <summary>What may befall a transaction.</summary>
internal enum WriteFate
{
    Committed,

    /// <summary>The node dies when all is written and nothing committed.</summary>
    DiesBefore,

    /// <summary>The node dies when all is committed and nobody has heard of it.</summary>
    DiesAfter,

    /// <summary>The node stands still when all is committed and nobody has heard of it.</summary>
    FreezesAfter,

    /// <summary>Nothing is committed, since the disk is full or the connection broke, and the node hears so.</summary>
    Refused,

    /// <summary>All is committed, but the connection broke and the node must think that it is not.</summary>
    AnswerLost,
}

/// <summary>The one database of a simulation: SQLite in memory, which outlives all nodes.</summary>
internal sealed class SimulatedStore : IDisposable
{
    private static readonly Lazy<SqliteChannel> _template = new(Migrated);
    private static readonly Lock _copying = new();

    private readonly SqliteChannel _channel = new("Data Source=:memory:;Pooling=False", readOnly: false);

    public SimulatedStore()
    {
        lock (_copying)
        {
            _template.Value.Connection.BackupDatabase(_channel.Connection);
        }

        Audit = new(_channel);
    }

    /// <summary>Whether nodes cannot reach the store now.</summary>
    public bool IsAway { get; set; }

    /// <summary>For the referee, who sees what is committed and takes part in nothing.</summary>
    public StoreAudit Audit { get; }

    public SqliteChannel Channel => _channel;

    public void Dispose() => _channel.Dispose();

    private static SqliteChannel Migrated()
    {
        var channel = new SqliteChannel("Data Source=:memory:;Pooling=False", readOnly: false);
        var tx = new SqliteTx(channel, default);
        Now(Migrator.MigrateAsync(tx, VirtualClock.Start));
        Now(EngineBench.AddWorkspaceAsync(tx, 1));
        return channel;
    }

    /// <summary>The result of store work, which on SQLite is there as soon as it is asked for.</summary>
    public static void Now(Task work)
    {
        Assert.True(work.IsCompleted, "Work in a transaction awaits nothing but its transaction.");
        work.GetAwaiter().GetResult();
    }

    public static T Now<T>(Task<T> work)
    {
        Now((Task)work);
        return work.Result;
    }
}

/// <summary>A transaction that knows whether it took the workspace's lock before it read what is decided under it.</summary>
internal sealed class SimulatedTx(SqliteChannel channel, CancellationToken ct) : Tx(Dialect.Sqlite, ct)
{
    private bool _locked;
    private bool _readBefore;

    public bool IsWellLocked => _locked && !_readBefore;

    public override Task LockWorkspaceAsync(long workspace)
    {
        _locked = true;
        return base.LockWorkspaceAsync(workspace);
    }

    protected override DbCommand Command(string sql)
    {
        _readBefore |= !_locked && (sql.Contains("FROM alert", StringComparison.Ordinal) || sql.Contains("FROM incident", StringComparison.Ordinal) || sql.Contains("FROM page", StringComparison.Ordinal));
        return channel.Prepared(sql);
    }

    protected override ValueTask ReleaseAsync(DbCommand command) => ValueTask.CompletedTask;

    protected override Task<int> InsertEachAsync(string sql, Column[] columns, int rows) => Task.FromResult(channel.InsertEach(sql, columns, rows));
}

internal sealed class SimulatedSession(SqliteChannel channel, CancellationToken ct) : Session(Dialect.Sqlite, ct)
{
    public bool IsOfPage { get; private set; }

    protected override DbCommand Command(string sql)
    {
        IsOfPage |= sql.Contains("FROM page", StringComparison.Ordinal);
        return channel.Prepared(sql);
    }

    protected override ValueTask ReleaseAsync(DbCommand command) => ValueTask.CompletedTask;
}

/// <summary>The store as one node reaches it: over a connection that takes time and breaks, from a node that dies and freezes.</summary>
internal sealed class SimulatedDatabase(SimulatedStore store, Actor node) : Database
{
    public override Dialect Dialect => Dialect.Sqlite;

    public override string Description => "simulated";

    /// <summary>Draws what befalls a transaction that is about to be committed.</summary>
    public Func<WriteFate> Fate { get; set; } = () => WriteFate.Committed;

    /// <summary>Carries out the fates that concern the node.</summary>
    public Action<WriteFate> Befall { get; set; } = _ => { };

    /// <summary>Called after each commit, with what the node calls now.</summary>
    public Action? Committed { get; set; }

    /// <summary>Called when a page was read, and whoever asked does not know the answer yet.</summary>
    public Action? AtTheDoor { get; set; }

    public int Reads { get; private set; }

    public override Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct)
    {
        var done = new TaskCompletionSource<T>();
        node.World.Schedule(Latency(), node, _ => Write(work, done, ct));
        return done.Task;
    }

    public override Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken ct)
    {
        Reads++;
        var done = new TaskCompletionSource<T>();
        node.World.Schedule(Latency(), node, _ =>
        {
            if (Refuse(done, ct))
            {
                return;
            }

            try
            {
                var session = new SimulatedSession(store.Channel, ct);
                var result = SimulatedStore.Now(work(session));
                if (session.IsOfPage)
                {
                    AtTheDoor?.Invoke();
                }

                Answer(() => done.TrySetResult(result));
            }
#pragma warning disable CA1031 // It goes to whoever asked.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.TrySetException(e);
            }
        });
        return done.Task;
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Write<T>(Func<Tx, Task<T>> work, TaskCompletionSource<T> done, CancellationToken ct)
    {
        if (Refuse(done, ct))
        {
            return;
        }

        var tx = new SimulatedTx(store.Channel, ct);
        store.Channel.Run("BEGIN IMMEDIATE");
        T result;
        try
        {
            result = SimulatedStore.Now(work(tx));
            SimulatedStore.Now(tx.FinishAsync());
        }
#pragma warning disable CA1031 // It goes to whoever asked.
        catch (Exception e)
#pragma warning restore CA1031
        {
            store.Channel.Run("ROLLBACK");
            tx.Done(committed: false);
            done.TrySetException(e);
            return;
        }

        WithLock(tx);
        var fate = Fate();
        if (fate == WriteFate.DiesBefore)
        {
            store.Channel.Run("ROLLBACK");
            Befall(fate);
            return;
        }

        if (fate == WriteFate.Refused)
        {
            store.Channel.Run("ROLLBACK");
            Befall(fate);
            tx.Done(committed: false);
            done.TrySetException(new StoreUnavailableException("The disk is full."));
            return;
        }

        store.Channel.Run("COMMIT");
        Committed?.Invoke();
        if (fate == WriteFate.AnswerLost)
        {
            Befall(fate);
            tx.Done(committed: false);
            done.TrySetException(new StoreUnavailableException("The connection broke during the commit."));
            return;
        }

        if (fate != WriteFate.Committed)
        {
            Befall(fate);
        }

        Answer(() =>
        {
            tx.Done(committed: true);
            done.TrySetResult(result);
        });
    }

    /// <summary>SQLite has one writer anyway; what would go wrong without the lock elsewhere can be told from what was read and written.</summary>
    private void WithLock(SimulatedTx tx)
    {
        if (!tx.IsWellLocked && Committed is not null && store.Audit.ChangesDecisions())
        {
            node.World.Fail(new BrokenPromiseException("R16", $"{node.Name} changes alerts, incidents or pages, and reads them before it holds the workspace's lock", null));
        }
    }

    private bool Refuse<T>(TaskCompletionSource<T> done, CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            done.TrySetCanceled(ct);
            return true;
        }

        if (store.IsAway)
        {
            done.TrySetException(new StoreUnavailableException("The store does not answer."));
            return true;
        }

        return false;
    }

    private void Answer(Action answer) => node.World.Schedule(Latency(), node, _ => answer());

    private TimeSpan Latency() => node.World.Between(0.000_1, 0.004);
}
