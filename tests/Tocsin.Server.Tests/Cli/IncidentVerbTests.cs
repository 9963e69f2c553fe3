using System.Text.Json;
using Tocsin.Sdk;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class IncidentVerbTests : IAsyncLifetime
{
    private FakeServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _server[1041] = FakeServer.Incident(1041, "Queue lag 9 min", "high", "acknowledged") with { AcknowledgedBy = "bo", Escalation = "stopped" };
        _server[1042] = FakeServer.Incident(1042, "Checkout error rate 12 %");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("incidents", "ls")]
    [InlineData("inc", "show", "1042")]
    [InlineData("incidents", "ack", "1042")]
    [InlineData("incidents", "note", "1042", "seen")]
    public async Task Verbs_stand_below_the_noun_too(params string[] args)
    {
        var below = await AgainstAsync(_server, args);
        var alone = args[1] == "ls" ? await AgainstAsync(_server, "incidents") : await AgainstAsync(_server, args[1..]);

        Assert.Equal((0, alone.Out), (below.ExitCode, below.Out));
    }

    [Fact]
    public async Task Open_incidents_are_listed_in_aligned_columns_newest_first()
    {
        var run = await AgainstAsync(_server, "incidents");

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            """
            INCIDENT  SEVERITY    STATUS          SINCE      SERVICE   WHO         TITLE
            #1042     ◆ CRITICAL  ! triggered     4 min ago  checkout  paging ana  Checkout error rate 12 %
            #1041     ▲ HIGH      ◐ acknowledged  4 min ago  checkout  bo          Queue lag 9 min

            """,
            run.Out);
    }

    [Fact]
    public async Task An_incident_is_handed_over_and_people_are_asked_to_help()
    {
        var handed = await AgainstAsync(_server, "reassign", "1042", "user:cy", "--note", "knows the database");
        var asked = await AgainstAsync(_server, "responders", "add", "1042", "user:dee", "team:ops");
        var declined = await AgainstAsync(_server, "incidents", "responders", "decline", "1042");
        var moved = await AgainstAsync(_server, "incidents", "move-policy", "payments");

        Assert.Equal("#1042  ! triggered, paging cy  Checkout error rate 12 %\n", handed.Out);
        Assert.Equal("#1042  Checkout error rate 12 %\n  dee  asked, asked by key:test\n", asked.Out);
        Assert.Contains("dee  declined", declined.Out, StringComparison.Ordinal);
        Assert.Equal("#1041 #1042 go on by policy payments of revision 9\n", moved.Out);
        Assert.Equal(
            [
                ("POST /api/v1/incidents/1042/reassign", """{"to":"user:cy","note":"knows the database"}"""),
                ("POST /api/v1/incidents/1042/responders", """{"targets":["user:dee","team:ops"],"note":null}"""),
                ("POST /api/v1/incidents/1042/responders/answer", """{"joins":false}"""),
                ("POST /api/v1/policies/payments/move-incidents", ""),
            ],
            _server.Requests);
    }

    [Fact]
    public async Task A_narrow_screen_shortens_the_title_only()
    {
        var run = await new CliWorld(_server) { Width = 88 }.RunAsync("incidents", "--status", "triggered");

        Assert.EndsWith("paging ana  Checkout error rate…\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_has_the_shape_of_the_api()
    {
        var run = await AgainstAsync(_server, "incidents", "--json", "--limit", "1");

        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(1042, json.RootElement.GetProperty("items")[0].GetProperty("number").GetInt64());
        Assert.Equal("1042", json.RootElement.GetProperty("next_cursor").GetString());
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task A_cut_list_says_how_to_go_on()
    {
        var first = await AgainstAsync(_server, "incidents", "--limit", "1");
        var second = await AgainstAsync(_server, "incidents", "--limit", "1", "--cursor", "1042");

        Assert.Contains("--cursor 1042", first.Error, StringComparison.Ordinal);
        Assert.Contains("#1041", second.Out, StringComparison.Ordinal);
        Assert.Equal("", second.Error);
    }

    [Fact]
    public async Task A_limit_above_one_page_of_the_api_is_read_in_pages()
    {
        for (var n = 1; n <= 250; n++)
        {
            _server[n] = FakeServer.Incident(n, $"Incident {n}");
        }

        var run = await AgainstAsync(_server, "incidents", "--json", "--limit", "230");

        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(230, json.RootElement.GetProperty("items").GetArrayLength());
        Assert.Equal(
            ["GET /api/v1/incidents?status=open&limit=200", "GET /api/v1/incidents?status=open&cursor=53&limit=30"],
            _server.Requests.Select(request => request.Line));
    }

    [Fact]
    public async Task Acknowledging_reports_the_new_state()
    {
        var run = await AgainstAsync(_server, "ack", "1042");

        Assert.Equal((0, "#1042  ◐ acknowledged  Checkout error rate 12 %\n", ""), (run.ExitCode, run.Out, run.Error));
        Assert.Equal("acknowledged", _server[1042].Status);
    }

    [Fact]
    public async Task One_refusal_among_several_is_told_and_the_others_are_done()
    {
        _server[1040] = FakeServer.Incident(1040, "Old", status: "resolved");

        var run = await AgainstAsync(_server, "ack", "1040", "#1042", "7");

        Assert.Equal(4, run.ExitCode);
        Assert.Equal("#1042  ◐ acknowledged  Checkout error rate 12 %\n", run.Out);
        Assert.Equal("error: Incident #1040 is resolved already.\nerror: There is no incident '7'.\n", run.Error);
    }

    [Fact]
    public async Task Json_of_one_act_is_the_incident_and_of_several_a_page_of_them()
    {
        var one = await AgainstAsync(_server, "resolve", "1042", "--json");
        var several = await AgainstAsync(_server, "resolve", "1041", "1042", "--json");

        Assert.Equal("resolved", JsonSerializer.Deserialize(one.Out, WireJson.Default.Incident)!.Status);
        Assert.Equal([1041, 1042], JsonSerializer.Deserialize(several.Out, WireJson.Default.PageIncident)!.Items.Select(i => i.Number));
    }

    [Fact]
    public async Task Escalating_says_who_is_paged_now()
    {
        var run = await AgainstAsync(_server, "escalate", "1042");

        Assert.Equal("#1042  ! triggered, paging bo  Checkout error rate 12 %\n", run.Out);
    }

    [Fact]
    public async Task Snoozing_takes_a_span_or_a_time_but_not_both_or_neither()
    {
        var span = await AgainstAsync(_server, "snooze", "1042", "--for", "1h");
        var time = await AgainstAsync(_server, "snooze", "1042", "--until", "09:00");
        var both = await AgainstAsync(_server, "snooze", "1042", "--for", "1h", "--until", "09:00");
        var neither = await AgainstAsync(_server, "snooze", "1042");
        var wrong = await AgainstAsync(_server, "snooze", "1042", "--for", "soon");

        Assert.Equal("#1042  z snoozed until 2026-11-23 04:02:00 +01:00  Checkout error rate 12 %\n", span.Out);
        Assert.Equal([0, 0, 2, 2, 2], new[] { span, time, both, neither, wrong }.Select(run => run.ExitCode));
        Assert.Equal(
            ["""{"until":null,"for":"1h"}""", """{"until":"2026-11-23T08:00:00+00:00","for":null}"""],
            _server.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task A_note_is_taken_from_the_words_or_from_the_standard_input()
    {
        await AgainstAsync(_server, "note", "1042", "@ana", "rolled", "back");
        var piped = await new CliWorld(_server) { Input = "line one\nline two\n" }.RunAsync("note", "1042", "-");

        Assert.Equal("noted on #1042  Checkout error rate 12 %\n", piped.Out);
        Assert.Equal(
            ["""{"text":"@ana rolled back"}""", """{"text":"line one\nline two"}"""], _server.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task Showing_an_incident_tells_what_happens_next_and_how_it_came_to_it()
    {
        var run = await AgainstAsync(_server, "show", "1042");

        Assert.Equal(
            """
            #1042  ◆ CRITICAL  ! triggered  Checkout error rate 12 %

            since         4 min ago (2026-11-23 02:58:00 +01:00)
            service       checkout
            route         checkout → policy payments, high urgency
            state         paging ana (step 1 of 2, round 1 of 2); then bo in 3 min

            ALERTS (1)
            STATUS    SINCE      SOURCE      TITLE          LABELS
            ! firing  4 min ago  prometheus  HighErrorRate  alertname=HighErrorRate service=checkout

            PAGES (1)
            STATUS    WHEN       TO   BY            KIND  WHY
            ✗ failed  4 min ago  ana  phone (ntfy)  page  503 from the provider

            TIMELINE
            AT                          WHO                WHAT
            2026-11-23 02:58:00 +01:00  source:prometheus  incident triggered: opened by route checkout
            2026-11-23 02:59:00 +01:00  system             page failed: the page to ana failed

            """,
            run.Out);
    }

    [Fact]
    public async Task Escape_sequences_of_an_alert_never_reach_the_terminal()
    {
        _server[1042] = FakeServer.Incident(1042, "\u001b]0;owned\u0007Disk\u001b[2J full\u009b31m\u202e") with
        {
            Description = "first\n\u001b[1Asecond\u0000",
            Paging = ["\u001b[31mana"],
        };

        var list = await AgainstAsync(_server, "incidents");
        var sheet = await AgainstAsync(_server, "show", "1042");

        Assert.Contains("paging ana  Disk full\n", list.Out, StringComparison.Ordinal);
        Assert.Contains("Disk full\nfirst\nsecond\n", sheet.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(list.Out + sheet.Out, c => char.IsControl(c) && c != '\n');
    }

    [Fact]
    public async Task Colour_is_written_only_where_the_terminal_wants_it()
    {
        var plain = await AgainstAsync(_server, "incidents");
        var coloured = await new CliWorld(_server) { Colour = true }.RunAsync("incidents");

        Assert.DoesNotContain('\u001b', plain.Out);
        Assert.Contains("\u001b[31m◆ CRITICAL\u001b[0m", coloured.Out, StringComparison.Ordinal);
    }
}
