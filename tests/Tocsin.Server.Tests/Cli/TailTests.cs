using System.Text.Json;
using Tocsin.Sdk;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

/// <summary><c>tocsin tail</c>, on a stream that is cut, refused and cleared as the story wants.</summary>
public sealed class TailTests : IAsyncLifetime
{
    private StreamServer _server = null!;

    public async Task InitializeAsync() => _server = await StreamServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task One_line_an_event_on_the_readers_clock()
    {
        _server.Log(1, "incident.triggered", "incident/12", "opened by route checkout");
        _server.Log(2, "stream.alert", "stream/payments", "short", """{"data":{"message":"Card gateway\n answers 503","level":"error"},"received_at":"2026-11-23T02:01:00Z"}""");
        _server.Log(3, "stream.alert", "stream/default", "no level here", """{"data":{"count":3},"received_at":"2026-11-23T02:01:00Z"}""");

        var run = await TailAsync("--last", "0", "--count", "3");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            """
            03:01:00  incident.triggered    incident/12   opened by route checkout
            03:01:00  ✗ error               payments      Card gateway  answers 503
            03:01:00  · alert               default       no level here

            """,
            run.Out);
    }

    [Fact]
    public async Task Colours_are_beside_the_words_and_nothing_from_outside_reaches_the_terminal_as_a_command()
    {
        _server.Log(1, "incident.resolved", "incident/12", "resolved \u001b[2Jby ana");

        var run = await new CliWorld(_server.Url, FakeServer.Key) { Colour = true }.RunAsync("tail", "--last", "0", "--count", "1");

        Assert.Equal("\u001b[2m03:01:00\u001b[0m  \u001b[32mincident.resolved   \u001b[0m  incident/12   resolved by ana\n", run.Out);
    }

    [Fact]
    public async Task Json_is_one_object_a_line_in_the_shape_of_the_api()
    {
        _server.Log(1, "incident.note_added", "incident/12", "über\nzwei Zeilen");
        _server.Log(2, "page.sent", "incident/12", "to ana");

        var run = await TailAsync("--last", "0", "--count", "2", "--json");

        var lines = run.Out.TrimEnd('\n').Split('\n');
        Assert.Equal([1, 2], lines.Select(line => JsonSerializer.Deserialize(line, WireJson.Default.EventView)!.Seq));
        Assert.Contains("über\\nzwei Zeilen", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_go_to_the_server_as_they_are()
    {
        _server.Log(1, "page.sent", "incident/12", "to ana");

        await TailAsync(
            "--last", "0", "--count", "1", "--kind", "page.*", "--kind", "incident.triggered", "--subject", "incident/12", "--group", "payments", "--level", "warn",
            "--match", "env=prod", "--match", "host=~\"db-.*\"");

        Assert.Equal(
            "?last=0&group=payments&level=warn&kind=page.%2A&kind=incident.triggered&subject=incident%2F12&match=env%3Dprod&match=host%3D~%22db-.%2A%22",
            _server.Queries.Single());
    }

    [Fact]
    public async Task Without_a_place_to_begin_it_begins_with_what_happens_from_now_on()
    {
        _server.Log(1, "page.sent", "incident/12", "old");
        _server.WhenAsked = () => _server.Log(2, "page.sent", "incident/12", "new");

        var run = await TailAsync("--count", "1");

        Assert.EndsWith("new\n", run.Out, StringComparison.Ordinal);
        Assert.Equal("?last=1", _server.Queries.Single());
    }

    [Fact]
    public async Task A_cut_stream_goes_on_where_it_stopped_and_says_so_on_the_standard_error()
    {
        _server.CutAfter = 2;
        for (var seq = 1; seq <= 5; seq++)
        {
            _server.Log(seq, "page.sent", "incident/12", $"number {seq}");
        }

        var run = await TailAsync("--last", "0", "--count", "5");

        Assert.Equal([1, 2, 3, 4, 5], run.Out.TrimEnd('\n').Split('\n').Select(line => int.Parse(line[^1..], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(["?last=0", "?last=2", "?last=4"], _server.Queries);
        Assert.Equal(
            ["connection lost: the server ended it; next try in 0 s", "connected again", "connection lost: the server ended it; next try in 0 s", "connected again"],
            run.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task What_the_server_no_longer_keeps_is_said_to_be_missed()
    {
        _server.Oldest = 7;
        _server.Log(7, "page.sent", "incident/12", "to ana");

        var run = await TailAsync("--last", "3", "--count", "1", "--json");

        Assert.Equal("lines before 7 are no longer kept, and were missed\n", run.Error);
        Assert.Equal(7, JsonSerializer.Deserialize(run.Out, WireJson.Default.EventView)!.Seq);
    }

    [Fact]
    public async Task A_refusal_ends_it_and_so_does_a_server_that_was_never_there()
    {
        var wrongKey = await new CliWorld(_server.Url, "tcn_wrong").RunAsync("tail", "--last", "0");
        var nobody = await new CliWorld("http://127.0.0.1:9", FakeServer.Key).RunAsync("tail", "--last", "0");
        var negative = await TailAsync("--last", "-1");

        Assert.Equal([4, 3, 2], [wrongKey.ExitCode, nobody.ExitCode, negative.ExitCode]);
        Assert.StartsWith("error: no server answered", nobody.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_when_it_said()
    {
        _server.BusyTimes = 1;
        _server.CutAfter = 1;
        _server.Log(1, "page.sent", "incident/12", "first");
        _server.Log(2, "page.sent", "incident/12", "second");

        using var http = new HttpClient { BaseAddress = new(_server.Url) };
        TocsinClient.Authorize(http, FakeServer.Key);
        var time = new HastyTime();
        List<StreamNotice> notices = [];
        var lines = await new TocsinClient(http, time).TailEventsAsync(0, notice: notices.Add).Take(2).ToListAsync();

        Assert.Equal([1, 2], lines.Select(line => line.Seq));
        Assert.Collection(
            notices,
            n => Assert.Equal(TimeSpan.FromSeconds(20), Assert.IsType<StreamNotice.Lost>(n).RetryIn),
            n => Assert.IsType<StreamNotice.Connected>(n),
            n => Assert.Null(Assert.IsType<StreamNotice.Lost>(n).Because),
            n => Assert.IsType<StreamNotice.Connected>(n));
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_left_and_asked_again()
    {
        _server.Log(1, "page.sent", "incident/12", "first");
        using var http = new HttpClient { BaseAddress = new(_server.Url) };
        TocsinClient.Authorize(http, FakeServer.Key);
        var time = new HastyTime { Longest = TimeSpan.FromSeconds(60) };
        List<StreamNotice> notices = [];

        var reading = new TocsinClient(http, time).TailEventsAsync(0, notice: n =>
        {
            notices.Add(n);
            if (n is StreamNotice.Lost)
            {
                throw new OperationCanceledException();
            }
        }).ToListAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(async () => await reading);
        Assert.Equal("The server was silent for 45 s.", Assert.IsType<StreamNotice.Lost>(notices[^1]).Because!.Message);
    }

    private Task<CliRun> TailAsync(params string[] args) => new CliWorld(_server.Url, FakeServer.Key).RunAsync(["tail", .. args]);
}
