using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Providers;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>From an incident to somebody who answers; the times are minutes and seconds since the alert.</summary>
public abstract class PagingTests(Engine engine)
{
    [StoreFact]
    public async Task Steps_follow_each_other_until_somebody_acknowledges()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").User("cy", "push")
            .Policy("main", 1, "5m user:ana", "10m user:bo", "5m user:cy"));
        await bench.ReceiveAsync(Firing("db"));

        await bench.PassUntilAsync(21);
        Assert.Equal(["00:00 ana push page", "05:00 bo push page", "15:00 cy push page", "20:00 ana push page"], bench.Notifier.Story);

        await bench.AcknowledgeAsync(1, "ana");
        await bench.PassUntilAsync(120);
        Assert.Equal(["20:00 ana push page", "21:00 bo push acknowledged", "21:00 cy push acknowledged"], bench.Notifier.Story.Skip(3).Order());
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task A_node_that_stands_still_each_time_it_asks_whether_a_page_is_wanted_asks_until_it_knows()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await using var store = new InterruptedDatabase(bench.Database);
        var page = Assert.Single(await bench.WriteAsync(tx => bench.Parts.Jobs.ClaimAsync(tx, "slow", 10, 10, bench.Clock.Now)));
        Queue<Func<Task>> standstills = new(
        [
            () => StandStillAsync(2),
            async () =>
            {
                await bench.AcknowledgeAsync(1);
                await StandStillAsync(6);
            },
        ]);
        var node = new NodeParts("slow", store, bench.Estates, bench.Notifier, bench.Clock, bench.Options);
        store.AfterRead = () => standstills.TryDequeue(out var next) ? next() : Task.CompletedTask;

        await node.Handlers.Single(h => h.Kind == page.Kind).RunAsync(page, default);

        Assert.Empty(standstills);
        Assert.DoesNotContain(bench.Notifier.Story, line => line.EndsWith(" page", StringComparison.Ordinal));

        Task StandStillAsync(int seconds)
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(seconds));
            return Task.CompletedTask;
        }
    }

    [StoreFact]
    public async Task A_persons_methods_follow_their_times_and_stop_at_an_answer()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@2", "phone@4").Policy("10m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        Assert.Equal([PageStatus.Queued, PageStatus.Queued, PageStatus.Queued], (await bench.PagesAsync(1)).Select(p => p.Status));

        await bench.PassUntilAsync(3);
        await bench.AcknowledgeAsync(1);
        await bench.PassUntilAsync(30);

        Assert.Equal(["00:00 ana push page", "02:00 ana mail page"], bench.Notifier.Story);
        Assert.Equal([PageStatus.Sent, PageStatus.Sent, PageStatus.Cancelled], (await bench.PagesAsync(1)).Select(p => p.Status));
        Assert.Equal("acknowledged by ana", (await bench.PagesAsync(1))[^1].Reason);
    }

    [StoreFact]
    public async Task A_refused_method_gives_way_to_the_next_at_once()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@2", "phone@4").Policy("10m user:ana"));
        bench.Notifier.Answer("ana/push", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(5);

        Assert.Equal(["00:00 ana push page", "00:00 ana mail page", "04:00 ana phone page"], bench.Notifier.Story);
        Assert.Equal([PageStatus.Failed, PageStatus.Sent, PageStatus.Sent], (await bench.PagesAsync(1)).Select(p => p.Status));
        Assert.Contains("page.fell_back", await bench.KindsAsync(1));
    }

    [StoreFact]
    public async Task What_a_provider_tells_later_is_kept_once_and_what_did_not_arrive_gives_way_to_the_next_method()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@9").Policy("10m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        var reports = bench.Parts.Reports;
        var (key, mail) = ((await bench.PagesAsync(1))[0].Key, (await bench.PagesAsync(1))[1].Key);

        Assert.True(await reports.TellAsync("w1", key, new DeliveryReport.Delivered(), default));
        bench.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(await reports.TellAsync("w1", key, new DeliveryReport.Delivered(), default));
        Assert.Equal(VirtualClock.Start.AddMinutes(1), (await bench.PagesAsync(1))[0].DeliveredAt);
        Assert.False(await reports.TellAsync("w1", mail, new DeliveryReport.Delivered(), default));
        Assert.False(await reports.TellAsync("elsewhere", key, new DeliveryReport.Seen(), default));
        Assert.False(await reports.TellAsync("w1", "unknown", new DeliveryReport.Seen(), default));

        Assert.True(await reports.TellAsync("w1", key, new DeliveryReport.Undelivered("unknown number"), default));
        await bench.WorkAsync();
        Assert.Equal(["00:00 ana push page", "01:05 ana mail page"], bench.Notifier.Story);
        Assert.Equal((PageStatus.Failed, "taken, but not delivered: unknown number"), ((await bench.PagesAsync(1))[0].Status, (await bench.PagesAsync(1))[0].Reason));

        Assert.True(await reports.TellAsync("w1", mail, new DeliveryReport.Seen(), default));
        Assert.True(await reports.TellAsync("w1", mail, new DeliveryReport.Undelivered("late"), default));
        Assert.Equal(PageStatus.Sent, (await bench.PagesAsync(1))[1].Status);
        Assert.Equal(["page.delivered", "page.seen"], (await bench.KindsAsync(1)).Where(k => k is "page.delivered" or "page.seen"));
    }

    [StoreFact]
    public async Task A_person_whose_methods_all_fail_is_passed_over_at_once()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@2").User("bo", "push").Policy("10m user:ana", "10m user:bo"));
        bench.Notifier.Always("ana/push", FakeNotifier.Gone);
        bench.Notifier.Always("ana/mail", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        Assert.Equal(["00:00 ana push page", "00:00 ana mail page", "00:00 bo push page"], bench.Notifier.Story);
        Assert.Equal(VirtualClock.Start.AddMinutes(10), (await bench.IncidentAsync(1)).NextAt);
    }

    [StoreFact]
    public async Task A_step_goes_on_while_one_of_its_people_can_be_reached()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").User("cy", "push")
            .Policy("10m user:ana user:bo", "10m user:cy"));
        bench.Notifier.Always("ana/push", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(11);

        Assert.Equal(["00:00 ana push page", "00:00 bo push page", "10:00 cy push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task A_busy_method_is_tried_again_for_five_minutes_and_then_given_up()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@60").Policy("30m user:ana"));
        bench.Notifier.Always("ana/push", FakeNotifier.Busy);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(20);

        var push = bench.Notifier.Attempts.Where(a => a.Method == "push").Select(a => a.At - VirtualClock.Start).ToArray();
        Assert.InRange(push[1], TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        Assert.True(push.Count(t => t <= TimeSpan.FromMinutes(5)) >= 6, string.Join(", ", push));
        Assert.Equal(TimeSpan.FromMinutes(5), push[^1]);
        Assert.Single(bench.Notifier.Attempts.Where(a => a.Method == "push").Select(a => a.Key).Distinct());
        Assert.Equal("05:00 ana mail page", bench.Notifier.Story[^1]);
        Assert.Equal([PageStatus.Failed, PageStatus.Sent], (await bench.PagesAsync(1)).Select(p => p.Status));
        Assert.Equal(push.Length, (await bench.PagesAsync(1))[0].Attempts);
    }

    [StoreFact]
    public async Task A_provider_that_asks_for_time_gets_it_and_the_next_method_begins_if_the_step_would_be_over()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@60").Policy("2m user:ana"));
        bench.Notifier.Answer("ana/push", FakeNotifier.BusyFor(TimeSpan.FromSeconds(90)), FakeNotifier.BusyFor(TimeSpan.FromSeconds(90)));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(10);

        Assert.Equal(["00:00 ana push page", "01:30 ana push page", "01:30 ana mail page", "03:00 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task A_timeout_is_tried_again_with_the_same_key()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Policy("5m user:ana"));
        bench.Notifier.Answer("ana/push", new SendOutcome.TryAgain("no answer within 10 s"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        Assert.Equal(2, bench.Notifier.Attempts.Count);
        Assert.Equal(bench.Notifier.Attempts[0].Key, bench.Notifier.Attempts[1].Key);
        Assert.Equal(["page.queued", "page.retrying", "page.sent"], (await bench.KindsAsync(1)).Where(k => k.StartsWith("page.", StringComparison.Ordinal)));
    }

    [StoreFact]
    public async Task Each_page_has_its_own_key()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail").User("bo", "push")
            .Policy("main", 2, "5m user:ana user:bo", "5m user:ana"));
        await bench.ReceiveAsync(Firing("db"), Firing("disk"));
        await bench.PassUntilAsync(60);

        Assert.Equal(2 * 3 * 5, bench.Notifier.Attempts.Count);
        Assert.Equal(bench.Notifier.Attempts.Count, bench.Notifier.Attempts.Select(a => a.Key).Distinct().Count());
        Assert.All(bench.Notifier.Attempts, a => Assert.Equal(22, a.Key.Length));
    }

    [StoreFact]
    public async Task A_step_that_reaches_nobody_is_passed_at_once_and_says_so()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana").User("bo", "push").Disable("bo").Schedule("nights").Team("ops").User("cy", "push")
            .Policy("10m user:ana", "10m user:bo schedule:nights team:ops", "10m user:cy"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();

        Assert.Equal(["00:00 cy push page"], bench.Notifier.Story);
        var passed = (await bench.LinesAsync(1)).Where(l => l.Kind == "incident.fell_through").Select(l => l.Reason).ToArray();
        Assert.Equal(2, passed.Length);
        Assert.Contains("ana has no contact method", passed[0], StringComparison.Ordinal);
        Assert.Contains("bo is disabled", passed[1], StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Administrators_are_told_when_nobody_answered()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Administrator("root", "mail", "phone").Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(19);

        Assert.Equal(["00:00 ana push page", "05:00 root mail unanswered", "05:00 root phone unanswered"], bench.Notifier.Story);
        Assert.Equal((IncidentStatus.Triggered, EscalationStatus.Exhausted), ((await bench.IncidentAsync(1)).Status, (await bench.IncidentAsync(1)).Escalation));
        Assert.Contains("incident.unanswered", await bench.KindsAsync(1));
    }

    [StoreFact]
    public async Task Administrators_are_told_at_once_when_a_policy_reaches_nobody_at_all()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana").Administrator("root", "mail").Policy("main", 3, "5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.WorkAsync();

        Assert.Equal(["00:00 root mail unanswered"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task An_answer_while_administrators_cannot_be_reached_calls_the_news_off()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Administrator("root", "mail").Policy("5m user:ana"));
        bench.Notifier.Always("root/mail", FakeNotifier.Busy);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(6);
        var before = bench.Notifier.Attempts.Count(a => a.Message.Kind == MessageKind.Unanswered);

        await bench.AcknowledgeAsync(1);
        await bench.PassUntilAsync(60);

        Assert.NotEqual(0, before);
        Assert.Equal(before, bench.Notifier.Attempts.Count(a => a.Message.Kind == MessageKind.Unanswered));
        Assert.DoesNotContain(await bench.PagesAsync(1), p => p.Status == PageStatus.Queued);
    }

    [StoreFact]
    public async Task A_page_that_was_being_sent_when_somebody_answered_is_not_tried_again()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@10").Policy("30m user:ana"));
        bench.Notifier.Always("ana/push", FakeNotifier.Busy);
        bench.Notifier.Meanwhile = async _ =>
        {
            bench.Notifier.Meanwhile = null;
            await bench.AcknowledgeAsync(1);
        };
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(30);

        Assert.Equal(["00:00 ana push page"], bench.Notifier.Story);
        Assert.DoesNotContain(await bench.PagesAsync(1), p => p.Status == PageStatus.Queued);
        Assert.Equal(IncidentStatus.Acknowledged, (await bench.IncidentAsync(1)).Status);
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task A_snooze_is_over_at_its_time_and_the_escalation_begins_again()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").Policy("5m user:ana", "5m user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await bench.ActAsync(1, new IncidentEvent.Snoozed(VirtualClock.Start.AddMinutes(30), "ana"));
        await bench.PassUntilAsync(36);

        Assert.Equal(["00:00 ana push page", "30:00 ana push page", "35:00 bo push page"], bench.Notifier.Story);
        Assert.Equal(3, bench.Notifier.Attempts.Select(a => a.Key).Distinct().Count());
    }

    [StoreFact]
    public async Task Escalating_by_hand_goes_to_the_next_step_at_once_even_after_an_acknowledgement()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").User("bo", "push").Policy("5m user:ana", "5m user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await bench.AcknowledgeAsync(1);
        await bench.PassUntilAsync(2);
        await bench.ActAsync(1, new IncidentEvent.EscalatedBy("ana"));
        await bench.WorkAsync();

        Assert.Equal(["00:00 ana push page", "02:00 bo push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task Whoever_was_paged_hears_of_each_growth_once_a_group_interval()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Policy("60m user:ana")
            .Route(r => r with { GroupBy = ["cluster"], GroupInterval = TimeSpan.FromMinutes(5) }));
        await bench.ReceiveAsync(Firing("a", ("cluster", "x")));
        await bench.PassUntilAsync(1);
        await bench.ActAsync(1, new IncidentEvent.Noted("ana", "looking"));
        await bench.ReceiveAsync(Firing("b", ("cluster", "x")));
        await bench.PassUntilAsync(3);
        await bench.ReceiveAsync(Firing("c", ("cluster", "x")));
        await bench.PassUntilAsync(8);
        await bench.ReceiveAsync(Firing("d", ("cluster", "x")));
        await bench.PassUntilAsync(20);

        Assert.Equal(["00:00 ana push page", "05:00 ana push alertsadded", "10:00 ana push alertsadded"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task Methods_that_all_keep_failing_do_not_hurry_each_other_in_circles()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@1").Policy("30m user:ana"));
        bench.Notifier.Always("ana/push", FakeNotifier.Busy);
        bench.Notifier.Always("ana/mail", FakeNotifier.Busy);
        for (var i = 0; i < 8; i++)
        {
            await bench.ReceiveAsync(Firing($"db{i}"));
        }

        await bench.PassUntilAsync(1.1);
        await bench.ReceiveAsync(Firing("late"));
        await bench.PassUntilAsync(3);

        Assert.InRange((await bench.LinesAsync(9)).Count(), 5, 50);
        Assert.All(await bench.PagesAsync(9), page => Assert.Equal(PageStatus.Queued, page.Status));
    }

    [StoreFact]
    public async Task Too_many_pages_in_a_minute_become_one_message_at_its_end_that_counts_them()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push").Policy("30m user:ana"), mostPerMinute: 2);
        for (var i = 0; i < 6; i++)
        {
            await bench.ReceiveAsync(Firing($"db{i}"));
        }

        await bench.PassUntilAsync(0.9);
        Assert.Equal(["00:00 ana push page", "00:00 ana push page"], bench.Notifier.Story);

        bench.Notifier.Answer("ana/push", FakeNotifier.Busy);
        await bench.PassUntilAsync(10);
        Assert.Equal(["01:00 ana push more", "01:02 ana push more"], bench.Notifier.Story.Skip(2));
        Assert.Equal([4, 4], bench.Notifier.Attempts.Skip(2).Select(a => a.Message.MoreCount));
    }

    [StoreFact]
    public async Task When_the_message_that_stands_for_many_fails_their_next_methods_begin_and_then_the_next_step()
    {
        await using var bench = await OpenAsync(
            new EstateBuilder().User("ana", "push", "mail@10").User("bo", "push").User("cy", "push").Policy("30m user:ana", "30m user:cy").Policy("alone", 0, "30m user:bo", "30m user:cy")
                .Route(r => r with { Routes = [new() { Name = "alone", Match = EstateBuilder.Matching("who=bo"), Policy = "alone" }] }),
            mostPerMinute: 1);
        await bench.ReceiveAsync(Firing("a1"), Firing("b1", ("who", "bo")));
        await bench.WorkAsync();
        bench.Notifier.Always("ana/push", FakeNotifier.Gone);
        bench.Notifier.Always("bo/push", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("a2"), Firing("b2", ("who", "bo")));
        await bench.PassUntilAsync(2);

        Assert.Equal(
            ["00:00 ana push page", "00:00 bo push page", "01:00 ana mail more", "01:00 ana push more", "01:00 bo push more", "01:00 cy push page"], bench.Notifier.Story.Order());
        Assert.Equal([PageStatus.Failed, PageStatus.Bundled], (await bench.PagesAsync(3)).Where(p => p.Kind == MessageKind.Page).Select(p => p.Status));
    }

    [StoreFact]
    public async Task A_channel_gets_news_unless_its_setting_says_no()
    {
        await using var bench = await OpenAsync(new EstateBuilder().Channel("room").Channel("pipe", ("updates", "no")).Policy("5m channel:room channel:pipe"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        await bench.ReceiveAsync(Ended("db"));
        await bench.WorkAsync();

        Assert.Equal(["00:00 pipe pipe page", "00:00 room room page", "01:00 room room resolved"], bench.Notifier.Story.Order());
    }

    [StoreFact]
    public async Task A_method_that_was_removed_after_the_page_was_decided_counts_as_refused()
    {
        var estate = new EstateBuilder().User("ana", "push@1", "mail@10").Policy("30m user:ana");
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("db"));
        bench.Estate = estate.User("ana", "mail@10").Build();
        await bench.PassUntilAsync(20);

        Assert.Equal(["01:00 ana mail page"], bench.Notifier.Story);
        Assert.Equal(PageStatus.Failed, (await bench.PagesAsync(1))[0].Status);
    }

    [StoreFact]
    public async Task A_running_escalation_keeps_the_policy_it_began_with()
    {
        var estate = new EstateBuilder().User("ana", "push").User("bo", "push").User("cy", "push").Policy("5m user:ana", "5m user:bo");
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        bench.Estate = estate.Policy("1m user:cy").Build();
        await bench.PassUntilAsync(6);

        Assert.Equal(["00:00 ana push page", "05:00 bo push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task Every_attempt_is_in_the_timeline_with_its_page_and_key()
    {
        await using var bench = await OpenAsync(new EstateBuilder().User("ana", "push", "mail@9").Policy("30m user:ana"));
        bench.Notifier.Answer("ana/push", FakeNotifier.Busy, FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(20);

        var attempts = (await bench.LinesAsync(1)).Where(l => l.Kind is "page.retrying" or "page.failed" or "page.sent").ToArray();
        Assert.Equal(["page.retrying", "page.failed", "page.sent"], attempts.Select(a => a.Kind));
        Assert.Equal(bench.Notifier.Attempts.Select(a => a.Key), attempts.Select(a => a.Data!.Value.GetProperty("key").GetString()));
    }

    private Task<EngineBench> OpenAsync(EstateBuilder estate, int mostPerMinute = 20) => EngineBench.OpenAsync(engine, estate, new() { MaxPerMinute = mostPerMinute });

    public sealed class OnSqlite() : PagingTests(Engine.Sqlite);

    public sealed class OnPostgres() : PagingTests(Engine.Postgres);
}
