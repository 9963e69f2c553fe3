using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Issues;
using Tocsin.Providers;
using Tocsin.Sdk;
using static Tocsin.Tests.Issues.IssueBench;

namespace Tocsin.Tests.Issues;

/// <summary>Whether the pipeline says of itself that it is slow, fails, or loses what others gave up.</summary>
public abstract class PipelineWatchTests(Engine engine)
{
    [StoreFact]
    public async Task Issues_that_are_late_are_an_alert_of_the_usual_way_until_they_are_in_time_again()
    {
        await using var bench = await OpenAsync(engine);
        using var watch = Watch(bench, new());
        bench.GitHub.Chaos = _ => FakeFault.Parse("500", null);
        await bench.TakeAsync(Firing());
        await bench.PassUntilAsync(0.9);
        await watch.TurnAsync(default);
        Assert.Empty(await OwnAsync(bench));

        await bench.PassUntilAsync(1.1);
        await watch.TurnAsync(default);
        await watch.TurnAsync(default);
        var alarm = Assert.Single(await OwnAsync(bench));
        Assert.Equal(("Issues are late", AlertStatus.Firing), (alarm.Document.Title, alarm.State.Status));
        Assert.Contains(await bench.Engine.IncidentsAsync(), i => i.Title == "Issues are late");

        bench.GitHub.Chaos = null;
        await bench.PassUntilAsync(8);
        await watch.TurnAsync(default);
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await OwnAsync(bench)).State.Status);
    }

    [StoreFact]
    public async Task Attempts_that_fail_are_an_alert_until_they_are_out_of_the_window()
    {
        await using var bench = await OpenAsync(engine);
        using var watch = Watch(bench, new() { ErrorAlarmLeast = 5, ErrorAlarmPercent = 60, SlowAlarm = TimeSpan.Zero });
        await bench.TakeAsync(Firing(0, "a"), Firing(0, "b"));
        bench.GitHub.Chaos = _ => FakeFault.Parse("500", null);
        await bench.TakeAsync(Firing(1, "a"), Firing(1, "c"));
        await bench.PassUntilAsync(0.02);
        await watch.TurnAsync(default);
        Assert.Empty(await OwnAsync(bench));

        await bench.PassUntilAsync(5);
        await watch.TurnAsync(default);
        Assert.Equal("Attempts to keep issues fail", Assert.Single(await OwnAsync(bench)).Document.Title);

        bench.GitHub.Chaos = null;
        await bench.PassUntilAsync(25);
        await watch.TurnAsync(default);
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await OwnAsync(bench)).State.Status);
    }

    [StoreFact]
    public async Task Dead_letters_are_an_alert_until_somebody_took_them_away_however_many_nodes_look()
    {
        await using var bench = await OpenAsync(engine);
        bench.Engine.Estate = new EstateBuilder().User("ana", "push").Policy("5m user:ana")
            .Source(new("queue", Sqs.Id, "sqs-source-key-000000001") { Settings = new Dictionary<string, string> { [Sqs.QueueUrlKey] = "http://127.0.0.1:1/1/a" } }).Build();
        var watches = Enumerable.Range(0, 3).Select(_ => Watch(bench, new() { DeadLetterAlarm = 2 })).ToArray();
        await DepthAsync(bench, 1);
        await TurnAsync(watches);
        Assert.Empty(await OwnAsync(bench));

        await DepthAsync(bench, 2);
        await TurnAsync(watches);
        var alarm = Assert.Single(await OwnAsync(bench));
        Assert.StartsWith("2 messages are in dead letter queues. ", alarm.Document.Description, StringComparison.Ordinal);
        Assert.Equal(1, Assert.Single(await bench.Engine.IncidentsAsync()).AlertCount);

        await DepthAsync(bench, null);
        await TurnAsync(watches);
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await OwnAsync(bench)).State.Status);
        Array.ForEach(watches, watch => watch.Dispose());
    }

    [StoreFact]
    public async Task Health_tells_how_long_steps_took_by_whom_they_were_wanted_and_what_waits()
    {
        await using var bench = await OpenAsync(engine);
        await bench.TakeAsync(Firing(0, "a"), Firing(0, "b"));
        await bench.HearAsync(Firing(0, "late") with { Teams = ["web", "dev-infra"] });
        bench.Clock.Advance(TimeSpan.FromSeconds(7));
        await bench.WorkAsync();
        bench.GitHub.Chaos = _ => FakeFault.Parse("500", null);
        await bench.TakeAsync(Resolved(1, "a"));
        bench.Clock.Advance(TimeSpan.FromSeconds(1));

        var health = await HealthAsync(bench, new());
        Assert.Equal(("ok", 3, 0.0, 7.0, 7.0), (health.Status, health.Latency.Samples, health.Latency.P50Seconds, health.Latency.P95Seconds, health.Latency.P99Seconds));
        Assert.Equal(
            [new("grafana", "dev-infra", 3, 1), new PipelineShare("grafana", "web", 1, 0)], health.Issues);
        Assert.Equal((25.0, 1L, 1.0), (health.ErrorPercent, health.Pending, health.WaitingSeconds));
        Assert.Equal((true, 5000), (health.GitHub!.Configured, health.GitHub.Limit));
        Assert.InRange(health.GitHub.Remaining!.Value, 4900, 4999);

        bench.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.Equal((0, null), ((await HealthAsync(bench, new())).Latency.Samples, (await HealthAsync(bench, new())).Latency.P50Seconds));
    }

    private static Task<PipelineHealthView> HealthAsync(IssueBench bench, PipelineOptions options) =>
        bench.Engine.ReadAsync(session => Reader(bench, options).ReadAsync(session, bench.Engine.Estate, bench.Host, bench.Clock.Now));

    private static Task DepthAsync(IssueBench bench, long? dead) =>
        bench.Engine.WriteAsync(tx => new PipelineStore().SaveDepthAsync(tx, 1, new("queue", bench.Clock.Now, 0, 0, 0, dead, null)));

    private static Task TurnAsync(PipelineWatch[] watches) => Task.WhenAll(watches.Select(watch => watch.TurnAsync(default)));

    private static async Task<List<AlertRow>> OwnAsync(IssueBench bench) => (await bench.Engine.AlertsAsync()).FindAll(a => a.Document.Source == "tocsin");

    private static PipelineFigures Reader(IssueBench bench, PipelineOptions options) =>
        new(new(), bench.Parts.Issues, bench.Parts.Deliveries, bench.Notes, Options.Create(options), Options.Create(bench.Settings));

    private static PipelineWatch Watch(IssueBench bench, PipelineOptions options) => new(
        bench.Engine.Database, new(), bench.Engine.Estates, Reader(bench, options), bench.Parts.Alerts, bench.Parts.Intake,
        new(bench.Host, new(), Options.Create(options), Options.Create(new AccountOptions())), bench.Clock, NullLogger<PipelineWatch>.Instance);

    public sealed class OnSqlite() : PipelineWatchTests(Engine.Sqlite);

    public sealed class OnPostgres() : PipelineWatchTests(Engine.Postgres);
}
