using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Incidents;
using Tocsin.Routing;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>Silences over time: what they quiet, and what is paged when they are over.</summary>
public abstract class SilenceTests(Engine engine)
{
    [StoreFact]
    public async Task A_silence_quiets_the_incident_that_it_covers_and_its_end_pages_again()
    {
        await using var bench = await OpenAsync(Plain());
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await SilenceAsync(bench, "s", "alertname=db", fromMinute: 1, toMinute: 31);
        await bench.PassUntilAsync(30);
        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);
        Assert.Equal(IncidentStatus.Snoozed, (await bench.IncidentAsync(1)).Status);

        await bench.PassUntilAsync(32);

        Assert.Equal(["00:00 ana push page", "31:00 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task A_silence_that_ended_while_a_backup_lay_in_a_drawer_pages_nobody_when_it_is_restored()
    {
        await using var bench = await OpenAsync(Plain());
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await SilenceAsync(bench, "s", "alertname=db", fromMinute: 1, toMinute: 31);
        await bench.PassUntilAsync(2);

        await RestoredBackup.HoldAsync(bench.Database, bench.Clock.Now, default);
        await bench.PassUntilAsync(120);

        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);
        Assert.NotEmpty(await bench.ReadAsync(session => bench.Parts.Jobs.DeadAsync(session, 1)));
    }

    [StoreFact]
    public async Task A_silence_leaves_an_acknowledged_incident_acknowledged()
    {
        await using var bench = await OpenAsync(Plain());
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await bench.AcknowledgeAsync(1);
        await SilenceAsync(bench, "s", "alertname=db", fromMinute: 1, toMinute: 31);
        await bench.PassUntilAsync(60);

        Assert.Equal(IncidentStatus.Acknowledged, (await bench.IncidentAsync(1)).Status);
        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task A_silence_does_not_shorten_what_a_person_snoozed()
    {
        await using var bench = await OpenAsync(Plain());
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await bench.ActAsync(1, new IncidentEvent.Snoozed(VirtualClock.Start.AddMinutes(90), "ana"));
        await SilenceAsync(bench, "s", "alertname=db", fromMinute: 1, toMinute: 31);
        await bench.PassUntilAsync(89);
        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);

        await bench.PassUntilAsync(91);
        Assert.Equal("90:00 ana push page", bench.Notifier.Story[^1]);
    }

    [StoreFact]
    public async Task A_silence_that_is_made_longer_stays_quiet_until_its_new_end()
    {
        await using var bench = await OpenAsync(Plain());
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await SilenceAsync(bench, "s", "alertname=db", fromMinute: 1, toMinute: 31);
        await bench.PassUntilAsync(10);
        await SilenceAsync(bench, "s", "alertname=db", fromMinute: 1, toMinute: 61);
        await bench.PassUntilAsync(60);
        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);

        await bench.PassUntilAsync(62);
        Assert.Equal("61:00 ana push page", bench.Notifier.Story[^1]);
    }

    [StoreFact]
    public async Task An_alert_that_no_silence_mutes_wakes_the_incident_that_a_silence_quieted()
    {
        await using var bench = await OpenAsync(Plain().Route(r => r with { GroupBy = ["cluster"] }));
        await bench.ReceiveAsync(Firing("db", ("cluster", "x")));
        await bench.PassUntilAsync(1);
        await SilenceAsync(bench, "s", "alertname=db", fromMinute: 1, toMinute: 600);
        await bench.PassUntilAsync(2);
        await bench.ReceiveAsync(Firing("disk", ("cluster", "x")));
        await bench.WorkAsync();

        Assert.Equal(IncidentStatus.Triggered, (await bench.IncidentAsync(1)).Status);
        Assert.Equal(["00:00 ana push page", "02:00 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task An_alert_that_joins_what_a_person_snoozed_waits_with_it()
    {
        await using var bench = await OpenAsync(Plain().Route(r => r with { GroupBy = ["cluster"] }));
        await bench.ReceiveAsync(Firing("db", ("cluster", "x")));
        await bench.PassUntilAsync(1);
        await bench.ActAsync(1, new IncidentEvent.Snoozed(VirtualClock.Start.AddMinutes(30), "ana"));
        await bench.ReceiveAsync(Firing("disk", ("cluster", "x")));
        await bench.WorkAsync();

        Assert.Equal(IncidentStatus.Snoozed, (await bench.IncidentAsync(1)).Status);
    }

    [StoreFact]
    public async Task What_a_silence_of_the_estate_muted_is_paged_when_it_is_over()
    {
        var (from, to) = (VirtualClock.Start, VirtualClock.Start.AddMinutes(30));
        await using var bench = await OpenAsync(Plain().Silence("alertname=db", from, to));
        await bench.ReceiveAsync(Firing("db"));
        bench.Clock.AdvanceTo(to.AddSeconds(-1));
        await KeepAsync(bench);
        Assert.Empty(await bench.IncidentsAsync());

        bench.Clock.AdvanceTo(to);
        await KeepAsync(bench);
        await bench.WorkAsync();

        Assert.Equal(["30:00 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task What_a_silence_muted_is_paged_when_the_estate_no_longer_has_it()
    {
        var estate = Plain().Silence("alertname=db", VirtualClock.Start, VirtualClock.Start.AddDays(300));
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        bench.Estate = estate.WithoutSilences().Build();
        await KeepAsync(bench);
        await bench.WorkAsync();

        Assert.Equal(["01:00 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task What_was_muted_a_moment_ago_is_not_paged_by_a_node_that_does_not_know_the_silence_yet()
    {
        var estate = Plain();
        await using var bench = await OpenAsync(estate);
        var before = bench.Estate;
        bench.Estate = estate.Silence("alertname=db", VirtualClock.Start, VirtualClock.Start.AddMinutes(30)).Build();
        await bench.ReceiveAsync(Firing("db"));

        var after = bench.Estate;
        bench.Estate = before;
        bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await KeepAsync(bench);
        bench.Estate = after;
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        await KeepAsync(bench);

        Assert.Empty(await bench.IncidentsAsync());
    }

    private static EstateBuilder Plain() => new EstateBuilder().User("ana", "push").Policy("500m user:ana");

    private Task<EngineBench> OpenAsync(EstateBuilder estate) => EngineBench.OpenAsync(engine, estate);

    /// <summary>One turn of the loop that every node runs each second.</summary>
    private static async Task KeepAsync(EngineBench bench)
    {
        using var watch = new MuteWatch(bench.Database, bench.Estates, bench.Parts.MuteParts, bench.Clock, NullLogger<MuteWatch>.Instance);
        await watch.TurnAsync(default);
    }

    /// <summary>A silence that somebody makes or changes; the estate has it from then on.</summary>
    private static async Task SilenceAsync(EngineBench bench, string id, string matchers, double fromMinute, double toMinute)
    {
        var silence = new Silence(
            id, EstateBuilder.Matching(matchers), VirtualClock.Start.AddMinutes(fromMinute), VirtualClock.Start.AddMinutes(toMinute), "ana", "planned work");
        Assert.True((await bench.Parts.Silences.SaveAsync(1, silence, "user:ana", default)).Ok);
        bench.Estate = bench.Estate with { Silences = SilenceSet.Compile([silence]) };
    }

    public sealed class OnSqlite() : SilenceTests(Engine.Sqlite);

    public sealed class OnPostgres() : SilenceTests(Engine.Postgres);
}
