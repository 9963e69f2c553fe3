using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Providers;

namespace Tocsin.Pages;

/// <summary>
/// The signed page of one page: whoever holds the link acts as the one who was paged, on that incident only, for a day. Opening
/// it (also by a mail scanner) changes nothing.
/// </summary>
internal static class ActionEndpoints
{
    private static readonly TimeSpan _snooze = TimeSpan.FromHours(1);

    public static void MapActions(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/a/{token}").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/", Show);
        group.MapPost("/", Act);
        group.MapPost("/shown", Shown);
    }

    private static async Task<IResult> Show(
        string token, HttpContext http, PublicLinks links, FrameFactory frames, Database database, PageStore pages, IncidentStore incidents, IncidentViews views,
        IEstates estates, TestAnswers tests, CancellationToken ct)
    {
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        var said = Done.Take(http);
        if (await tests.FindAsync(token, frames.Outer(http), ct) is { } test)
        {
            return new Rendered<TestPage, TestModel>(test.Frame, new(test.Row.Method, test.Row.SentAt, test.Row.SeenAt, said.Fault));
        }

        return await FindAsync(token, links, frames.Outer(http), database, pages, incidents, views, estates, ct) is { } found
            ? new Rendered<ActionPage, ActionModel>(found.Frame, new(views.Of(found.Incident, found.Estate), said.Notice, said.Fault))
            : Dead(token, http, links, frames);
    }

    private static async Task<IResult> Act(
        string token, HttpContext http, PublicLinks links, FrameFactory frames, Database database, PageStore pages, IncidentStore incidents, IncidentViews views,
        IEstates estates, IncidentDesk desk, DeliveryReports reports, TestAnswers tests, CancellationToken ct)
    {
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (http.Request.HasFormContentType && await tests.FindAsync(token, frames.Outer(http), ct) is { } test)
        {
            return await tests.AnswerAsync(test, http.Request, ct);
        }

        if (await FindAsync(token, links, frames.Outer(http), database, pages, incidents, views, estates, ct) is not { } found || !http.Request.HasFormContentType)
        {
            return Dead(token, http, links, frames);
        }

        var form = await http.Request.ReadFormAsync(ct);
        var (workspace, number, actor) = (found.Estate.Workspace, found.Incident.Number, found.Actor);
        var result = form["do"].ToString() switch
        {
            "acknowledge" => await desk.AcknowledgeAsync(workspace, number, actor, ct),
            "escalate" => await desk.EscalateAsync(workspace, number, actor, ct),
            "snooze" => await desk.SnoozeAsync(workspace, number, found.Frame.Clock.Now + _snooze, actor, ct),
            "resolve" => await desk.ResolveAsync(workspace, number, actor, ct),
            "note" => await desk.NoteAsync(workspace, number, form["text"].ToString(), actor, ct),
            "join" => await desk.AnswerAsync(workspace, number, joins: true, actor, ct),
            "decline" => await desk.AnswerAsync(workspace, number, joins: false, actor, ct),
            _ => Error.Invalid("do", "Nothing was changed: the button was not understood."),
        };

        // Whoever presses a button has seen the message that led here.
        await reports.TellAsync(workspace, found.Page.Key, new DeliveryReport.Seen(), ct);
        return Done.Of(result, http.Request.Path, state => Notice(form["do"].ToString(), state, found, Done.IsFragment(http.Request)));
    }

    /// <summary>What a press did. The page shows its state by itself; a notification has nothing but this.</summary>
    private static string Notice(string what, IncidentState state, Found found, bool alone) => what switch
    {
        "note" => "The note is in the timeline.",
        "acknowledge" when alone => ReplyTexts.Of(state, ReplyVerb.Acknowledge, found.Person),
        "resolve" when alone => ReplyTexts.Of(state, ReplyVerb.Resolve, found.Person),
        _ => "",
    };

    /// <summary>A device says that it shows the page. Nothing else is changed, and nothing is told.</summary>
    private static async Task<IResult> Shown(string token, PublicLinks links, Database database, PageStore pages, DeliveryReports reports, TimeProvider clock, CancellationToken ct)
    {
        if (links.Read(token, clock.GetUtcNow()) is { } grant
            && await database.ReadAsync(session => pages.FindAsync(session, grant.Workspace, grant.PageId), ct) is { } page)
        {
            await reports.TellAsync(grant.Workspace, page.Key, new DeliveryReport.Delivered(), ct);
        }

        return Results.NoContent();
    }

    private static async Task<Found?> FindAsync(
        string token, PublicLinks links, Frame outer, Database database, PageStore pages, IncidentStore incidents, IncidentViews views, IEstates estates, CancellationToken ct)
    {
        if (links.Read(token, outer.Clock.Now) is not { } grant || await estates.FindAsync(grant.Workspace, ct) is not { } estate)
        {
            return null;
        }

        var (page, incident) = await database.ReadAsync(
            async session => await pages.FindAsync(session, grant.Workspace, grant.PageId) is { } row
                ? (row, await incidents.FindAsync(session, grant.Workspace, row.Incident))
                : (null, null),
            ct);
        if (page is null || incident is null)
        {
            return null;
        }

        var person = page.RecipientKind == RecipientKind.User ? estate.Model.Users.GetValueOrDefault(page.Recipient) : null;
        if (person is { Disabled: true })
        {
            return null;
        }

        return new(estate, page, incident, person ?? new() { Name = page.Recipient }, $"{(page.RecipientKind == RecipientKind.User ? "user" : "channel")}:{page.Recipient}", outer with
        {
            User = page.Recipient,
            Clock = person?.TimeZone is { } zone ? Clock.In(zone, outer.Clock.Now) : outer.Clock,
            People = estate.Model.Users.Values.Where(u => u.FullName is not null).ToDictionary(u => u.Name, u => u.FullName!, StringComparer.Ordinal),
        });
    }

    private static Rendered<DeadLinkPage, DeadLinkModel> Dead(string token, HttpContext http, PublicLinks links, FrameFactory frames)
    {
        var frame = frames.Outer(http);
        var ended = links.EndOf(token) is { } end && end <= frame.Clock.Now ? end : default(DateTimeOffset?);
        return new(frame, new(ended), ended is null ? StatusCodes.Status404NotFound : StatusCodes.Status410Gone);
    }

    private sealed record Found(EstateSnapshot Estate, PageRow Page, IncidentState Incident, Person Person, string Actor, Frame Frame);
}
