using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Issues;
using Tocsin.Routing;
using static Tocsin.Tests.Issues.IssueBench;

namespace Tocsin.Tests.Issues;

/// <summary>The life of an alarm's issue at a GitHub that answers, fails, or is told things by hand.</summary>
public abstract class IssueLifeTests(Engine engine)
{
    [StoreFact]
    public async Task An_alarm_gets_an_issue_that_is_told_of_it_and_closed_when_it_ends()
    {
        await using var bench = await OpenAsync();

        await bench.TakeAsync(Firing());
        await bench.TakeAsync(Firing(1));
        await bench.TakeAsync(Resolved(2));

        var issue = Assert.Single(bench.Issues);
        Assert.Equal(("[P1] Queue is slow", false), (issue.Title, issue.IsOpen));
        Assert.Equal(["area:alerting", "Pri:P1", "Team:dev-infra", "Source:grafana"], issue.Labels);
        Assert.Contains($"- *Fingerprint*: `{Firing().Fingerprint}`\n- *Incident*: https://tocsin.invalid/i/1\n", issue.Body, StringComparison.Ordinal);
        Assert.Contains("The alert condition is still active.", Assert.Single(issue.Comments), StringComparison.Ordinal);
        Assert.Equal(["issue.created", "issue.closed"], (await bench.Engine.KindsAsync(1)).Where(k => k.StartsWith("issue", StringComparison.Ordinal)));
        Assert.False((await bench.RowAsync()).Issue.IsPending);
    }

    [StoreFact]
    public async Task The_same_event_again_is_nothing()
    {
        await using var bench = await OpenAsync();

        await bench.TakeAsync(Firing(), Firing());
        await bench.TakeAsync(Firing());

        Assert.Empty(Assert.Single(bench.Issues).Comments);
    }

    [StoreFact]
    public async Task The_next_occurrence_gets_a_new_issue()
    {
        await using var bench = await OpenAsync();

        await bench.TakeAsync(Firing());
        await bench.TakeAsync(Resolved(1));
        await bench.TakeAsync(Firing(2));

        Assert.Equal([false, true], bench.Issues.Select(i => i.IsOpen));
    }

    [StoreFact]
    public async Task Where_the_route_wants_it_the_last_issue_is_opened_again()
    {
        await using var bench = await IssueBench.OpenAsync(engine, root => root with { Issues = Repository, ReopenIssues = true });

        await bench.TakeAsync(Firing());
        await bench.TakeAsync(Resolved(1));
        await bench.TakeAsync(Firing(2));

        var issue = Assert.Single(bench.Issues);
        Assert.True(issue.IsOpen);
        Assert.Single(issue.Comments);
    }

    [StoreFact]
    public async Task A_whole_life_in_one_delivery_leaves_what_happened_behind()
    {
        await using var bench = await OpenAsync();

        await bench.TakeAsync(Firing(), Firing(1), Resolved(2), Firing(3));

        Assert.Equal([(false, 1), (true, 0)], bench.Issues.Select(i => (i.IsOpen, i.Comments.Count)));
    }

    [StoreFact]
    public async Task Comments_keep_their_pace_and_the_last_word_comes_before_the_end()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());

        for (var second = 1; second <= 50; second++)
        {
            await bench.TakeAsync(Firing(second / 60.0) with { Reason = $"at {second}" });
        }

        Assert.Single(bench.Issues[0].Comments);
        await bench.TakeAsync(Resolved(1));
        Assert.Equal(2, bench.Issues[0].Comments.Count);
        Assert.Contains("**Updates**: 49", bench.Issues[0].Comments[1], StringComparison.Ordinal);
        Assert.Contains("at 50", bench.Issues[0].Comments[1], StringComparison.Ordinal);
        Assert.False(bench.Issues[0].IsOpen);
    }

    [StoreFact]
    public async Task A_comment_that_waited_is_made_when_its_time_has_come()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        await bench.TakeAsync(Firing(0.1));
        await bench.TakeAsync(Firing(0.2));

        await bench.PassUntilAsync(2);

        Assert.Equal([VirtualClock.Start, VirtualClock.Start.AddMinutes(1)], bench.Issues[0].CommentedAt);
    }

    [StoreFact]
    public async Task Labels_follow_priority_and_teams_and_those_of_people_stay()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        bench.Issues[0].Labels.Add("triaged");

        await bench.TakeAsync(Firing(1, priority: 0) with { Teams = ["web", "dev-infra"] });

        Assert.Equal(["Pri:P0", "Source:grafana", "Team:dev-infra", "Team:web", "area:alerting", "triaged"], bench.Issues[0].Labels.Order(StringComparer.Ordinal));
    }

    [StoreFact]
    public async Task Where_no_route_names_a_repository_nothing_is_kept()
    {
        await using var bench = await IssueBench.OpenAsync(engine, root => root);

        await bench.TakeAsync(Firing());

        Assert.Empty(bench.GitHub.Calls);
        Assert.Equal(0, await bench.Engine.CountAsync("issue_record"));
    }

    [StoreFact]
    public async Task Issues_alone_page_nobody_and_a_child_may_want_none()
    {
        await using var bench = await IssueBench.OpenAsync(engine, root => root with
        {
            Policy = "none",
            Issues = Repository,
            Routes = [new() { Name = "quiet", Match = EstateBuilder.Matching("alertname=\"Quiet\""), Issues = "none" }, new() { Name = "other", Match = EstateBuilder.Matching("alertname=\"Other\""), Issues = "acme/other" }],
        });

        await bench.TakeAsync(Firing(), Firing(0, "Quiet"), Firing(0, "Other"));

        Assert.Equal("[P1] Queue is slow", Assert.Single(bench.Issues).Title);
        Assert.Equal("[P1] Other", Assert.Single(bench.GitHub.Issues("acme/other")).Title);
        Assert.Empty(bench.Engine.Notifier.Attempts);
    }

    [StoreFact]
    public async Task What_was_opened_where_a_route_once_led_is_closed_there()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        bench.Engine.Estate = new EstateBuilder().User("ana", "push").Policy("5m user:ana").Route(root => root with { Issues = "acme/other" }).Build();

        await bench.TakeAsync(Resolved(1));

        Assert.False(Assert.Single(bench.Issues).IsOpen);
        Assert.Empty(bench.GitHub.Issues("acme/other"));
    }

    [StoreFact]
    public async Task A_close_by_hand_that_a_webhook_tells_is_respected_until_the_end_and_then_there_is_a_new_issue()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        bench.Clock.Advance(TimeSpan.FromSeconds(5));

        await bench.HookAsync(bench.GitHub.ByHand(Repository, 1, open: false), "d1");
        await bench.TakeAsync(Firing(1));
        Assert.True((await bench.RecordAsync()).ManuallyClosed);
        Assert.Empty(bench.Issues[0].Comments);
        await bench.TakeAsync(Resolved(2));
        await bench.TakeAsync(Firing(3));

        Assert.Equal([false, true], bench.Issues.Select(i => i.IsOpen));
        Assert.Contains("issue.closed_by_hand", await bench.Engine.KindsAsync(1));
    }

    [StoreFact]
    public async Task Opened_again_by_hand_it_is_told_again()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        bench.Clock.Advance(TimeSpan.FromSeconds(5));
        await bench.HookAsync(bench.GitHub.ByHand(Repository, 1, open: false), "d1");
        bench.Clock.Advance(TimeSpan.FromSeconds(5));
        await bench.HookAsync(bench.GitHub.ByHand(Repository, 1, open: true), "d2");

        await bench.TakeAsync(Firing(1));

        Assert.Single(bench.Issues[0].Comments);
    }

    [StoreFact]
    public async Task A_webhook_that_comes_twice_or_late_changes_nothing()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        bench.Clock.Advance(TimeSpan.FromSeconds(5));
        var closed = bench.GitHub.ByHand(Repository, 1, open: false);
        bench.Clock.Advance(TimeSpan.FromSeconds(5));
        var opened = bench.GitHub.ByHand(Repository, 1, open: true);
        await bench.HookAsync(closed, "d1");
        await bench.HookAsync(opened, "d2");

        await bench.HookAsync(closed, "d1");

        Assert.False((await bench.RecordAsync()).ManuallyClosed);
    }

    [StoreFact]
    public async Task Its_own_close_is_nobodys_hand()
    {
        await using var bench = await IssueBench.OpenAsync(engine, root => root with { Issues = Repository, ReopenIssues = true });
        await bench.TakeAsync(Firing());
        await bench.TakeAsync(Resolved(1));
        var own = bench.GitHub.ByHand(Repository, 1, open: false);
        bench.Clock.Advance(TimeSpan.FromMinutes(2));
        await bench.TakeAsync(Firing(2));

        await bench.HookAsync(own, "late");

        Assert.False((await bench.RecordAsync()).ManuallyClosed);
        Assert.True((await bench.RowAsync()).Issue.IsOpen);
    }

    [StoreFact]
    public async Task Without_a_webhook_a_close_by_hand_is_seen_before_a_comment()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        bench.GitHub.ByHand(Repository, 1, open: false);

        await bench.TakeAsync(Firing(1));

        Assert.True((await bench.RecordAsync()).ManuallyClosed);
        Assert.Empty(bench.Issues[0].Comments);
        Assert.Equal("octocat", (await bench.RowAsync()).Issue.ByHand);
    }

    [StoreFact]
    public async Task Without_a_webhook_and_without_news_a_close_by_hand_is_seen_by_looking()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        await bench.PassUntilAsync(1);
        bench.GitHub.ByHand(Repository, 1, open: false);

        await bench.PassUntilAsync(6);

        Assert.True((await bench.RecordAsync()).ManuallyClosed);

        // With no open issue left nobody looks any more.
        await bench.PassUntilAsync(30);
        Assert.Equal(0, await bench.Engine.ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM job WHERE kind = 'issue.look'")));
    }

    [StoreFact]
    public async Task A_deleted_issue_is_as_one_closed_by_hand()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        bench.GitHub.Delete(Repository, 1);

        await bench.TakeAsync(Firing(1));

        Assert.True((await bench.RecordAsync()).ManuallyClosed);
    }

    [StoreFact]
    public async Task Whatever_fails_at_whatever_call_there_is_one_issue_with_one_comment_and_it_is_closed()
    {
        foreach (var fault in (string[])["500", "429", "403", "lost", "half", "garbage", "reset", "hang"])
        {
            for (var call = 0; call < 7; call++)
            {
                // Only where GitHub leaves us waiting is it given up soon.
                await using var bench = await IssueBench.OpenAsync(engine, timeout: fault is "hang" or "lost" ? TimeSpan.FromMilliseconds(700) : null);
                var calls = 0;
                bench.GitHub.Chaos = _ => Interlocked.Increment(ref calls) - 1 == call ? FakeFault.Parse(fault, fault is "429" ? "1" : null) : null;

                await bench.TakeAsync(Firing());
                await bench.PassUntilAsync(3);
                await bench.TakeAsync(Firing(3));
                await bench.PassUntilAsync(6);
                await bench.TakeAsync(Resolved(6));
                await bench.PassUntilAsync(9);

                var issue = Assert.Single(bench.Issues);
                Assert.True((1, false) == (issue.Comments.Count, issue.IsOpen), $"{fault} at call {call}: {issue.Comments.Count} comments, {(issue.IsOpen ? "open" : "closed")}");
                Assert.False((await bench.RowAsync()).Issue.IsPending);
            }
        }
    }

    [StoreFact]
    public async Task Killed_at_whatever_moment_nothing_is_lost_and_nothing_doubled()
    {
        for (var moment = 0; ; moment++)
        {
            await using var bench = await OpenAsync();
            var mortality = new Mortality(moment);
            bench.Wrap = database => new MortalDatabase(database, mortality);
            bench.WrapHost = host => new MortalHost(host, mortality);

            await bench.TakeAsync(Firing());
            await bench.PassUntilAsync(2);
            await bench.TakeAsync(Firing(2), Firing(2.1, priority: 0));
            await bench.PassUntilAsync(4);
            await bench.TakeAsync(Resolved(4));
            await bench.PassUntilAsync(6);
            await bench.TakeAsync(Firing(6));
            await bench.PassUntilAsync(8);

            Assert.True(bench.Issues is [{ IsOpen: false, Comments.Count: 1 }, { IsOpen: true, Comments.Count: 0 }],
                $"moment {moment}: {string.Join(", ", bench.Issues.Select(i => $"#{i.Number} {(i.IsOpen ? "open" : "closed")} {i.Comments.Count} comments"))}");
            if (!mortality.Died)
            {
                Assert.True(moment > 20, $"There were only {moment} moments.");
                return;
            }
        }
    }

    [StoreFact]
    public async Task An_alarm_that_is_no_longer_sent_is_closed_when_its_alert_ends()
    {
        await using var bench = await OpenAsync();
        await bench.Engine.ReceiveAsync(SignalOf(Firing() with { RawProvider = """{"long":true}""" }).Expires(5));
        await bench.WorkAsync();
        bench.Clock.Advance(TimeSpan.FromMinutes(6));

        var alert = Assert.Single(await bench.Engine.AlertsAsync(), a => a.Document.Source == "prom");
        await bench.Engine.WriteAsync(tx => bench.Parts.Intake.ExpireAsync(tx, bench.Engine.Estate, [alert.Fingerprint], bench.Clock.Now));
        await bench.WorkAsync();

        Assert.False(Assert.Single(bench.Issues).IsOpen);
        Assert.Null((await bench.RowAsync()).Issue.First.RawProvider);
    }

    [StoreFact]
    public async Task Nodes_that_work_at_once_make_one_issue_for_each_alarm()
    {
        await using var bench = await OpenAsync();
        await bench.HearAsync([.. Enumerable.Range(0, 40).Select(i => Firing(0, $"alarm {i}"))]);

        await bench.WorkAtOnceAsync(nodes: 4);
        await bench.HearAsync([.. Enumerable.Range(0, 40).Select(i => Resolved(1, $"alarm {i}"))]);
        await bench.WorkAtOnceAsync(nodes: 4);

        Assert.Equal(40, bench.Issues.Select(i => i.Title).Distinct().Count());
        Assert.Equal((40, 0), (bench.Issues.Count, bench.Issues.Count(i => i.IsOpen)));
    }

    [StoreFact]
    public async Task A_node_that_was_frozen_while_it_made_an_issue_closes_it_when_another_node_made_one_meanwhile()
    {
        await using var bench = await OpenAsync();
        var meanwhile = new Queue<Func<Task>>([() =>
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(2));
            return bench.WorkAsync();
        }]);
        bench.WrapHost = host => new FrozenHost(host, meanwhile);

        await bench.TakeAsync(Firing());
        await bench.TakeAsync(Firing(3));
        await bench.TakeAsync(Resolved(4));

        // The other node made number 1; what the frozen one sent when it thawed is number 2.
        Assert.Equal(2, bench.Issues.Count);
        Assert.Equal(["This issue was made twice. #1 is kept."], bench.Issues[1].Comments);
        Assert.False(bench.Issues[1].IsOpen);
        Assert.Equal((1, false, 1L), (bench.Issues[0].Comments.Count, bench.Issues[0].IsOpen, (await bench.RowAsync()).Issue.Number));
        Assert.False((await bench.RecordAsync()).ManuallyClosed);
    }

    [StoreFact]
    public async Task Thawed_between_the_other_nodes_search_and_its_issue_the_first_that_was_made_is_kept()
    {
        await using var bench = await OpenAsync();
        var (thawed, sent) = (new TaskCompletionSource(), new TaskCompletionSource());
        Task? other = null;
        var meanwhile = new Queue<Func<Task>>(
        [
            () =>
            {
                bench.Clock.Advance(TimeSpan.FromMinutes(2));
                other = bench.WorkAsync();
                return thawed.Task;
            },
            () =>
            {
                // It has searched by now, and found nothing; the frozen one goes on, and its issue is made first.
                thawed.SetResult();
                return sent.Task;
            },
        ]);
        bench.WrapHost = host => new FrozenHost(host, meanwhile);
        bench.GitHub.Meanwhile = call =>
        {
            if (call == $"POST /repos/{Repository}/issues")
            {
                sent.TrySetResult();
            }
        };

        await bench.TakeAsync(Firing());
        await other!;
        await bench.WorkAsync();

        Assert.Equal([true, false], bench.Issues.Select(i => i.IsOpen));
        Assert.Equal(1, (await bench.RowAsync()).Issue.Number);
    }

    [StoreFact]
    public async Task Doubles_that_cannot_be_closed_now_are_closed_later()
    {
        await using var bench = await OpenAsync();
        var failing = false;
        var meanwhile = new Queue<Func<Task>>([() => throw new CrashException(), () =>
        {
            // Whoever was thought dead sends at last.
            failing = true;
            return bench.Host.CreateAsync(Repository, new("[P1] Queue is slow", bench.Issues.Count == 0 ? Body(bench) : "", ["area:alerting"], []), default);
        }]);
        bench.WrapHost = host => new FrozenHost(host, meanwhile);
        bench.GitHub.Chaos = path => failing && path.EndsWith("/2/comments", StringComparison.Ordinal) ? FakeFault.Parse("500", null) : null;
        await bench.TakeAsync(Firing());
        await bench.PassUntilAsync(2);
        Assert.Equal([true, true], bench.Issues.Select(i => i.IsOpen));

        failing = false;
        await bench.PassUntilAsync(10);
        Assert.Equal([true, false], bench.Issues.Select(i => i.IsOpen));
        Assert.False((await bench.RowAsync()).Issue.IsPending);

        static string Body(IssueBench bench)
        {
            var row = bench.RowAsync().GetAwaiter().GetResult();
            return IssueText.Body(row.Issue.First, "UTC", null, IssueMarks.OfIssue(new("https://tocsin.invalid", new byte[32]), 1, row));
        }
    }

    [StoreFact]
    public async Task What_a_backup_that_was_put_back_does_not_know_is_found_again()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing());
        var row = await bench.RowAsync();
        bench.Clock.Advance(TimeSpan.FromHours(1));

        // As it was before the issue was made.
        await bench.Engine.WriteAsync(tx => bench.Parts.IssueFlow.SaveAsync(tx, 1, [row with { Issue = TrackedIssue.Open(row.Issue.First, row.Issue.WantsLabels) }], bench.Clock.Now));
        await bench.WorkAsync();

        Assert.Equal(1, (await bench.RowAsync()).Issue.Number);
        Assert.Single(bench.Issues);
    }

    [StoreFact]
    public async Task An_alarm_is_forgotten_after_its_time_unless_something_is_still_to_be_done()
    {
        await using var bench = await OpenAsync();
        await bench.TakeAsync(Firing(0, "done"), Resolved(1, "done"));
        bench.GitHub.Chaos = _ => FakeFault.Parse("500", null);
        await bench.TakeAsync(Firing(0, "pending"));
        using var retention = new Tocsin.Operations.Retention(
            bench.Engine.Database, bench.Parts.Alerts, bench.Parts.Log, bench.Parts.Audit, bench.Parts.Memory, Options.Create(new Tocsin.Hosting.ServerOptions()), Options.Create(new Tocsin.Audit.AuditOptions()),
            Options.Create(bench.Settings), bench.Clock, NullLogger<Tocsin.Operations.Retention>.Instance);

        bench.Clock.Advance(TimeSpan.FromDays(1094));
        await retention.TurnAsync(default);
        Assert.Equal(2, await bench.Engine.CountAsync("issue"));
        bench.Clock.Advance(TimeSpan.FromDays(2));
        await retention.TurnAsync(default);

        Assert.Equal("pending", (await bench.RowAsync()).Issue.First.Title);
        Assert.Equal(1, await bench.Engine.CountAsync("issue_record"));
    }

    [StoreFact]
    public async Task A_source_says_which_priorities_are_urgent()
    {
        await using var bench = await OpenAsync();
        bench.Engine.Estate = new EstateBuilder().User("ana", "push").Policy("5m user:ana").Route(root => root with { GroupBy = ["alertname"] })
            .Source(new("prom", "generic", "prom-key-0123456789") { HighPriorities = ["P0", "P1"] }).Build();

        await bench.TakeAsync(Firing(0, "urgent", priority: 1), Firing(0, "calm", priority: 2));

        Assert.Equal(
            [("calm", Urgency.Low, Severity.Warning), ("urgent", Urgency.High, Severity.High)],
            (await bench.Engine.IncidentsAsync()).Select(i => (i.Title, i.Urgency, i.Severity)).OrderBy(i => i.Title));
    }

    [StoreFact]
    public async Task Three_failures_in_a_row_make_a_pause_and_one_request_tries_whether_it_is_back()
    {
        await using var bench = await OpenAsync();
        var asked = 0;
        bench.GitHub.Chaos = _ =>
        {
            asked++;
            return FakeFault.Parse("500", null);
        };
        await bench.TakeAsync(Firing(0, "a"), Firing(0, "b"), Firing(0, "c"), Firing(0, "d"), Firing(0, "e"));
        Assert.Equal(3, asked);

        await bench.PassUntilAsync(0.45);
        Assert.Equal(3, asked);
        bench.GitHub.Chaos = null;
        await bench.PassUntilAsync(2);

        Assert.Equal(5, bench.Issues.Count);
        Assert.All(await bench.RowsAsync(), row => Assert.Null(row.Issue.Error));
    }

    [StoreFact]
    public async Task A_limit_is_waited_for_as_long_as_GitHub_says_and_is_no_failure()
    {
        await using var bench = await OpenAsync();
        bench.GitHub.LimitedUntil = VirtualClock.Start.AddMinutes(20);
        await bench.TakeAsync(Firing());
        var asked = bench.GitHub.Calls.Length;

        await bench.PassUntilAsync(19.9);
        Assert.Equal(asked, bench.GitHub.Calls.Length);
        Assert.Equal(0, (await bench.RowAsync()).Issue.Failures);
        await bench.PassUntilAsync(21);

        Assert.Single(bench.Issues);
    }

    [StoreFact]
    public async Task Without_permission_it_is_given_up_loudly_and_tried_again_when_somebody_says_so()
    {
        await using var bench = await OpenAsync();
        bench.GitHub.Repository(Repository).MayWrite = false;
        await bench.TakeAsync(Firing());
        await bench.PassUntilAsync(1);

        var row = await bench.RowAsync();
        Assert.NotNull(row.Issue.FailedAt);
        Assert.Contains("not accessible", row.Issue.Error, StringComparison.Ordinal);
        Assert.Contains(await bench.Engine.AlertsAsync(), a => a.Document is { Source: "tocsin" } alarm && alarm.Title.Contains(Repository, StringComparison.Ordinal));
        Assert.Contains("issue.failed", await bench.Engine.KindsAsync(1));
        var asked = bench.GitHub.Calls.Length;
        await bench.PassUntilAsync(60);
        Assert.Equal(asked, bench.GitHub.Calls.Length);

        bench.GitHub.Repository(Repository).MayWrite = true;
        Assert.True(await bench.Desk.RetryAsync(new(1, "w1", Tocsin.Identity.Role.Responder, "user:ana", "ana"), row.Id, default));
        await bench.WorkAsync();

        Assert.Single(bench.Issues);
        Assert.Null((await bench.RowAsync()).Issue.FailedAt);
    }

    [StoreFact]
    public async Task Issues_switched_off_a_repository_that_is_not_there_and_a_wrong_token_are_loud_too()
    {
        foreach (var (spoil, says) in new (Action<FakeGitHub, GitHubOptions>, string)[]
        {
            ((gitHub, _) => gitHub.Repository(Repository).HasIssues = false, "410"),
            ((gitHub, _) => gitHub.Repository(Repository).IsSeen = false, "404"),
            ((_, options) => options.Token = "ghp_wrong", "401"),
        })
        {
            await using var bench = await IssueBench.OpenAsync(engine, configure: (options, gitHub) => spoil(gitHub, options));
            await bench.TakeAsync(Firing());
            await bench.PassUntilAsync(5);

            Assert.Contains(says, (await bench.RowAsync()).Issue.Error, StringComparison.Ordinal);
            Assert.NotNull((await bench.RowAsync()).Issue.FailedAt);
        }
    }

    [StoreFact]
    public async Task The_next_event_tries_again_what_was_given_up()
    {
        await using var bench = await OpenAsync();
        bench.GitHub.Repository(Repository).MayWrite = false;
        await bench.TakeAsync(Firing());
        bench.GitHub.Repository(Repository).MayWrite = true;

        await bench.TakeAsync(Resolved(1));

        Assert.False(Assert.Single(bench.Issues).IsOpen);
    }

    [StoreFact]
    public async Task An_app_signs_for_a_token_keeps_it_and_asks_for_another_before_its_end_or_when_it_is_taken_back()
    {
        await using var bench = await AsAppAsync();
        await bench.TakeAsync(Firing());
        await bench.TakeAsync(Firing(0, "b"));
        Assert.Equal(1, bench.GitHub.TokensGiven);

        bench.Clock.Advance(TimeSpan.FromMinutes(59.5));
        await bench.TakeAsync(Firing(60, "c"));
        Assert.Equal(2, bench.GitHub.TokensGiven);

        bench.GitHub.Revoke();
        await bench.TakeAsync(Firing(61, "d"));
        await bench.PassUntilAsync(63);
        Assert.Equal((4, 3), (bench.Issues.Count, bench.GitHub.TokensGiven));
    }

    [StoreFact]
    public async Task An_app_that_is_not_installed_there_says_so()
    {
        await using var bench = await AsAppAsync();
        bench.GitHub.Repository(Repository).IsInstalled = false;

        await bench.TakeAsync(Firing());

        Assert.Contains("not installed", (await bench.RowAsync()).Issue.Error, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_test_of_the_connection_says_which_permission_is_missing()
    {
        await using var bench = await AsAppAsync();
        var good = await bench.Checker.CheckAsync(bench.Engine.Estate, Repository, default);
        Assert.True(good.Value!.Good, string.Join(' ', good.Value.Findings.Select(f => f.Detail)));

        bench.GitHub.Repository(Repository).MayWrite = false;
        var bad = await bench.Checker.CheckAsync(bench.Engine.Estate, Repository, default);
        Assert.Equal("The permission issues is read; it must be write. Change it in the App's settings, and accept the change in the installation.", Assert.Single(bad.Value!.Findings, f => !f.Good).Detail);
        Assert.False((await bench.Checker.CheckAsync(bench.Engine.Estate, "acme/other", default)).Ok);
    }

    [StoreFact]
    public async Task Without_an_account_the_intent_waits()
    {
        await using var bench = await IssueBench.OpenAsync(engine, configure: (options, _) => options.Token = "");
        await bench.TakeAsync(Firing());
        await bench.PassUntilAsync(3);
        Assert.True((await bench.RowAsync()).Issue.IsPending);

        bench.Settings.Token = FakeGitHub.Token;
        await bench.PassUntilAsync(5);

        Assert.Single(bench.Issues);
    }

    [StoreFact]
    public async Task Ten_thousand_alerts_of_fifty_alarms_make_fifty_issues_whatever_GitHub_answers()
    {
        await using var bench = await OpenAsync();
        var random = new Random(7);
        bench.GitHub.Chaos = _ =>
        {
            lock (random)
            {
                return random.Next(10) switch
                {
                    0 => FakeFault.Parse("403", "1"),
                    1 => FakeFault.Parse("429", "2"),
                    2 => FakeFault.Parse("429", null),
                    3 => FakeFault.Parse("500", null),
                    4 => FakeFault.Parse("half", null),
                    5 => new FakeFault.Answer(403, null, """{"message":"You have exceeded a secondary rate limit."}"""),
                    _ => null,
                };
            }
        };

        for (var batch = 0; batch < 50; batch++)
        {
            await bench.TakeAsync([.. Enumerable.Range(0, 200).Select(i => Firing((batch / 60.0) + (i / 6000.0), $"alarm {i % 50}"))]);
            await bench.PassUntilAsync(batch / 60.0);
        }

        await bench.PassUntilAsync(180);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"[P1] alarm {i}").Order(), bench.Issues.Select(i => i.Title).Order());
        Assert.All(bench.Issues, issue => Assert.True(issue.IsOpen && issue.Comments.Count is > 0 and < 10));
        Assert.Equal(50, await bench.Engine.CountAsync("issue"));

        await bench.TakeAsync([.. Enumerable.Range(0, 50).Select(i => Resolved(180, $"alarm {i}"))]);
        await bench.PassUntilAsync(300);
        Assert.Equal(50, bench.Issues.Count(i => !i.IsOpen));
        Assert.All(await bench.RowsAsync(), row => Assert.False(row.Issue.IsPending));
    }

    private Task<IssueBench> OpenAsync() => IssueBench.OpenAsync(engine);

    private Task<IssueBench> AsAppAsync() => IssueBench.OpenAsync(engine, configure: (options, gitHub) =>
        (options.Token, options.AppId, options.PrivateKey) = ("", FakeGitHub.AppId, Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(gitHub.PrivateKey))));

    public sealed class OnSqlite() : IssueLifeTests(Engine.Sqlite);

    public sealed class OnPostgres() : IssueLifeTests(Engine.Postgres);
}
