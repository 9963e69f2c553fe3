using System.Text.Json;
using Tocsin.Escalation;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Routing;
using static Tocsin.Tests.Signals;

namespace Tocsin.Tests.Conformance;

/// <summary>Steps that count only sometimes, turns, hand-over, help, acknowledgements that grow old, and versions of policies; times are minutes and seconds since the alert.</summary>
public abstract class EscalationTests(Engine engine)
{
    [StoreFact]
    public async Task Members_of_a_team_take_turns_from_one_incident_to_the_next()
    {
        await using var bench = await OpenAsync(Team().Step(0, s => s with { RoundRobin = true }));
        foreach (var key in (string[])["a", "b", "c", "d"])
        {
            await bench.ReceiveAsync(Firing(key));
        }

        await bench.WorkAsync();

        Assert.Equal(["ana", "bo", "cy", "ana"], bench.Notifier.Attempts.Select(a => a.Message.Recipient));
        Assert.Equal("team ops, bo's turn after ana", (await bench.PagesAsync(2))[0].Because);
    }

    [StoreFact]
    public async Task A_turn_passes_over_whoever_cannot_be_reached_and_goes_on_where_somebody_left_the_team()
    {
        var estate = Team().Step(0, s => s with { RoundRobin = true });
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("a"));
        bench.Estate = estate.Disable("bo").Build();
        await bench.ReceiveAsync(Firing("b"));
        Assert.Equal("team ops, cy's turn after ana (bo is disabled)", (await bench.PagesAsync(2))[0].Because);

        bench.Estate = estate.Change("bo", p => p with { Disabled = false }).Team("ops", "ana", "bo", "dee").User("dee", "push").Build();
        await bench.ReceiveAsync(Firing("c"));
        Assert.Equal("dee", (await bench.PagesAsync(3))[0].Recipient);

        var other = bench.AddNode("b");
        await bench.WriteAsync(tx => other.Intake.StoreAsync(tx, bench.Estate, [new("prom", [Firing("d")], bench.Clock.Now)], bench.Clock.Now));
        Assert.Equal("ana", (await bench.PagesAsync(4))[0].Recipient);
    }

    [StoreFact]
    public async Task A_step_whose_condition_does_not_hold_is_passed_at_once_and_said()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:bo", "5m user:cy")
            .Step(0, s => s with { When = new() { Hours = EstateBuilder.Hours("10:00-18:00") } })
            .Step(1, s => s with { When = new() { Urgency = Urgency.Low, Priorities = ["P1"] } }));
        await bench.ReceiveAsync(Firing("db", ("priority", "p1")));
        await bench.WorkAsync();

        Assert.Equal(["00:00 cy push page"], bench.Notifier.Story);
        var skipped = (await bench.LinesAsync(1)).Where(l => l.Kind == "incident.step_skipped").Select(l => l.Reason);
        Assert.Equal(
            [
                "step 1 of 3, round 1, does not count now: it is for 10:00-18:00 (UTC)",
                "step 2 of 3, round 1, does not count now: it is for low urgency, and this is high",
            ],
            skipped);
    }

    [StoreFact]
    public async Task A_step_for_a_priority_counts_for_the_most_urgent_of_an_incidents_alerts()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:bo").Route(r => r with { GroupBy = ["cluster"] })
            .Step(1, s => s with { When = new() { Priorities = ["P1"] } }).Administrator("root", "mail"));
        await bench.ReceiveAsync(Firing("a", ("cluster", "x"), ("priority", "3")));
        await bench.ReceiveAsync(Firing("b", ("cluster", "x"), ("priority", "P1")));
        await bench.ReceiveAsync(Firing("c", ("cluster", "y"), ("priority", "P2")));
        await bench.PassUntilAsync(6);

        Assert.Equal(("P1", "P2"), ((await bench.IncidentAsync(1)).Priority, (await bench.IncidentAsync(2)).Priority));
        Assert.Equal(
            ["00:00 ana push page", "00:00 ana push page", "05:00 bo push page", "05:00 root mail unanswered"],
            bench.Notifier.Story.Where(l => !l.EndsWith("alertsadded", StringComparison.Ordinal)));
    }

    [StoreFact]
    public async Task A_policy_none_of_whose_steps_counts_is_loud_and_pages_as_soon_as_one_does()
    {
        await using var bench = await OpenAsync(People().Administrator("root", "mail").Policy("5m user:ana")
            .Step(0, s => s with { When = new() { Hours = EstateBuilder.Hours("09:20-18:00") } }));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(31);

        Assert.Equal(["00:00 root mail unanswered", "15:00 root mail unanswered", "30:00 ana push page"], bench.Notifier.Story);
        Assert.Contains((await bench.LinesAsync(1)), l => l is { Kind: "incident.unanswered", Reason: "no step of policy main pages anybody now" });
    }

    [StoreFact]
    public async Task Administrators_hear_every_quarter_of_an_hour_that_nobody_answers_until_somebody_acts()
    {
        await using var bench = await OpenAsync(People().Administrator("root", "mail").Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(36);
        Assert.Equal(["05:00 root mail unanswered", "20:00 root mail unanswered", "35:00 root mail unanswered"], bench.Notifier.Story.Skip(1));

        await bench.AcknowledgeAsync(1, "root");
        await bench.PassUntilAsync(600);
        Assert.DoesNotContain(bench.Notifier.Attempts.Skip(4), a => a.Message.Kind == MessageKind.Unanswered);
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task After_four_hours_administrators_are_not_told_again_and_the_log_says_why()
    {
        await using var bench = await OpenAsync(People().Administrator("root", "mail").Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(24 * 60);

        Assert.Equal(16, bench.Notifier.Attempts.Count(a => a.Message.Kind == MessageKind.Unanswered));
        Assert.Equal(VirtualClock.Start.AddMinutes(5 + (15 * 15)), bench.Notifier.Attempts[^1].At);
        Assert.Equal("incident.unanswered_over", (await bench.KindsAsync(1))[^1]);
        Assert.Equal((IncidentStatus.Triggered, 0L), ((await bench.IncidentAsync(1)).Status, await bench.CountAsync("job")));
    }

    [StoreFact]
    public async Task Whoever_gets_an_incident_is_paged_first_and_what_it_had_before_follows()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(2);
        await bench.AcknowledgeAsync(1);

        var handed = await bench.Parts.Incident.ReassignAsync(1, 1, "user:cy", "knows the database", "user:ana", default);
        Assert.Equal(IncidentStatus.Triggered, handed.Value!.Status);
        await bench.PassUntilAsync(13);
        Assert.Equal(["00:00 ana push page", "02:00 cy push page", "07:00 ana push page", "12:00 bo push page"], bench.Notifier.Story);
        Assert.Equal(["incident.reassigned", "incident.note_added"], (await bench.KindsAsync(1)).Where(k => k is "incident.reassigned" or "incident.note_added"));

        Assert.True((await bench.Parts.Incident.ReassignAsync(1, 1, "user:bo", null, "user:ana", default)).Ok);
        var epoch = (await bench.IncidentAsync(1)).Epoch;
        Assert.True((await bench.Parts.Incident.ReassignAsync(1, 1, "user:bo", null, "user:ana", default)).Ok);
        Assert.Equal(epoch, (await bench.IncidentAsync(1)).Epoch);

        // A second time takes the place of the first.
        await bench.Parts.Incident.ReassignAsync(1, 1, "team:ops", null, "user:ana", default);
        Assert.Equal(3, (await bench.IncidentAsync(1)).Policy.Steps.Count);
        Assert.Equal("team:ops", (await bench.IncidentAsync(1)).HandedTo.ToString());
    }

    [StoreFact]
    public async Task An_incident_can_be_handed_to_another_policy()
    {
        await using var bench = await OpenAsync(People().Policy("main", 0, "5m user:ana").Policy("database", 0, "5m user:bo", "5m user:cy").Revision(7));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        Assert.True((await bench.Parts.Incident.ReassignAsync(1, 1, "policy:database", null, "user:ana", default)).Ok);
        await bench.PassUntilAsync(7);
        Assert.Equal(["00:00 ana push page", "01:00 bo push page", "06:00 cy push page"], bench.Notifier.Story);
        Assert.Equal(("database", 7L, null), ((await bench.IncidentAsync(1)).Policy.Name, (await bench.IncidentAsync(1)).PolicyRevision, (await bench.IncidentAsync(1)).HandedTo));
    }

    [StoreFact]
    public async Task Nothing_is_handed_to_what_is_not_there()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana").Channel("room"));
        await bench.ReceiveAsync(Firing("db"));

        foreach (var to in (string[])["user:nobody", "channel:room", ""])
        {
            var handed = await bench.Parts.Incident.ReassignAsync(1, 1, to, null, "user:ana", default);
            Assert.Equal((ErrorKind.Invalid, $"There is no '{to}'; hand it to user:NAME, team:NAME, schedule:NAME or policy:NAME."), (handed.Error!.Kind, handed.Error.Detail));
        }

        Assert.DoesNotContain("incident.reassigned", await bench.KindsAsync(1));
    }

    [StoreFact]
    public async Task Whoever_is_asked_to_help_is_called_until_they_answer_and_nothing_else_stops()
    {
        await using var bench = await OpenAsync(People().User("dee", "push", "phone@2").Policy("5m user:ana", "5m user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);
        var desk = bench.Parts.Incident;

        Assert.True((await desk.AskAsync(1, 1, ["user:dee", "user:cy"], "the disk is yours", "user:ana", default)).Ok);
        await bench.PassUntilAsync(2);
        Assert.True((await desk.AnswerAsync(1, 1, joins: false, "user:dee", default)).Ok);
        await bench.PassUntilAsync(6);

        Assert.Equal(["00:00 ana push page", "01:00 cy push asked", "01:00 dee push asked", "05:00 bo push page"], bench.Notifier.Story.Order());
        Assert.Equal(("ana", "the disk is yours"), (bench.Notifier.Attempts[1].Message.By, bench.Notifier.Attempts[1].Message.Note));
        Assert.Equal(
            [("user:dee", ResponderAnswer.Declined), ("user:cy", ResponderAnswer.Asked)],
            (await bench.IncidentAsync(1)).Asked!.Select(a => (a.Id, a.Answer)));
        Assert.Equal(PageStatus.Cancelled, (await bench.PagesAsync(1)).Single(p => p is { Recipient: "dee", Method: "phone" }).Status);

        Assert.Equal("incident.nobody_asked", (await desk.AskAsync(1, 1, ["user:cy"], null, "user:ana", default)).Error!.Code);
        Assert.Equal("incident.not_asked", (await desk.AnswerAsync(1, 1, joins: true, "user:bo", default)).Error!.Code);
        Assert.True((await desk.AskAsync(1, 1, ["user:dee"], null, "user:ana", default)).Ok);

        await bench.AcknowledgeAsync(1, "cy");
        Assert.Equal(ResponderAnswer.Joined, (await bench.IncidentAsync(1)).Asked!.Single(a => a.Id == "user:cy").Answer);
        await bench.ResolveAsync(1);
        await bench.PassUntilAsync(60);
        Assert.DoesNotContain("08:00 dee phone asked", bench.Notifier.Story);
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task Whoever_had_not_answered_when_it_ended_is_not_asked_any_more_when_it_opens_again()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.Parts.Incident.AskAsync(1, 1, ["user:bo", "user:cy"], null, "user:ana", default);
        await bench.Parts.Incident.AnswerAsync(1, 1, joins: true, "user:cy", default);
        await bench.ReceiveAsync(Ended("db"));
        await bench.ReceiveAsync(Firing("db"));

        Assert.Equal([("user:cy", ResponderAnswer.Joined)], (await bench.IncidentAsync(1)).Asked!.Select(a => (a.Id, a.Answer)));
        Assert.True((await bench.Parts.Incident.AskAsync(1, 1, ["user:bo"], null, "user:ana", default)).Ok);
        await bench.PassUntilAsync(2);
        Assert.Equal(1, bench.Notifier.Attempts.Count(a => a.Message.Kind == MessageKind.Asked));
    }

    [StoreFact]
    public async Task A_call_for_help_that_reaches_nobody_is_said_and_moves_no_step()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:bo"));
        bench.Notifier.Always("cy/push", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.Parts.Incident.AskAsync(1, 1, ["user:cy"], null, "user:ana", default);
        await bench.PassUntilAsync(1);

        Assert.Equal(ResponderAnswer.Unreachable, (await bench.IncidentAsync(1)).Asked![0].Answer);
        Assert.Equal((0, VirtualClock.Start.AddMinutes(5)), ((await bench.IncidentAsync(1)).Step, (await bench.IncidentAsync(1)).NextAt));
    }

    [StoreFact]
    public async Task An_acknowledgement_that_grows_old_is_asked_about_and_then_it_pages_again()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:bo").Policy("main", p => p with { RepageAfter = TimeSpan.FromMinutes(30) }));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(6);
        await bench.AcknowledgeAsync(1, "bo");
        await bench.PassUntilAsync(42);

        Assert.Equal(
            ["00:00 ana push page", "05:00 bo push page", "06:00 ana push acknowledged", "36:00 bo push reminder", "41:00 ana push page"],
            bench.Notifier.Story);
        Assert.Contains((await bench.LinesAsync(1)), l => l is { Kind: "incident.acknowledgement_expired", Reason: "bo was reminded and nothing happened: the escalation begins again" });
        Assert.Null((await bench.IncidentAsync(1)).AcknowledgedBy);
    }

    [StoreFact]
    public async Task Whatever_somebody_does_makes_an_acknowledgement_new()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana").Policy("main", p => p with { RepageAfter = TimeSpan.FromMinutes(30) }));
        await bench.ReceiveAsync(Firing("db"));
        await bench.AcknowledgeAsync(1);
        var desk = bench.Parts.Incident;
        Func<Task<Result<IncidentState>>>[] acts =
        [
            () => desk.NoteAsync(1, 1, "still looking", "user:bo", default),
            () => desk.AcknowledgeAsync(1, 1, "user:ana", default),
            () => desk.AskAsync(1, 1, ["user:cy"], null, "user:ana", default),
        ];
        for (var i = 0; i < acts.Length; i++)
        {
            await bench.PassUntilAsync(30 + (i * 32) + 2);
            Assert.Equal($"{30 + (i * 32)}:00 ana push reminder", bench.Notifier.Story.Last(l => !l.EndsWith("asked", StringComparison.Ordinal)));
            Assert.True((await acts[i]()).Ok);
        }

        await bench.PassUntilAsync(125);
        Assert.Equal(IncidentStatus.Acknowledged, (await bench.IncidentAsync(1)).Status);
        await bench.PassUntilAsync(132);
        Assert.Equal("131:00 ana push page", bench.Notifier.Story[^1]);
    }

    [StoreFact]
    public async Task Who_is_reminded_and_cannot_be_reached_does_not_have_it_any_more()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:bo").Policy("main", p => p with { RepageAfter = TimeSpan.FromMinutes(30) }));
        await bench.ReceiveAsync(Firing("db"));
        await bench.AcknowledgeAsync(1);
        bench.Notifier.Always("ana/push", FakeNotifier.Gone);
        await bench.PassUntilAsync(31);

        Assert.Equal(["30:00 ana push reminder", "30:00 bo push page"], bench.Notifier.Story[^2..]);
    }

    [StoreFact]
    public async Task A_key_that_acknowledged_has_nobody_to_remind_so_that_it_pages_again()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana").Policy("main", p => p with { RepageAfter = TimeSpan.FromMinutes(30) }));
        await bench.ReceiveAsync(Firing("db"));
        await bench.AcknowledgeAsync(1, "ci");
        await bench.PassUntilAsync(31);

        Assert.Equal("30:00 ana push page", bench.Notifier.Story[^1]);
    }

    [StoreFact]
    public async Task An_incident_goes_on_by_the_policy_that_it_began_with_until_an_administrator_moves_it()
    {
        var estate = People().Policy("5m user:ana", "5m user:bo").Revision(3);
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("a"));
        await bench.ReceiveAsync(Firing("b"));
        bench.Estate = estate.Policy("5m user:ana", "5m user:cy").Revision(4).Build();
        await bench.PassUntilAsync(1);

        var moved = await bench.Parts.Incident.MovePolicyAsync(1, 2, "user:root", default);
        Assert.Equal(4, moved.Value!.PolicyRevision);
        await bench.PassUntilAsync(6);
        Assert.Equal(["bo", "cy"], bench.Notifier.Story[^2..].Select(l => l.Split(' ')[1]).Order());
        Assert.Equal(3, (await bench.IncidentAsync(1)).PolicyRevision);
        Assert.Contains("incident.policy_moved", await bench.KindsAsync(2));

        var rest = await bench.Parts.Incident.MovePoliciesAsync(1, "main", "user:root", default);
        Assert.Equal([1L], rest.Value!.Incidents);
        Assert.Empty((await bench.Parts.Incident.MovePoliciesAsync(1, "main", "user:root", default)).Value!.Incidents);
    }

    [StoreFact]
    public async Task Whether_an_acknowledgement_grows_old_follows_the_version_that_an_incident_was_moved_to()
    {
        var estate = People().Policy("5m user:ana").Revision(1);
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("db"));
        await bench.AcknowledgeAsync(1);
        bench.Estate = estate.Policy("main", p => p with { RepageAfter = TimeSpan.FromMinutes(10) }).Revision(2).Build();
        await bench.Parts.Incident.MovePolicyAsync(1, 1, "user:root", default);
        await bench.PassUntilAsync(11);
        Assert.Equal("10:00 ana push reminder", bench.Notifier.Story[^1]);

        bench.Estate = estate.Policy("main", p => p with { RepageAfter = null }).Revision(3).Build();
        var moved = await bench.Parts.Incident.MovePolicyAsync(1, 1, "user:root", default);
        Assert.Null(moved.Value!.NextAt);
        await bench.PassUntilAsync(120);
        Assert.Equal("10:00 ana push reminder", bench.Notifier.Story[^1]);
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task Somebody_who_is_disabled_while_their_pages_wait_is_passed_over()
    {
        var estate = People().User("ana", "mail@1").Policy("10m user:ana", "10m user:bo");
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("db"));
        bench.Estate = estate.Disable("ana").Build();
        await bench.PassUntilAsync(2);

        Assert.Equal(["01:00 bo push page"], bench.Notifier.Story);
        Assert.Equal("ana is disabled, and not paged.", (await bench.PagesAsync(1))[0].Reason);
    }

    [StoreFact]
    public async Task Rules_that_change_hold_from_a_persons_next_page_on()
    {
        var estate = People().User("ana", "push", "mail@4").Policy("main", 1, "10m user:ana");
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("db"));
        bench.Estate = estate.Change("ana", p => p with { High = [new(TimeSpan.Zero, "mail")] }).Build();
        await bench.PassUntilAsync(11);

        Assert.Equal(["00:00 ana push page", "04:00 ana mail page", "10:00 ana mail page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task A_method_that_stands_twice_in_somebodys_rules_calls_twice()
    {
        await using var bench = await OpenAsync(People().User("ana", "push", "push@3", "mail@6").Policy("10m user:ana"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(7);

        Assert.Equal(["00:00 ana push page", "03:00 ana push page", "06:00 ana mail page"], bench.Notifier.Story);
        Assert.Equal(3, bench.Notifier.Attempts.Select(a => a.Key).Distinct().Count());
    }

    [StoreFact]
    public async Task Nobody_is_called_twice_within_a_minute_for_one_group()
    {
        await using var bench = await OpenAsync(People().Policy("10s user:ana", "5m user:ana user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(3);
        Assert.Equal(["00:00 ana push page", "00:10 bo push page", "01:00 ana push page"], bench.Notifier.Story);
        Assert.Contains((await bench.LinesAsync(1)), l => l.Kind == "page.held" && l.Reason.StartsWith("ana was called for this group", StringComparison.Ordinal));

        await bench.ReceiveAsync(Ended("db"));
        await bench.ReceiveAsync(Firing("db"));
        Assert.Equal(0, (await bench.IncidentAsync(1)).Step);
        await bench.PassUntilAsync(4);
        Assert.Equal(1, bench.Notifier.Attempts.Count(a => a.At == VirtualClock.Start.AddMinutes(3) && a.Message.Kind == MessageKind.Page));
    }

    [StoreFact]
    public async Task Whoever_is_certain_to_have_heard_nothing_is_called_again_at_once()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:ana"));
        bench.Notifier.Answer("ana/push", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(2);

        Assert.Equal(["00:00 ana push page", "00:00 ana push page"], bench.Notifier.Story);
        Assert.Equal([1, 2], bench.Notifier.Attempts.Select(a => a.Message.Step));
    }

    [StoreFact]
    public async Task Whoever_may_have_heard_a_page_that_failed_is_called_again_after_the_minute()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:ana"));
        bench.Notifier.Answer("ana/push", FakeNotifier.Busy, FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(2);

        Assert.Equal(["01:00 ana push page"], bench.Notifier.Story.TakeLast(1));
        Assert.Equal([1, 1, 2], bench.Notifier.Attempts.Select(a => a.Message.Step));
    }

    [StoreFact]
    public async Task A_call_that_was_called_off_before_it_began_does_not_hold_up_the_next()
    {
        await using var bench = await OpenAsync(People().Policy("10s user:ana", "10s user:ana", "5m user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(0.5);
        await bench.AcknowledgeAsync(1);
        await bench.Parts.Incident.ReassignAsync(1, 1, "user:ana", null, "user:bo", default);
        await bench.PassUntilAsync(1.5);

        Assert.Equal(["00:00 ana push page", "01:00 ana push page"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task A_person_who_is_only_called_by_webhooks_is_a_machine_and_not_paced()
    {
        var estate = People().Change("ana", p => p with { Contact = [p.Contact[0] with { Type = "webhook" }] }).Policy("10s user:ana", "5m user:ana");
        await using var bench = await OpenAsync(estate);
        await bench.ReceiveAsync(Firing("db"));
        await bench.PassUntilAsync(1);

        // The bench has no such provider: each page is refused, and the next one is due at once.
        Assert.Equal([VirtualClock.Start, VirtualClock.Start], (await bench.PagesAsync(1)).Select(p => p.FirstTryAt!.Value));
        Assert.DoesNotContain("page.held", await bench.KindsAsync(1));
    }

    [StoreFact]
    public async Task Low_urgency_waits_for_the_end_of_quiet_hours_and_is_told_as_one_message()
    {
        await using var bench = await OpenAsync(Quiet("08:00-10:00"));
        await bench.ReceiveAsync(Firing("a").As(Alerts.Severity.Warning));
        await bench.PassUntilAsync(10);
        await bench.ReceiveAsync(Firing("b").As(Alerts.Severity.Warning));
        await bench.ReceiveAsync(Firing("c").As(Alerts.Severity.Warning));
        await bench.ReceiveAsync(Firing("d").As(Alerts.Severity.Critical));
        await bench.WorkAsync();
        await bench.AcknowledgeAsync(4);
        await bench.PassUntilAsync(20);
        await bench.ResolveAsync(2, "bo");
        await bench.PassUntilAsync(62);

        Assert.Equal(["10:00 ana push page", "60:00 ana push waited"], bench.Notifier.Story);
        Assert.Equal((2, 1L), (bench.Notifier.Attempts[1].Message.MoreCount, bench.Notifier.Attempts[1].Message.Incident));
        Assert.Equal(PageStatus.Bundled, (await bench.PagesAsync(1))[0].Status);

        // The step waits for whoever may rest, and then as long as it says.
        Assert.Equal(VirtualClock.Start.AddMinutes(65), (await bench.IncidentAsync(1)).NextAt);
        await bench.PassUntilAsync(66);
        Assert.Equal(["65:00 bo push page", "65:00 bo push page"], bench.Notifier.Story[2..]);
    }

    [StoreFact]
    public async Task What_waited_and_was_answered_by_others_wakes_nobody()
    {
        await using var bench = await OpenAsync(Quiet("08:00-10:00"));
        await bench.ReceiveAsync(Firing("a").As(Alerts.Severity.Warning));
        await bench.ResolveAsync(1, "bo");
        await bench.PassUntilAsync(120);

        Assert.Empty(bench.Notifier.Story);
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task When_what_waited_cannot_be_told_the_next_step_begins()
    {
        await using var bench = await OpenAsync(Quiet("08:00-10:00"));
        bench.Notifier.Always("ana/push", FakeNotifier.Gone);
        await bench.ReceiveAsync(Firing("a").As(Alerts.Severity.Warning));
        await bench.PassUntilAsync(61);

        Assert.Equal(["60:00 ana push waited", "60:00 bo push page"], bench.Notifier.Story);
        Assert.Equal(PageStatus.Failed, (await bench.PagesAsync(1))[0].Status);
    }

    [StoreFact]
    public async Task A_severity_that_rises_ends_the_waiting()
    {
        await using var bench = await OpenAsync(Quiet("08:00-10:00").Route(r => r with { GroupBy = ["cluster"] }));
        await bench.ReceiveAsync(Firing("a", ("cluster", "x")).As(Alerts.Severity.Warning));
        await bench.PassUntilAsync(5);
        await bench.ReceiveAsync(Firing("b", ("cluster", "x")).As(Alerts.Severity.Critical));
        await bench.PassUntilAsync(6);

        Assert.Equal(["05:00 ana push page"], bench.Notifier.Story);
        await bench.AcknowledgeAsync(1);
        await bench.PassUntilAsync(90);
        Assert.Single(bench.Notifier.Story);
    }

    [StoreFact]
    public async Task Who_wants_quiet_for_everything_gets_it()
    {
        await using var bench = await OpenAsync(Quiet("08:00-10:00").Change("ana", p => p with { Quiet = p.Quiet! with { AlsoHigh = true } }));
        await bench.ReceiveAsync(Firing("a"));
        await bench.PassUntilAsync(61);

        Assert.Equal(["60:00 ana push waited"], bench.Notifier.Story);
    }

    [StoreFact]
    public async Task A_person_may_want_fewer_pages_a_minute_than_others()
    {
        await using var bench = await OpenAsync(People().Change("ana", p => p with { MaxPerMinute = 2 }).Policy("5m user:ana user:bo"));
        foreach (var key in (string[])["a", "b", "c", "d"])
        {
            await bench.ReceiveAsync(Firing(key));
        }

        await bench.PassUntilAsync(2);
        Assert.Equal((2, 4), (Pages("ana"), Pages("bo")));
        Assert.Equal(2, bench.Notifier.Attempts.Single(a => a.Message.Kind == MessageKind.More).Message.MoreCount);

        int Pages(string who) => bench.Notifier.Attempts.Count(a => a.Message.Recipient == who && a.Message.Kind == MessageKind.Page);
    }

    [StoreFact]
    public async Task An_incident_stored_by_an_earlier_version_goes_on()
    {
        await using var bench = await OpenAsync(People().Policy("5m user:ana", "5m user:bo"));
        await bench.ReceiveAsync(Firing("db"));
        const string Kept =
            """
            {"number":1,"status":"Triggered","title":"db is down","severity":"Critical","urgency":"High","urgencyFixed":false,"route":"root",
            "policy":{"name":"main","steps":[{"notify":[{"kind":"User","name":"ana"}],"wait":"00:05:00"},{"notify":[{"kind":"User","name":"cy"}],"wait":"00:05:00"}],"repeat":0,"rounds":1},
            "groupLabels":{"alertname":"db"},"groupHash":1,"groupInterval":"00:05:00","createdAt":"2026-01-05T09:00:00+00:00","updatedAt":"2026-01-05T09:00:00+00:00",
            "alertCount":1,"firingCount":1,"escalation":"Paging","step":0,"round":1,"epoch":1,"wantedFromEpoch":0,"nextAt":"2026-01-05T09:05:00+00:00",
            "paging":["user:ana"],"reopened":0,"untold":0,"toldAt":"2026-01-05T09:00:00+00:00","isSnoozedBySilence":false,"isOpen":true}
            """;
        await bench.WriteAsync(tx =>
        {
            bench.Parts.Memory.Forget(tx);
            return tx.ExecuteAsync("UPDATE incident SET state = @state WHERE number = 1", ("state", JsonDocument.Parse(Kept).RootElement.ToString()));
        });
        await bench.PassUntilAsync(6);

        Assert.Equal(["00:00 ana push page", "05:00 cy push page"], bench.Notifier.Story);
        Assert.Equal((0L, 1), ((await bench.IncidentAsync(1)).PolicyRevision, (await bench.IncidentAsync(1)).Step));
    }

    private static EstateBuilder People() => new EstateBuilder().User("ana", "push").User("bo", "push").User("cy", "push").Team("ops", "ana", "bo", "cy");

    private static EstateBuilder Team() => People().Policy("5m team:ops");

    private static EstateBuilder Quiet(string between) =>
        People().Change("ana", p => p with { Quiet = new(EstateBuilder.Hours(between)) }).Policy("5m user:ana", "5m user:bo");

    private Task<EngineBench> OpenAsync(EstateBuilder estate) => EngineBench.OpenAsync(engine, estate);

    public sealed class OnSqlite() : EscalationTests(Engine.Sqlite);

    public sealed class OnPostgres() : EscalationTests(Engine.Postgres);
}
