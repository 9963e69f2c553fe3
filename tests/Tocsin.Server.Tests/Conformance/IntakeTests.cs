using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Audit;
using Tocsin.Hosting;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Operations;
using Tocsin.Routing;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>From deliveries to alerts and incidents.</summary>
public abstract class IntakeTests(Engine engine)
{
    [StoreFact]
    public async Task An_alert_its_incident_and_its_page_are_there_together()
    {
        await using var bench = await EngineBench.OpenAsync(engine);

        Assert.Equal(new(1, 0), await bench.ReceiveAsync(Firing("db")));

        var incident = await bench.IncidentAsync(1);
        Assert.Equal((IncidentStatus.Triggered, "db is down", 1, 1), (incident.Status, incident.Title, incident.AlertCount, incident.FiringCount));
        Assert.Equal(PageStatus.Queued, Assert.Single(await bench.PagesAsync(1)).Status);
        Assert.Equal(2, await bench.CountAsync("job"));
        Assert.Equal(["incident.triggered", "incident.paging", "page.queued"], await bench.KindsAsync(1));
    }

    [StoreFact]
    public async Task A_repeated_delivery_changes_nothing()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        var lines = await bench.CountAsync("event");

        for (var i = 0; i < 3; i++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            Assert.Equal(new(0, 1), await bench.ReceiveAsync(Firing("db")));
        }

        Assert.Single(await bench.IncidentsAsync());
        Assert.Single(await bench.PagesAsync(1));
        Assert.Equal(lines, await bench.CountAsync("event"));
    }

    [StoreFact]
    public async Task What_people_do_to_an_older_incident_of_a_group_is_not_taken_for_its_newest()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db"));
        await bench.ReceiveAsync(Ended("db"));
        bench.Clock.Advance(TimeSpan.FromHours(1));
        await bench.ReceiveAsync(Firing("db"));
        await bench.ReceiveAsync(Firing("db") with { Severity = Severity.Critical });
        await bench.Parts.Incident.NoteAsync(1, 1, "It was the disk.", "ana", default);

        await bench.ReceiveAsync(Ended("db"));
        await bench.ReceiveAsync(Firing("db"));

        Assert.Equal([2, 1], (await bench.IncidentsAsync()).Select(i => i.Number));
        Assert.Equal(IncidentStatus.Triggered, (await bench.IncidentAsync(2)).Status);
    }

    [StoreFact]
    public async Task Many_nodes_that_get_the_same_alert_at_once_open_one_incident()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var nodes = Enumerable.Range(0, 4).Select(i => bench.AddNode($"n{i}")).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
        {
            var node = nodes[i % nodes.Length];
            return node.Database.WriteAsync(tx => node.Intake.StoreAsync(tx, bench.Estate, [new("prom", [Firing("db")], bench.Clock.Now)], bench.Clock.Now), default);
        }));

        Assert.Single(await bench.IncidentsAsync());
        Assert.Single(await bench.AlertsAsync());
        Assert.Single(await bench.PagesAsync(1));
    }

    [StoreFact]
    public async Task The_end_of_its_last_alert_resolves_an_incident_and_calls_the_page_off()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Route(r => r with { GroupBy = ["cluster"] }));
        await bench.ReceiveAsync(Firing("db", ("cluster", "a")), Firing("disk", ("cluster", "a")));

        await bench.ReceiveAsync(Ended("db", ("cluster", "a")));
        Assert.Equal((IncidentStatus.Triggered, 1), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).FiringCount));

        await bench.ReceiveAsync(Ended("disk", ("cluster", "a")));
        Assert.Equal(IncidentStatus.Resolved, (await bench.IncidentAsync(1)).Status);
        Assert.Equal(PageStatus.Cancelled, Assert.Single(await bench.PagesAsync(1)).Status);

        await bench.PassUntilAsync(60);
        Assert.Empty(bench.Notifier.Attempts);
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task An_end_that_came_before_its_beginning_pages_nobody()
    {
        await using var bench = await EngineBench.OpenAsync(engine);

        await bench.ReceiveAsync(Ended("db").Began(-5).EndedAt(-1));
        await bench.ReceiveAsync(Firing("db").Began(-5));

        Assert.Empty(await bench.IncidentsAsync());
        Assert.Equal(AlertStatus.Resolved, (await bench.AlertAsync("db")).State.Status);

        await bench.ReceiveAsync(Firing("db").Began(1));
        Assert.Single(await bench.IncidentsAsync());
    }

    [StoreFact]
    public async Task The_late_end_of_an_earlier_episode_does_not_end_the_present_one()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("db").Began(-60));
        await bench.ReceiveAsync(Ended("db").Began(-60).EndedAt(-30));
        await bench.ReceiveAsync(Firing("db").Began(-1));

        await bench.ReceiveAsync(Ended("db").Began(-60).EndedAt(-30));

        Assert.Equal(IncidentStatus.Triggered, (await bench.IncidentAsync(1)).Status);
        Assert.Equal(AlertStatus.Firing, (await bench.AlertAsync("db")).State.Status);
    }

    [StoreFact]
    public async Task A_flap_within_one_transaction_ends_as_its_last_word_says()
    {
        await using var bench = await EngineBench.OpenAsync(engine);

        await bench.ReceiveAsync(Firing("db"), Ended("db"));
        Assert.Empty(await bench.IncidentsAsync());

        await bench.ReceiveAsync(Firing("db"), Ended("db"), Firing("db"));
        Assert.Equal((IncidentStatus.Triggered, 1), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).FiringCount));

        await bench.ReceiveAsync(Ended("db"), Firing("db"));
        Assert.Equal((IncidentStatus.Triggered, 1), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).FiringCount));

        await bench.ReceiveAsync(Ended("db"), Firing("db"), Ended("db"));
        Assert.Equal(IncidentStatus.Resolved, (await bench.IncidentAsync(1)).Status);
    }

    [StoreFact]
    public async Task An_alert_that_is_not_sent_again_ends_and_one_that_is_goes_on()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await bench.ReceiveAsync(Firing("silent").Expires(5), Firing("alive").Expires(5));
        bench.Clock.Advance(TimeSpan.FromMinutes(4));
        await bench.ReceiveAsync(Firing("alive").Expires(9));

        bench.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await ExpireAsync(bench));

        Assert.Equal((AlertStatus.Resolved, EndedBy.Timeout), ((await bench.AlertAsync("silent")).State.Status, (await bench.AlertAsync("silent")).State.EndedBy));
        Assert.Equal(AlertStatus.Firing, (await bench.AlertAsync("alive")).State.Status);
        Assert.Equal([IncidentStatus.Triggered, IncidentStatus.Resolved], (await bench.IncidentsAsync()).OrderByDescending(i => i.Title[0] == 'a').Select(i => i.Status));

        Assert.Equal(0, await ExpireAsync(bench));
        await bench.ReceiveAsync(Firing("silent").Expires(20));
        Assert.Equal(AlertStatus.Firing, (await bench.AlertAsync("silent")).State.Status);
    }

    [StoreFact]
    public async Task A_source_that_keeps_alerts_open_is_never_expired()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Source(new("prom", "generic", "key-0123456789abcd") { KeepOpenOnExpiry = true }));
        await bench.ReceiveAsync(Firing("db").Expires(5));

        bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, await ExpireAsync(bench));

        Assert.Equal(AlertStatus.Firing, (await bench.AlertAsync("db")).State.Status);
        Assert.Empty(await bench.ReadAsync(session => bench.Parts.Alerts.ExpiredAsync(session, bench.Clock.Now, 10)));
    }

    [StoreFact]
    public async Task A_silenced_alert_pages_nobody_until_the_silence_is_over()
    {
        var (from, to) = (VirtualClock.Start, VirtualClock.Start.AddHours(1));
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Silence("alertname=db", from, to));

        await bench.ReceiveAsync(Firing("db"), Firing("disk"));
        Assert.Equal("disk is down", Assert.Single(await bench.IncidentsAsync()).Title);
        Assert.Equal(0, await bench.WriteAsync(tx => bench.Parts.Intake.UnmuteAsync(tx, bench.Estate, bench.Clock.Now)));

        bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, await bench.WriteAsync(tx => bench.Parts.Intake.UnmuteAsync(tx, bench.Estate, bench.Clock.Now)));
        Assert.Equal(0, await bench.WriteAsync(tx => bench.Parts.Intake.UnmuteAsync(tx, bench.Estate, bench.Clock.Now)));

        Assert.Equal("db is down", (await bench.IncidentAsync(2)).Title);
        Assert.Single(await bench.PagesAsync(2));
    }

    [StoreFact]
    public async Task A_silenced_alert_that_ends_leaves_the_incidents_alone_that_it_was_part_of_before()
    {
        var estate = Plain().Route(r => r with { GroupBy = ["cluster"] });
        await using var bench = await EngineBench.OpenAsync(engine, estate);
        await bench.ReceiveAsync(Firing("db", ("cluster", "a")), Firing("disk", ("cluster", "a")));
        await bench.ReceiveAsync(Ended("db", ("cluster", "a")));

        bench.Estate = estate.Silence("alertname=db", VirtualClock.Start, VirtualClock.Start.AddHours(1)).Build();
        await bench.ReceiveAsync(Firing("db", ("cluster", "a")));
        await bench.ReceiveAsync(Ended("db", ("cluster", "a")));

        Assert.Equal((IncidentStatus.Triggered, 1), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).FiringCount));
    }

    [StoreFact]
    public async Task An_alert_that_moved_to_another_group_no_longer_counts_in_its_old_one()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Route(r => r with { GroupBy = ["cluster"] }));
        await bench.ReceiveAsync(Firing("db", ("cluster", "a")), Firing("disk", ("cluster", "a")));
        await bench.ReceiveAsync(Ended("db", ("cluster", "a")));

        await bench.ReceiveAsync(Firing("db", ("cluster", "b")));
        await bench.ReceiveAsync(Ended("db", ("cluster", "b")));

        Assert.Equal((IncidentStatus.Triggered, 1), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).FiringCount));
        Assert.Equal(IncidentStatus.Resolved, (await bench.IncidentAsync(2)).Status);
    }

    [StoreFact]
    public async Task An_alert_that_flaps_at_the_very_end_of_its_silence_is_paged()
    {
        var (from, to) = (VirtualClock.Start, VirtualClock.Start.AddHours(1));
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Silence("alertname=db", from, to));
        await bench.ReceiveAsync(Firing("db"));

        bench.Clock.AdvanceTo(to);
        await bench.ReceiveAsync(Ended("db"), Firing("db"));
        await bench.WriteAsync(tx => bench.Parts.Intake.UnmuteAsync(tx, bench.Estate, bench.Clock.Now));

        Assert.Equal((IncidentStatus.Triggered, 1), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).FiringCount));
        await bench.ReceiveAsync(Ended("db"));
        Assert.Equal(IncidentStatus.Resolved, (await bench.IncidentAsync(1)).Status);
    }

    [StoreFact]
    public async Task An_alert_that_flaps_while_a_new_silence_mutes_it_counts_once()
    {
        var estate = Plain();
        await using var bench = await EngineBench.OpenAsync(engine, estate);
        await bench.ReceiveAsync(Firing("db"));

        bench.Estate = estate.Silence("alertname=db", VirtualClock.Start, VirtualClock.Start.AddHours(1)).Build();
        await bench.ReceiveAsync(Ended("db"), Firing("db"));
        bench.Clock.Advance(TimeSpan.FromHours(1));
        await bench.WriteAsync(tx => bench.Parts.Intake.UnmuteAsync(tx, bench.Estate, bench.Clock.Now));
        Assert.Equal(1, (await bench.IncidentAsync(1)).FiringCount);

        await bench.ReceiveAsync(Ended("db"));
        Assert.Equal(IncidentStatus.Resolved, (await bench.IncidentAsync(1)).Status);
    }

    [StoreFact]
    public async Task Alerts_of_a_group_share_an_incident_and_others_get_their_own()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Route(r => r with { GroupBy = ["cluster"] }));

        await bench.ReceiveAsync(Firing("db", ("cluster", "a")), Firing("disk", ("cluster", "a")).As(Severity.Warning), Firing("db2", ("cluster", "b")));
        await bench.ReceiveAsync(Firing("net", ("cluster", "a")));

        var incidents = (await bench.IncidentsAsync()).OrderBy(i => i.Number).ToArray();
        Assert.Equal(2, incidents.Length);
        Assert.Equal((3, 3), (incidents.Single(i => i.GroupLabels["cluster"] == "a").AlertCount, incidents.Single(i => i.GroupLabels["cluster"] == "a").FiringCount));
        Assert.Equal(1, incidents.Single(i => i.GroupLabels["cluster"] == "b").AlertCount);
    }

    [StoreFact]
    public async Task A_group_waits_before_it_pages_and_then_pages_once()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Route(r => r with { GroupBy = ["cluster"], GroupWait = TimeSpan.FromSeconds(30) }));

        await bench.ReceiveAsync(Firing("db", ("cluster", "a")));
        await bench.PassUntilAsync(0.25);
        await bench.ReceiveAsync(Firing("disk", ("cluster", "a")));
        await bench.PassUntilAsync(1);

        Assert.Equal(["00:30 ana push page"], bench.Notifier.Story);
        Assert.Equal(2, bench.Notifier.Attempts[0].Message.AlertCount);
    }

    [StoreFact]
    public async Task An_alert_that_ends_while_its_group_waits_pages_nobody()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Route(r => r with { GroupWait = TimeSpan.FromSeconds(30) }));

        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(0.25);
        await bench.ReceiveAsync(Ended("db"));
        await bench.PassUntilAsync(10);

        Assert.Empty(bench.Notifier.Attempts);
        Assert.Equal(IncidentStatus.Resolved, (await bench.IncidentAsync(1)).Status);
    }

    [StoreFact]
    public async Task The_same_group_reopens_its_incident_within_the_group_interval_and_later_opens_a_new_one()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Plain().Route(r => r with { GroupInterval = TimeSpan.FromMinutes(5) }));
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();
        await bench.ReceiveAsync(Ended("db"));

        await bench.PassUntilAsync(4);
        await bench.ReceiveAsync(Firing("db"));
        Assert.Equal((IncidentStatus.Triggered, 1, 1), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).Reopened, (await bench.IncidentAsync(1)).FiringCount));
        await bench.WorkAsync();
        Assert.Equal(2, bench.Notifier.Attempts.Where(a => a.Message.Kind == MessageKind.Page).Select(a => a.Key).Distinct().Count());

        await bench.ReceiveAsync(Ended("db"));
        await bench.PassUntilAsync(9);
        await bench.ReceiveAsync(Firing("db"));
        Assert.Equal(2, (await bench.IncidentsAsync()).Count);
        Assert.Equal(IncidentStatus.Resolved, (await bench.IncidentAsync(1)).Status);
        Assert.Equal(IncidentStatus.Triggered, (await bench.IncidentAsync(2)).Status);
    }

    [StoreFact]
    public async Task An_incident_that_comes_back_worse_is_paged_as_its_new_severity_asks()
    {
        await using var bench = await EngineBench.OpenAsync(engine, new EstateBuilder().User("ana", ["push"], ["mail"]).Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db").As(Severity.Warning));
        await bench.WorkAsync();
        await bench.ReceiveAsync(Ended("db"));

        await bench.ReceiveAsync(Firing("db").As(Severity.Critical));
        await bench.WorkAsync();

        Assert.Equal(Urgency.High, (await bench.IncidentAsync(1)).Urgency);
        Assert.Equal("00:00 ana push page", bench.Notifier.Story[^1]);
    }

    [StoreFact]
    public async Task An_alert_that_several_routes_take_opens_an_incident_in_each()
    {
        await using var bench = await EngineBench.OpenAsync(engine, new EstateBuilder().User("ana", "push").User("bo", "push")
            .Policy("main", 0, "5m user:ana").Policy("audit", 0, "5m user:bo")
            .Route(new Route
            {
                Name = "root",
                Policy = "main",
                Routes = [new() { Name = "audit", Policy = "audit", Continue = true }, new() { Name = "rest" }],
            }));

        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();
        Assert.Equal(["00:00 ana push page", "00:00 bo push page"], bench.Notifier.Story.Order());

        await bench.ReceiveAsync(Ended("db"));
        Assert.All(await bench.IncidentsAsync(), i => Assert.Equal(IncidentStatus.Resolved, i.Status));
    }

    [StoreFact]
    public async Task Urgency_follows_the_severity_unless_the_route_fixes_it()
    {
        var estate = new EstateBuilder().User("ana", ["push"], ["mail"]).Policy("5m user:ana").Route(new Route
        {
            Name = "root",
            Policy = "main",
            GroupBy = ["cluster"],
            Routes = [new() { Name = "batch", Match = EstateBuilder.Matching("cluster=batch"), Urgency = Urgency.Low }],
        });
        await using var bench = await EngineBench.OpenAsync(engine, estate);

        await bench.ReceiveAsync(Firing("a", ("cluster", "x")).As(Severity.Warning), Firing("b", ("cluster", "batch")).As(Severity.Warning));
        await bench.WorkAsync();
        await bench.ReceiveAsync(Firing("c", ("cluster", "x")), Firing("d", ("cluster", "batch")));
        await bench.WorkAsync();

        var incidents = await bench.IncidentsAsync();
        Assert.Equal(Urgency.High, incidents.Single(i => i.GroupLabels["cluster"] == "x").Urgency);
        Assert.Equal(Urgency.Low, incidents.Single(i => i.GroupLabels["cluster"] == "batch").Urgency);
        Assert.Equal(["mail", "mail", "push"], bench.Notifier.Attempts.Where(a => a.Message.Kind == MessageKind.Page).Select(a => a.Method).Order());
    }

    [StoreFact]
    public async Task An_alert_that_was_forgotten_after_its_time_fires_as_a_new_one()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var retention = new Retention(
            bench.Database, bench.Parts.Alerts, bench.Parts.Log, bench.Parts.Audit, bench.Parts.Memory, Options.Create(new ServerOptions { RetentionDays = 30 }), Options.Create(new AuditOptions()),
            Options.Create(new Tocsin.Issues.GitHubOptions()), bench.Clock, NullLogger<Retention>.Instance);
        await bench.ReceiveAsync(Firing("db"));
        await bench.ReceiveAsync(Ended("db"));
        await bench.WorkAsync();
        bench.Clock.Advance(TimeSpan.FromDays(31));
        await retention.TurnAsync(default);
        Assert.Empty(await bench.AlertsAsync());

        await bench.ReceiveAsync(Firing("disk"));
        await bench.ReceiveAsync(Firing("db"));

        Assert.Equal(["db is down", "disk is down"], (await bench.IncidentsAsync()).Select(i => i.Title).Order());
        Assert.Equal(1, (await bench.AlertAsync("db")).State.Episodes);
    }

    [StoreFact]
    public async Task Texts_of_other_systems_are_stored_whatever_characters_they_hold()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var odd = $"nul \0 half \ud83d {string.Concat(Enumerable.Repeat("😀", 700))}";

        await bench.ReceiveAsync(Firing("db") with { Title = "nul \0 and half \ud83d", Description = odd });
        await bench.ActAsync(1, new IncidentEvent.Noted("ana", odd));
        await bench.ActAsync(1, new IncidentEvent.Noted("an", odd));

        Assert.Equal(5, (await bench.KindsAsync(1)).Length);
    }

    private static EstateBuilder Plain() => new EstateBuilder().User("ana", "push").Policy("5m user:ana");

    private static async Task<int> ExpireAsync(EngineBench bench)
    {
        var expired = await bench.ReadAsync(session => bench.Parts.Alerts.ExpiredAsync(session, bench.Clock.Now, 100));
        return await bench.WriteAsync(tx => bench.Parts.Intake.ExpireAsync(tx, bench.Estate, [.. expired.Select(e => e.Fingerprint)], bench.Clock.Now));
    }

    public sealed class OnSqlite() : IntakeTests(Engine.Sqlite);

    public sealed class OnPostgres() : IntakeTests(Engine.Postgres);
}
