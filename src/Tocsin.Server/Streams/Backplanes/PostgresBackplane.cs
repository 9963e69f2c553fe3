using System.Data.Common;
using System.Net.Sockets;
using Npgsql;
using Tocsin.Data;

namespace Tocsin.Streams.Backplanes;

/// <summary>
/// <c>NOTIFY</c> of the PostgreSQL that is the store. One connection a node listens; it must reach the server itself, or a pooler that keeps sessions.
/// </summary>
internal sealed class PostgresBackplane(string address, Database database) : IBackplane
{
    public string Name => "PostgreSQL";

    public async Task<IBackplaneLine> ConnectAsync(Action<string> heard, Action<string> broken, CancellationToken ct)
    {
        var builder = PostgresDatabase.ConnectionString(address);
        (builder.Pooling, builder.Timeout, builder.CommandTimeout, builder.ApplicationName) = (false, 5, 5, "tocsin-backplane");
        var connection = new NpgsqlConnection(builder.ConnectionString);
        try
        {
            await connection.OpenAsync(ct);

            // A server may hold several installations, each in a schema of its own; channels are the whole database's.
            await using var schema = new NpgsqlCommand("SELECT current_schema()", connection);
            var channel = $"tocsin_{StableHash.Of("backplane", $"{await schema.ExecuteScalarAsync(ct)}"):x16}";
            await using var listen = new NpgsqlCommand($"LISTEN {channel}", connection);
            await listen.ExecuteNonQueryAsync(ct);
            return new Line(connection, channel, database, heard, broken);
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            if (IsLoss(e))
            {
                throw new BackplaneLostException(e.Message, e);
            }

            throw;
        }
    }

    private static bool IsLoss(Exception e) => e is DbException or IOException or SocketException or TimeoutException;

    private sealed class Line : IBackplaneLine
    {
        private readonly NpgsqlConnection _connection;
        private readonly string _channel;
        private readonly Database _database;
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _listening;

        public Line(NpgsqlConnection connection, string channel, Database database, Action<string> heard, Action<string> broken)
        {
            (_connection, _channel, _database) = (connection, channel, database);
            connection.Notification += (_, notification) => heard(notification.Payload);
            _listening = ListenAsync(broken, _stop.Token);
        }

        /// <summary>
        /// After the commit, not in it: a transaction that notifies holds a lock of the whole server until its commit is on the disk, and all
        /// commits would wait in line. See docs/decisions/0007-backplanes.md.
        /// </summary>
        public async Task SendAsync(string text, CancellationToken ct)
        {
            try
            {
                await _database.ReadAsync(session => session.ExecuteAsync("SELECT pg_notify(@channel, @text)", ("channel", _channel), ("text", text)), ct);
            }
            catch (StoreUnavailableException e)
            {
                throw new BackplaneLostException(e.Message, e);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _listening;
            await _connection.DisposeAsync();
            _stop.Dispose();
        }

        private async Task ListenAsync(Action<string> broken, CancellationToken ct)
        {
            try
            {
                while (true)
                {
                    await _connection.WaitAsync(ct);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // Nobody listens any more.
            }
            catch (Exception e) when (IsLoss(e))
            {
                broken(e.Message);
            }
        }
    }
}
