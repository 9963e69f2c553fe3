using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>From lines and values to alerts and incidents.</summary>
public abstract class DetectorRunnerTests(Engine engine)
{
    private const string Refused = "connection to the database was refused";

    [StoreFact]
    public async Task Errors_become_one_alert_and_one_incident_of_their_service_and_end_by_themselves()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.ErrorBurst));
        var node = await bench.AddAsync();
        await node.StoreAsync([.. bench.Usual("shop", 4), .. bench.Usual("pay", 4)]);
        await bench.PassAsync(3, node, () => [.. bench.Lines("shop", 4, LineLevel.Info, "order was paid"), .. bench.Lines("pay", 4, LineLevel.Info, "paid")]);
        Assert.Empty(await bench.AlertsAsync());

        await bench.PassAsync(10, node, () => [.. bench.Lines("shop", 20, LineLevel.Error, Refused), .. bench.Lines("pay", 4, LineLevel.Info, "paid")]);

        var alert = Assert.Single(await bench.Engine.AlertsAsync());
        Assert.Equal((AlertStatus.Firing, "shop", "tocsin-detect", "error-burst"), (alert.State.Status, alert.Document.Service, alert.Document.Source, alert.Document.Labels["detector"]));
        Assert.Contains("errors within 5 minutes until", alert.Document.Description!, StringComparison.Ordinal);
        Assert.Equal(("shop", 1), ((await bench.Engine.IncidentAsync(1)).Service, (await bench.Engine.IncidentAsync(1)).AlertCount));
        Assert.Equal(1, await bench.Engine.CountAsync("finding"));
        Assert.Contains("/logs?service=shop&from=", alert.Document.Links![0].Href, StringComparison.Ordinal);

        await bench.PassAsync(25, node, () => bench.Lines("shop", 4, LineLevel.Info, "order was paid"));

        Assert.Equal(AlertStatus.Resolved, Assert.Single(await bench.AlertsAsync()).Status);
        var history = await node.Desk.HistoryAsync(1, Detectors.ErrorBurst, "shop", long.MaxValue, 10, default);
        Assert.NotNull(Assert.Single(history).EndedAt);
    }

    [StoreFact]
    public async Task After_a_restart_and_on_another_node_nothing_is_told_again()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.ErrorBurst));
        var first = await bench.AddAsync();
        await first.StoreAsync(bench.Usual("shop", 4));
        await bench.PassAsync(10, first, () => bench.Lines("shop", 30, LineLevel.Error, Refused));
        Assert.Single(await bench.AlertsAsync());

        // It starts anew, and another one takes turns with it.
        var (again, other) = (await bench.AddAsync(), await bench.AddAsync("b"));
        for (var i = 0; i < 6; i++)
        {
            await bench.PassAsync(1, i % 2 == 0 ? again : other, () => bench.Lines("shop", 30, LineLevel.Error, Refused));
        }

        await bench.PassAsync(20, other, () => bench.Lines("shop", 4, LineLevel.Info, "order was paid"));
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await bench.AlertsAsync()).Status);
        Assert.Equal(1, await bench.Engine.CountAsync("finding"));
        Assert.Single(await bench.Engine.KindsAsync(1), kind => kind == "incident.triggered");
    }

    [StoreFact]
    public async Task Of_nodes_that_look_at_once_one_has_the_turn()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.ErrorBurst));
        DetectorBench.Node[] nodes = [await bench.AddAsync(), await bench.AddAsync("b"), await bench.AddAsync("c")];
        await nodes[0].StoreAsync(bench.Usual("shop", 4));
        for (var i = 0; i < 8; i++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await nodes[0].StoreAsync(bench.Lines("shop", 30, LineLevel.Error, Refused));
            await Task.WhenAll(nodes.Select(n => n.Runner.TurnAsync(default)));
        }

        Assert.Single(await bench.AlertsAsync());
        Assert.Equal(1, await bench.Engine.CountAsync("finding"));
    }

    [StoreFact]
    public async Task Lines_that_come_late_are_seen_where_they_belong()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.ErrorBurst));
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Usual("shop", 4));
        await bench.PassAsync(11, node, () => bench.Lines("shop", 4, LineLevel.Info, "order was paid"));
        Assert.Empty(await bench.AlertsAsync());

        // Ten minutes' worth of errors arrives at once, after each of these minutes was looked at.
        await node.StoreAsync([.. Enumerable.Range(0, 10).SelectMany(ago => bench.Lines("shop", 20, LineLevel.Error, Refused, ago))]);
        await bench.PassAsync(1, node, () => bench.Lines("shop", 4, LineLevel.Info, "order was paid"));

        Assert.Single(await bench.AlertsAsync());
    }

    [StoreFact]
    public async Task New_errors_of_one_service_are_one_alert_however_many_kinds_there_are()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.NewError));
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Usual("shop", 4));

        await bench.PassAsync(4, node, () => [.. bench.Lines("shop", 2, LineLevel.Error, Refused), .. bench.Lines("shop", 2, LineLevel.Critical, "no space is left for journals here")]);

        Assert.Equal("shop: new error: no space is left for journals here (and 1 more)", Assert.Single(await bench.AlertsAsync()).Title);
        Assert.Equal(2, await bench.Engine.CountAsync("finding"));
    }

    [StoreFact]
    public async Task A_figure_over_its_limit_is_an_alert_of_its_service_alone()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.Threshold));
        var node = await bench.AddAsync();
        await node.StoreAsync([.. bench.Samples("system.cpu_percent", "db", 99, 8), .. bench.Samples("system.cpu_percent", "shop", 40, 8)]);

        await node.Runner.TurnAsync(default);

        Assert.Equal((AlertStatus.Firing, "db: cpu_percent over 85: 99"), Assert.Single(await bench.AlertsAsync()));
        bench.Clock.Advance(TimeSpan.FromMinutes(6));
        await node.StoreAsync([.. bench.Samples("system.cpu_percent", "db", 30, 6)]);
        await node.Runner.TurnAsync(default);
        bench.Clock.Advance(TimeSpan.FromMinutes(11));
        await node.Runner.TurnAsync(default);
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await bench.AlertsAsync()).Status);
    }

    [StoreFact]
    public async Task Objectives_and_questions_of_the_estate_are_looked_at()
    {
        await using var bench = await DetectorBench.OpenAsync(
            engine,
            [
                .. Only(Detectors.Query),
                new("up", Detectors.Slo) { Service = "pay", Objective = 0.99, Measure = SloMeasure.Lines },
                new("cards", Detectors.Query) { Service = "shop", Query = new() { Text = "card refused", MoreThan = 3, Within = TimeSpan.FromMinutes(10) } },
                new("queue", Detectors.Query) { Query = new() { Metric = "queue.depth", Above = 100, Within = TimeSpan.FromMinutes(5) } },
            ]);
        var node = await bench.AddAsync();
        await node.StoreAsync([.. bench.Samples("queue.depth", "work", 101, 6), .. bench.Samples("queue.depth", "idle", 99, 6)]);
        await node.StoreAsync([.. bench.Usual("pay", 1), .. bench.Lines("shop", 4, LineLevel.Warning, "card refused by the bank", 1), .. bench.Lines("shop", 9, LineLevel.Warning, "card taken", 1)]);
        await node.StoreAsync([.. Enumerable.Range(0, 60).SelectMany(ago => bench.Lines("pay", 1, LineLevel.Error, Refused, ago))]);

        await node.Runner.TurnAsync(default);

        Assert.Equal(
            ["cards: 4 lines within 10 minutes", "pay: up loses its budget 20 times too fast", "queue: queue.depth above 100"],
            (await bench.AlertsAsync()).Select(a => a.Title).Order(StringComparer.Ordinal));
    }

    [StoreFact]
    public async Task A_question_that_cannot_be_answered_in_time_is_told_as_skipped()
    {
        await using var bench = await DetectorBench.OpenAsync(
            engine, [.. Only(Detectors.Query), new("cards", Detectors.Query) { Query = new() { Text = "card refused", MoreThan = 3, Within = TimeSpan.FromMinutes(10) } }]);
        bench.SearchBudget = TimeSpan.FromTicks(-1);
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Lines("shop", 4, LineLevel.Warning, "card refused by the bank", 1));
        await node.StoreAsync(bench.Lines("shop", 4, LineLevel.Warning, "card refused by the bank", 2));

        await node.Runner.TurnAsync(default);

        var list = await node.Desk.ListAsync(bench.Engine.Estate, default);
        Assert.Empty(await bench.AlertsAsync());
        Assert.Contains(list.Skipped, s => s.StartsWith("the question cards", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task An_objective_counts_all_instances_however_their_metric_is_written()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, [.. Only(Detectors.Slo), new("up", Detectors.Slo) { Service = "pay", Objective = 0.999 }]);
        var node = await bench.AddAsync();
        await node.StoreAsync([.. Enumerable.Range(0, 12).SelectMany(i => bench.Samples("Error_Rate", "pay", i < 10 ? 0 : 0.5, 70).Select(s => s with { Tags = LabelSet.Of(("instance", $"i{i:00}")) }))]);

        await node.Runner.TurnAsync(default);

        Assert.Equal("pay: up loses its budget 83.3 times too fast", Assert.Single(await bench.AlertsAsync()).Title);
    }

    [StoreFact]
    public async Task Silence_of_a_time_in_which_nobody_watched_proves_nothing()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.MissingData));
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Usual("shop", 5));
        await node.Runner.TurnAsync(default);

        bench.Clock.Advance(TimeSpan.FromMinutes(30));
        await node.Runner.TurnAsync(default);
        Assert.Empty(await bench.AlertsAsync());

        await bench.PassAsync(13, node, () => []);
        Assert.Contains("shop: no lines for", Assert.Single(await bench.AlertsAsync()).Title, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_service_that_stays_silent_is_missed_for_a_day_also_after_a_restart()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.MissingData));
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Usual("shop", 5));
        await bench.PassAsync(20, node, () => []);
        Assert.Equal(AlertStatus.Firing, Assert.Single(await bench.AlertsAsync()).Status);

        for (var i = 0; i < 5; i++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(60));
            await node.Runner.TurnAsync(default);
        }

        await bench.PassAsync(5, await bench.AddAsync(), () => []);
        Assert.Equal(AlertStatus.Firing, Assert.Single(await bench.AlertsAsync()).Status);

        bench.Clock.Advance(TimeSpan.FromHours(20));
        await bench.PassAsync(5, node, () => []);
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await bench.AlertsAsync()).Status);
    }

    [StoreFact]
    public async Task A_regular_line_has_not_stopped_where_this_installation_was_away_itself()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.TemplateStopped));
        var node = await bench.AddAsync();
        await node.StoreAsync([.. Enumerable.Reverse(bench.Usual("shop", 30)), .. Enumerable.Range(0, 600).Reverse().SelectMany(i => bench.Lines("shop", 1, LineLevel.Info, "the queue was looked at", i * 3))]);
        await bench.PassAsync(3, node, () => bench.Lines("shop", 4, LineLevel.Info, "order 7 was paid"));

        // Nothing was taken in for half an hour; what comes each third minute is not due in the first one after it.
        bench.Clock.Advance(TimeSpan.FromMinutes(30));
        await bench.PassAsync(2, await bench.AddAsync(), () => bench.Lines("shop", 4, LineLevel.Info, "order 7 was paid"));
        Assert.Empty(await bench.AlertsAsync());

        await bench.PassAsync(20, node, () => bench.Lines("shop", 4, LineLevel.Info, "order 7 was paid"));
        Assert.Contains("no longer written", Assert.Single(await bench.AlertsAsync()).Title, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_clock_that_is_set_back_stops_no_detector()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.ErrorBurst));
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Usual("shop", 8));
        await bench.PassAsync(3, node, () => bench.Lines("shop", 4, LineLevel.Info, "order 7 was paid"));

        bench.Clock.Advance(TimeSpan.FromHours(-1));
        await bench.PassAsync(10, node, () => bench.Lines("shop", 30, LineLevel.Error, Refused));

        Assert.Single(await bench.AlertsAsync());
    }

    [StoreFact]
    public async Task However_many_kinds_of_lines_there_were_a_new_error_is_seen()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.NewError));
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Usual("shop", 4));

        // As many as are known at once, all of one day, each of them once.
        await bench.Telemetry.Database.WriteAsync(
            tx => new TemplateStore(bench.Telemetry).CountAsync(
                tx,
                [.. Enumerable.Range(0, 6_000).Select(i => new TemplateUse(1, new(1_000_000 + i, $"job-{i % 20}", LineLevel.Info, [$"kind-{i}"], "", bench.Clock.Now), bench.Clock.Now.ToMicros(), 1))]),
            default);
        for (var i = 0; i < 40; i++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(40));
            await node.StoreAsync(bench.Lines("shop", 4, LineLevel.Info, "order 7 was paid"));
            await node.Runner.TurnAsync(default);
        }

        await bench.PassAsync(4, node, () => bench.Lines("shop", 2, LineLevel.Error, Refused));

        Assert.Single(await bench.AlertsAsync());
    }

    [StoreFact]
    public async Task However_many_services_there_were_a_new_one_is_looked_at()
    {
        await using var bench = await DetectorBench.OpenAsync(engine, Only(Detectors.ErrorBurst));
        var node = await bench.AddAsync();
        await node.StoreAsync([.. Enumerable.Range(0, 1_000).Select(i => bench.Lines($"build-{i}", 1, LineLevel.Info, "begun")[0])]);
        for (var i = 0; i < 40; i++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(40));
            await node.Runner.TurnAsync(default);
        }

        await bench.PassAsync(6, node, () => bench.Lines("shop", 40, LineLevel.Error, Refused));

        Assert.Single(await bench.AlertsAsync());
    }

    [StoreFact]
    public async Task A_look_back_tells_when_a_detector_would_have_found_something_and_changes_nothing()
    {
        await using var bench = await DetectorBench.OpenAsync(engine);
        var node = await bench.AddAsync();
        await node.StoreAsync(bench.Usual("shop", 8));
        await node.StoreAsync([.. Enumerable.Range(60, 15).SelectMany(ago => bench.Lines("shop", 20, LineLevel.Error, Refused, ago))]);

        var preview = await node.Desk.PreviewAsync(1, new("x", Detectors.ErrorBurst), 1, default);

        var finding = Assert.Single(preview.Findings);
        Assert.InRange(bench.Clock.Now - finding.OpenedAt, TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(76));
        Assert.NotNull(finding.EndedAt);
        Assert.Empty((await node.Desk.PreviewAsync(1, new("x", Detectors.ErrorBurst) { Service = "pay" }, 1, default)).Findings);
        Assert.Equal(0, await bench.Engine.CountAsync("finding"));
    }

    [StoreFact]
    public async Task A_finding_of_another_part_is_an_alert_too_until_it_is_over()
    {
        await using var bench = await DetectorBench.OpenAsync(engine);
        var node = await bench.AddAsync();
        var finding = new Finding { Detector = "review", Service = "shop", Title = "Payments stand still", Severity = Severity.High, Evidence = ["12 orders wait"] };

        await node.Findings.OpenAsync(1, finding, default);
        await node.Findings.OpenAsync(1, finding, default);
        await node.Runner.TurnAsync(default);
        Assert.Equal((AlertStatus.Firing, "Payments stand still"), Assert.Single(await bench.AlertsAsync()));
        Assert.Equal(1, await bench.Engine.CountAsync("finding"));

        await node.Findings.OpenAsync(1, finding with { Over = true }, default);
        await node.Findings.OpenAsync(1, finding with { Over = true }, default);
        Assert.Equal(AlertStatus.Resolved, Assert.Single(await bench.AlertsAsync()).Status);
        var list = await node.Desk.ListAsync(bench.Engine.Estate, default);
        Assert.Equal(("review", 0), (list.Items[^1].Id, list.Items[^1].Open));
    }

    /// <summary>Switches everything else off.</summary>
    private static DetectorRule[] Only(string detector) =>
        [.. Detectors.All.Select(d => d.Id).Where(id => id != detector && !Detectors.NeedsRule(id)).Select(id => new DetectorRule(id, id) { Enabled = false })];

    public sealed class OnSqlite() : DetectorRunnerTests(Tests.Engine.Sqlite);

    public sealed class OnPostgres() : DetectorRunnerTests(Tests.Engine.Postgres);
}
