using System.Threading.Channels;
using Tocsin.Data;

namespace Tocsin.Audit;

/// <summary>Where everybody writes what belongs into the audit. The address of the request is added by itself.</summary>
internal sealed class AuditTrail(Database database, AuditStore store, TimeProvider clock)
{
    private readonly AuditRefusals _refusals = new();
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Adds an entry in the transaction that does what it tells: both are stored, or neither.</summary>
    /// <param name="workspace">Whose chain; <see cref="AuditStore.Installation"/> for what belongs to no workspace.</param>
    public Task RecordAsync(Tx tx, long workspace, AuditEntry entry)
    {
        store.Append(tx, workspace, clock.GetUtcNow(), entry);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Notes a refusal without a transaction and without waiting: for failed logins, keys that are unknown, roles that are too low. It is stored a moment
    /// later; many of the same action from the same address are one counted entry a minute. Costs next to nothing, however often it is called.
    /// </summary>
    /// <param name="workspace">Whose chain; one that exists, or <see cref="AuditStore.Installation"/>.</param>
    public void Refused(long workspace, AuditEntry entry)
    {
        if (_refusals.Add(workspace, entry with { Address = entry.Address ?? RequestOrigin.TextOf(RequestOrigin.Current) }, clock.GetUtcNow()))
        {
            _news.Writer.TryWrite(true);
        }
    }

    /// <summary>Stores the refusals that are due.</summary>
    /// <param name="all">Also those whose minute is not over: for the end of the process.</param>
    /// <exception cref="StoreUnavailableException">They are kept, and counted on.</exception>
    public async Task FlushAsync(bool all, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var due = _refusals.Take(now, all);
        if (due.Count == 0)
        {
            return;
        }

        try
        {
            await database.WriteAsync(
                tx =>
                {
                    foreach (var (workspace, entry) in due.Select(pile => pile.Entry()))
                    {
                        store.Append(tx, workspace, now, entry);
                    }

                    return Task.CompletedTask;
                },
                ct);
        }
        catch
        {
            _refusals.GiveBack(due);
            throw;
        }
    }

    /// <summary>Returns when there is something to store that was not there before, or after <paramref name="most"/>.</summary>
    internal async Task WaitAsync(TimeSpan most, CancellationToken ct)
    {
        using var waited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(_news.Reader.WaitToReadAsync(waited.Token).AsTask(), Task.Delay(most, clock, waited.Token));
        await waited.CancelAsync();
        _news.Reader.TryRead(out _);
    }
}
