using System.Text.Json;
using Tocsin.Sdk;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

/// <summary>Reports on the command line: tables for people, the API's own JSON for scripts.</summary>
public sealed class ReportVerbTests : IAsyncLifetime
{
    private static readonly ReportScope _scope = new()
    {
        From = FakeServer.Now.AddDays(-28),
        To = FakeServer.Now,
        TimeZone = "Europe/Berlin",
        KeptSince = FakeServer.Now.AddDays(-7),
    };

    private FakeServer _server = null!;

    internal static ResponseReportView Response { get; } = new(
        _scope,
        new() { Incidents = 3, HighUrgency = 2, LowUrgency = 1, Resolved = 1, TimeToAcknowledge = new(2, 95, 100, 4_000), TimeToResolve = new(1, 7_260, 7_260, 7_260), Waiting = 1, LongestWaitSeconds = 180_000 },
        [new("payments", new() { Incidents = 2, HighUrgency = 2 }), new(null, new() { Incidents = 1, LowUrgency = 1 })], [new("checkout", new() { Incidents = 2, HighUrgency = 2 })], "day", []);

    internal static PeopleReportView People { get; } = new(
        _scope,
        [new() { User = "ana", TimeZone = "Europe/Berlin", TimeZoneAssumed = true, Pages = 4, HighUrgency = 3, AtNight = 2, OnWeekend = 1, Woken = 2, BrokenNights = 1, Answered = 3, Missed = 1, TimeToAnswer = new(3, 42, 50, 90) }]);

    internal static FairnessReportView Fairness { get; } = new(
        _scope, 74.2, 75, 73.1, null,
        [new() { User = "ana", TimeZone = "UTC", Real = new(504, 190.5, 144), Planned = new(480, 180, 120), Expected = new(448, 168.75, 128), Nights = 21, Weekends = 4, Pages = 4, Woken = 2 }],
        [new("primary", "payments", 12.5, 56, false)], FakeServer.Now.AddDays(-20));

    internal static NoiseReportView Noise { get; } = new(
        _scope, 1,
        [
            new()
            {
                Name = "Disk\u001b[31mFilling", Service = "orders", Source = "prometheus", Severity = "warning", Incidents = 41, Pages = 60, PagesAtNight = 9, Ended = 40, EndedSoonAlone = 37,
                NeverAnswered = 38, Flaps = 17, Advice = [new("raise_wait", "Let it last longer.")],
            },
        ]);

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Response_is_a_table_that_says_what_is_not_in_it()
    {
        var run = await AgainstAsync(_server, "report", "response", "--team", "payments");

        Assert.Equal(
            """
            OF                INCIDENTS  HIGH  LOW  OPEN  ACK MEDIAN  ACK P90    RESOLVE MEDIAN  RESOLVE P90  ENDED ALONE  REOPENED
            all               3          2     1    2     1 min 35 s  1 h 6 min  2 h 1 min       2 h 1 min    0            0
            team payments     2          2     0    2     –           –          –               –            0            0
            no team           1          0     1    1     –           –          –               –            0            0
            service checkout  2          2     0    2     –           –          –               –            0            0
            ! 1 open incident nobody has answered yet, the longest for 2 d 2 h; not in these times

            """,
            run.Out);
        Assert.Contains("little or nothing is known of the time before 2026-11-16 03:02:00 +01:00", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            ["GET /api/v1/reports/response?from=2026-10-26T02%3A02%3A00.0000000%2B00%3A00&team=payments&time_zone=Europe%2FBerlin"], _server.Requests.Select(r => r.Line));
    }

    [Fact]
    public async Task People_fairness_and_noise_are_tables_too_and_escape_what_senders_wrote()
    {
        Assert.Equal(
            """
            USER  PAGES  HIGH  AT NIGHT  WEEKEND  WOKEN  BROKEN NIGHTS  ANSWERED  SETTLED  MISSED  ANSWER MEDIAN  ANSWER P90  ZONE
            ana   4      3     2         1        2      1              3         0        1       42 s           1 min 30 s  Europe/Berlin (assumed)

            """,
            (await AgainstAsync(_server, "report", "people")).Out);
        Assert.Equal(
            """
            score 74.2 of 100 (hours 75, nights 73.1, weekends –)
            USER  HOURS  EXPECTED  NIGHT HOURS  EXPECTED  WEEKEND HOURS  EXPECTED  NIGHTS  WEEKENDS  PAGES  WOKEN
            ana   504    448       190.5        168.8     144            128       21      4         4      2
            covers and time off are kept since 2026-11-03 03:02:00 +01:00: before that, shares are those of the rotations alone
            ! nobody is on call for primary in 12.5 of these hours
            primary takes 56 days until everybody has had their turns: this span can't be even

            """,
            (await AgainstAsync(_server, "report", "fairness")).Out);

        var noise = await AgainstAsync(_server, "report", "noise");
        Assert.DoesNotContain("\u001b", noise.Out, StringComparison.Ordinal);
        Assert.Contains("41         60     9         92 % of 40        95 % of 40      17", noise.Out, StringComparison.Ordinal);
        Assert.EndsWith("  Let it last longer.\n", noise.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scripts_get_the_answer_as_the_server_gave_it_for_the_span_that_was_given()
    {
        var run = await AgainstAsync(_server, "report", "people", "--last", "7d", "--to", "2026-11-23T00:00:00Z", "--json");

        Assert.Equal(JsonSerializer.Serialize(People, WireJson.Default.PeopleReportView), JsonSerializer.Serialize(JsonSerializer.Deserialize(run.Out, WireJson.Default.PeopleReportView), WireJson.Default.PeopleReportView));
        Assert.Equal("", run.Error);
        Assert.StartsWith("GET /api/v1/reports/people?from=2026-11-16T00%3A00%3A00", Assert.Single(_server.Requests).Line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--last", "soon")]
    [InlineData("--from", "yesterday")]
    public async Task A_span_that_is_none_is_a_usage_error(string option, string text) => Assert.Equal(2, (await AgainstAsync(_server, "report", "noise", option, text)).ExitCode);
}
