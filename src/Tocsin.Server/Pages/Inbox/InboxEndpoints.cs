using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class InboxEndpoints
{
    private const int MostOpen = 200;
    private const int MostResolved = 50;

    public static void MapInbox(this RouteGroupBuilder pages)
    {
        pages.MapGet("/", Show);
        pages.MapPost("/bulk/{verb}", Act).RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Show(
        HttpContext http, FrameFactory frames, Database database, IncidentStore incidents, IncidentViews views, SourceStore states, SourceDesk sources,
        IOptions<ServerOptions> options, CancellationToken ct, string view = "all", string? q = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var (open, resolved, counts) = await database.ReadAsync(
            async session => (
                await incidents.ListAsync(session, page.Workspace, open: true, null, long.MaxValue, MostOpen + 1),
                await incidents.ListAsync(session, page.Workspace, open: false, IncidentStatus.Resolved, long.MaxValue, MostResolved),
                await states.ListAsync(session, page.Workspace)),
            ct);
        var midnight = page.Frame.Clock.Midnight;
        var model = InboxModel.Of(
            view is "mine" or "team" ? view : "all", InboxFilter.Parse(q), [.. open.Take(MostOpen).Select(i => views.Of(i, page.Estate))],
            [.. resolved.Where(i => i.ResolvedAt >= midnight).Select(i => views.Of(i, page.Estate))], InView(view, page));
        var sending = counts.Where(c => c.LastAt is not null).ToList();
        return new Rendered<InboxPage, InboxModel>(page.Frame, model with
        {
            Truncated = open.Count > MostOpen,
            Quiet = sending.Count > 0 ? new(sending.Count, sending.Max(c => c.LastAt)!.Value, resolved.FirstOrDefault()?.ResolvedAt) : null,
            First = sending.Count == 0 && open.Count == 0 ? await FirstAsync(page, sources, options.Value.BaseFor(http.Request), ct) : null,
        });
    }

    private static Func<Incident, bool> InView(string view, PageRequest page)
    {
        var user = page.Caller.User;
        var teams = page.Estate.Model.Teams.Values.Where(t => user is not null && t.Members.Contains(user)).ToList();
        bool Mine(Incident i) => user is not null && (i.Paging.Contains(user) || i.Next.Contains(user) || i.AcknowledgedBy == user);
        return view switch
        {
            "mine" => Mine,
            "team" => i => Mine(i)
                || (i.Service is { } service && page.Estate.Model.Services.TryGetValue(service, out var known) && teams.Exists(t => t.Name == known.Team))
                || teams.Exists(t => t.Members.Any(m => i.Paging.Contains(m) || i.Next.Contains(m) || i.AcknowledgedBy == m)),
            _ => _ => true,
        };
    }

    /// <summary>How to see the first incident: what to type into a shell, with the address that the reader's browser uses.</summary>
    private static async Task<FirstAlert> FirstAsync(PageRequest page, SourceDesk sources, string baseUrl, CancellationToken ct)
    {
        var known = await sources.ListAsync(page.Estate, baseUrl, null, page.Caller, ct);
        return known.FirstOrDefault(s => s.Type == "generic") is { } generic
            ? new(generic.Name, $$"""
                curl {{generic.Url}} \
                  -H 'Content-Type: application/json' \
                  -d '{"title": "Hello from a shell", "severity": "high", "status": "firing"}'
                """)
            : new(known.Count > 0 ? known[0].Name : null, null);
    }

    private static async Task<IResult> Act(string verb, HttpContext http, IncidentDesk desk, FrameFactory frames, TimeProvider clock, CancellationToken ct)
    {
        var caller = Caller.Of(http.User);
        var numbers = (await http.Request.ReadFormAsync(ct))["n"].Select(n => long.TryParse(n, out var number) ? number : 0).Where(n => n > 0).Distinct().Take(MostOpen).ToList();
        var (done, fault) = (0, default(string));
        foreach (var number in numbers)
        {
            var result = verb switch
            {
                "acknowledge" => await desk.AcknowledgeAsync(caller.Workspace, number, caller.Actor, ct),
                "resolve" => await desk.ResolveAsync(caller.Workspace, number, caller.Actor, ct),
                "snooze" => await desk.SnoozeAsync(caller.Workspace, number, clock.GetUtcNow().AddHours(1), caller.Actor, ct),
                _ => Error.NotFound("action", verb),
            };
            done += result.Ok ? 1 : 0;
            fault ??= result.Ok ? null : result.Error.Detail;
        }

        var what = verb switch { "acknowledge" => "acknowledged", "resolve" => "resolved", _ => "snoozed for 1 h" };
        return numbers.Count == 0 ? Done.Refused("/", "Select incidents first.")
            : fault is not null ? Done.Refused("/", $"{Words.Count(done, "incident", "incidents")} {what}. {fault}")
            : Done.Well("/", $"{Words.Count(done, "incident", "incidents")} {what}.");
    }
}
