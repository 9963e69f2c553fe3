using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Estate;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Estate;

/// <summary>The operator's files: in force at start and after every change; with faults they change nothing.</summary>
public sealed class EstateServiceTests : IDisposable
{
    private const string Good = """
        users: [{name: ana, contact: [{name: mail, type: email, address: ana@example.test}]}]
        policies: [{name: p, steps: [{notify: [user:ana]}]}]
        sources: [{name: s, type: generic, key: a-literal-key-000001}]
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-estate-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Files_are_in_force_at_start_and_what_left_them_goes_at_reload()
    {
        await using var bench = await EstateStoreBench.OpenAsync(Engine.Sqlite);
        using var service = Service(bench);
        Put("a.yaml", Good);
        Put("b.yaml", "teams: [{name: t, members: [ana]}]");

        await service.StartAsync(_folder.FullName, default);
        Assert.Equal("t", Assert.Single((await bench.InForceAsync())!.Model.Teams).Key);
        Assert.True(service.Manages("acme"));
        Assert.False(service.Manages("default"));

        File.Delete(Path.Combine(_folder.FullName, "b.yaml"));
        Assert.Null(await service.ReloadAsync(default));
        Assert.Empty((await bench.InForceAsync())!.Model.Teams);
    }

    [Fact]
    public async Task Files_that_became_wrong_are_refused_with_the_reason_and_the_last_good_estate_stays()
    {
        await using var bench = await EstateStoreBench.OpenAsync(Engine.Sqlite);
        using var service = Service(bench);
        Put("a.yaml", Good);
        await service.StartAsync(_folder.FullName, default);

        Put("a.yaml", Good.Replace("user:ana", "user:anna", StringComparison.Ordinal) + "\nteams: [{name: t, members: [bo]}]");
        var refusal = await service.ReloadAsync(default);

        Assert.Equal(
            ["a.yaml:4:40: error: unknown user \"anna\" (did you mean \"user:ana\"?)", "a.yaml:6:29: error: unknown user \"bo\""],
            refusal!.Faults.Select(f => f.ToString()));
        Assert.Same(refusal, service.Refusal);
        Assert.Equal("p", (await bench.InForceAsync())!.Model.Route.Policy);
        var line = (await bench.Database.ReadAsync(s => bench.Log.NewestAsync(s, 1, "estate", long.MaxValue, 1), default))[0];
        Assert.Equal("The files were refused: a.yaml:4: unknown user \"anna\" (did you mean \"user:ana\"?) (and 1 more). Revision 1 stays in force.", line.Reason);

        Put("a.yaml", Good);
        Assert.Null(await service.ReloadAsync(default));
        Assert.Null(service.Refusal);
    }

    [Fact]
    public async Task Wrong_files_keep_a_first_start_from_happening_but_not_a_restart()
    {
        await using var bench = await EstateStoreBench.OpenAsync(Engine.Sqlite);
        Put("a.yaml", "teams: [{name: t, members: [bo]}]");
        using (var first = Service(bench))
        {
            var thrown = await Assert.ThrowsAsync<EstateFaultyException>(() => first.StartAsync(_folder.FullName, default));
            Assert.Equal("a.yaml:3:29: error: unknown user \"bo\"", thrown.Message);
        }

        Put("a.yaml", Good);
        using (var second = Service(bench))
        {
            await second.StartAsync(_folder.FullName, default);
        }

        Put("a.yaml", "[");
        using var third = Service(bench);
        await third.StartAsync(_folder.FullName, default);
        Assert.NotNull(third.Refusal);
        Assert.Equal("p", (await bench.InForceAsync())!.Model.Route.Policy);
    }

    [Fact]
    public async Task A_change_of_the_files_is_taken_up_by_itself()
    {
        await using var bench = await EstateStoreBench.OpenAsync(Engine.Sqlite);
        var clock = new ManualClock(VirtualClock.Start);
        using var service = Service(bench, clock);
        Put("a.yaml", Good);
        await service.StartAsync(_folder.FullName, default);
        await service.StartAsync(CancellationToken.None);

        Put("b.yaml", "teams: [{name: t, members: [ana]}]");
        using var patience = Patience.Begin();
        while ((await bench.StoredAsync()).All(o => o.Kind != "team"))
        {
            patience.Token.ThrowIfCancellationRequested();
            clock.Advance(TimeSpan.FromSeconds(2));
        }

        await service.StopAsync(default);
    }

    [Fact]
    public void The_stamp_tells_changed_files_and_switched_links()
    {
        Put("one/a.yaml", Good);
        Put("two/a.yaml", Good);
        var link = Path.Combine(_folder.FullName, "mounted");
        Directory.CreateDirectory(link);
        File.CreateSymbolicLink(Path.Combine(link, "a.yaml"), Path.Combine(_folder.FullName, "one/a.yaml"));

        var before = EstateStamp.Of(link);
        Assert.Equal(before, EstateStamp.Of(link));

        File.Delete(Path.Combine(link, "a.yaml"));
        File.CreateSymbolicLink(Path.Combine(link, "a.yaml"), Path.Combine(_folder.FullName, "two/a.yaml"));
        var switched = EstateStamp.Of(link);
        Assert.NotEqual(before, switched);

        Put("two/a.yaml", Good + "\n# more");
        Assert.NotEqual(switched, EstateStamp.Of(link));
        Assert.Equal("DirectoryNotFoundException", EstateStamp.Of(Path.Combine(_folder.FullName, "nowhere")));
    }

    private static EstateService Service(EstateStoreBench bench, TimeProvider? clock = null) => new(
        bench.Desk, bench.Cache, new(bench.Database, bench.Store, bench.Log, bench.Clock), new(), clock ?? bench.Clock, NullLogger<EstateService>.Instance);

    private void Put(string name, string body)
    {
        var path = Path.Combine(_folder.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, EstateBench.Document(body));
    }
}
