using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Conformance;

/// <summary>Whoever can't be reached, as far as is known, hears it before a shift, and the owners hear it while it runs.</summary>
public abstract class ReachTellerTests(Engine engine)
{
    [StoreFact]
    public async Task Who_is_on_call_and_was_never_reached_is_told_to_the_owners_once_until_something_is_answered()
    {
        await using var bench = await OpenAsync();
        for (var i = 0; i < 3; i++)
        {
            await TurnAsync(bench);
            await TurnAsync(bench);
            bench.Clock.Advance(TimeSpan.FromDays(2));
        }

        var told = Assert.Single(bench.Notifier.Attempts, a => a.Message.Recipient == "head").Message;
        Assert.Equal("ana is on call for primary, and nothing is known to reach them", told.Title);
        Assert.Contains("push", told.Because, StringComparison.Ordinal);

        // Known for a while, and then not any more: that is news.
        await ProveAsync(bench, "ana");
        await TurnAsync(bench);
        bench.Clock.Advance(TimeSpan.FromDays(92));
        await TurnAsync(bench);
        Assert.Equal(2, bench.Notifier.Attempts.Count(a => a.Message.Recipient == "head"));
    }

    [StoreFact]
    public async Task Whoever_goes_on_call_within_a_day_and_is_not_reached_by_phone_is_told_once_a_week()
    {
        await using var bench = await OpenAsync("ana", "bo");
        await ProveAsync(bench, "ana");
        await TurnAsync(bench);
        bench.Clock.Advance(TimeSpan.FromHours(2));
        await TurnAsync(bench);

        var told = Assert.Single(bench.Notifier.Attempts).Message;
        Assert.Equal("bo", told.Recipient);
        Assert.StartsWith("Nobody can reach you by phone, and you are on call for primary in ", told.Title, StringComparison.Ordinal);
        Assert.Equal("Nobody can reach you by phone: push never confirmed. Send a test and answer it.", told.Because);

        await ProveAsync(bench, "bo");
        bench.Clock.Advance(TimeSpan.FromDays(14));
        await TurnAsync(bench);
        Assert.Single(bench.Notifier.Attempts);
    }

    [StoreFact]
    public async Task A_workspace_that_is_a_day_old_at_most_is_left_in_peace()
    {
        await using var bench = await OpenAsync();
        await bench.WriteAsync(tx => (Task)tx.ExecuteAsync("UPDATE workspace SET created_at = @now", ("now", VirtualClock.Start.AddHours(-1).UtcTicks / 10 - DateTimeOffset.UnixEpoch.Ticks / 10)));
        await TurnAsync(bench);
        Assert.Empty(bench.Notifier.Attempts);

        bench.Clock.Advance(TimeSpan.FromDays(1));
        await TurnAsync(bench);
        Assert.NotEmpty(bench.Notifier.Attempts);
    }

    private Task<EngineBench> OpenAsync(params string[] rotation) => EngineBench.OpenAsync(
        engine, (rotation.Length == 0 ? ["ana"] : rotation).Aggregate(new EstateBuilder(), (estate, user) => estate.User(user, "push")).Administrator("head", "push").Schedule("primary", rotation.Length == 0 ? ["ana"] : rotation));

    private static async Task TurnAsync(EngineBench bench)
    {
        using var teller = new ReachTeller(
            bench.Database, new WorkspaceStore(), bench.Estates, bench.Parts.Proofs, new NoticeDesk(bench.Parts.Jobs), bench.Parts.Log, bench.Clock, NullLogger<ReachTeller>.Instance);
        await teller.TurnAsync(default);
        await bench.WorkAsync();
    }

    private static Task ProveAsync(EngineBench bench, string user) => bench.WriteAsync(tx => bench.Parts.Proofs.RangAsync(tx, bench.Estate, user, "fake", bench.Clock.Now));

    public sealed class OnSqlite() : ReachTellerTests(Engine.Sqlite);

    public sealed class OnPostgres() : ReachTellerTests(Engine.Postgres);
}
