using System.Collections.Frozen;
using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Workspaces;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>Once a month each contact method gets a test that asks to be answered, in a quiet moment; and what is answered proves a method.</summary>
public abstract class SelfTestTests(Engine engine)
{
    // The clock starts on the 5th at 09:00 UTC.
    private const int Day = 5;

    [StoreFact]
    public async Task Each_method_is_tested_once_a_month_over_nodes_and_restarts()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail").User("bo", "push").User("cy", "push").Disable("cy"));
        for (var i = 0; i < 3; i++)
        {
            using var first = Watch(bench);
            using var second = Watch(bench);
            await first.TurnAsync(default);
            await second.TurnAsync(default);
            await first.TurnAsync(default);
            await bench.WorkAsync();
        }

        Assert.Equal(["00:00 ana mail selftest", "00:00 ana push selftest", "00:00 bo push selftest"], bench.Notifier.Story.Order());
        Assert.All(bench.Notifier.Attempts, a => Assert.True(a.Message is { ActionUrl: not null, AnswerCode: not null, ReplyUrl: not null }));

        bench.Clock.AdvanceTo(VirtualClock.Start.AddDays(8));
        await TurnAsync(bench);
        Assert.Equal(3, bench.Notifier.Attempts.Count);
        bench.Clock.AdvanceTo(VirtualClock.Start.AddMonths(1));
        await TurnAsync(bench);
        Assert.Equal(6, bench.Notifier.Attempts.Count);
        Assert.Equal(6, bench.Notifier.Attempts.Select(a => a.Key).Distinct().Count());
    }

    [StoreFact]
    public async Task Nothing_is_tested_where_the_workspace_or_the_person_does_not_want_it_and_at_night()
    {
        var estate = new EstateBuilder().User("ana", "push").Change("ana", p => p with { SelfTest = false })
            .User("bo", "push").Change("bo", p => p with { TimeZone = "Pacific/Auckland" })
            .User("cy", "push").Change("cy", p => p with { Quiet = new(EstateBuilder.Hours("07:00-12:00")) });
        await using var bench = await OpenAsync(estate);
        await TurnAsync(bench);
        Assert.Empty(bench.Notifier.Attempts);

        bench.Clock.Advance(TimeSpan.FromHours(3));
        await TurnAsync(bench);
        Assert.Equal(["180:00 cy push selftest"], bench.Notifier.Story);

        // 09:00 in Auckland is 20:00 UTC in January.
        bench.Clock.Advance(TimeSpan.FromHours(8));
        await SetDayAsync(bench, 0);
        await TurnAsync(bench);
        Assert.Single(bench.Notifier.Attempts);
        await SetDayAsync(bench, Day);
        await TurnAsync(bench);
        Assert.Equal("660:00 bo push selftest", bench.Notifier.Story[^1]);
    }

    [StoreFact]
    public async Task Whoever_has_an_open_incident_is_left_alone_until_it_is_over_also_when_it_opens_in_between()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();
        await TurnAsync(bench);
        Assert.Equal(["00:00 ana push page", "00:00 bo push selftest"], bench.Notifier.Story);

        await bench.ResolveAsync(1);
        using (var watch = Watch(bench))
        {
            await watch.TurnAsync(default);
        }

        // The test is planned, and before it is sent the next incident opens.
        await bench.ReceiveAsync(Firing("web"));
        await bench.PassUntilAsync(20);
        Assert.DoesNotContain(bench.Notifier.Attempts, a => a.Message is { Kind: MessageKind.SelfTest, Recipient: "ana" });
        await bench.ResolveAsync(2);
        await bench.PassUntilAsync(60);
        Assert.Single(bench.Notifier.Attempts, a => a.Message is { Kind: MessageKind.SelfTest, Recipient: "ana" });
    }

    [StoreFact]
    public async Task A_test_that_finds_no_quiet_moment_in_seven_days_is_given_up_until_the_next_month()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Policy("1d user:ana"));
        using (var watch = Watch(bench))
        {
            await watch.TurnAsync(default);
        }

        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(60 * 24 * 8);
        await bench.ResolveAsync(1);
        await TurnAsync(bench);

        Assert.DoesNotContain(bench.Notifier.Attempts, a => a.Message.Kind == MessageKind.SelfTest);
        Assert.Equal(PageStatus.Cancelled, (await bench.PagesAsync(0)).Single().Status);
    }

    [StoreFact]
    public async Task A_busy_provider_is_tried_again_and_one_that_refuses_is_not()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail"));
        bench.Notifier.Answer("ana/push", FakeNotifier.Busy, FakeNotifier.Busy);
        bench.Notifier.Always("ana/mail", FakeNotifier.Gone);
        await TurnAsync(bench);
        await bench.PassUntilAsync(30);

        Assert.Equal(3, bench.Notifier.Attempts.Count(a => a.Method == "push"));
        Assert.Single(bench.Notifier.Attempts.Where(a => a.Method == "push").Select(a => a.Key).Distinct());
        Assert.Single(bench.Notifier.Attempts, a => a.Method == "mail");
        Assert.Equal([("push", PageStatus.Sent), ("mail", PageStatus.Failed)], (await bench.PagesAsync(0)).Select(p => (p.Method, p.Status)));
    }

    [StoreFact]
    public async Task What_is_answered_is_known_to_work_until_long_after_or_until_a_test_is_not_answered()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail"));
        Assert.Equal("never confirmed", await SaysAsync(bench, "push"));
        await TurnAsync(bench);
        Assert.Equal("never confirmed, test of 5 Jan 2026 not answered", await SaysAsync(bench, "push"));

        await AnswerAsync(bench, "push");
        Assert.Equal("worked on 5 Jan 2026 (test)", await SaysAsync(bench, "push"));
        Assert.Equal("never confirmed, test of 5 Jan 2026 not answered", await SaysAsync(bench, "mail"));

        bench.Clock.AdvanceTo(VirtualClock.Start.AddMonths(1));
        await TurnAsync(bench);
        Assert.Equal("worked on 5 Jan 2026 (test)", await SaysAsync(bench, "push"));
        bench.Clock.Advance(TimeSpan.FromHours(49));
        Assert.Equal("not confirmed since 5 Jan 2026, test of 5 Feb 2026 not answered", await SaysAsync(bench, "push"));
        await AnswerAsync(bench, "push");
        bench.Clock.Advance(TimeSpan.FromDays(91));
        Assert.Equal("not confirmed since 7 Feb 2026", await SaysAsync(bench, "push"));
    }

    [StoreFact]
    public async Task A_page_that_is_answered_proves_its_method_and_one_of_another_address_proves_nothing()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail").Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();
        foreach (var page in await bench.PagesAsync(1))
        {
            if (page.Method == "mail")
            {
                Move(bench, "mail");
            }

            Assert.True(await bench.Parts.Reports.TellAsync("w1", page.Key, new DeliveryReport.Seen(), default));
        }

        Assert.Equal(("worked on 5 Jan 2026 (page)", "never confirmed"), (await SaysAsync(bench, "push"), await SaysAsync(bench, "mail")));
        Move(bench, "push");
        Assert.Equal("never confirmed", await SaysAsync(bench, "push"));
    }

    [StoreFact]
    public async Task A_method_that_changes_before_its_test_is_sent_is_not_tested_by_it()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push"));
        using (var watch = Watch(bench))
        {
            await watch.TurnAsync(default);
        }

        Move(bench, "push");
        await bench.WorkAsync();
        Assert.Empty(bench.Notifier.Attempts);

        // The new one has its own test of this month.
        await TurnAsync(bench);
        Assert.Single(bench.Notifier.Attempts);
    }

    private async Task<EngineBench> OpenAsync(EstateBuilder estate)
    {
        var bench = await EngineBench.OpenAsync(engine, estate);
        await SetDayAsync(bench, Day);
        return bench;
    }

    private static Task SetDayAsync(EngineBench bench, int day) => bench.WriteAsync(tx => (Task)tx.ExecuteAsync("UPDATE workspace SET self_test_day = @day", ("day", day)));

    private static SelfTestWatch Watch(EngineBench bench) =>
        new(bench.Database, new WorkspaceStore(), bench.Estates, bench.Parts.SelfTests, bench.Clock, NullLogger<SelfTestWatch>.Instance);

    private static async Task TurnAsync(EngineBench bench)
    {
        using var watch = Watch(bench);
        await watch.TurnAsync(default);
        await bench.WorkAsync();
    }

    private static async Task AnswerAsync(EngineBench bench, string method)
    {
        var test = await bench.ReadAsync(session => bench.Parts.Pages.NewestTestAsync(session, 1, "ana", method));
        Assert.True(await bench.Parts.Reports.TellAsync("w1", test!.Key, new DeliveryReport.Seen(), default));
    }

    private static async Task<string> SaysAsync(EngineBench bench, string method)
    {
        var known = await bench.ReadAsync(session => bench.Parts.Proofs.ReadAsync(session, 1));
        return ReachWords.Says(known.Of("ana", bench.Estate.Model.Users["ana"].Contact.Single(c => c.Name == method)), null, bench.Clock.Now);
    }

    /// <summary>The method reaches somebody else from now on.</summary>
    private static void Move(EngineBench bench, string method)
    {
        var ana = bench.Estate.Model.Users["ana"];
        ContactMethod[] contact = [.. ana.Contact.Select(c => c.Name == method ? c with { Settings = new Dictionary<string, string> { ["to"] = "elsewhere" }.ToFrozenDictionary() } : c)];
        bench.Estate = Tocsin.Estate.EstateSnapshot.Of(1, bench.Estate.Model with { Users = new Dictionary<string, Person> { ["ana"] = ana with { Contact = contact } }.ToFrozenDictionary() }, []);
    }

    public sealed class OnSqlite() : SelfTestTests(Engine.Sqlite);

    public sealed class OnPostgres() : SelfTestTests(Engine.Postgres);
}
