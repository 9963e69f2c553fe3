using System.Text.Json;
using Tocsin.Sdk;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class OtherVerbTests : IAsyncLifetime
{
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    private IEnumerable<string> Lines => _server.Requests.Select(request => request.Line);

    [Fact]
    public async Task On_call_says_loudly_where_nobody_is()
    {
        var run = await AgainstAsync(_server, "oncall");

        Assert.Equal(
            """
            SCHEDULE          TEAM      ON CALL   UNTIL                       BECAUSE
            payments-primary  payments  ana       2026-11-26 03:02:00 +01:00  rotation weekly
            platform                    ! nobody                              no rotation covers this instant

            """,
            run.Out);
    }

    [Fact]
    public async Task On_call_at_a_time_without_offset_means_the_viewers_zone()
    {
        var run = await AgainstAsync(_server, "oncall", "payments", "--at", "2026-12-24T03:00", "--json");

        Assert.Equal(["GET /api/v1/oncall?at=2026-12-24T02%3A00%3A00.0000000%2B00%3A00"], Lines);
        Assert.Equal(["payments-primary"], JsonSerializer.Deserialize(run.Out, WireJson.Default.PageOnCallView)!.Items.Select(view => view.Schedule));
    }

    [Fact]
    public async Task A_team_without_schedules_is_an_error_not_an_empty_answer()
    {
        var run = await AgainstAsync(_server, "oncall", "paymnets");

        Assert.Equal((4, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("error: there is no schedule 'paymnets'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explaining_labels_shows_the_routes_and_who_is_reached_when()
    {
        _server.Explanation = new(
            false,
            [new("root", 0, "matched", ""), new("platform", 1, "failed", "team=\"platform\": team is payments"), new("checkout", 1, "matched", "")],
            [
                new("checkout", "payments", "high", "checkout", new Dictionary<string, string> { ["service"] = "checkout" }, 1042,
                    [new(1, 1, 0, "schedule:payments-primary", [new("ana", "phone", "ntfy", 0), new("ana", "mail", "email", 120)], "rotation weekly")]),
            ],
            null,
            ["bo has no verified phone"]);

        var run = await AgainstAsync(_server, "explain", "-l", "service=checkout", "-l", "severity=critical");

        Assert.Equal("""{"labels":{"service":"checkout","severity":"critical"},"incident":null,"at":null}""", _server.Requests.Single().Body);
        Assert.Equal(
            """
            Worked out, nothing was sent:

            ROUTES
            ✓ root
              ✗ platform  team="platform": team is payments
              ✓ checkout

            POLICY payments (high urgency, by route checkout)
            grouped by service=checkout
            joins the open incident #1042: no new page
            AFTER  STEP  TARGET                     REACHES                                       BECAUSE
            +0:00  1     schedule:payments-primary  ana by phone at +0:00, ana by mail at +2:00  rotation weekly

            ⚠ bo has no verified phone

            """,
            run.Out,
            ignoreWhiteSpaceDifferences: true);
    }

    [Fact]
    public async Task Explaining_takes_a_number_or_labels()
    {
        _server[1042] = FakeServer.Incident(1042, "Checkout error rate 12 %");
        var number = await AgainstAsync(_server, "explain", "#1042");
        var both = await AgainstAsync(_server, "explain", "1042", "-l", "a=b");
        var neither = await AgainstAsync(_server, "explain");
        var noLabel = await AgainstAsync(_server, "explain", "-l", "service");

        Assert.Equal([0, 2, 2, 2], new[] { number, both, neither, noLabel }.Select(run => run.ExitCode));
        Assert.Equal("""{"labels":null,"incident":1042,"at":null}""", _server.Requests.First().Body);
        Assert.Contains("'service' is not a label", noLabel.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explaining_an_incident_lists_its_pages_with_their_recorded_reasons_and_does_not_say_that_it_joins_itself()
    {
        _server[1042] = FakeServer.Incident(1042, "Checkout error rate 12 %");
        _server.Explanation = _server.Explanation with
        {
            Recorded = true,
            Destinations = [new("root/checkout", "payments", "high", "checkout", new Dictionary<string, string>(), 1042, [])],
        };

        var run = await AgainstAsync(_server, "explain", "1042");

        Assert.DoesNotContain("joins", run.Out, StringComparison.Ordinal);
        Assert.Contains("PAGES (1)", run.Out, StringComparison.Ordinal);
        Assert.Contains("503 from the provider", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_key_that_no_source_has_is_said_so()
    {
        var run = await AgainstAsync(_server, "send", "--title", "Disk full", "--source-key", "unknown");

        Assert.Equal((4, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("error: no source of this server has this key\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silence_shows_what_it_mutes_and_a_dry_run_adds_none()
    {
        var dry = await AgainstAsync(_server, "silence", "add", "service=checkout", "--for", "2h", "--dry-run");
        var real = await AgainstAsync(_server, "silence", "add", "service=checkout", "--for", "2h", "-m", "deploy");
        var list = await AgainstAsync(_server, "silence", "ls");

        Assert.Equal("would mute 2 alerts that fire now (in #1042)\n", dry.Out);
        Assert.Equal("silence s-1 until 2026-11-23 05:02:00 +01:00; mutes 2 alerts that fire now (in #1042)\n", real.Out);
        Assert.Contains("s-1  ● active  in 2 h  key:test  service=\"checkout\"  deploy", list.Out, StringComparison.Ordinal);
        Assert.Single(_server.Silences);
    }

    [Fact]
    public async Task Ending_a_silence_that_is_not_there_is_refused()
    {
        _server.Silences.Add(new("s-1", [], FakeServer.Now, FakeServer.Now, "ana", "", "active"));

        var there = await AgainstAsync(_server, "silence", "expire", "s-1");
        var gone = await AgainstAsync(_server, "silence", "expire", "s-1");

        Assert.Equal((0, "silence s-1 has ended\n"), (there.ExitCode, there.Error));
        Assert.Equal((4, "error: There is no silence 's-1'.\n"), (gone.ExitCode, gone.Error));
    }

    [Fact]
    public async Task Dead_jobs_are_listed_and_replayed()
    {
        var list = await AgainstAsync(_server, "jobs", "dead");
        var replay = await AgainstAsync(_server, "jobs", "replay", "7");
        var missing = await AgainstAsync(_server, "jobs", "replay", "8");
        var asJson = await AgainstAsync(_server, "jobs", "replay", "7", "--json");

        Assert.Contains("7   page  incident/1042  6      5 min ago  connection refused", list.Out, StringComparison.Ordinal);
        Assert.Equal([0, 0, 4], new[] { list, replay, missing }.Select(run => run.ExitCode));
        Assert.Contains("POST /api/v1/jobs/dead/7/replay", Lines);
        Assert.Equal("{\n  \"replayed\": [\n    7\n  ]\n}\n", asJson.Out);
    }

    [Fact]
    public async Task Deliveries_show_what_was_taken_and_a_replay_that_fails_again_is_a_failed_check()
    {
        var list = await AgainstAsync(_server, "deliveries", "ls", "--source", "grafana", "--verdict", "partial");
        var good = await AgainstAsync(_server, "deliveries", "replay", "3");
        var bad = await AgainstAsync(_server, "deliveries", "replay", "4");

        Assert.Contains("3   ◑ partial  30 s ago  grafana  2 of 3   alerts[1]: no labels", list.Out, StringComparison.Ordinal);
        Assert.Equal([0, 0, 1], new[] { list, good, bad }.Select(run => run.ExitCode));
        Assert.Contains("GET /api/v1/deliveries?source=grafana&verdict=partial&limit=50", Lines);
    }

    [Fact]
    public async Task Sending_with_a_source_key_needs_no_api_key()
    {
        var world = new CliWorld(_server);
        world.Environment.Remove("TOCSIN_TOKEN");

        var run = await world.RunAsync("send", "--title", "Disk full", "--severity", "warning", "-l", "service=db", "--source-key", "generic-key-1");

        Assert.Equal((0, "sent: ○ WARNING  ! firing  Disk full\n"), (run.ExitCode, run.Out));
        Assert.Equal(
            """{"title":"Disk full","status":"firing","dedupKey":"alertname=Disk full service=db severity=warning","severity":"warning","labels":{"service":"db"},"annotations":{}}""",
            _server.Requests.Single().Body);
        Assert.Equal("POST /in/generic/generic-key-1", _server.Requests.Single().Line);
    }

    [Fact]
    public async Task What_was_sent_can_be_had_as_json()
    {
        var run = await AgainstAsync(_server, "send", "--title", "Disk full", "--json");

        Assert.Equal("Disk full", JsonSerializer.Deserialize(run.Out, IngestJson.Default.AlertEvent)!.Title);
    }

    [Fact]
    public async Task Sending_with_an_api_key_uses_the_alertmanager_api_and_the_end_has_the_same_labels()
    {
        await AgainstAsync(_server, "send", "--title", "Disk full", "-l", "service=db");
        await AgainstAsync(_server, "send", "--title", "Disk full", "-l", "service=db", "--resolve");

        Assert.All(_server.Requests, request => Assert.Equal("POST /api/v2/alerts", request.Line));
        Assert.Equal(
            [
                """[{"labels":{"service":"db","alertname":"Disk full","severity":"high"},"annotations":{"summary":"Disk full"}}]""",
                """[{"labels":{"service":"db","alertname":"Disk full","severity":"high"},"annotations":{"summary":"Disk full"},"endsAt":"2026-11-23T02:02:00+00:00"}]""",
            ],
            _server.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task What_the_alertmanager_api_says_against_an_alert_is_shown()
    {
        var run = await AgainstAsync(_server, "send", "--title", "refuse me");

        Assert.Equal((4, "error: alerts[0]: no\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task The_version_is_the_servers_only_when_a_server_is_named()
    {
        var theirs = await AgainstAsync(_server, "version");
        var ours = await new CliWorld(null).RunAsync("version", "--json");

        Assert.Equal("server 1.2.3 (abc), SQLite 3.40.1, schema 1\n", theirs.Out);
        Assert.Equal(Tocsin.Operations.BuildInfo.Version, JsonSerializer.Deserialize(ours.Out, WireJson.Default.VersionView)!.Version);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _tocsin tocsin")]
    [InlineData("zsh", "compdef _tocsin tocsin")]
    [InlineData("fish", "complete -c tocsin")]
    public async Task Each_shell_gets_a_script_that_asks_the_program(string shell, string registration)
    {
        var run = await new CliWorld(null).RunAsync("completion", shell);

        Assert.Contains(registration, run.Out, StringComparison.Ordinal);
        Assert.Contains("[suggest:", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_suggests_verbs_and_values()
    {
        var verbs = await new CliWorld(null).RunAsync("[suggest:9]", "tocsin in");
        var values = await new CliWorld(null).RunAsync("[suggest:26]", "tocsin incidents --status ");

        Assert.Contains("incidents\n", verbs.Out, StringComparison.Ordinal);
        Assert.Contains("snoozed\n", values.Out, StringComparison.Ordinal);
    }
}
