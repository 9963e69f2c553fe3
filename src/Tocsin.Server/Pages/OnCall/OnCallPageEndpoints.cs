using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Pages;

internal static class OnCallPageEndpoints
{
    private const int MostOpen = 500;
    private const int MostEnded = 10;

    private static readonly TimeSpan _foresight = TimeSpan.FromDays(28);

    public static void MapOnCallPages(this RouteGroupBuilder pages)
    {
        pages.MapGet("/oncall", OnCall);
        pages.MapGet("/schedules", Schedules);
        pages.MapGet("/schedules/{name}", Schedule);
        pages.MapGet("/services", Services);
        pages.MapGet("/services/{name}", Service);
    }

    private static async Task<IResult> OnCall(HttpContext http, FrameFactory frames, Database database, SwapStore swaps, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var rows = Sorted(page).Select(s =>
        {
            var on = s.At(page.Now);
            var next = on.Until is { } until ? s.At(until).Users : [];
            var user = page.Caller.User;
            var mine = user is not null && (on.Users.Contains(user)
                || (s.Schedule.Team is { } team && page.Estate.Model.Teams.TryGetValue(team, out var known) && known.Members.Contains(user)));
            return new OnCallRow(s.Schedule.Name, s.Schedule.Team, s.Schedule.TimeZone, on.Users, on.Because, on.Until, next, mine);
        });
        return new Rendered<OnCallPage, OnCallModel>(page.Frame, new([.. rows.OrderByDescending(r => r.Mine)])
        {
            Shifts = [.. ShiftsOf(page).Take(6)],
            Requests = await CoverPageEndpoints.OpenAsync(page, database, swaps, ct),
        });
    }

    /// <summary>The reader's shifts, neighbours as one: an entry of somebody else's does not cut them.</summary>
    public static IEnumerable<MyShift> ShiftsOf(PageRequest page)
    {
        List<MyShift> mine = [];
        foreach (var schedule in page.Caller.User is null ? [] : page.Estate.Schedules.Values)
        {
            foreach (var shift in schedule.Shifts(page.Now, page.Now + _foresight).Where(s => s.Users.Contains(page.Caller.User)))
            {
                if (mine.Count > 0 && mine[^1] is var last && last.Schedule == schedule.Schedule.Name && last.Until == shift.From)
                {
                    mine[^1] = last with { Until = shift.To };
                }
                else
                {
                    mine.Add(new(schedule.Schedule.Name, shift.From, shift.To));
                }
            }
        }

        return mine.OrderBy(s => s.From).Select(s => s.Until == page.Now + _foresight ? s with { Until = null } : s);
    }

    private static async Task<IResult> Schedules(HttpContext http, FrameFactory frames, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var lines = Sorted(page).Select(s =>
        {
            var on = s.At(page.Now);
            var gap = s.Gaps(page.Now, page.Now + _foresight).FirstOrDefault();
            return new ScheduleLine(
                s.Schedule.Name, s.Schedule.Team, s.Schedule.TimeZone, on.Users, on.Until,
                [.. s.Schedule.Rotations.Select(r => ScheduleWords.Rotation(r, page.Frame))], gap?.From);
        });
        return new Rendered<SchedulesPage, SchedulesModel>(page.Frame, new([.. lines]));
    }

    private static async Task<IResult> Schedule(
        string name, HttpContext http, FrameFactory frames, Database database, CalendarLinks links, CancellationToken ct, DateOnly? from = null)
    {
        var page = await frames.OpenAsync(http, ct);
        if (!page.Estate.Schedules.TryGetValue(name, out var compiled))
        {
            return Errors.NotFound(page.Frame);
        }

        var (schedule, now) = (compiled.Schedule, page.Now);
        var there = Clock.In(schedule.TimeZone, now);
        var asked = from is { Year: > 1970 and < 9000 } day ? day : DateOnly.FromDateTime(there.Local(now).DateTime);
        var monday = asked.AddDays(-(((int)asked.DayOfWeek + 6) % 7));

        // A day more on both sides, so that cutting at local midnights never runs out of shifts.
        DateTimeOffset begin = new(monday.AddDays(-1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
        var end = begin + _foresight + TimeSpan.FromDays(2);
        List<(string, IReadOnlyList<Shift>)> layers = [("On call", [.. compiled.Shifts(begin, end)])];
        var entered = page.Estate.Entered.Covers.Where(c => c.Schedule == name).ToList();
        if (entered.Count > 0)
        {
            var covers = OnCallCalendar.Compile(schedule with { Rotations = [], Overrides = [] }, new([.. entered.Select(c => c.ToCover() with { InsteadOf = null })], []));
            layers.Add(("Covers", [.. covers.Shifts(begin, end).Where(s => s.Users.Count > 0)]));
        }

        if (schedule.Overrides.Count > 0)
        {
            layers.Add(("Overrides", [.. Layer(schedule with { Rotations = [] }, begin, end)]));
        }

        layers.AddRange(schedule.Rotations.Select(r => (r.Name, (IReadOnlyList<Shift>)[.. Layer(schedule with { Rotations = [r], Overrides = [] }, begin, end)])));
        var weeks = ScheduleModel.Cut(monday, there.Zone, now, (begin, end), layers, user => page.Frame.People.GetValueOrDefault(user, user));
        var (first, last) = (weeks[0].Days[0].From, weeks[^1].Days[^1].To);
        var on = compiled.At(now);
        return new Rendered<SchedulePage, ScheduleModel>(page.Frame, new()
        {
            Name = schedule.Name,
            Team = schedule.Team,
            TimeZone = schedule.TimeZone,
            ZoneNote = ScheduleWords.ZoneNote(page.Frame.Clock, there),
            Now = on.Users,
            Until = on.Until,
            From = monday,
            Weeks = weeks,
            Gaps = [.. compiled.Gaps(first, last).Select(g => new Gap(g.From, g.To))],
            Entered = [.. entered.Where(c => c.To > now).OrderBy(c => c.From).Take(50).Select(c => new EnteredLine(
                c.Id, c.User, c.InsteadOf, c.From, c.To, c.Reason, c.MadeBy,
                EntryRules.Manages(page.Caller, page.Estate, schedule.Team) || c.MadeBy == page.Caller.Actor || (page.Caller.User is { } me && me == c.InsteadOf)))],
            Calendar = CoverPageEndpoints.CalendarOf(
                page, await database.ReadAsync(session => links.ListAsync(session, page.Workspace), ct), CalendarLinks.OfSchedule, name, schedule.Team),
            Layers =
            [
                .. schedule.Rotations.Select(r => new LayerNote(r.Name, ScheduleWords.Rotation(r, page.Frame))),
                .. schedule.Overrides.Select(o => new LayerNote("Override", ScheduleWords.Override(o, page.Frame))).Take(20),
            ],
        });
    }

    private static async Task<IResult> Services(HttpContext http, FrameFactory frames, Database database, IncidentStore incidents, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var open = await database.ReadAsync(session => incidents.ListAsync(session, page.Workspace, open: true, null, long.MaxValue, MostOpen), ct);
        var byService = open.Where(i => i.Service is not null).ToLookup(i => i.Service!, StringComparer.Ordinal);
        var lines = page.Estate.Model.Services.Values.OrderBy(s => s.Name, StringComparer.Ordinal).Select(service =>
        {
            var policy = page.Estate.Policy(service.Policy ?? page.Estate.Model.Route.Policy);
            var first = policy.Steps.Select(s => Reached(page.Estate, s, page.Now)).FirstOrDefault(r => r.Count > 0) ?? [];
            var mine = byService[service.Name].ToList();
            return new ServiceLine(
                service.Name, service.Description, service.Team, service.Policy, mine.Count, mine.Count == 0 ? null : mine.Max(i => i.Severity).ToString().ToLowerInvariant(), first);
        });
        return new Rendered<ServicesPage, ServicesModel>(page.Frame, new([.. lines.OrderByDescending(l => Words.SeverityRank(l.Worst ?? ""))]));
    }

    private static async Task<IResult> Service(
        string name, HttpContext http, FrameFactory frames, Database database, IncidentStore incidents, IncidentViews views, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (!page.Estate.Model.Services.TryGetValue(name, out var service))
        {
            return Errors.NotFound(page.Frame);
        }

        var (open, ended) = await database.ReadAsync(
            async session => (
                await incidents.ListAsync(session, page.Workspace, open: true, null, long.MaxValue, MostOpen),
                await incidents.ListAsync(session, page.Workspace, open: false, IncidentStatus.Resolved, long.MaxValue, MostOpen)),
            ct);
        return new Rendered<ServicePage, ServiceModel>(page.Frame, new()
        {
            Name = service.Name,
            Description = service.Description,
            Team = service.Team,
            Policy = RoutingPageEndpoints.Line(page.Estate.Policy(service.Policy ?? page.Estate.Model.Route.Policy), page),
            Open = [.. open.Where(i => i.Service == name).OrderByDescending(i => i.Severity).ThenBy(i => i.CreatedAt).Select(i => views.Of(i, page.Estate))],
            Ended = [.. ended.Where(i => i.Service == name).OrderByDescending(i => i.ResolvedAt).Take(MostEnded).Select(i => views.Of(i, page.Estate))],
        });
    }

    /// <summary>The people and channels that a step reaches for high urgency; of a team whose members take turns, all of them.</summary>
    public static IReadOnlyList<string> Reached(EstateSnapshot estate, PolicyStep step, DateTimeOffset at) =>
        [.. step.Notify.SelectMany(target => estate.Responders.Resolve(target, Urgency.High, at).Recipients).Select(r => r.Name).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<Shift> Layer(Schedule schedule, DateTimeOffset from, DateTimeOffset to) =>
        OnCallCalendar.Compile(schedule).Shifts(from, to).Where(s => s.Users.Count > 0);

    private static IEnumerable<CompiledSchedule> Sorted(PageRequest page) => page.Estate.Schedules.Values.OrderBy(s => s.Schedule.Name, StringComparer.Ordinal);
}

/// <summary>Rotations and overrides as sentences.</summary>
internal static class ScheduleWords
{
    public static string Rotation(Rotation rotation, Frame frame)
    {
        string[] turns = [.. rotation.InTurn().Select(turn => string.Join(" with ", turn.Select(u => frame.People.GetValueOrDefault(u, u))))];
        var people = turns.Length > 1 ? $"{Words.And(turns)} take turns every {Period(rotation.Every)}" : $"{turns[0]}, always";
        var windows = rotation.AllWindows().Select(Window).Where(w => w.Length > 0).ToArray();
        var when = windows.Length > 0 ? ", " + string.Join("; ", windows) : "";
        var handOff = turns.Length > 1 ? $", hand-off {HandOff(rotation)}" : "";
        return people + when + handOff + (rotation.TimeZone is { } zone ? $", in {zone}" : "");
    }

    private static string Window(DutyWindow window)
    {
        var times = (window.From, window.To) is ({ } from, { } to) ? string.Create(CultureInfo.InvariantCulture, $"{from:HH\\:mm} to {to:HH\\:mm}") : "";
        string[] days = [.. window.Days.Count < 7 ? window.Days.Select(d => d.ToString()[..3]) : [], .. window.OnHolidays ? ["holidays"] : Array.Empty<string>()];
        return string.Join(", ", new[] { times, days.Length > 0 ? Words.And(days) : "" }.Where(t => t.Length > 0));
    }

    private static string HandOff(Rotation rotation) => string.Create(
        CultureInfo.InvariantCulture,
        $"{rotation.Every.Unit switch
        {
            PeriodUnit.Week => rotation.Start.ToString("ddd ", CultureInfo.InvariantCulture),
            PeriodUnit.Month => $"on day {rotation.Start.Day} ",
            _ => "",
        }}{rotation.Start:HH\\:mm}");

    public static string Override(Override o, Frame frame) => string.Create(
        CultureInfo.InvariantCulture, $"{frame.People.GetValueOrDefault(o.User, o.User)}, {o.From:ddd d MMM yyyy HH\\:mm} to {o.To:ddd d MMM yyyy HH\\:mm}");

    /// <summary>How the reader's wall clock differs from the schedule's, if it does.</summary>
    public static string? ZoneNote(Clock here, Clock there)
    {
        var difference = here.Local(here.Now).Offset - there.Local(here.Now).Offset;
        return difference == TimeSpan.Zero ? null : $"your clock is {Words.Span(difference)} {(difference > TimeSpan.Zero ? "ahead" : "behind")}";
    }

    private static string Period(RotationPeriod period) => period.Count == 1
        ? period.Unit.ToString().ToLowerInvariant()
        : $"{period.Count} {period.Unit.ToString().ToLowerInvariant()}s";
}
