using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Workspaces;

namespace Tocsin.Notify;

/// <summary>
/// Begins the monthly tests when it is somebody's time. A test's key holds its month, so that any number of nodes and restarts make it once; what this
/// node has made is only remembered to save questions.
/// </summary>
internal sealed class SelfTestWatch(Database database, WorkspaceStore workspaces, IEstates estates, SelfTests tests, TimeProvider clock, ILogger<SelfTestWatch> logger)
    : RepeatedWork(TimeSpan.FromMinutes(1), clock)
{
    // Of the month that this node looks at; used by the one loop.
    private readonly HashSet<(long Workspace, string User, string Month)> _made = [];

    /// <summary>One look at all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            var (day, now) = ((await database.ReadAsync(session => SelfTestRules.OfAsync(session, workspace.Id), ct)).Day, Clock.GetUtcNow());
            if (day == 0 || await estates.FindAsync(workspace.Id, ct) is not { } estate)
            {
                continue;
            }

            foreach (var person in estate.Model.Users.Values)
            {
                if (person.Contact.Count > 0 && SelfTestTimes.MonthAt(person, day, now) is { } month && !_made.Contains((workspace.Id, person.Name, month)))
                {
                    await MakeAsync(estate, person, day, month, now, ct);
                }
            }
        }

        _made.RemoveWhere(made => string.CompareOrdinal(made.Month, $"{Clock.GetUtcNow().AddDays(-62):yyyy-MM}") < 0);
    }

    /// <summary>Whether somebody has an open incident, or was called for one.</summary>
    public static async Task<bool> IsBusyAsync(Session session, long workspace, string user) => await session.ScalarAsync(
        """
        SELECT COUNT(*) FROM incident i WHERE i.workspace_id = @workspace AND i.status <> 3 AND EXISTS (
            SELECT 1 FROM page p WHERE p.workspace_id = i.workspace_id AND p.incident = i.number AND p.recipient_kind = 0 AND p.recipient = @user)
        """,
        ("workspace", workspace), ("user", user)) > 0;

    protected override void Waits(string reason) => logger.SelfTestsWait(reason);

    protected override void Broke(Exception bug) => logger.SelfTestsBroke(bug);

    private async Task MakeAsync(EstateSnapshot estate, Person person, int day, string month, DateTimeOffset now, CancellationToken ct)
    {
        if (await database.ReadAsync(session => IsBusyAsync(session, estate.Workspace, person.Name), ct))
        {
            return;
        }

        var until = SelfTestTimes.EndOf(person, day, month);
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(estate.Workspace);
                foreach (var method in person.Contact)
                {
                    await tests.PlanAsync(tx, estate, person, method, month, until, now);
                }
            },
            ct);
        _made.Add((estate.Workspace, person.Name, month));
    }
}

internal static partial class SelfTestLog
{
    [LoggerMessage(2211, LogLevel.Warning, "Monthly tests of contact methods do not begin now: {Reason}")]
    public static partial void SelfTestsWait(this ILogger logger, string reason);

    [LoggerMessage(2212, LogLevel.Error, "Monthly tests of contact methods met a bug; they are tried again in a minute")]
    public static partial void SelfTestsBroke(this ILogger logger, Exception e);
}
