using System.Data.Common;
using SQLitePCL;

namespace Tocsin.Data;

/// <summary>
/// Copies what was committed from the write-ahead log into the database, beside the writer instead of in its way: pages that
/// change again and again are copied once for many commits. The writer itself only steps in when the log has grown very large.
/// </summary>
internal sealed class SqliteCheckpoints : IDisposable
{
    /// <summary>Pages of 4 KiB, so a log of about 256 MiB.</summary>
    public const int MostPages = 64_000;

    private const int WorthCopying = 16_000;
    private const int CacheWrite = 9;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(5);

    private readonly ManualResetEventSlim _closing = new();
    private readonly Thread _thread;
    private long _written;

    public SqliteCheckpoints(string connectionString)
    {
        var channel = new SqliteChannel(connectionString, readOnly: false);
        _thread = new(() => Loop(channel)) { IsBackground = true, Name = "sqlite-checkpoints" };
        _thread.Start();
    }

    /// <summary>Called by the writer after a commit.</summary>
    public void Committed(SqliteChannel writer)
    {
        _ = raw.sqlite3_db_status(writer.Connection.Handle!, CacheWrite, out var pages, out _, resetFlg: 1);
        Interlocked.Add(ref _written, pages);
    }

    public void Dispose()
    {
        _closing.Set();
        _thread.Join();
        _closing.Dispose();
    }

    private void Loop(SqliteChannel channel)
    {
        using var closing = channel;
        var (copied, seen, still) = (0L, 0L, TimeSpan.Zero);
        while (!_closing.Wait(_look))
        {
            var written = Interlocked.Read(ref _written);
            still = written == seen ? still + _look : TimeSpan.Zero;
            seen = written;
            if (written - copied >= WorthCopying || (written > copied && still >= _rest))
            {
                copied = written;
                Copy(channel);
            }
        }
    }

    private static void Copy(SqliteChannel channel)
    {
        try
        {
            channel.Run("PRAGMA wal_checkpoint(PASSIVE)");
        }
        catch (DbException)
        {
            // A full or failing disk is told to whoever writes; here it only means that the log stays as it is for now.
        }
    }
}
