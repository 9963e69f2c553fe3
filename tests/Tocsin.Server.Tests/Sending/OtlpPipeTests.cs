using System.Net;
using Tocsin.Sdk.Telemetry;
using Tocsin.Tests.Outgoing;
using static Tocsin.Tests.Sending.OtlpReceiver;

namespace Tocsin.Tests.Sending;

/// <summary>How entries get to the server, whatever it answers, and what becomes of those that don't.</summary>
public sealed class OtlpPipeTests : IAsyncLifetime
{
    private readonly List<string> _said = [];
    private OtlpReceiver _server = null!;

    public async Task InitializeAsync() => _server = await StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_request_carries_the_key_the_resource_and_the_entries_by_their_scope()
    {
        await using var telemetry = Telemetry(o => o.Attributes["service.version"] = "1.2");

        foreach (var (scope, body) in new[] { ("Shop.Cart", "a"), ("Shop.Till", "b"), ("Shop.Cart", "c") })
        {
            telemetry.Logs.Add(Entry(body, scope));
        }

        Assert.True(await FlushAsync(telemetry));
        var request = Assert.Single(_server.Requests);
        Assert.Equal("/v1/logs", request.Path);
        Assert.Equal("Bearer key-1", request.Headers["Authorization"]);
        Assert.Equal("application/x-protobuf", request.Headers["Content-Type"]);
        Assert.StartsWith("tocsin-dotnet/", request.Headers["User-Agent"], StringComparison.Ordinal);
        var resource = request.Message[1][1].Attributes(1);
        Assert.Equal(("shop", "test", "1.2"), (resource["service.name"], resource["deployment.environment.name"], resource["service.version"]));
        Assert.Equal($"{Environment.MachineName}:{Environment.ProcessId}", resource["service.instance.id"]);
        Assert.Equal([("Shop.Cart", "a"), ("Shop.Cart", "c"), ("Shop.Till", "b")], _server.Logs.Select(log => (log.Scope, log.Record.Text(1))));
    }

    [Theory]
    [InlineData(408)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task An_answer_that_means_later_is_followed_by_the_same_request(int status)
    {
        _server.Then(status);
        await using var telemetry = Telemetry();

        telemetry.Logs.Add(Entry("again"));

        Assert.True(await FlushAsync(telemetry));
        Assert.Equal(2, _server.Requests.Length);
        Assert.Equal(_server.Requests[0].Raw, _server.Requests[1].Raw);
        Assert.Equal((1, 0), (telemetry.LogStats.Accepted, telemetry.LogStats.Lost));
    }

    [Fact]
    public async Task A_cut_connection_and_a_page_of_something_else_are_no_acceptance()
    {
        _server.Then(Reset, Body(200, "text/html", "<html>sign in</html>"u8.ToArray()), Body(200, "application/x-protobuf", [0x0A, 0x7F]));
        await using var telemetry = Telemetry();

        telemetry.Logs.Add(Entry("again"));

        Assert.True(await FlushAsync(telemetry));
        Assert.Equal(4, _server.Requests.Length);
        Assert.Equal(1, telemetry.LogStats.Accepted);
    }

    [Fact]
    public async Task A_server_that_was_away_gets_all_in_order_once_it_is_back()
    {
        _server.Then(503, 503, 429, 503);
        await using var telemetry = Telemetry(o => o.BatchSize = 5);

        foreach (var n in Enumerable.Range(0, 23))
        {
            telemetry.Logs.Add(Entry($"{n}"));
        }

        Assert.True(await FlushAsync(telemetry));
        Assert.Equal(Enumerable.Range(0, 23).Select(n => $"{n}"), _server.Logs.Select(log => log.Record.Text(1)));
        Assert.All(_server.Requests, request => Assert.InRange(request.Message[1][2].All(2).Count(), 1, 5));
        Assert.Single(_said, words => words.StartsWith("logs wait", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_asked_again_after_the_time_limit()
    {
        var held = new TaskCompletionSource();
        _server.Then(_ => held.Task);
        var (clock, limit, pause) = (new ManualClock(VirtualClock.Start), TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10));
        await using var telemetry = Telemetry(o => (o.RequestTimeout, o.FirstRetryDelay, o.LongestRetryDelay) = (limit, pause, pause), clock);

        telemetry.Logs.Add(Entry("patience"));
        await _server.WaitForAsync(1);
        clock.Advance(limit);
        clock.Advance(await clock.WaitForTimerAsync(longest: pause));

        Assert.True(await FlushAsync(telemetry));
        Assert.Equal(2, _server.Requests.Length);
        held.SetResult();
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task What_the_server_refuses_is_not_sent_again_and_is_counted_and_told_once(int status)
    {
        _server.Then(status, status);
        await using var telemetry = Telemetry();

        telemetry.Logs.Add(Entry("no"));
        Assert.False(await FlushAsync(telemetry));
        telemetry.Logs.Add(Entry("no"));
        Assert.False(await FlushAsync(telemetry));

        Assert.Equal(2, _server.Requests.Length);
        Assert.Equal(2, telemetry.LogStats.Refused);
        Assert.Contains($"answered {status}", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_at_which_the_server_fails_again_and_again_does_not_hold_up_the_others()
    {
        _server.Then([.. Enumerable.Repeat(500, 6)]);
        await using var telemetry = Telemetry(o => o.BatchSize = 1);

        telemetry.Logs.Add(Entry("poison"));
        telemetry.Logs.Add(Entry("fine"));

        Assert.False(await FlushAsync(telemetry));
        Assert.Equal((1, 1), (telemetry.LogStats.Refused, telemetry.LogStats.Accepted));
        Assert.Equal("fine", Assert.Single(_server.Logs).Record.Text(1));
    }

    [Fact]
    public async Task A_request_that_is_too_large_is_halved()
    {
        _server.Then(200, 413);
        await using var telemetry = Telemetry(o => o.FlushInterval = TimeSpan.FromHours(1));
        await SendOneFirstAsync(telemetry);

        foreach (var n in Enumerable.Range(0, 8))
        {
            telemetry.Logs.Add(Entry($"{n}"));
        }

        Assert.True(await FlushAsync(telemetry));
        Assert.Equal([1, 8, 4, 4], _server.Requests.Select(request => request.Message[1][2].All(2).Count()));
        Assert.Equal(Enumerable.Range(0, 8).Select(n => $"{n}"), _server.Logs.Select(log => log.Record.Text(1)));
    }

    [Fact]
    public async Task What_the_server_left_out_is_counted_and_told()
    {
        // Field 1: a message of field 1, the number 2, and field 2, the text "no".
        _server.Then(Body(200, "application/x-protobuf", [0x0A, 0x06, 0x08, 0x02, 0x12, 0x02, (byte)'n', (byte)'o']));
        await using var telemetry = Telemetry(o => o.FlushInterval = TimeSpan.FromHours(1));
        await SendOneFirstAsync(telemetry);
        _server.Then(Body(200, "application/x-protobuf", [0x0A, 0x06, 0x08, 0x02, 0x12, 0x02, (byte)'n', (byte)'o']));

        foreach (var n in Enumerable.Range(0, 5))
        {
            telemetry.Logs.Add(Entry($"{n}"));
        }

        Assert.False(await FlushAsync(telemetry));
        Assert.Equal((3, 3), (telemetry.LogStats.Accepted, telemetry.LogStats.Rejected));
        Assert.Equal("The server left out 1 of 1 logs: no. Later ones are only counted.", Assert.Single(_said));
    }

    [Fact]
    public async Task Large_requests_are_packed_and_small_ones_are_not()
    {
        await using var telemetry = Telemetry();

        telemetry.Logs.Add(Entry("small"));
        Assert.True(await FlushAsync(telemetry));
        telemetry.Logs.Add(Entry(string.Concat(Enumerable.Repeat("large ", 1000))));
        Assert.True(await FlushAsync(telemetry));

        Assert.False(_server.Requests[0].Headers.ContainsKey("Content-Encoding"));
        Assert.Equal("gzip", _server.Requests[1].Headers["Content-Encoding"]);
        Assert.InRange(_server.Requests[1].Raw.Length, 1, 1000);
    }

    [Fact]
    public async Task A_full_queue_loses_the_oldest_and_counts_them()
    {
        var held = new TaskCompletionSource();
        _server.Then(_ => held.Task);
        await using var telemetry = Telemetry(o => (o.QueueLimit, o.BatchSize) = (10, 5));

        telemetry.Logs.Add(Entry("first"));
        await _server.WaitForAsync(1);
        foreach (var n in Enumerable.Range(0, 25))
        {
            telemetry.Logs.Add(Entry($"{n}"));
        }

        Assert.Equal(15, telemetry.LogStats.Dropped);
        held.SetResult();
        Assert.False(await FlushAsync(telemetry));
        Assert.Equal(Enumerable.Range(15, 10).Select(n => $"{n}"), _server.Logs.Select(log => log.Record.Text(1)));
        Assert.Contains(_said, words => words.Contains("15 of the oldest", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_queue_is_bounded_in_bytes_too()
    {
        var held = new TaskCompletionSource();
        _server.Then(_ => held.Task);
        await using var telemetry = Telemetry(o => o.QueueLimitBytes = 10_000);

        telemetry.Logs.Add(Entry("first"));
        await _server.WaitForAsync(1);
        foreach (var _ in Enumerable.Range(0, 100))
        {
            telemetry.Logs.Add(Entry(new string('x', 1000)));
        }

        Assert.InRange(telemetry.LogStats.Waiting, 2, 11);
        Assert.Equal(101, telemetry.LogStats.Waiting + telemetry.LogStats.Dropped);
        held.SetResult();
    }

    [Fact]
    public async Task Flushing_can_be_cancelled_and_loses_nothing()
    {
        var held = new TaskCompletionSource();
        _server.Then(_ => held.Task);
        await using var telemetry = Telemetry();
        telemetry.Logs.Add(Entry("slow"));
        await _server.WaitForAsync(1);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => telemetry.FlushAsync(new CancellationToken(canceled: true)));

        held.SetResult();
        Assert.True(await FlushAsync(telemetry));
        Assert.Equal(1, telemetry.LogStats.Accepted);
    }

    [Fact]
    public async Task The_end_sends_what_waits()
    {
        var telemetry = Telemetry(o => (o.FlushInterval, o.ShutdownTimeout) = (TimeSpan.FromHours(1), Patience.Limit));
        foreach (var n in Enumerable.Range(0, 1200))
        {
            telemetry.Logs.Add(Entry($"{n}"));
        }

        await telemetry.DisposeAsync();

        Assert.Equal(1200, _server.Logs.Length);
        Assert.Equal(new TelemetryStats { Accepted = 1200 }, telemetry.LogStats);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task The_end_before_a_server_that_is_away_comes_soon_and_counts()
    {
        _server.Then([.. Enumerable.Repeat(503, 1000)]);
        var telemetry = Telemetry(o => (o.FirstRetryDelay, o.LongestRetryDelay) = (TimeSpan.FromHours(2), TimeSpan.FromHours(2)));
        telemetry.Logs.Add(Entry("lost"));
        await _server.WaitForAsync(1);

        telemetry.Dispose();

        telemetry.Logs.Add(Entry("too late"));
        Assert.Equal((2, 0), (telemetry.LogStats.Unsent, telemetry.LogStats.Waiting));
        Assert.InRange(_server.Requests.Length, 1, 2);
        Assert.Contains(_said, words => words.StartsWith("1 logs were not sent", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pause_that_the_server_asked_for_is_kept()
    {
        _server.Then(Status(429, retryAfter: "8"));
        var clock = new ManualClock(VirtualClock.Start);
        await using var telemetry = Telemetry(time: clock);

        telemetry.Logs.Add(Entry("later"));

        var pause = await clock.WaitForTimerAsync(longest: TimeSpan.FromSeconds(9));
        Assert.InRange(pause, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(9));
        Assert.Single(_server.Requests);

        clock.Advance(pause);

        Assert.True(await FlushAsync(telemetry));
        Assert.Equal(2, _server.Requests.Length);
    }

    [Theory]
    [InlineData(1, null, 0, 0.25)]
    [InlineData(1, null, 1, 0.5)]
    [InlineData(3, null, 1, 2)]
    [InlineData(1000, null, 1, 30)]
    [InlineData(1, 17.0, 0, 17)]
    [InlineData(1, 17.0, 1, 17.5)]
    [InlineData(1, 0.0, 1, 0)]
    public void Pauses_grow_vary_and_obey_the_server(int attempt, double? asked, double chance, double seconds)
    {
        var pause = OtlpAnswer.Pause(
            attempt, asked is { } wait ? TimeSpan.FromSeconds(wait) : null, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30), chance);

        Assert.Equal(seconds, pause.TotalSeconds, 6);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("86400", 300)]
    [InlineData("Sat, 21 Nov 2026 12:00:30 GMT", 30)]
    [InlineData("Sat, 21 Nov 2026 11:00:00 GMT", 0)]
    public void Retry_after_is_read_as_seconds_or_as_a_date_and_never_for_too_long(string header, double seconds)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
        Assert.True(response.Headers.TryAddWithoutValidation("Retry-After", header));

        var answer = OtlpAnswer.Of(response, [], new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));

        Assert.Equal((OtlpVerdict.Away, (TimeSpan?)TimeSpan.FromSeconds(seconds)), (answer.Verdict, answer.RetryAfter));
    }

    [Fact]
    public void Any_bytes_for_an_answer_are_read_or_refused_but_never_thrown_at()
    {
        var random = new Random(7);
        foreach (var _ in Enumerable.Range(0, 20_000))
        {
            var body = new byte[random.Next(24)];
            random.NextBytes(body);
            using var response = new HttpResponseMessage(random.Next(2) == 0 ? HttpStatusCode.OK : HttpStatusCode.BadRequest) { Content = new ByteArrayContent(body) };
            response.Content.Headers.ContentType = new("application/x-protobuf");

            Assert.InRange(OtlpAnswer.Of(response, body, default).Rejected, 0, long.MaxValue);
        }
    }

    [Fact]
    public void Settings_out_of_their_range_are_refused_by_name()
    {
        foreach (var (change, word) in new (Action<TocsinTelemetryOptions>, string)[]
        {
            (o => o.Server = new("ftp://tocsin.example"), "Server"),
            (o => o.Key = "line\nfeed", "Key"),
            (o => o.BatchSize = 0, "BatchSize"),
            (o => o.QueueLimit = 0, "QueueLimit"),
            (o => o.SeriesLimit = 0, "SeriesLimit"),
            (o => o.MetricInterval = TimeSpan.Zero, "MetricInterval"),
            (o => o.LongestRetryDelay = TimeSpan.Zero, "LongestRetryDelay"),
        })
        {
            Assert.Contains(word, Assert.Throws<ArgumentException>(() => Telemetry(change)).Message, StringComparison.Ordinal);
        }
    }

    internal static OtlpEntry Entry(string body, string scope = "test")
    {
        var writer = new ProtoWriter();
        writer.Text(1, body);
        return new(scope, writer.Written.ToArray());
    }

    private static Task<bool> FlushAsync(TocsinTelemetry telemetry) => telemetry.FlushAsync().WaitAsync(Patience.Limit);

    /// <summary>So that what follows waits for its time, or for a flush.</summary>
    private async Task SendOneFirstAsync(TocsinTelemetry telemetry)
    {
        telemetry.Logs.Add(Entry("first"));
        await FlushAsync(telemetry);
        Assert.Single(_server.Requests);
    }

    private TocsinTelemetry Telemetry(Action<TocsinTelemetryOptions>? change = null, TimeProvider? time = null)
    {
        var options = new TocsinTelemetryOptions
        {
            Server = _server.Url,
            Key = "key-1",
            Service = "shop",
            Environment = "test",
            RequestTimeout = Patience.Limit,
            FlushInterval = TimeSpan.Zero,
            FirstRetryDelay = TimeSpan.FromMilliseconds(1),
            LongestRetryDelay = TimeSpan.FromMilliseconds(10),
        };
        change?.Invoke(options);
        return new(options, _said.Add, time);
    }
}
