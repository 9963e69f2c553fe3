using System.Buffers.Text;
using System.Security.Cryptography;
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
/// The signed page of one page: whoever holds the link acts as the one who was paged, on that incident only, for 12 hours. Opening
/// it (also by a mail scanner) changes nothing. Each press counts once: a notification's button is spent when it was pressed, and so is each button
/// of the page as it was shown; a second press says what the first did.
/// </summary>
internal static class ActionEndpoints
{
    /// <summary>Among the answers that were acted upon.</summary>
    private const string Spent = "link";

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
            ? new Rendered<ActionPage, ActionModel>(found.Frame, new(views.Of(found.Incident, found.Estate), said.Notice, said.Fault, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(9))))
            : Dead(token, http, links, frames);
    }

    private static async Task<IResult> Act(
        string token, HttpContext http, PublicLinks links, FrameFactory frames, Database database, PageStore pages, IncidentStore incidents, IncidentViews views,
        IEstates estates, IncidentDesk anyTimes, ReplyStore spent, DeliveryReports reports, TestAnswers tests, CancellationToken ct)
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
        var (workspace, number, actor, what) = (found.Estate.Workspace, found.Incident.Number, found.Actor, form["do"].ToString());
        var (press, repeated) = (PressOf(found.Page, what, form["once"].ToString()), false);
        var desk = anyTimes.Once(async tx => !(repeated = !await spent.TryAddAsync(tx, workspace, Spent, press, found.Frame.Clock.Now)));
        var result = what switch
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
        var before = repeated ? await database.ReadAsync(session => spent.FindAsync(session, workspace, Spent, press), ct) : null;
        return Done.Of(result, http.Request.Path, state => before is { } at ? Again(what, at, state, found) : Notice(what, state, found, Done.IsFragment(http.Request)));
    }

    /// <summary>What is spent by a press. A button of a notification carries nothing of its own, and is the same each time.</summary>
    private static string PressOf(PageRow page, string what, string once) => $"{page.Id}/{what}/{(once.Length <= 32 ? once : once[..32])}";

    /// <summary>What a press did that is repeated, when, and how things are now.</summary>
    private static string Again(string what, DateTimeOffset at, IncidentState state, Found found)
    {
        var did = what switch
        {
            "acknowledge" => "acknowledged",
            "resolve" => "resolved",
            "snooze" => "snoozed",
            "escalate" => "called the next for",
            "note" => "left this note on",
            _ => "answered for",
        };
        var verb = what switch
        {
            "resolve" => ReplyVerb.Resolve,
            "snooze" => ReplyVerb.Snooze,
            "escalate" => ReplyVerb.Escalate,
            _ => ReplyVerb.Acknowledge,
        };
        var now = state.Status == IncidentStatus.Triggered
            ? $"#{state.Number} is open again, and pages: open the incident to act on it."
            : ReplyTexts.Of(state, verb, found.Person);
        return $"This button was used before, at {found.Frame.Clock.Short(at)}: {found.Person.FullName ?? found.Person.Name} {did} #{state.Number}. Nothing was done again. {now}";
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
