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
        return new Rendered<SchedulesPage, SchedulesModel>(page.Frame, new([.. lines]) { MayMake = ScheduleEditEndpoints.MayMake(page) });
    }

    private static async Task<IResult> Services(HttpContext http, FrameFactory frames, Database database, IncidentStore incidents, ServiceFiguresReader figures, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var open = await database.ReadAsync(session => incidents.ListAsync(session, page.Workspace, open: true, null, long.MaxValue, MostOpen), ct);
        var byService = open.Where(i => i.Service is not null).ToLookup(i => i.Service!, StringComparer.Ordinal);
        var seen = await figures.ReadAsync(page.Workspace, ct);
        var declared = page.Estate.Model.Services;
        var lines = declared.Keys.Concat(seen.Keys).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(name =>
        {
            var service = declared.GetValueOrDefault(name);
            var policy = page.Estate.Policy(service?.Policy ?? page.Estate.Model.Route.Policy);
            var first = policy.Steps.Select(s => Reached(page.Estate, s, page.Now)).FirstOrDefault(r => r.Count > 0) ?? [];
            var mine = byService[name].ToList();
            return new ServiceLine(
                name, service?.Description, service?.Team, service?.Policy, mine.Count, mine.Count == 0 ? null : mine.Max(i => i.Severity).ToString().ToLowerInvariant(), first)
            {
                IsDeclared = service is not null,
                Figures = seen.GetValueOrDefault(name),
            };
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

    private static IEnumerable<CompiledSchedule> Sorted(PageRequest page) => page.Estate.Schedules.Values.OrderBy(s => s.Schedule.Name, StringComparer.Ordinal);
}
