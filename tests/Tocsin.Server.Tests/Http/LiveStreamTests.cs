using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Tests.Http;

/// <summary>The live stream as its subscribers see it.</summary>
public abstract class LiveStreamTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_subscriber_hears_that_the_stream_lives_and_then_what_happens_from_now_on()
    {
        var viewer = await _bench.CallerAsync(Role.Viewer);
        var before = await _bench.LogAsync("acme", StreamWords.Note("test.before"));
        using var stream = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream");
        Assert.Equal("text/event-stream", stream.Headers.ContentType?.MediaType);

        Assert.Equal(new StreamBlock(null, null, null, "3000", null), await stream.NextAsync());
        Assert.Equal(new StreamBlock($"{before}", "heartbeat", "null", null, null), await stream.NextAsync());

        var seq = await _bench.LogAsync("acme", StreamWords.Note("test.after"));
        var heard = await stream.NextEventAsync();
        Assert.Equal(($"{seq}", "test.after"), (heard.Id, heard.Event));
        var page = await viewer.GetJsonAsync("/api/v1/events?limit=1");
        Assert.True(JsonNode.DeepEquals(page.Items()[0], JsonNode.Parse(heard.Data!)), heard.Data);
        Assert.Equal(seq, JsonSerializer.Deserialize(heard.Data!, WireJson.Default.EventView)!.Seq);
    }

    [StoreFact]
    public async Task A_stream_goes_on_after_any_event_without_gap_or_repetition_while_others_publish()
    {
        var viewer = await _bench.CallerAsync(Role.Viewer);
        var first = await _bench.LogAsync("acme", StreamWords.Note("test.0"));
        using var whole = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream", first);
        var publishing = PublishAsync(1500);
        var all = await whole.SeqsAsync(600);

        foreach (var at in (int[])[0, 1, 17, 250, 499, 500, 501, 599])
        {
            using var resumed = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream?last=1", all[at]);
            var rest = await resumed.SeqsAsync(1499 - at);
            Assert.Equal(all.Skip(at + 1), rest.Take(all.Count - at - 1));
            Assert.Equal(rest.Order().Distinct(), rest);
        }

        await publishing;
        all.AddRange(await whole.SeqsAsync(900));
        Assert.Equal(all.Order().Distinct(), all);

        async Task PublishAsync(int count)
        {
            for (var sent = 0; sent < count; sent += 5)
            {
                await _bench.LogAsync("acme", [.. Enumerable.Range(sent, 5).Select(n => StreamWords.Note($"test.{n}"))]);
            }
        }
    }

    [StoreFact]
    public async Task The_stream_goes_on_where_it_was_after_the_server_was_started_again()
    {
        var first = await _bench.LogAsync("acme", StreamWords.Note("test.first"));
        var second = await _bench.LogAsync("acme", StreamWords.Note("test.second"));
        await _bench.RestartAsync();
        var viewer = await _bench.CallerAsync(Role.Viewer);
        using var stream = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream", first);
        Assert.Equal($"{second}", (await stream.NextEventAsync()).Id);
    }

    [StoreFact]
    public async Task Who_asks_for_what_is_no_longer_kept_is_told_so_and_gets_the_rest()
    {
        var old = await _bench.LogAsync("acme", StreamWords.Note("test.old"), StreamWords.Note("test.old"));
        _bench.Pass(TimeSpan.FromHours(2));
        var kept = await _bench.LogAsync("acme", StreamWords.Note("test.kept"));
        var viewer = await _bench.CallerAsync(Role.Viewer);
        using (var stream = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream?last=0&kind=test.*"))
        {
            Assert.Equal(old - 1, long.Parse((await stream.NextEventAsync()).Id!));
        }

        var id = (await _bench.Service<Database>().ReadAsync(s => s.ScalarAsync("SELECT workspace_id FROM event WHERE id = @id", ("id", kept)), default))!.Value;
        await _bench.Service<Database>().WriteAsync(tx => _bench.Service<Tocsin.Streams.EventLog>().ForgetAsync(tx, id, _bench.Service<TimeProvider>().GetUtcNow() - TimeSpan.FromHours(1), 1000), default);

        using var late = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream?last=0&kind=test.*");
        Assert.Equal("3000", (await late.NextAsync())!.Retry);
        Assert.Equal(new StreamBlock($"{old}", "reset", $$"""{"oldest":{{kept}}}""", null, null), await late.NextAsync());
        Assert.Equal($"{kept}", (await late.NextEventAsync()).Id);

        using var fresh = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream", old);
        Assert.Equal($"{kept}", (await fresh.NextEventAsync()).Id);
    }

    [StoreFact]
    public async Task Who_has_a_number_that_was_never_given_is_told_to_begin_anew()
    {
        var last = await _bench.LogAsync("acme", StreamWords.Note("test.last"));
        using var stream = await StreamReaderOf.OpenAsync(await _bench.CallerAsync(Role.Viewer), "/api/v1/stream", last + 1000);
        Assert.Equal("3000", (await stream.NextAsync())!.Retry);
        var reset = await stream.NextAsync();
        Assert.Equal(("reset", $"{last}"), (reset!.Event, reset.Id));

        var next = await _bench.LogAsync("acme", StreamWords.Note("test.next"));
        Assert.Equal($"{next}", (await stream.NextEventAsync()).Id);
    }

    [StoreFact]
    public async Task Nobody_without_a_key_and_no_other_workspace_hears_anything()
    {
        using var refused = await _bench.Anybody().GetAsync("/api/v1/stream");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        using var other = await StreamReaderOf.OpenAsync(await _bench.CallerAsync(Role.Viewer, "other"), "/api/v1/stream?last=0&kind=test.*");
        await _bench.LogAsync("acme", StreamWords.Note("test.acme"));
        var mine = await _bench.LogAsync("other", StreamWords.Note("test.other"));
        Assert.Equal(($"{mine}", "test.other"), (await other.NextEventAsync()) is var heard ? (heard.Id, heard.Event) : default);
    }

    [StoreFact]
    public async Task A_stream_ends_when_its_key_is_revoked_and_when_its_session_ends()
    {
        var key = await _bench.KeyAsync(Role.Viewer);
        using var caller = new HttpClient { BaseAddress = _bench.Url };
        caller.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var byKey = await StreamReaderOf.OpenAsync(caller, "/api/v1/stream");
        using var bySession = await StreamReaderOf.OpenAsync(await _bench.PersonAsync("ana", Role.Responder), "/api/v1/stream");
        using var other = await StreamReaderOf.OpenAsync(await _bench.CallerAsync(Role.Viewer), "/api/v1/stream");

        await _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                await tx.ExecuteAsync("DELETE FROM login");
                await tx.ExecuteAsync("DELETE FROM api_key WHERE id = (SELECT MIN(id) FROM api_key)");
            },
            default);
        await EndAsync(byKey);
        await EndAsync(bySession);
        var seq = await _bench.LogAsync("acme", StreamWords.Note("test.still"));
        Assert.Equal($"{seq}", (await other.NextEventAsync()).Id);
    }

    [StoreFact]
    public async Task A_subscriber_that_reads_nothing_is_cut_and_goes_on_where_it_was()
    {
        await _bench.RestartAsync(builder => (builder.Configuration["Stream:Stall"], builder.Configuration["Stream:WindowBytes"]) = ("00:00:01", "65536"));
        var first = await _bench.LogAsync("acme", StreamWords.Note("test.first"));
        using var slow = await SlowCallerAsync();
        using var stalled = await StreamReaderOf.OpenAsync(slow, "/api/v1/stream?kind=test.*", first);

        // More than the buffers of both systems hold; then the server's patience is all that is left.
        var sent = 0;
        while (_bench.Service<LiveStream>().Subscribers > 0)
        {
            await _bench.LogAsync("acme", sent++ < 40 ? Large(400_000) : StreamWords.Note("test.more"));
        }

        var got = new List<long>();
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(stalled, got));

        // Who reads now is given the time that readers are given.
        await _bench.RestartAsync();
        var reader = await _bench.CallerAsync(Role.Viewer);
        using var resumed = await StreamReaderOf.OpenAsync(reader, "/api/v1/stream?kind=test.*", got.LastOrDefault(first));
        got.AddRange(await resumed.SeqsAsync(sent - got.Count));
        using var all = await StreamReaderOf.OpenAsync(reader, "/api/v1/stream?kind=test.*", first);
        Assert.Equal(await all.SeqsAsync(sent), got);
    }

    [StoreFact]
    public async Task A_subscriber_that_reads_too_slowly_to_catch_up_is_cut_and_goes_on_where_it_was()
    {
        await _bench.RestartAsync(builder => (builder.Configuration["Stream:WindowBytes"], builder.Configuration["Stream:CatchUp"]) = ("65536", "00:02:00"));
        var first = await _bench.LogAsync("acme", StreamWords.Note("test.first"));
        using var slow = await SlowCallerAsync();
        using var behind = await StreamReaderOf.OpenAsync(slow, "/api/v1/stream?kind=test.*", first);

        // For each event that it reads three are written, and half a minute passes: it takes something all the time, and never has it all.
        var got = new List<long>();
        var sent = 0;
        for (var open = true; open;)
        {
            sent += 3;
            await _bench.LogAsync("acme", [.. Enumerable.Repeat(Large(30_000), 3)]);
            _bench.Pass(TimeSpan.FromSeconds(30));
            open = await ReadOneAsync(behind, got);
        }

        // It was let go at the end of an event, so what it has is whole.
        Assert.Equal(0, _bench.Service<LiveStream>().Subscribers);
        Assert.InRange(got.Count, 4, sent - 1);
        Assert.Equal(Enumerable.Range(0, got.Count).Select(n => first + 1 + n), got);
        using var resumed = await StreamReaderOf.OpenAsync(await _bench.CallerAsync(Role.Viewer), "/api/v1/stream?kind=test.*", got[^1]);
        got.AddRange(await resumed.SeqsAsync(sent - got.Count));
        Assert.Equal(Enumerable.Range(0, sent).Select(n => first + 1 + n), got);
    }

    [StoreFact]
    public async Task One_subscriber_more_than_a_node_may_have_is_asked_to_come_again_and_may_once_another_left()
    {
        await _bench.RestartAsync(builder => builder.Configuration["Stream:MaxSubscribers"] = "1");
        var viewer = await _bench.CallerAsync(Role.Viewer);
        using (await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream"))
        {
            foreach (var path in (string[])["/api/v1/stream", "/alerts/ops"])
            {
                using var refused = await viewer.GetAsync(path);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
                Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter?.Delta);
                Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
            }
        }

        // The server learns that it left when it next writes to it.
        while (_bench.Service<LiveStream>().Subscribers > 0)
        {
            await _bench.LogAsync("acme", StreamWords.Note("test.more"));
        }

        using var admitted = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream");
        var seq = await _bench.LogAsync("acme", StreamWords.Note("test.heard"));
        Assert.Equal($"{seq}", (await admitted.NextEventAsync()).Id);
    }

    [StoreFact]
    public async Task Streams_end_by_themselves_when_the_server_stops()
    {
        // What does not end by itself is waited for that long.
        await _bench.RestartAsync(builder => builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromHours(1)));
        var viewer = await _bench.CallerAsync(Role.Viewer);
        using var idle = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream");
        using var filtered = await StreamReaderOf.OpenAsync(viewer, "/api/v1/stream?kind=none");
        var ends = Task.WhenAll(EndAsync(idle), EndAsync(filtered));
        var restart = _bench.RestartAsync();
        await ends.WaitAsync(Patience.Limit);
        await restart;
    }

    private static async Task EndAsync(StreamReaderOf stream)
    {
        while (await stream.NextAsync() is not null)
        {
            // What came before the end does not matter here.
        }
    }

    private static async Task ReadAsync(StreamReaderOf stream, List<long> into)
    {
        while (await stream.NextAsync() is { } block)
        {
            if (block is { Data: not null, Event: not "heartbeat" })
            {
                into.Add(long.Parse(block.Id!));
            }
        }
    }

    /// <returns>Whether the stream goes on.</returns>
    private static async Task<bool> ReadOneAsync(StreamReaderOf stream, List<long> into)
    {
        while (await stream.NextAsync() is { } block)
        {
            if (block is { Data: not null, Event: not "heartbeat" })
            {
                into.Add(long.Parse(block.Id!));
                return true;
            }
        }

        return false;
    }

    private static LogLine Large(int length) => new("test.more", "incident/1", "system", "because", $$"""{"text":"{{new string('x', length)}}"}""");

    /// <summary>Somebody whose system takes little that he does not read.</summary>
    private async Task<HttpClient> SlowCallerAsync()
    {
        var slow = new HttpClient(new SocketsHttpHandler { ConnectCallback = SmallWindowAsync }) { BaseAddress = _bench.Url };
        slow.DefaultRequestHeaders.Authorization = new("Bearer", await _bench.KeyAsync(Role.Viewer));
        return slow;
    }

    private static async ValueTask<Stream> SmallWindowAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 * 1024 };
        await socket.ConnectAsync(context.DnsEndPoint, ct);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public sealed class OnSqlite() : LiveStreamTests(Engine.Sqlite);

    public sealed class OnPostgres() : LiveStreamTests(Engine.Postgres);
}
