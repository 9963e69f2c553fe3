using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.OnCall;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Conformance;

/// <summary>The log says who is on call from when on.</summary>
public abstract class OnCallWatchTests(Engine engine)
{
    [StoreFact]
    public async Task The_end_of_a_shift_is_told_once_by_however_many_nodes()
    {
        await using var bench = await EngineBench.OpenAsync(engine, TwoDays());
        using var first = Watch(bench);
        using var second = Watch(bench);
        await LookAsync(first, second);
        Assert.Empty(await ToldAsync(bench));

        bench.Clock.Advance(TimeSpan.FromHours(25));
        await LookAsync(first, second);
        await LookAsync(first, second);

        Assert.Equal(["schedule/primary: bo on call, after ana: rotation daily"], await ToldAsync(bench));
    }

    [StoreFact]
    public async Task A_shift_that_ended_while_nobody_looked_is_told_by_the_next_node()
    {
        await using var bench = await EngineBench.OpenAsync(engine, TwoDays());
        using (var before = Watch(bench))
        {
            await before.TurnAsync(default);
        }

        bench.Clock.Advance(TimeSpan.FromHours(25));
        using var after = Watch(bench);
        await after.TurnAsync(default);

        Assert.Single(await ToldAsync(bench));
    }

    [StoreFact]
    public async Task A_change_of_the_estate_is_told_and_a_schedule_that_is_gone_is_forgotten()
    {
        await using var bench = await EngineBench.OpenAsync(engine, TwoDays());
        using var watch = Watch(bench);
        await watch.TurnAsync(default);

        bench.Estate = new EstateBuilder().User("ana", "push").User("bo", "push").Schedule("primary").Build();
        await watch.TurnAsync(default);
        bench.Estate = new EstateBuilder().User("ana", "push").Build();
        await watch.TurnAsync(default);
        bench.Estate = TwoDays().Build();
        await watch.TurnAsync(default);

        Assert.StartsWith("schedule/primary: nobody is on call after ana: ", Assert.Single(await ToldAsync(bench)), StringComparison.Ordinal);
    }

    private static EstateBuilder TwoDays() => new EstateBuilder().User("ana", "push").User("bo", "push").Schedule("primary", "ana", "bo");

    private static OnCallWatch Watch(EngineBench bench) =>
        new(bench.Database, new WorkspaceStore(), bench.Estates, bench.Parts.Log, bench.Clock, NullLogger<OnCallWatch>.Instance);

    private static async Task LookAsync(params OnCallWatch[] watches)
    {
        foreach (var watch in watches)
        {
            await watch.TurnAsync(default);
        }
    }

    private static async Task<List<string>> ToldAsync(EngineBench bench) =>
        [.. (await bench.ReadAsync(session => bench.Parts.Log.AfterAsync(session, 1, 0, 100))).Where(e => e.Kind == "oncall.changed").Select(e => $"{e.Subject}: {e.Reason}")];

    public sealed class OnSqlite() : OnCallWatchTests(Engine.Sqlite);

    public sealed class OnPostgres() : OnCallWatchTests(Engine.Postgres);
}
