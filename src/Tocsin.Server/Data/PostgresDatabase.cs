using System.Data.Common;
using System.Net.Sockets;
using Npgsql;
using Tocsin.Audit;

namespace Tocsin.Data;

/// <summary>PostgreSQL: one connection a unit of work, statements prepared by use.</summary>
internal sealed class PostgresDatabase : Database
{
    private readonly NpgsqlDataSource _source;

    public PostgresDatabase(string address)
    {
        var builder = ConnectionString(address);
        builder.ApplicationName ??= "tocsin";
        builder.MaxAutoPrepare = 200;
        builder.AutoPrepareMinUsages = 2;
        builder.MaxPoolSize = builder.MaxPoolSize == 100 ? 32 : builder.MaxPoolSize;
        builder.Timeout = 5;
        builder.CommandTimeout = 15;
        builder.CancellationTimeout = 1000;
        _source = NpgsqlDataSource.Create(builder);
    }

    public override Dialect Dialect => Dialect.Postgres;

    public override string Description => "PostgreSQL";

    /// <summary>Reads <c>postgres://user:password@host:port/name?sslmode=…</c> or a key=value connection string.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static NpgsqlConnectionStringBuilder ConnectionString(string address)
    {
        if (!address.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
            && !address.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase))
        {
            return new(address);
        }

        var uri = new Uri(address);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Port = uri.Port > 0 ? uri.Port : 5432,
            Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')),
        };
        var user = uri.UserInfo.Split(':', 2);
        builder.Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null;
        builder.Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null;
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (pair, "");
            if (key == "host")
            {
                // A socket folder cannot stand where a URI has its host.
                builder.Host = value;
            }
            else
            {
                builder[key.Equals("sslmode", StringComparison.OrdinalIgnoreCase) ? "SSL Mode" : key] = value.Replace("-", "", StringComparison.Ordinal);
            }
        }

        return builder;
    }

    public override async Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct)
    {
        PostgresTx? tx = null;
        try
        {
            await using var connection = await _source.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            tx = new(connection, ct) { Origin = RequestOrigin.Current };
            var result = await work(tx);
            await tx.FinishAsync();

            // A commit is not given up half way: whether it happened must be known.
            await transaction.CommitAsync(CancellationToken.None);
            tx.Done(committed: true);
            return result;
        }
        catch (Exception e)
        {
            tx?.Done(committed: false);
            if (IsOutage(e))
            {
                throw new StoreUnavailableException($"The database could not store: {e.Message}", e);
            }

            throw;
        }
    }

    public override async Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken ct)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(ct);
            return await work(new PostgresSession(connection, ct));
        }
        catch (Exception e) when (IsOutage(e))
        {
            throw new StoreUnavailableException($"The database could not be read: {e.Message}", e);
        }
    }

    /// <summary>Whether the database is at fault rather than the statement: data (22), constraint (23) and syntax (42) errors are bugs.</summary>
    private static bool IsOutage(Exception e) => e switch
    {
        PostgresException p => p.SqlState[..2] is not ("22" or "23" or "42"),
        DbException or TimeoutException or SocketException => true,
        _ => false,
    };

    public override async ValueTask DisposeAsync() => await _source.DisposeAsync();

    private sealed class PostgresSession(NpgsqlConnection connection, CancellationToken ct) : Session(Dialect.Postgres, ct)
    {
        protected override DbCommand Command(string sql) => new NpgsqlCommand(sql, connection);

        protected override ValueTask ReleaseAsync(DbCommand command) => command.DisposeAsync();
    }

    private sealed class PostgresTx(NpgsqlConnection connection, CancellationToken ct) : Tx(Dialect.Postgres, ct)
    {
        protected override DbCommand Command(string sql) => new NpgsqlCommand(sql, connection);

        protected override ValueTask ReleaseAsync(DbCommand command) => command.DisposeAsync();
    }
}
