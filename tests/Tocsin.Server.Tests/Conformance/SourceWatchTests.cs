using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Alerts;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Conformance;

/// <summary>The silence of what is expected to send.</summary>
public abstract class SourceWatchTests(Engine engine)
{
    private static readonly TimeSpan _turn = TimeSpan.FromSeconds(5);

    [StoreFact]
    public async Task A_source_that_is_silent_for_too_long_is_one_alert_until_it_is_heard_again()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Expecting());
        using var watch = Watch(bench);
        await HearAsync(bench);
        await PassAsync(bench, TimeSpan.FromMinutes(10), watch);
        Assert.Empty(await bench.AlertsAsync());

        await PassAsync(bench, TimeSpan.FromMinutes(3), watch);
        var alert = Assert.Single(await bench.AlertsAsync());
        Assert.Equal((AlertStatus.Firing, "No events from prom for 12 min (expected every 10 min)"), (alert.State.Status, alert.Document.Title));
        Assert.InRange(alert.State.StartedAt - bench.Clock.Now, -TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(15) - TimeSpan.FromMinutes(1));
        await PassAsync(bench, TimeSpan.FromMinutes(30), watch);
        Assert.Equal(1, (await bench.IncidentAsync(1)).AlertCount);

        await HearAsync(bench);
        await PassAsync(bench, _turn, watch);
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await bench.AlertsAsync()).State.Status);
        Assert.Single(await bench.IncidentsAsync());
    }

    [StoreFact]
    public async Task Time_in_which_nobody_watched_is_nobodys_silence_and_an_interval_after_it_is()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Expecting());
        using (var before = Watch(bench))
        {
            await HearAsync(bench);
            await PassAsync(bench, TimeSpan.FromMinutes(1), before);
        }

        bench.Clock.Advance(TimeSpan.FromHours(5));
        using var after = Watch(bench);
        await PassAsync(bench, TimeSpan.FromMinutes(11), after);
        Assert.Empty(await bench.AlertsAsync());

        // A restart in between makes nothing later.
        using var again = Watch(bench);
        await PassAsync(bench, TimeSpan.FromMinutes(2), again);
        Assert.Equal(AlertStatus.Firing, Assert.Single(await bench.AlertsAsync()).State.Status);
    }

    [StoreFact]
    public async Task What_was_never_heard_is_missed_an_interval_after_it_was_set_up()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Expecting());
        using var watch = Watch(bench);

        await PassAsync(bench, TimeSpan.FromMinutes(13), watch);

        Assert.Equal("No events from prom since it was set up (expected every 10 min)", Assert.Single(await bench.AlertsAsync()).Document.Title);
    }

    [StoreFact]
    public async Task Many_nodes_that_notice_a_silence_at_once_tell_it_once()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Expecting());
        var nodes = Enumerable.Range(0, 3).Select(i => bench.AddNode($"n{i}")).ToArray();
        var watches = nodes.Select(node => new SourceWatch(node.Database, new(), bench.Estates, new(), node.Intake, bench.Clock, NullLogger<SourceWatch>.Instance)).ToArray();
        await HearAsync(bench);
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromMinutes(14); passed += _turn)
        {
            bench.Clock.Advance(_turn);
            await Task.WhenAll(watches.Select(w => w.TurnAsync(default)));
        }

        Assert.Single(await bench.AlertsAsync());
        Assert.Equal(1, Assert.Single(await bench.IncidentsAsync()).AlertCount);
        Assert.Single(await bench.PagesAsync(1));
        Array.ForEach(watches, w => w.Dispose());
    }

    [StoreFact]
    public async Task A_silence_ends_when_nothing_is_expected_of_the_source_any_more()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Expecting());
        using var watch = Watch(bench);
        await PassAsync(bench, TimeSpan.FromMinutes(13), watch);

        bench.Estate = new EstateBuilder().User("ana", "push").Policy("5m user:ana").Build();
        await PassAsync(bench, _turn, watch);

        Assert.Equal(AlertStatus.Resolved, Assert.Single(await bench.AlertsAsync()).State.Status);
        Assert.Equal([(null, null)], (await bench.ReadAsync(session => new SourceStore().ListAsync(session, 1))).Select(s => (s.ExpectedAt, s.SilentAt)));
    }

    [StoreFact]
    public async Task A_late_source_is_shown_as_late_within_its_grace()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Expecting());
        using var watch = Watch(bench);
        async Task<SourceHealth> HealthAsync() => SourceWatch.HealthOf(
            bench.Estate.Source("prom"), (await bench.ReadAsync(session => new SourceStore().ListAsync(session, 1))).FirstOrDefault(), bench.Clock.Now);

        Assert.Equal(SourceHealth.Unknown, await HealthAsync());
        await HearAsync(bench);
        await PassAsync(bench, TimeSpan.FromMinutes(9), watch);
        Assert.Equal(SourceHealth.Healthy, await HealthAsync());
        await PassAsync(bench, TimeSpan.FromMinutes(2), watch);
        Assert.Equal(SourceHealth.Late, await HealthAsync());
        await PassAsync(bench, TimeSpan.FromMinutes(2), watch);
        Assert.Equal(SourceHealth.Silent, await HealthAsync());
    }

    private static EstateBuilder Expecting() => new EstateBuilder().User("ana", "push").Policy("5m user:ana")
        .Source(new("prom", "generic", "prom-key-0123456789") { ExpectEvery = TimeSpan.FromMinutes(10), Grace = TimeSpan.FromMinutes(2) });

    private static SourceWatch Watch(EngineBench bench) =>
        new(bench.Database, new WorkspaceStore(), bench.Estates, new SourceStore(), bench.Parts.Intake, bench.Clock, NullLogger<SourceWatch>.Instance);

    /// <summary>Counts a delivery, as the batcher does for whatever comes.</summary>
    private static Task HearAsync(EngineBench bench) => bench.WriteAsync(tx => new SourceStore().CountAsync(tx, 1, "prom", 1, 0, bench.Clock.Now));

    private static async Task PassAsync(EngineBench bench, TimeSpan time, SourceWatch watch)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += _turn)
        {
            bench.Clock.Advance(_turn);
            await watch.TurnAsync(default);
        }
    }

    public sealed class OnSqlite() : SourceWatchTests(Engine.Sqlite);

    public sealed class OnPostgres() : SourceWatchTests(Engine.Postgres);
}
