using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Telemetry;

/// <summary>Who sends too much, or while the store is away, is told when to come again, and nothing that was answered is lost.</summary>
public sealed class IntakeLimitTests
{
    /// <summary>Nobody looks how much it takes, so that there is room.</summary>
    private readonly TelemetryRoom _roomy = new(null!, () => null, Options.Create(new TelemetryOptions()));

    private readonly ManualClock _clock = new(VirtualClock.Start);

    [Fact]
    public async Task A_key_that_sends_too_often_is_told_when_to_come_again()
    {
        await using var bench = await HttpBench.StartAsync(configure: builder => builder.Configuration["Limits:KeyPerSecond"] = "1");
        var sender = await bench.CallerAsync(Role.Responder);
        foreach (var path in new[] { "/ingest/logs", "/v1/logs" })
        {
            // However long each takes: one a second is what is allowed.
            using var patience = Patience.Begin();
            var refused = await sender.PostJsonAsync(path, """{"logs": [{"message": "m"}]}""");
            while (refused.StatusCode != HttpStatusCode.TooManyRequests && !patience.IsCancellationRequested)
            {
                refused.Dispose();
                refused = await sender.PostJsonAsync(path, """{"logs": [{"message": "m"}]}""");
            }

            Assert.Equal((HttpStatusCode.TooManyRequests, true), (refused.StatusCode, refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1)));
            refused.Dispose();
        }
    }

    [Fact]
    public async Task While_the_store_is_away_nothing_is_taken()
    {
        var http = new DefaultHttpContext { Request = { Body = new MemoryStream("{}"u8.ToArray()) } };
        var refused = await new IntakeDoor(_roomy, _clock).OpenAsync(http, 1, DetailAnswer.Of, _ => throw new StoreUnavailableException("The disk, /secret/path, is full."));

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, Assert.IsAssignableFrom<IStatusCodeHttpResult>(refused).StatusCode);
        Assert.Equal("5", http.Response.Headers.RetryAfter);
        Assert.DoesNotContain("/secret", Assert.IsAssignableFrom<IContentTypeHttpResult>(refused).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_more_bodies_are_let_in_at_once_than_there_is_room_for_and_room_comes_back()
    {
        var door = new IntakeDoor(_roomy, _clock);
        var (gate, waiting) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new List<Task<IResult>>());
        for (var i = 0; i < 8; i++)
        {
            waiting.Add(door.OpenAsync(Large(), 1 + (i % 2), DetailAnswer.Of, async _ =>
            {
                await gate.Task;
                return Results.Ok();
            }));
        }

        var late = Large();
        var refused = await door.OpenAsync(late, 3, DetailAnswer.Of, _ => Task.FromResult(Results.Ok()));
        Assert.Equal((StatusCodes.Status503ServiceUnavailable, "1"), (Assert.IsAssignableFrom<IStatusCodeHttpResult>(refused).StatusCode, $"{late.Response.Headers.RetryAfter}"));

        gate.SetResult();
        Assert.All(await Task.WhenAll(waiting), r => Assert.Equal(StatusCodes.Status200OK, Assert.IsAssignableFrom<IStatusCodeHttpResult>(r).StatusCode));
        Assert.Equal(StatusCodes.Status200OK, Assert.IsAssignableFrom<IStatusCodeHttpResult>(await door.OpenAsync(Large(), 3, DetailAnswer.Of, _ => Task.FromResult(Results.Ok()))).StatusCode);
    }

    [Fact]
    public async Task One_workspace_that_sends_slowly_takes_no_room_from_others()
    {
        var (door, waiting) = (new IntakeDoor(_roomy, _clock), new List<Task<IResult>>());
        for (var i = 0; i < 8; i++)
        {
            waiting.Add(door.OpenAsync(Large(new NeverEnding()), 1, DetailAnswer.Of, _ => Task.FromResult(Results.Ok())));
        }

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, Assert.IsAssignableFrom<IStatusCodeHttpResult>(await waiting[^1]).StatusCode);
        Assert.Equal(StatusCodes.Status200OK, Assert.IsAssignableFrom<IStatusCodeHttpResult>(await door.OpenAsync(Large(), 2, DetailAnswer.Of, _ => Task.FromResult(Results.Ok()))).StatusCode);

        // Nor does it keep its own for ever.
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(StatusCodes.Status408RequestTimeout, Assert.IsAssignableFrom<IStatusCodeHttpResult>(await waiting[0]).StatusCode);
        await Task.WhenAll(waiting);
        Assert.Equal(StatusCodes.Status200OK, Assert.IsAssignableFrom<IStatusCodeHttpResult>(await door.OpenAsync(Large(), 1, DetailAnswer.Of, _ => Task.FromResult(Results.Ok()))).StatusCode);
    }

    [Theory]
    [InlineData(128, 2)]
    [InlineData(768, 3)]
    [InlineData(1024, 4)]
    [InlineData(2048, 8)]
    [InlineData(64 * 1024, 8)]
    public void A_node_with_little_memory_lets_fewer_large_bodies_in_and_one_of_each_of_two_workspaces_always(long megabytes, int bodies) =>
        Assert.Equal(bodies, IntakeDoor.MostBytes(megabytes * 1024 * 1024) / IntakeDoor.MaxBodyBytes);

    [Fact]
    public async Task What_was_answered_is_there_after_a_restart()
    {
        await using var bench = await HttpBench.StartAsync();
        var sender = await bench.CallerAsync(Role.Responder);
        await sender.PostAsync("/ingest/logs", """{"logs": [{"message": "before", "service": "s"}]}""");
        await bench.RestartAsync();

        var now = DateTimeOffset.UtcNow;
        var workspace = await bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default) ?? 0;
        var page = await bench.Service<LogSearch>().SearchAsync(workspace, new() { From = now.AddHours(-1), To = now.AddHours(1), Service = "s" }, 10, null, default);
        Assert.Equal("before", Assert.Single(page.Lines).Line.Message);
    }

    private static DefaultHttpContext Large(Stream? body = null) => new() { Request = { ContentLength = IntakeDoor.MaxBodyBytes, Body = body ?? new MemoryStream("{}"u8.ToArray()) } };

    /// <summary>The body of a sender that has opened a request and sends nothing.</summary>
    private sealed class NeverEnding : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            return 0;
        }
    }
}
