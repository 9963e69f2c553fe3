using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Alerts;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Routing;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>Alerts that mute others, and maintenance windows, over time.</summary>
public abstract class InhibitionTests(Engine engine)
{
    [StoreFact]
    public async Task An_alert_that_fires_mutes_its_targets_until_it_ends()
    {
        await using var bench = await OpenAsync(NodeRule());
        await bench.ReceiveAsync(Firing("NodeDown", ("instance", "a")));
        await bench.ReceiveAsync(Firing("slow", ("instance", "a"), ("kind", "symptom")), Firing("slow-b", ("instance", "b"), ("kind", "symptom")));
        await bench.PassUntilAsync(10);
        Assert.Equal(["00:00 ana push page", "00:00 ana push page"], bench.Notifier.Story);
        Assert.StartsWith("inhibition node ", (await bench.AlertAsync("slow")).MutedBy, StringComparison.Ordinal);

        await bench.ReceiveAsync(Ended("NodeDown", ("instance", "a")));
        Assert.Equal(["NodeDown is down", "slow-b is down", "slow is down"], (await bench.IncidentsAsync()).OrderBy(i => i.Number).Select(i => i.Title));
        await bench.WorkAsync();

        Assert.Contains("10:00 ana push page", bench.Notifier.Story);
        Assert.False((await bench.AlertAsync("slow")).Silenced);
    }

    [StoreFact]
    public async Task The_order_within_one_delivery_does_not_matter()
    {
        await using var bench = await OpenAsync(NodeRule());
        await bench.ReceiveAsync(Firing("slow", ("instance", "a"), ("kind", "symptom")), Firing("NodeDown", ("instance", "a")));

        Assert.Equal("NodeDown is down", Assert.Single(await bench.IncidentsAsync()).Title);
    }

    [StoreFact]
    public async Task While_another_source_fires_the_targets_stay_muted()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Policy("500m user:ana").Inhibit("node", "kind=cause", "kind=symptom"));
        await bench.ReceiveAsync(Firing("c1", ("kind", "cause")), Firing("c2", ("kind", "cause")));
        await bench.ReceiveAsync(Firing("slow", ("kind", "symptom")));
        await bench.ReceiveAsync(Ended("c1"));
        Assert.True((await bench.AlertAsync("slow")).Silenced);

        await bench.ReceiveAsync(Ended("c2"));
        Assert.False((await bench.AlertAsync("slow")).Silenced);
        Assert.Equal(3, (await bench.IncidentsAsync()).Count);
    }

    [StoreFact]
    public async Task A_source_that_is_no_longer_sent_lets_its_targets_go()
    {
        await using var bench = await OpenAsync(NodeRule());
        await bench.ReceiveAsync(Firing("NodeDown", ("instance", "a")).Expires(5));
        await bench.ReceiveAsync(Firing("slow", ("instance", "a"), ("kind", "symptom")));
        bench.Clock.Advance(TimeSpan.FromMinutes(6));
        using var expiry = new AlertExpiry(bench.Database, bench.Parts.Alerts, bench.Parts.Intake, bench.Estates, bench.Clock, NullLogger<AlertExpiry>.Instance);

        Assert.Equal(1, await expiry.TurnAsync(default));
        Assert.False((await bench.AlertAsync("slow")).Silenced);
        Assert.Contains(await bench.IncidentsAsync(), i => i is { Title: "slow is down", Status: IncidentStatus.Triggered });
    }

    [StoreFact]
    public async Task A_source_that_comes_later_quiets_the_incident_and_its_end_pages_again()
    {
        await using var bench = await OpenAsync(NodeRule());
        await bench.ReceiveAsync(Firing("slow", ("instance", "a"), ("kind", "symptom")));
        await bench.PassUntilAsync(1);
        await bench.ReceiveAsync(Firing("NodeDown", ("instance", "a")));
        await bench.WorkAsync();
        var quiet = await bench.IncidentAsync(1);
        Assert.Equal((IncidentStatus.Snoozed, "inhibition node: NodeDown is down"), (quiet.Status, quiet.SnoozedBy));

        await bench.PassUntilAsync(60 * 13);
        Assert.Equal(IncidentStatus.Snoozed, (await bench.IncidentAsync(1)).Status);

        await bench.ReceiveAsync(Ended("NodeDown", ("instance", "a")));
        await bench.WorkAsync();
        Assert.Equal(IncidentStatus.Triggered, (await bench.IncidentAsync(1)).Status);
        Assert.Equal("780:00 ana push page", bench.Notifier.Story[^1]);
    }

    [StoreFact]
    public async Task What_a_rule_muted_is_paged_when_the_estate_no_longer_has_it()
    {
        var estate = NodeRule();
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("slow-1", ("instance", "a"), ("kind", "symptom")));
        await bench.ReceiveAsync(Firing("NodeDown", ("instance", "a")));
        await bench.ReceiveAsync(Firing("slow-2", ("instance", "a"), ("kind", "symptom")));
        await bench.PassUntilAsync(1);
        Assert.Equal(IncidentStatus.Snoozed, (await bench.IncidentAsync(1)).Status);

        bench.Estate = estate.WithoutInhibitions().Build();
        await KeepAsync(bench);
        await bench.WorkAsync();

        Assert.All(await bench.IncidentsAsync(), i => Assert.Equal(IncidentStatus.Triggered, i.Status));
        Assert.Equal(3, (await bench.IncidentsAsync()).Count);
    }

    [StoreFact]
    public async Task A_new_rule_knows_what_fires_already()
    {
        var estate = new EstateBuilder().User("ana", "push").Policy("500m user:ana");
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("NodeDown", ("instance", "a")));
        bench.Estate = estate.Inhibit("node", "alertname=NodeDown", "kind=symptom", "instance").Build();

        await bench.ReceiveAsync(Firing("slow", ("instance", "a"), ("kind", "symptom")));

        Assert.True((await bench.AlertAsync("slow")).Silenced);
    }

    [StoreFact]
    public async Task A_place_that_nobody_cleared_away_mutes_nothing()
    {
        await using var bench = await OpenAsync(NodeRule());
        await bench.ReceiveAsync(Firing("NodeDown", ("instance", "a")));
        var source = await bench.AlertAsync("NodeDown");
        var place = bench.Estate.Inhibitions.PlacesOf(AlertIntake.SubjectOf(source))[0];
        await bench.ReceiveAsync(Ended("NodeDown", ("instance", "a")));
        await bench.WriteAsync(tx => bench.Parts.Places.AddAsync(tx, 1, [new(place.Key, source.Id, place.Side)]));

        await bench.ReceiveAsync(Firing("slow", ("instance", "a"), ("kind", "symptom")));

        Assert.False((await bench.AlertAsync("slow")).Silenced);
    }

    [StoreFact]
    public async Task An_alert_joins_what_inhibition_quiets_and_wakes_it_when_nothing_mutes_it()
    {
        await using var bench = await OpenAsync(NodeRule().Route(r => r with { GroupBy = ["instance"] }));
        await bench.ReceiveAsync(Firing("slow", ("instance", "a"), ("kind", "symptom")));
        await bench.ReceiveAsync(Firing("NodeDown", ("instance", "a"), ("x", "y")));

        // The cause joins the incident of its symptoms: it pages for itself.
        Assert.Equal(IncidentStatus.Triggered, Assert.Single(await bench.IncidentsAsync()).Status);
    }

    [StoreFact]
    public async Task Maintenance_quiets_what_is_open_mutes_what_comes_and_its_end_pages_for_both()
    {
        await using var bench = await OpenAsync(Plain().Maintenance("nightly", "cluster=x", new(9, 10), new(9, 40)));
        await bench.ReceiveAsync(Firing("early", ("cluster", "x")));
        await bench.PassUntilAsync(10);
        await KeepAsync(bench);
        await bench.WorkAsync();
        Assert.Equal("maintenance nightly", (await bench.IncidentAsync(1)).SnoozedBy);
        await bench.ReceiveAsync(Firing("during", ("cluster", "x")));
        await bench.PassUntilAsync(39.9);
        await KeepAsync(bench);
        Assert.Equal("maintenance nightly", (await bench.AlertAsync("during")).MutedBy);
        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);

        await bench.PassUntilAsync(40.2);
        await KeepAsync(bench);
        await bench.WorkAsync();

        Assert.Equal(["00:00 ana push page", "40:00 ana push page", "40:12 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task Who_escalates_during_maintenance_is_not_quieted_by_it_again()
    {
        await using var bench = await OpenAsync(Plain().Maintenance("nightly", "cluster=x", new(9, 10), new(9, 40)));
        await bench.ReceiveAsync(Firing("early", ("cluster", "x")));
        await bench.PassUntilAsync(10);
        await KeepAsync(bench);
        await bench.ActAsync(1, new IncidentEvent.EscalatedBy("ana"));
        await bench.PassUntilAsync(11);
        await KeepAsync(bench);

        Assert.Equal(IncidentStatus.Triggered, (await bench.IncidentAsync(1)).Status);
    }

    [StoreFact]
    public async Task Maintenance_of_a_service_mutes_alerts_that_get_it_from_their_route()
    {
        var estate = Plain().Service("checkout").Route(new Route
        {
            Name = "root",
            Policy = "main",
            Routes = [new() { Name = "shop", Match = EstateBuilder.Matching("job=shop"), Service = "checkout" }],
        }).Maintenance("shop", "", new(8, 0), new(10, 0), "checkout");
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("routed", ("job", "shop")), Firing("other", ("job", "mail")));

        Assert.True((await bench.AlertAsync("routed")).Silenced);
        Assert.False((await bench.AlertAsync("other")).Silenced);
    }

    [StoreFact]
    public async Task A_silence_until_resolved_ends_when_nothing_that_it_mutes_fires()
    {
        await using var bench = await OpenAsync(Plain());
        await bench.ReceiveAsync(Firing("db"), Firing("db2"));
        var silence = new Silence("s", EstateBuilder.Matching("alertname=~\"db.*\""), VirtualClock.Start, VirtualClock.Start.AddDays(2), "user:ana", "known") { UntilResolved = true };
        Assert.True((await bench.Parts.Silences.SaveAsync(1, silence, "user:ana", default)).Ok);
        bench.Estate = bench.Estate with { Silences = SilenceSet.Compile([silence]) };
        await bench.ReceiveAsync(Ended("db"));
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        await KeepAsync(bench);
        Assert.Equal(silence.EndsAt, (await StoredAsync(bench))?.EndsAt);

        await bench.ReceiveAsync(Ended("db2"));
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        await KeepAsync(bench);
        Assert.Equal(bench.Clock.Now, (await StoredAsync(bench))?.EndsAt);
    }

    [StoreFact]
    public async Task The_owner_is_told_before_a_silence_ends_that_still_mutes_something()
    {
        await using var bench = await OpenAsync(Plain().User("bo", "mail"));
        await bench.ReceiveAsync(Firing("db"));
        var silence = new Silence("s", EstateBuilder.Matching("alertname=db"), VirtualClock.Start, VirtualClock.Start.AddMinutes(60), "user:bo", "known") { Owner = "bo" };
        Assert.True((await bench.Parts.Silences.SaveAsync(1, silence, "user:bo", default)).Ok);
        bench.Estate = bench.Estate with { Silences = SilenceSet.Compile([silence]) };
        await bench.PassUntilAsync(50);

        var told = Assert.Single(bench.Notifier.Attempts, a => a.Message.Kind == MessageKind.Note);
        Assert.Equal(("45:00 bo mail note", "A silence ends in 15 min: known"), (told.ToString(), told.Message.Title));
        Assert.Contains("/s/", told.Message.IncidentUrl?.ToString(), StringComparison.Ordinal);

        // One that was extended in time is told of again only before its new end.
        Assert.True((await bench.Parts.Silences.SaveAsync(1, silence with { EndsAt = silence.EndsAt.AddMinutes(60) }, "user:bo", default)).Ok);
        await bench.ReceiveAsync(Ended("db"));
        await bench.PassUntilAsync(119);
        Assert.Single(bench.Notifier.Attempts, a => a.Message.Kind == MessageKind.Note);
    }

    private static Task<Silence?> StoredAsync(EngineBench bench) => bench.ReadAsync(session => new SilenceStore().FindAsync(session, 1, "s"));

    private static EstateBuilder Plain() => new EstateBuilder().User("ana", "push").Policy("500m user:ana");

    private static EstateBuilder NodeRule() => Plain().Policy("main", 2, "500m user:ana").Inhibit("node", "alertname=NodeDown", "kind=symptom", "instance");

    private Task<EngineBench> OpenAsync(EstateBuilder estate) => EngineBench.OpenAsync(engine, estate);

    private static async Task KeepAsync(EngineBench bench)
    {
        using var watch = new MuteWatch(bench.Database, bench.Estates, bench.Parts.MuteParts, bench.Clock, NullLogger<MuteWatch>.Instance);
        await watch.TurnAsync(default);
    }

    public sealed class OnSqlite() : InhibitionTests(Engine.Sqlite);

    public sealed class OnPostgres() : InhibitionTests(Engine.Postgres);
}
