using Tocsin.Data;

namespace Tocsin.Tests.Simulation;

/// <summary>What the one writer remembers when many transactions share a commit. Seed 32 found that it could be what was written first.</summary>
public sealed class RowMemoryTests : IDisposable
{
    private readonly SimulatedStore _store = new();
    private readonly RowMemory<long, string> _memory = new RowMemory(soleWriter: true).Of<long, string>(most: 10);

    [Fact]
    public void Of_two_transactions_that_share_a_commit_the_later_is_remembered()
    {
        var (first, second) = (Begin(), Begin());
        _memory.Add(first, [(17, "as it was")]);
        _memory.Change(first, [(17, "reopened")]);
        _memory.Change(second, [(17, "resolved")]);

        first.Done(committed: true);
        second.Done(committed: true);

        Assert.True(_memory.TryGet(Begin(), 17, out var row));
        Assert.Equal("resolved", row);
    }

    [Fact]
    public void Of_two_changes_in_one_transaction_the_later_is_remembered()
    {
        var tx = Begin();
        _memory.Add(tx, [(17, "as it was")]);
        _memory.Change(tx, [(17, "paging")]);
        _memory.Change(tx, [(17, "resolved")]);

        tx.Done(committed: true);

        Assert.True(_memory.TryGet(Begin(), 17, out var row));
        Assert.Equal("resolved", row);
    }

    [Fact]
    public void What_was_not_committed_is_not_remembered()
    {
        var tx = Begin();
        _memory.Add(tx, [(17, "as it was")]);
        _memory.Change(tx, [(17, "resolved")]);

        tx.Done(committed: false);

        Assert.False(_memory.TryGet(Begin(), 17, out _));
    }

    public void Dispose() => _store.Dispose();

    private SqliteTx Begin() => new(_store.Channel, default);
}
