using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Hosting;
using Tocsin.Incidents;
using Tocsin.OnCall;
using Tocsin.Reports;
using Tocsin.Sdk;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>A morning and a night through the real engine, and what reports make of it.</summary>
public abstract class ReportTests(Engine engine)
{
    private static readonly DateTimeOffset From = VirtualClock.Start.AddHours(-9);

    private static EstateBuilder Estate() => new EstateBuilder()
        .User("ana", "push", "mail@2").User("bo", "push").Change("bo", p => p with { TimeZone = "Europe/Berlin" })
        .Team("payments", "ana", "bo").Service("checkout", "main", "payments").Schedule("primary", "ana", "bo")
        .Policy("5m user:ana", "5m user:bo").Route(r => r with { GroupWait = TimeSpan.Zero, GroupInterval = TimeSpan.FromMinutes(5) });

    private static ReportDesk Desk(EngineBench bench) => new(bench.Database, new ReportStore(), new EntryStore(), Options.Create(new ServerOptions { RetentionDays = 3 }), bench.Clock);

    private static ReportQuery Week(string? team = null, string? service = null) => new(From, From.AddDays(7), team, service, "UTC");

    /// <summary>
    /// Minutes since Monday 09:00 UTC. 1, checkout: ana is paged at 0, also by mail at 2, acknowledges at 3 and resolves at 33. 2, disk: paged at 60, ends by itself at
    /// 64. 3, disk: ana is paged at 900 (midnight), bo at 905 (01:05 where he lives) and acknowledges at 907; it is still open. 4, checkout: opens at 1000 and waits.
    /// </summary>
    private static async Task<EngineBench> StoryAsync(Engine engine)
    {
        var bench = await EngineBench.OpenAsync(engine, Estate());
        await bench.ReceiveAsync(Firing("errors") with { Service = "checkout" });
        await bench.PassUntilAsync(3);
        await bench.AcknowledgeAsync(1);
        await bench.PassUntilAsync(33);
        await bench.ResolveAsync(1);
        await bench.PassUntilAsync(60);
        await bench.ReceiveAsync(Firing("disk").As(Severity.Warning));
        await bench.PassUntilAsync(64);
        await bench.ReceiveAsync(Ended("disk"));
        await bench.PassUntilAsync(900);
        await bench.ReceiveAsync(Firing("disk").As(Severity.Warning));
        await bench.PassUntilAsync(907);
        await bench.AcknowledgeAsync(3, "bo");
        await bench.PassUntilAsync(1000);
        await bench.ReceiveAsync(Firing("errors") with { Service = "checkout", DedupKey = "errors-2" });
        await bench.PassUntilAsync(1003);
        return bench;
    }

    [StoreFact]
    public async Task Response_tells_how_fast_and_keeps_apart_what_ended_alone_and_what_is_open()
    {
        await using var bench = await StoryAsync(engine);
        var report = (await Desk(bench).ResponseAsync(bench.Estate, Week(), default)).Value!;

        Assert.Equal((4, 1, 1, 2), (report.All.Incidents, report.All.Triggered, report.All.Acknowledged, report.All.Resolved));
        Assert.Equal(new SpreadView(2, 300, 300, 420), report.All.TimeToAcknowledge);
        Assert.Equal(new SpreadView(1, 1980, 1980, 1980), report.All.TimeToResolve);
        Assert.Equal((1, 240), (report.All.EndedAlone, report.All.TimeToEndAlone!.MedianSeconds));
        Assert.Equal((1, 180), (report.All.Waiting, report.All.LongestWaitSeconds!.Value));
        Assert.Equal([("payments", 2), (null, 2)], report.Teams.OrderBy(t => t.Name is null).Select(t => (t.Name, t.Figures.Incidents)));
        Assert.Equal([2, 2], report.Buckets.Take(2).Select(b => b.HighUrgency + b.LowUrgency));
        Assert.Equal(VirtualClock.Start, report.Scope.KeptSince);
    }

    [StoreFact]
    public async Task People_are_told_of_by_calls_nights_and_answers()
    {
        await using var bench = await StoryAsync(engine);
        var people = (await Desk(bench).PeopleAsync(bench.Estate, Week(), default)).Value!.People;
        var (ana, bo) = (people[0], people[1]);

        // Ana: 1 answered, 2 ended before anybody else was called, 3 missed, 4 waits; the mail of 1 came at 2, that of 3 at 902.
        Assert.Equal(("ana", 4, 1, 1, 1, 1), (ana.User, ana.Pages, ana.Answered, ana.Settled, ana.Missed, ana.Waiting));
        Assert.Equal((8, 2, 2, 180), (ana.Messages, ana.AtNight, ana.Woken, ana.TimeToAnswer!.MedianSeconds));
        Assert.Equal((true, "UTC", new DateOnly(2026, 1, 5), 4), (ana.TimeZoneAssumed, ana.TimeZone, ana.WorstNight!.Value, ana.WorstNightMessages));
        Assert.Equal(("bo", 1, 1, 1, 1, 120), (bo.User, bo.Pages, bo.AtNight, bo.Woken, bo.Answered, bo.TimeToAnswer!.MedianSeconds));
        Assert.Equal((false, "Europe/Berlin"), (bo.TimeZoneAssumed, bo.TimeZone));
    }

    [StoreFact]
    public async Task A_team_and_a_service_leave_out_the_others()
    {
        await using var bench = await StoryAsync(engine);
        var (team, service) = (Week(team: "payments"), Week(service: "checkout"));

        foreach (var query in (ReportQuery[])[team, service])
        {
            Assert.Equal(2, (await Desk(bench).ResponseAsync(bench.Estate, query, default)).Value!.All.Incidents);
            Assert.Equal(("ana", 2), Assert.Single((await Desk(bench).PeopleAsync(bench.Estate, query, default)).Value!.People) is var ana ? (ana.User, ana.Pages) : default);
            Assert.Equal("errors", Assert.Single((await Desk(bench).NoiseAsync(bench.Estate, query, default)).Value!.Alerts).Name);
        }

        Assert.Empty((await Desk(bench).FairnessAsync(bench.Estate, team, default)).Value!.Schedules);
        Assert.Equal(0, (await Desk(bench).ResponseAsync(bench.Estate, Week(service: "no-such"), default)).Value!.All.Incidents);
    }

    [StoreFact]
    public async Task Noise_names_alerts_by_their_incidents_and_pages()
    {
        await using var bench = await StoryAsync(engine);
        var noise = (await Desk(bench).NoiseAsync(bench.Estate, Week(), default)).Value!;
        var (disk, errors) = (noise.Alerts[0], noise.Alerts[1]);

        Assert.Equal(("disk", null, "prom", "warning"), (disk.Name, disk.Service, disk.Source, disk.Severity));
        Assert.Equal((2, 3, 2, 1, 1, 1), (disk.Incidents, disk.Pages, disk.PagesAtNight, disk.Ended, disk.EndedSoonAlone, disk.NeverAnswered));
        Assert.Equal(("errors", "checkout", 2, 2, 0), (errors.Name, errors.Service, errors.Incidents, errors.Pages, errors.NeverAnswered));
        Assert.Empty(disk.Advice);
    }

    [StoreFact]
    public async Task Fairness_counts_covers_and_what_people_were_paged_meanwhile()
    {
        await using var bench = await StoryAsync(engine);
        var entries = new EntryStore();
        await bench.WriteAsync(tx => entries.AddAsync(tx, 1, new CoverRow
        {
            Schedule = "primary",
            User = "bo",
            From = VirtualClock.Start.AddHours(2),
            To = VirtualClock.Start.AddHours(8),
            MadeBy = "user:bo",
            MadeAt = VirtualClock.Start,
        }));
        var query = new ReportQuery(VirtualClock.Start, VirtualClock.Start.AddDays(2), null, null, "UTC");
        var report = (await Desk(bench).FairnessAsync(bench.Estate, query, default)).Value!;
        var (bo, ana) = (report.People[0], report.People[1]);

        Assert.Equal((30, 24, 24, 1), (bo.Real.Hours, bo.Planned.Hours, bo.Expected.Hours, bo.Pages));
        Assert.Equal((18, 24, 24, 4, 2), (ana.Real.Hours, ana.Planned.Hours, ana.Expected.Hours, ana.Pages, ana.Woken));
        Assert.Equal(60, report.HoursScore);
        Assert.Equal(("primary", 0, 2, true), (report.Schedules[0].Schedule, report.Schedules[0].GapHours, report.Schedules[0].CycleDays, report.Schedules[0].WholeCycle));
    }

    [StoreFact]
    public async Task Other_workspaces_and_other_times_are_nothing_to_it()
    {
        await using var bench = await StoryAsync(engine);
        await bench.WriteAsync(tx => EngineBench.AddWorkspaceAsync(tx, 2));
        var other = Estate().Build(workspace: 2);
        var before = new ReportQuery(From.AddDays(-400), From.AddDays(-34), null, null, "UTC");

        Assert.Equal((0, null), (await Desk(bench).ResponseAsync(other, Week(), default)).Value! is var of2 ? (of2.All.Incidents, of2.Scope.KeptSince) : default);
        Assert.Empty((await Desk(bench).PeopleAsync(other, Week(), default)).Value!.People);
        Assert.Empty((await Desk(bench).NoiseAsync(other, Week(), default)).Value!.Alerts);
        Assert.Equal(0, (await Desk(bench).ResponseAsync(bench.Estate, before, default)).Value!.All.Incidents);
        Assert.Empty((await Desk(bench).PeopleAsync(bench.Estate, before, default)).Value!.People);
    }

    [StoreFact]
    public async Task What_may_have_been_removed_is_not_said_to_be_kept()
    {
        await using var bench = await StoryAsync(engine);
        bench.Clock.Advance(TimeSpan.FromDays(10));

        Assert.Equal(bench.Clock.Now.AddDays(-3), (await Desk(bench).ResponseAsync(bench.Estate, Week(), default)).Value!.Scope.KeptSince);
        Assert.Equal(bench.Clock.Now.AddDays(-3), (await Desk(bench).FairnessAsync(bench.Estate, Week(), default)).Value!.CoversKeptSince);
    }

    [StoreFact]
    public async Task What_comes_back_counts_as_flapping_and_keeps_its_first_answer()
    {
        await using var bench = await EngineBench.OpenAsync(engine, Estate());
        await bench.ReceiveAsync(Firing("disk"));
        await bench.PassUntilAsync(1);
        await bench.AcknowledgeAsync(1);
        await bench.PassUntilAsync(4);
        await bench.ReceiveAsync(Ended("disk"));
        await bench.PassUntilAsync(6);
        await bench.ReceiveAsync(Firing("disk"));
        await bench.PassUntilAsync(10);
        await bench.ReceiveAsync(Ended("disk"));
        await bench.PassUntilAsync(30);
        await bench.ReceiveAsync(Firing("disk"));
        await bench.PassUntilAsync(31);

        var disk = Assert.Single((await Desk(bench).NoiseAsync(bench.Estate, Week(), default)).Value!.Alerts);
        var all = (await Desk(bench).ResponseAsync(bench.Estate, Week(), default)).Value!.All;

        // Back after 2 min in the same incident, and after 20 min in a new one.
        Assert.Equal((2, 2), (disk.Incidents, disk.Flaps));
        Assert.Equal((1, 60, 600), (all.Reopened, all.TimeToAcknowledge!.MedianSeconds, all.TimeToResolve!.MedianSeconds));
    }

    public sealed class OnSqlite() : ReportTests(Engine.Sqlite);

    public sealed class OnPostgres() : ReportTests(Engine.Postgres);
}
