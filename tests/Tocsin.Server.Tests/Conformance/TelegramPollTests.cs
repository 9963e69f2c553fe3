using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Demo.Fakes;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Conformance;

/// <summary>Telegram lets one ask for the answers to a bot at a time: of several nodes one does, and another takes over from one that died.</summary>
public abstract class TelegramPollTests(Engine engine) : IAsyncLifetime
{
    private FakeTelegram _telegram = null!;
    private OutgoingBench _outgoing = null!;
    private EngineBench _bench = null!;

    public async Task InitializeAsync()
    {
        _telegram = await FakeTelegram.StartAsync(TimeProvider.System);
        _outgoing = Outgoing(_telegram.HostAndPort);
        _bench = await EngineBench.OpenAsync(engine, new EstateBuilder().User("ana", "push").Policy("5m user:ana").Bot("chat", ("token", FakeTelegram.Token), ("api", $"{_telegram.Url}"), ("chat_id", "1001")));
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        _outgoing.Dispose();
        await _telegram.DisposeAsync();
    }

    [StoreFact]
    public async Task Of_two_nodes_one_asks_and_when_it_dies_the_other_goes_on_where_it_stood_and_the_dead_one_writes_nothing_any_more()
    {
        var (first, second) = (_bench.Parts.Jobs, _bench.AddNode("b").Jobs);
        await Task.WhenAll(LookAsync(first), LookAsync(second));
        Assert.Equal(1, await _bench.CountAsync("job"));

        await _telegram.WriteAsync("4242", "hello", default);
        var dead = Assert.Single(await ClaimAsync(first, "a"));
        Assert.Empty(await ClaimAsync(second, "b"));

        // It dies before it can write down what it did.
        _bench.Clock.Advance(_bench.Options.Lease - TimeSpan.FromSeconds(1));
        Assert.Empty(await ClaimAsync(second, "b"));
        _bench.Clock.Advance(TimeSpan.FromSeconds(1));
        var taken = Assert.Single(await ClaimAsync(second, "b"));
        await Poll(second).RunAsync(taken, default);

        Assert.False(Assert.Single(await OffsetsAsync()).EndsWith(" 0", StringComparison.Ordinal));
        await Assert.ThrowsAsync<LeaseLostException>(() => Poll(first).RunAsync(dead, default));
        Assert.Equal(1, await _bench.CountAsync("job"));

        // The next question confirms what the other node worked, so it is not given out again.
        await _telegram.WriteAsync("4242", "again", default);
        var next = Assert.Single(await ClaimAsync(first, "a"));
        await Poll(first).RunAsync(next, default);
        Assert.Equal((1, 0), (_telegram.Unconfirmed, _telegram.Conflicts));
    }

    private static OutgoingBench Outgoing(string allow) => new(allow);

    private async Task LookAsync(JobStore jobs)
    {
        using var bots = new TelegramBots(_bench.Database, _bench.Estates, jobs, Hooks(), _bench.Clock, NullLogger<TelegramBots>.Instance);
        await bots.TurnAsync(default);
    }

    private Task<List<LeasedJob>> ClaimAsync(JobStore jobs, string node) => _bench.WriteAsync(tx => jobs.ClaimAsync(tx, node, 10, 10, _bench.Clock.Now));

    private Task<List<string>> OffsetsAsync() => _bench.ReadAsync(session => session.QueryAsync("SELECT payload FROM job", static row => row.GetString(0)));

    private TelegramPoll Poll(JobStore jobs)
    {
        var sources = new ReplySourceRegistry([new TelegramReplies(_outgoing.Http, Links())]);

        // Who only says hello asks for nothing that would need the rest.
        var desk = new ReplyDesk(_bench.Database, _bench.Parts.Incident, _bench.Parts.Pages, null!, new(), Links(), null!, null!, _bench.Clock);
        return new(
            _bench.Database, _bench.Estates, jobs, _outgoing.Http, Hooks(), new(_bench.Database, _bench.Estates, sources, desk, Links()), new NeverStops(), _bench.Clock,
            NullLogger<TelegramPoll>.Instance);
    }

    private TelegramHooks Hooks() => new(_outgoing.Http, Links(), new([]), NullLogger<TelegramHooks>.Instance);

    private static PublicLinks Links() => new("https://tocsin.invalid", new byte[32]);

    private sealed class NeverStops : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }

    public sealed class OnSqlite() : TelegramPollTests(Engine.Sqlite);

    public sealed class OnPostgres() : TelegramPollTests(Engine.Postgres);
}
