using Tocsin.Audit;
using Tocsin.Workspaces;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>What one click removes, and what it leaves.</summary>
public abstract class SampleDataTests(Engine engine)
{
    [StoreFact]
    public async Task Every_row_of_the_marked_workspace_goes_and_no_other()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        await bench.WriteAsync(tx => EngineBench.AddWorkspaceAsync(tx, 2));
        await bench.WriteAsync(tx => tx.ExecuteAsync("INSERT INTO source_state (workspace_id, source, accepted, unparsed) VALUES (2, 'real', 1, 0)"));
        var sample = Sample(bench);
        await sample.MarkAsync(1, default);

        Assert.True(await sample.RemoveAsync("user:ana", default));

        foreach (var table in new[] { "alert", "incident", "incident_alert", "page", "job", "event" })
        {
            Assert.Equal((table, 0), (table, await bench.CountAsync(table)));
        }

        Assert.Equal(1, await bench.CountAsync("source_state"));
        Assert.Equal(2, await bench.CountAsync("workspace"));
        Assert.True(sample.Removed.IsCancellationRequested);
        Assert.False(sample.IsHere);
    }

    [StoreFact]
    public async Task The_audit_of_the_sample_goes_and_that_of_the_installation_says_who_removed_it()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        await bench.AcknowledgeAsync(1);
        var sample = Sample(bench);
        await sample.MarkAsync(1, default);

        await sample.RemoveAsync("user:ana", default);

        var entry = Assert.Single(await bench.ReadAsync(session => bench.Parts.Audit.AfterAsync(session, AuditStore.Installation, 0, 10)));
        Assert.Equal((1, "user:ana", "sample.removed"), (entry.Seq, entry.Actor, entry.Action));
        Assert.Equal(1, await bench.CountAsync("audit"));
    }

    [StoreFact]
    public async Task An_alert_of_the_sample_that_comes_again_for_real_pages()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        await bench.ReceiveAsync(Firing("db"));
        var sample = Sample(bench);
        await sample.MarkAsync(1, default);
        await sample.RemoveAsync("user:ana", default);

        await bench.ReceiveAsync(Firing("db"));

        Assert.Equal(1, await bench.CountAsync("incident"));
        Assert.Equal(1, await bench.CountAsync("alert"));
    }

    [StoreFact]
    public async Task Nothing_goes_where_nothing_is_marked()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        var sample = Sample(bench);

        Assert.Null(await sample.LookAsync(default));
        Assert.False(await sample.RemoveAsync("user:ana", default));

        Assert.Equal(1, await bench.CountAsync("incident"));
    }

    private static SampleData Sample(EngineBench bench) =>
        new(bench.Database, new(bench.Database, isOwn: false), bench.Parts.Memory, bench.Parts.Audit, new(bench.Database, bench.Parts.Audit, bench.Clock));

    public sealed class OnSqlite() : SampleDataTests(Engine.Sqlite);

    public sealed class OnPostgres() : SampleDataTests(Engine.Postgres);
}
