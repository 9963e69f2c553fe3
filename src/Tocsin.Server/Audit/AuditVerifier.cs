using Tocsin.Data;

namespace Tocsin.Audit;

/// <summary>What a look through one chain came to.</summary>
/// <param name="First">The first entry that is kept; null: there is none.</param>
/// <param name="Head">The last entry; null: there is none.</param>
/// <param name="Faults">Empty: the chain is sound.</param>
internal sealed record AuditVerdict(long Count, long? First, AuditAnchor? Head, IReadOnlyList<AuditFault> Faults);

/// <summary>Looks through chains as they are stored, a piece at a time, while others go on writing.</summary>
internal sealed class AuditVerifier(Database database, AuditStore store) : IDisposable
{
    private const int Piece = 1000;

    private readonly SemaphoreSlim _turn = new(1);

    public void Dispose() => _turn.Dispose();

    /// <summary>As <see cref="VerifyAsync"/>, for those who ask from outside: one at a time.</summary>
    /// <returns>Null: somebody else's turn is not over.</returns>
    public async Task<AuditVerdict?> TryVerifyAsync(long chain, IReadOnlyList<AuditAnchor> anchors, CancellationToken ct)
    {
        if (!await _turn.WaitAsync(TimeSpan.Zero, ct))
        {
            return null;
        }

        try
        {
            return await VerifyAsync(chain, anchors, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <param name="anchors">Entries that were noted elsewhere.</param>
    /// <exception cref="StoreUnavailableException">The store could not be read.</exception>
    public async Task<AuditVerdict> VerifyAsync(long chain, IReadOnlyList<AuditAnchor> anchors, CancellationToken ct)
    {
        while (true)
        {
            var first = await FirstAsync(chain, ct);
            var verdict = await LookAsync(chain, anchors, ct);
            if (verdict.Faults.Count == 0 || await FirstAsync(chain, ct) == first)
            {
                return verdict;
            }

            // Entries were removed after their time while this looked: what seems to be missing may be what is said to be gone by now.
        }
    }

    private async Task<long?> FirstAsync(long chain, CancellationToken ct) => (await database.ReadAsync(session => store.AfterAsync(session, chain, 0, 1), ct)).FirstOrDefault()?.Seq;

    private async Task<AuditVerdict> LookAsync(long chain, IReadOnlyList<AuditAnchor> anchors, CancellationToken ct)
    {
        var check = new AuditCheck(anchors);

        // What is added while this looks is left for the next time: it may already say that the beginning, which was read before, is gone.
        var end = (await database.ReadAsync(session => store.HeadAsync(session, chain), ct))?.Seq ?? 0;
        var last = 0L;
        while (last < end)
        {
            var links = await database.ReadAsync(session => store.AfterAsync(session, chain, last, Piece), ct);
            foreach (var link in links.Where(link => link.Seq <= end))
            {
                check.Add(link);
            }

            last = links.Count > 0 ? links[^1].Seq : end;
        }

        var faults = check.Finish();
        return new(check.Count, check.First, check.Head, faults);
    }
}
