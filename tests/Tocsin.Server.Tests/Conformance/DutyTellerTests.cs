using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Providers;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Conformance;

/// <summary>Gaps and beginnings of shifts are told in time and once, by however many nodes.</summary>
public abstract class DutyTellerTests(Engine engine)
{
    [StoreFact]
    public async Task A_gap_is_told_to_the_owners_two_days_before_and_once_over_nodes_and_restarts()
    {
        await using var bench = await EngineBench.OpenAsync(engine, People("ana"));
        Away(bench, "ana", 60, 70);
        bench.Clock.Advance(TimeSpan.FromMinutes(20));
        using (var first = Teller(bench))
        {
            await first.TurnAsync(default);
            await bench.WorkAsync();
            Assert.Empty(bench.Notifier.Attempts);

            bench.Clock.Advance(TimeSpan.FromMinutes(760));
            await first.TurnAsync(default);
        }

        using var second = Teller(bench);
        await second.TurnAsync(default);
        bench.Clock.Advance(TimeSpan.FromHours(50));
        await second.TurnAsync(default);
        await bench.WorkAsync();

        var told = Assert.Single(bench.Notifier.Attempts);
        Assert.Equal("head", told.Message.Recipient);
        Assert.StartsWith("Nobody is on call for primary from ", told.Message.Title, StringComparison.Ordinal);
        Assert.EndsWith("(in 1 d 23 h)", told.Message.Title, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_gap_that_changes_is_told_again()
    {
        await using var bench = await EngineBench.OpenAsync(engine, People("ana"));
        using var teller = Teller(bench);
        bench.Clock.Advance(TimeSpan.FromMinutes(20));
        Away(bench, "ana", 24, 30);
        await teller.TurnAsync(default);
        Away(bench, "ana", 24, 36);
        await teller.TurnAsync(default);
        await teller.TurnAsync(default);
        await bench.WorkAsync();

        Assert.Equal(2, bench.Notifier.Attempts.Count);
    }

    [StoreFact]
    public async Task A_gap_that_comes_back_every_week_is_told_once_over_nodes_and_restarts()
    {
        await using var bench = await EngineBench.OpenAsync(engine, People("ana").Schedule("primary", schedule => schedule with
        {
            Rotations = [schedule.Rotations[0] with { Days = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday] }],
        }));
        bench.Clock.Advance(TimeSpan.FromDays(21));
        for (var day = 0; day < 30; day++)
        {
            using var teller = Teller(bench);
            await teller.TurnAsync(default);
            await bench.WorkAsync();
            bench.Clock.Advance(TimeSpan.FromDays(1));
        }

        var told = Assert.Single(bench.Notifier.Attempts, a => a.Message.Title.StartsWith("Nobody is on call", StringComparison.Ordinal));
        Assert.EndsWith("It comes back every week; you are told once.", told.Message.Because, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Whoever_goes_on_call_is_told_then_and_the_one_who_goes_off_is_not()
    {
        await using var bench = await EngineBench.OpenAsync(engine, People("ana", "bo"));
        using var teller = Teller(bench);
        bench.Clock.Advance(TimeSpan.FromMinutes(20));
        await teller.TurnAsync(default);
        bench.Clock.AdvanceTo(bench.Estate.Schedules["primary"].NextChange(bench.Clock.Now)!.Value.AddMinutes(-10));
        await teller.TurnAsync(default);
        await bench.WorkAsync();
        Assert.Empty(bench.Notifier.Attempts);

        bench.Clock.Advance(TimeSpan.FromMinutes(11));
        await teller.TurnAsync(default);
        await teller.TurnAsync(default);
        await bench.WorkAsync();

        var told = Assert.Single(bench.Notifier.Attempts);
        Assert.Equal(bench.Estate.Schedules["primary"].At(bench.Clock.Now).Users[0], told.Message.Recipient);
        Assert.StartsWith("You are on call for primary now, until ", told.Message.Title, StringComparison.Ordinal);
        Assert.StartsWith("No open incident. Nobody can reach you by phone: ", told.Message.Because, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_notice_goes_by_the_next_method_when_one_refuses_and_is_tried_again_when_all_are_busy()
    {
        await using var bench = await EngineBench.OpenAsync(engine, new EstateBuilder().User("ana", "push", "mail"));
        bench.Notifier.Answer("ana/push", FakeNotifier.Gone, FakeNotifier.Gone);
        bench.Notifier.Answer("ana/mail", FakeNotifier.Busy);
        var desk = new NoticeDesk(bench.Parts.Jobs);
        await bench.WriteAsync(tx => desk.TellAsync(tx, bench.Estate, new("k", "ana", "Title", "Detail", "/oncall", bench.Clock.Now.AddHours(1)), bench.Clock.Now));
        await bench.PassUntilAsync(10);

        Assert.Contains(bench.Notifier.Attempts, a => a.Answer is SendOutcome.Accepted);
        Assert.Single(bench.Notifier.Attempts.Select(a => a.Key).Distinct());
    }

    private static EstateBuilder People(params string[] rotation) =>
        rotation.Aggregate(new EstateBuilder(), (estate, user) => estate.User(user, "push")).Administrator("head", "push").Schedule("primary", rotation);

    private static void Away(EngineBench bench, string user, int fromHours, int toHours)
    {
        var start = VirtualClock.Start;
        bench.Estate = Tocsin.Estate.EstateSnapshot.Of(1, bench.Estate.Model, [], new([], [new() { User = user, From = start.AddHours(fromHours), To = start.AddHours(toHours), MadeBy = $"user:{user}", MadeAt = start }]));
    }

    private static DutyTeller Teller(EngineBench bench) => new(
        bench.Database, new WorkspaceStore(), bench.Estates, new NoticeDesk(bench.Parts.Jobs), bench.Parts.Incidents, bench.Parts.Proofs, bench.Parts.Log, bench.Clock, NullLogger<DutyTeller>.Instance);

    public sealed class OnSqlite() : DutyTellerTests(Engine.Sqlite);

    public sealed class OnPostgres() : DutyTellerTests(Engine.Postgres);
}
