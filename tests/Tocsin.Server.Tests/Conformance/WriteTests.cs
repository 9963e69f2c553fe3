using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Tests.Conformance;

/// <summary>Transactions, in groups on SQLite: each takes only its own changes with it.</summary>
public abstract class WriteTests(Engine engine)
{
    [StoreFact]
    public async Task A_write_that_fails_takes_only_its_own_changes_with_it()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var gate = new TaskCompletionSource();
        var first = bench.WriteAsync(_ => gate.Task);
        var writes = Enumerable.Range(0, 100).Select(i => bench.WriteAsync(async tx =>
        {
            await InsertAsync(tx, $"n{i}", "1");
            if (i % 10 == 3)
            {
                throw new InvalidOperationException("This one fails.");
            }

            if (i % 10 == 7)
            {
                await InsertAsync(tx, $"n{i}", "2");
            }
        })).ToArray();

        gate.SetResult();
        await first;
        for (var i = 0; i < writes.Length; i++)
        {
            if (i % 10 == 3)
            {
                await Assert.ThrowsAsync<InvalidOperationException>(() => writes[i]);
            }
            else if (i % 10 == 7)
            {
                await Assert.ThrowsAnyAsync<DbException>(() => writes[i]);
            }
            else
            {
                await writes[i];
            }
        }

        Assert.Equal(80, await bench.CountAsync("meta"));
        Assert.Equal(0, await bench.ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM meta WHERE name LIKE '%3' OR name LIKE '%7'")));
    }

    [StoreFact]
    public async Task Each_is_told_once_whether_it_was_committed()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        List<string> told = [];

        await bench.WriteAsync(tx =>
        {
            tx.WhenDone(committed => told.Add($"first {committed}"));
            return InsertAsync(tx, "a", "1");
        });
        await Assert.ThrowsAnyAsync<DbException>(() => bench.WriteAsync(tx =>
        {
            tx.WhenDone(committed => told.Add($"second {committed}"));
            return InsertAsync(tx, "a", "2");
        }));

        Assert.Equal(["first True", "second False"], told);
    }

    [StoreFact]
    public async Task A_write_called_off_before_its_turn_changes_nothing()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var calledOff = new CancellationTokenSource();
        await calledOff.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => bench.Database.WriteAsync(tx => InsertAsync(tx, "a", "1"), calledOff.Token));

        Assert.Equal(0, await bench.CountAsync("meta"));
    }

    [StoreFact]
    public async Task Batches_hold_nulls_and_every_type_of_column()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var now = bench.Clock.Now.ToMicros();

        var written = await bench.WriteAsync(tx => tx.BatchAsync(
            """
            INSERT INTO delivery (workspace_id, source, received_at, verdict, signals, rejected, reason, body) {rows}
            """,
            new("workspace", new long[] { 1, 1, 1 }), new("source", new[] { "a", "b", "c" }), new("received", new[] { now, now + 1, now + 2 }),
            new("verdict", new[] { 0, 1, 2 }), new("signals", new[] { 1, 2, 3 }), new("rejected", new[] { 0, 0, 0 }),
            new("reason", new[] { null, "", "it's ‘so’ 😀" }), new("body", new[] { null, [], new byte[] { 0, 255 } })));
        var rows = await bench.ReadAsync(session => session.QueryAsync(
            "SELECT source, signals, reason, body FROM delivery ORDER BY source",
            static row => (Source: row.GetString(0), Signals: row.GetInt32(1), Reason: row.NullableString(2), Body: row.NullableBytes(3))));

        Assert.Equal(3, written);
        Assert.Equal(["a", "b", "c"], rows.Select(r => r.Source));
        Assert.Equal([1, 2, 3], rows.Select(r => r.Signals));
        Assert.Equal([null, "", "it's ‘so’ 😀"], rows.Select(r => r.Reason));
        Assert.Null(rows[0].Body);
        Assert.Equal([], rows[1].Body!);
        Assert.Equal([0, 255], rows[2].Body!);
    }

    [StoreFact]
    public async Task A_batch_of_nothing_writes_nothing()
    {
        await using var bench = await EngineBench.OpenAsync(engine);

        Assert.Equal(0, await bench.WriteAsync(tx => tx.BatchAsync("INSERT INTO meta (name, value) {rows}", new("name", Array.Empty<string>()), new("value", Array.Empty<string>()))));
    }

    [StoreFact]
    public async Task A_workspace_is_changed_by_one_transaction_at_a_time()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var other = bench.AddNode("b").Database;

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 2 == 0 ? bench.Database : other).WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(1);
                var before = await tx.ScalarAsync("SELECT last_incident FROM workspace WHERE id = 1");
                await tx.ExecuteAsync("UPDATE workspace SET last_incident = @next WHERE id = 1", ("next", before + 1));
            },
            default)));

        Assert.Equal(40, await bench.ReadAsync(session => session.ScalarAsync("SELECT last_incident FROM workspace WHERE id = 1")));
    }

    [StoreFact]
    public async Task A_reader_that_fails_leaves_the_next_one_unharmed()
    {
        await using var bench = await EngineBench.OpenAsync(engine);

        for (var i = 0; i < 50; i++)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => bench.ReadAsync<int>(_ => throw new InvalidOperationException("This one fails.")));
        }

        Assert.Equal(1, await bench.CountAsync("workspace"));
    }

    private static Task<int> InsertAsync(Tx tx, string name, string value) =>
        tx.ExecuteAsync("INSERT INTO meta (name, value) VALUES (@name, @value)", ("name", name), ("value", value));

    public sealed class OnSqlite() : WriteTests(Engine.Sqlite);

    public sealed class OnPostgres() : WriteTests(Engine.Postgres);
}
