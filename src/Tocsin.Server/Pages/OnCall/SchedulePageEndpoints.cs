using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.OnCall;

namespace Tocsin.Pages;

/// <summary>The page of one schedule.</summary>
internal static class SchedulePageEndpoints
{
    private const int MostEntered = 50;
    private const int MostOverrides = 20;

    public static void MapSchedulePages(this RouteGroupBuilder pages) => pages.MapGet("/schedules/{name}", Show);

    private static async Task<IResult> Show(
        string name, HttpContext http, FrameFactory frames, Database database, CalendarLinks links, EstateStore objects, EstateService files, CancellationToken ct,
        DateOnly? from = null, int weeks = 4)
    {
        var page = await frames.OpenAsync(http, ct);
        if (!page.Estate.Schedules.TryGetValue(name, out var compiled))
        {
            return Errors.NotFound(page.Frame);
        }

        var (schedule, now) = (compiled.Schedule, page.Now);
        var there = Clock.In(schedule.TimeZone, now);
        var asked = from is { Year: > 1970 and < 9000 } day ? day : DateOnly.FromDateTime(there.Local(now).DateTime);
        var line = TimelineOf(page, compiled, MondayOf(asked), weeks == 2 ? 2 : 4);
        var (first, last) = (line.Weeks[0].Days[0].From, line.Weeks[^1].Days[^1].To);
        var (calendars, origin, copy) = await database.ReadAsync(
            async session => (
                await links.ListAsync(session, page.Workspace), await objects.OriginAsync(session, page.Workspace, "schedule", name),
                await CalendarStore.FindAsync(session, page.Workspace, CalendarLinks.OfSchedule, name)),
            ct);
        var manages = EntryRules.Manages(page.Caller, page.Estate, schedule.Team);
        var on = compiled.At(now);
        return new Rendered<SchedulePage, ScheduleModel>(page.Frame, new()
        {
            Name = schedule.Name,
            Team = schedule.Team,
            TimeZone = schedule.TimeZone,
            ZoneNote = ScheduleWords.ZoneNote(page.Frame.Clock, there),
            Now = on.Users,
            Until = on.Until,
            Timeline = line,
            MayEdit = manages,
            DeclaredIn = files.Manages(page.Caller.WorkspaceName) ? origin : null,
            Gaps = [.. compiled.Gaps(first, last).Where(g => g.To > now || last <= now).Select(g => new Gap(g.From, g.To))],
            Entered = [.. page.Estate.Entered.Covers.Where(c => c.Schedule == name && c.To > now).OrderBy(c => c.From).Take(MostEntered).Select(c => new EnteredLine(
                c.Id, c.User, c.InsteadOf, c.From, c.To, c.Reason, c.MadeBy, manages || c.MadeBy == page.Caller.Actor || (page.Caller.User is { } me && me == c.InsteadOf)))],
            Calendar = CoverPageEndpoints.CalendarOf(page, calendars, CalendarLinks.OfSchedule, name, schedule.Team),
            ReadFrom = schedule.Calendar is { } source ? Of(source, copy) : null,
            Layers =
            [
                .. schedule.Rotations.Select(r => new LayerNote(r.Name, ScheduleWords.Rotation(r, page.Frame))),
                .. schedule.Overrides.Select(o => new LayerNote("Override", ScheduleWords.Override(o, page.Frame))).Take(MostOverrides),
            ],
        });
    }

    public static DateOnly MondayOf(DateOnly day) => day.AddDays(-(((int)day.DayOfWeek + 6) % 7));

    /// <summary>The schedule's weeks: the outcome first, then what it is made of, from the top.</summary>
    public static ScheduleTimeline TimelineOf(PageRequest page, CompiledSchedule compiled, DateOnly monday, int weeks)
    {
        // A day more on both sides, so that cutting at local midnights never runs out of shifts.
        DateTimeOffset begin = new(monday.AddDays(-1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var end = begin.AddDays((7 * weeks) + 2);
        var schedule = compiled.Schedule;
        List<(string, IReadOnlyList<Shift>)> layers = [("On call", [.. compiled.Shifts(begin, end)])];
        if (page.Estate.Entered.Covers.Where(c => c.Schedule == schedule.Name).ToList() is { Count: > 0 } entered)
        {
            var covers = OnCallCalendar.Compile(schedule with { Rotations = [], Overrides = [] }, new([.. entered.Select(c => c.ToCover() with { InsteadOf = null })], []));
            layers.Add(("Covers", [.. covers.Shifts(begin, end).Where(s => s.Users.Count > 0)]));
        }

        if (schedule.Overrides.Count > 0)
        {
            layers.Add(("Overrides", [.. Layer(schedule with { Rotations = [] }, begin, end)]));
        }

        if (schedule.Calendar is not null)
        {
            var calendar = OnCallCalendar.Compile(schedule with { Rotations = [], Overrides = [] }, OnCallEntries.None with { Calendar = page.Estate.Entered.CalendarOf(schedule.Name) });
            layers.Add(("Calendar", [.. calendar.Shifts(begin, end).Where(s => s.Users.Count > 0)]));
        }

        layers.AddRange(schedule.Rotations.OrderByDescending(r => r.Priority).Select(r => (r.Name, (IReadOnlyList<Shift>)[.. Layer(schedule with { Rotations = [r], Overrides = [] }, begin, end)])));
        var cut = new TimelineCut(
            Clock.In(schedule.TimeZone, page.Now).Zone, page.Frame.Clock.Zone, page.Now, (begin, end), user => page.Frame.People.GetValueOrDefault(user, user));
        return cut.Draw(schedule.Name, monday, weeks, layers);
    }

    private static ReadFromLine Of(ScheduleCalendar calendar, CalendarCopy? copy) => new(
        calendar.Name, calendar.Use == CalendarUse.Overrides, copy?.ReadAt, copy?.AskedAt, copy?.Fault, copy?.Notes.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? []);

    private static IEnumerable<Shift> Layer(Schedule schedule, DateTimeOffset from, DateTimeOffset to) =>
        OnCallCalendar.Compile(schedule).Shifts(from, to).Where(s => s.Users.Count > 0);
}
