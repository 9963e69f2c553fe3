using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>Whether a workspace tests its people's contact methods each month.</summary>
/// <param name="Day">From which day of the month, 1 to 28; 0: it does not.</param>
internal sealed record SelfTestRules(int Day)
{
    public static async Task<SelfTestRules> OfAsync(Session session, long workspace) =>
        new((int)(await session.ScalarAsync("SELECT self_test_day FROM workspace WHERE id = @workspace", ("workspace", workspace)) ?? 0));

    public static Error? Fault(int day) =>
        day is >= 1 and <= SelfTestTimes.LastDay ? null : Error.Invalid("day", $"'day' must be a day of the month that each month has, 1 to {SelfTestTimes.LastDay}.");
}

/// <summary>Reads and changes them.</summary>
internal sealed class SelfTestDesk(Database database, PageStore pages, DeliveryReports reports, EventLog log, TimeProvider clock)
{
    /// <summary>A test can be said to have come for so long.</summary>
    private static readonly TimeSpan _answerable = TimeSpan.FromDays(7);

    public Task<SelfTestRules> OfAsync(long workspace, CancellationToken ct) => database.ReadAsync(session => SelfTestRules.OfAsync(session, workspace), ct);

    /// <summary>Changes them from now on. Idempotent.</summary>
    public Task<SelfTestRules> SetAsync(Caller by, SelfTestRules rules, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(by.Workspace);
            if (await SelfTestRules.OfAsync(tx, by.Workspace) != rules)
            {
                await tx.ExecuteAsync("UPDATE workspace SET self_test_day = @day WHERE id = @workspace", ("day", rules.Day), ("workspace", by.Workspace));
                await log.AppendAsync(tx, by.Workspace, clock.GetUtcNow(), [new(
                    "workspace.self_test_changed", "workspace", by.Actor,
                    rules.Day == 0 ? "contact methods are not tested each month" : $"contact methods are tested from day {rules.Day} of each month")]);
            }

            return rules;
        },
        ct);

    /// <summary>Somebody says that the last test of a method of theirs reached them. Idempotent.</summary>
    /// <param name="method">The name of one of the caller's own contact methods.</param>
    public async Task<Result<string>> ConfirmAsync(Caller caller, string method, CancellationToken ct)
    {
        var last = caller.User is { } user ? await database.ReadAsync(session => pages.NewestTestAsync(session, caller.Workspace, user, method), ct) : null;
        return last is { SentAt: { } sent } && clock.GetUtcNow() - sent <= _answerable && await reports.TellAsync(caller.Workspace, last.Key, new DeliveryReport.Seen(), ct)
            ? method
            : Error.Conflict("contact.not_tested", $"No test was sent by {method} within the last {_answerable.Days} days. Send one first.");
    }
}
