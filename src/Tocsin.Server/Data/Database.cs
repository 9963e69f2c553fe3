namespace Tocsin.Data;

/// <summary>The store of one installation. Reads run in parallel; writes are transactions.</summary>
internal abstract class Database : IAsyncDisposable
{
    public abstract Dialect Dialect { get; }

    /// <summary>For people: the engine and its version.</summary>
    public abstract string Description { get; }

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction and returns after it is durable. The work uses only its transaction: it
    /// awaits nothing else, since others wait for it.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// The database could not be reached, is full, or was lost. The transaction may have been committed if the connection broke
    /// during the commit; callers repeat only work that is keyed.
    /// </exception>
    public abstract Task<T> WriteAsync<T>(Func<Tx, Task<T>> work, CancellationToken ct);

    public Task WriteAsync(Func<Tx, Task> work, CancellationToken ct) => WriteAsync(
        async tx =>
        {
            await work(tx);
            return true;
        },
        ct);

    /// <summary>Runs <paramref name="work"/> on what is committed now.</summary>
    /// <exception cref="StoreUnavailableException">The database could not be reached or was lost.</exception>
    public abstract Task<T> ReadAsync<T>(Func<Session, Task<T>> work, CancellationToken ct);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The database does not answer or cannot store. Callers answer 503 with Retry-After and try again.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database was written by a newer version; this one must not touch it. Exit code 6.</summary>
public sealed class SchemaTooNewException(int found, int known)
    : Exception($"The database has schema {found}, this version knows {known}. Start the newer version, or restore the backup made before the upgrade.");
