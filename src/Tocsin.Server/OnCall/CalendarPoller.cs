using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Workspaces;

namespace Tocsin.OnCall;

/// <summary>
/// Asks for the calendars that the estates name: people's for their time off, schedules' for who is on call. Of several nodes one asks for each; one that
/// dies meanwhile is followed by another at the next turn of that calendar.
/// </summary>
internal sealed class CalendarPoller(
    Database database, WorkspaceStore workspaces, IEstates estates, CalendarDesk desk, CalendarFetcher fetcher, IOptions<CalendarOptions> options, TimeProvider clock,
    ILogger<CalendarPoller> logger)
    : RepeatedWork(TimeSpan.FromSeconds(15), clock)
{
    /// <summary>One that hangs holds up few others.</summary>
    private const int MostAtOnce = 8;

    private static readonly TimeSpan _again = TimeSpan.FromMinutes(2);

    /// <summary>One look at all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        List<(EstateSnapshot Estate, WantedCalendar Calendar, CalendarCopy? Known)> due = [];
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            if (await estates.FindAsync(workspace.Id, ct) is not { } estate)
            {
                continue;
            }

            var wanted = WantedBy(estate.Model);
            var known = await database.ReadAsync(session => CalendarStore.ListAsync(session, workspace.Id), ct);
            foreach (var gone in known.Where(k => !wanted.Exists(w => (w.Kind, w.Name) == (k.Kind, k.Name))))
            {
                await desk.ForgetAsync(workspace.Id, gone, Clock.GetUtcNow(), ct);
                estates.Forget(workspace.Id);
            }

            due.AddRange(wanted
                .Select(w => (Estate: estate, Calendar: w, Known: known.Find(k => (k.Kind, k.Name) == (w.Kind, w.Name))))
                .Where(d => IsDue(d.Calendar, d.Known)));
        }

        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = ct }, async (item, each) => await PollAsync(item.Estate, item.Calendar, item.Known, each));
    }

    protected override void Waits(string reason) => logger.PollerWaits(reason);

    protected override void Broke(Exception bug) => logger.PollerBroke(bug);

    private static List<WantedCalendar> WantedBy(EstateModel model) =>
    [
        .. model.Users.Values.Where(u => u.TimeOffCalendar is not null).Select(u => new WantedCalendar(CalendarLinks.OfUser, u.Name, u.TimeOffCalendar!, u.TimeZone ?? "UTC")),
        .. model.Schedules.Values.Where(s => s.Calendar is not null).Select(s => new WantedCalendar(CalendarLinks.OfSchedule, s.Name, s.Calendar!.Url, s.TimeZone)),
    ];

    private bool IsDue(WantedCalendar calendar, CalendarCopy? known)
    {
        var every = known?.Fault is null || _again > options.Value.Every ? options.Value.Every : _again;
        return known is null || known.AddressHash != calendar.AddressHash || Clock.GetUtcNow() - known.AskedAt >= every;
    }

    private async Task PollAsync(EstateSnapshot estate, WantedCalendar calendar, CalendarCopy? known, CancellationToken ct)
    {
        var askedAt = Clock.GetUtcNow();
        if (!await desk.LeaseAsync(estate.Workspace, calendar, known, askedAt, ct))
        {
            return;
        }

        // What was known of another address says nothing about this one, but stays in force until this one is read.
        var same = known?.AddressHash == calendar.AddressHash ? known : null;
        var answer = await fetcher.AskAsync(calendar.Url, same?.Etag, same?.LastModified, ct);
        await desk.TakeAsync(estate, calendar, known, answer, askedAt, Clock.GetUtcNow(), ct);
        estates.Forget(estate.Workspace);
    }
}

internal static partial class CalendarLog
{
    [LoggerMessage(2471, LogLevel.Warning, "Calendars are not read now: {Reason}")]
    public static partial void PollerWaits(this ILogger logger, string reason);

    [LoggerMessage(2472, LogLevel.Error, "Reading calendars met a bug; it is tried again in 15 s")]
    public static partial void PollerBroke(this ILogger logger, Exception e);
}
