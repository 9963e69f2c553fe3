using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Identity;

public sealed class LeakedPasswordTests : IAsyncLifetime
{
    private const string Leaked = "sunflowers by the river";

    private FakeLeaks _list = null!;

    public async Task InitializeAsync()
    {
        _list = await FakeLeaks.StartAsync(TimeProvider.System);
        _list.Leak(Leaked, 7);
    }

    public async Task DisposeAsync() => await _list.DisposeAsync();

    [Fact]
    public async Task A_leaked_password_is_found_and_the_list_learns_five_digits_of_a_hash_alone()
    {
        using var bench = new OutgoingBench(_list.HostAndPort);
        using var leaked = Of(bench, _list.Range);

        Assert.True(await leaked.HasAsync(Leaked, default));
        Assert.False(await leaked.HasAsync("a long walk to the sea", default));
        Assert.Equal(2, _list.Asked.Count);
        Assert.All(_list.Asked, path => Assert.Matches("^/range/[0-9A-F]{5}$", path));
    }

    [Fact]
    public async Task Filling_of_the_answer_is_no_leak()
    {
        using var bench = new OutgoingBench(_list.HostAndPort);
        using var leaked = Of(bench, _list.Range.TrimEnd('/'));
        _list.Leak("a long walk to the sea", 0);

        Assert.False(await leaked.HasAsync("a long walk to the sea", default));
    }

    [Fact]
    public async Task Nobody_is_asked_unless_the_operator_says_whom()
    {
        using var bench = new OutgoingBench(_list.HostAndPort);
        using var leaked = Of(bench, "");

        Assert.False(await leaked.HasAsync(Leaked, default));
        Assert.Empty(_list.Asked);
    }

    [Fact]
    public async Task A_list_that_fails_or_may_not_be_called_keeps_nobody_out()
    {
        using var bench = new OutgoingBench(_list.HostAndPort);
        using var leaked = Of(bench, _list.Range);
        foreach (var fault in (FakeFault[])[new FakeFault.Answer(503), new FakeFault.Reset(), new FakeFault.Garbage()])
        {
            _list.FailNext(fault);
            Assert.False(await leaked.HasAsync(Leaked, default));
        }

        using var strict = new OutgoingBench();
        using var forbidden = Of(strict, _list.Range);
        Assert.False(await forbidden.HasAsync(Leaked, default));
        Assert.True(await leaked.HasAsync(Leaked, default));
    }

    [Fact]
    public async Task A_list_that_keeps_silent_is_waited_for_two_seconds()
    {
        using var bench = new OutgoingBench(_list.HostAndPort);
        using var leaked = Of(bench, _list.Range);
        _list.FailNext(new FakeFault.Hang());

        var asked = leaked.HasAsync(Leaked, default);
        await _list.ArrivalAsync(default);
        Assert.False(asked.IsCompleted);
        bench.Clock.Advance(LeakedPasswords.Patience);

        Assert.False(await asked);
    }

    private static LeakedPasswords Of(OutgoingBench bench, string url) =>
        new(bench.Http, Options.Create(new AccountOptions { LeakedPasswordsUrl = url }), bench.Clock, NullLogger<LeakedPasswords>.Instance);
}
