using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.OnCall;

namespace Tocsin.Pages;

/// <summary>Forms about who stands in for whom. Each works without JavaScript.</summary>
internal static class CoverPageEndpoints
{
    public static void MapCoverPages(this RouteGroupBuilder pages)
    {
        pages.MapGet("/cover", Ask).RequireAuthorization(Policies.Responder);
        var acts = pages.MapGroup("").RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
        acts.MapPost("/cover", Send);
        acts.MapPost("/cover/take", Take);
        acts.MapPost("/cover/{schedule}/{id:long}/remove", Remove);
        acts.MapPost("/swaps/{id:long}/{answer}", Answer);
        acts.MapPost("/me/away", Away);
        acts.MapPost("/me/away/{id:long}/remove", Back);
        acts.MapPost("/calendar/{kind}/{name}/renew", Renew);
        acts.MapPost("/calendar/{kind}/{name}/revoke", Revoke);
    }

    /// <summary>The page behind the link in a request: whoever holds it answers for the person who was asked, and does nothing else.</summary>
    public static void MapSwapLinks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/swap/{token}").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/", ShowLink);
        group.MapPost("/", AnswerLink);
    }

    public static async Task<IReadOnlyList<SwapCard>> OpenAsync(PageRequest page, Database database, SwapStore swaps, CancellationToken ct)
    {
        var rows = await database.ReadAsync(session => swaps.ListAsync(session, page.Workspace, page.Now), ct);
        return
        [
            .. rows.Where(r => r.StateAt(page.Now) == SwapState.Open)
                .Select(r => new SwapCard(SwapEndpoints.Of(new(r), page.Estate, page.Caller.User, page.Now), r.Asker == page.Caller.User))
                .OrderByDescending(c => c.Swap.MayAccept).ThenByDescending(c => c.Mine).ThenBy(c => c.Swap.From).Take(20),
        ];
    }

    public static CalendarLine CalendarOf(PageRequest page, IEnumerable<CalendarLink> links, string kind, string name, string? team)
    {
        var link = links.FirstOrDefault(l => l.Kind == kind && l.Name == name);
        var manages = kind == CalendarLinks.OfUser ? page.Caller.User == name : EntryRules.Manages(page.Caller, page.Estate, team);
        return new(kind, name, link?.MadeAt, link?.ReadAt, manages || (link is null && page.Frame.MayAct), manages);
    }

    /// <summary>The form for one shift, filled in so that it only needs to be sent.</summary>
    private static async Task<IResult> Ask(string schedule, HttpContext http, FrameFactory frames, CancellationToken ct, DateTimeOffset? from = null, DateTimeOffset? to = null)
    {
        var page = await frames.OpenAsync(http, ct);
        if (!page.Estate.Schedules.TryGetValue(schedule, out var compiled))
        {
            return Errors.NotFound(page.Frame);
        }

        var begin = from?.ToUniversalTime() is { } asked && asked > page.Now ? asked : page.Now;
        var end = to?.ToUniversalTime() is { } until && until > begin ? until : compiled.At(begin).Until ?? begin.AddDays(1);
        return new Rendered<CoverPage, CoverModel>(page.Frame, ModelOf(page, compiled.Schedule, page.Frame.Clock.Field(begin), page.Frame.Clock.Field(end), "", "", null));
    }

    private static async Task<IResult> Send(HttpContext http, FrameFactory frames, SwapDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var form = await http.Request.ReadFormAsync(ct);
        var (schedule, ask, note) = (form["schedule"].ToString(), form["ask"].ToString(), form["note"].ToString());
        if (!page.Estate.Model.Schedules.TryGetValue(schedule, out var known))
        {
            return Errors.NotFound(page.Frame);
        }

        var (from, to) = (page.Frame.Clock.Field(form["from"]), page.Frame.Clock.Field(form["to"]));
        var sent = from is null || to is null ? Error.Invalid("from", "Say from when until when.")
            : await desk.AskAsync(page.Caller, new(schedule, from.Value, to.Value, ask.Length == 0 ? null : ask) { Note = note }, ct);
        return sent.Ok
            ? Done.Well("/oncall", $"{(ask.Length == 0 ? "The team is" : $"{page.Frame.Person(ask)} is")} asked. You stay on call until somebody says yes.")
            : new Rendered<CoverPage, CoverModel>(
                page.Frame, ModelOf(page, known, form["from"].ToString(), form["to"].ToString(), ask, note, sent.Error.Detail), StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>"I take it": the reader, for a gap or for somebody.</summary>
    private static async Task<IResult> Take(HttpContext http, FrameFactory frames, CoverDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var form = await http.Request.ReadFormAsync(ct);
        var schedule = form["schedule"].ToString();
        var back = $"/schedules/{Uri.EscapeDataString(schedule)}";
        if (!Parsed(form["from"], out var from) || !Parsed(form["to"], out var to))
        {
            return Done.Refused(back, "Nothing was changed: the time was not understood.");
        }

        return Done.Of(await desk.AddAsync(page.Caller, new(schedule, page.Caller.User ?? "", from, to) { Reason = "took a gap" }, ct), back, change => $"You are on call. {change.Sentence}");
    }

    private static async Task<IResult> Remove(string schedule, long id, HttpContext http, FrameFactory frames, CoverDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return Done.Of(await desk.RemoveAsync(page.Caller, schedule, id, ct), $"/schedules/{Uri.EscapeDataString(schedule)}", change => $"Taken back. {change.Sentence}");
    }

    private static async Task<IResult> Answer(long id, string answer, HttpContext http, FrameFactory frames, SwapDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var user = page.Caller.User ?? "";
        var done = answer switch
        {
            "accept" => await desk.AcceptAsync(page.Workspace, id, user, page.Caller.Actor, ct),
            "decline" => await desk.DeclineAsync(page.Workspace, id, user, page.Caller.Actor, ct),
            "withdraw" => await desk.WithdrawAsync(page.Caller, id, ct),
            _ => Error.Invalid("answer", "Nothing was changed: the button was not understood."),
        };
        return Done.Of(done, "/oncall", change => answer switch
        {
            "accept" => $"You take it. {change.Sentence}",
            "decline" => $"{page.Frame.Person(change.Row.Asker)} knows that you can't.",
            _ => "Withdrawn.",
        });
    }

    private static async Task<IResult> Away(HttpContext http, FrameFactory frames, TimeOffDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var form = await http.Request.ReadFormAsync(ct);
        if (page.Frame.Clock.Field(form["from"]) is not { } from || page.Frame.Clock.Field(form["to"]) is not { } to)
        {
            return Done.Refused("/me#away", "Say from when until when you are away.");
        }

        return Done.Of(await desk.AddAsync(page.Caller, null, from, to, form["reason"], ct), "/me#away", change => change.Gaps.Count == 0
            ? "Entered. Somebody is on call everywhere."
            : $"Entered. Nobody is on call then: {string.Join("; ", change.Gaps.Take(3).Select(g => $"{g.Schedule} {ShiftWords.Span(g.From, g.To, page.Frame.Clock.Zone)}"))}{(change.Gaps.Count > 3 ? $"; and {change.Gaps.Count - 3} more" : "")}. Ask the team to cover it.");
    }

    private static async Task<IResult> Back(long id, HttpContext http, FrameFactory frames, TimeOffDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return Done.Of(await desk.RemoveAsync(page.Caller, id, ct), "/me#away", _ => "Taken back; you are on call again as the schedules say.");
    }

    private static async Task<IResult> Renew(string kind, string name, HttpContext http, FrameFactory frames, CalendarLinks links, PublicLinks addresses, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var made = await links.RenewAsync(page.Caller, kind, name, ct);
        return made.Ok
            ? new Rendered<CalendarAddressPage, CalendarAddressModel>(page.Frame, new(name, CalendarEndpoints.AddressOf(addresses, made.Value.Secret), BackTo(kind, name)))
            : Done.Refused(BackTo(kind, name), made.Error.Detail);
    }

    private static async Task<IResult> Revoke(string kind, string name, HttpContext http, FrameFactory frames, CalendarLinks links, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return Done.Of(await links.RevokeAsync(page.Caller, kind, name, ct), BackTo(kind, name), _ => "The calendar address no longer works.");
    }

    private static async Task<IResult> ShowLink(
        string token, HttpContext http, SwapLinks links, FrameFactory frames, Database database, SwapStore swaps, IEstates estates, CancellationToken ct)
    {
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        var said = Done.Take(http);
        return await FindAsync(token, http, links, frames, database, swaps, estates, ct) is { } found
            ? new Rendered<SwapLinkPage, SwapLinkModel>(found.Frame, found.Model with { Notice = said.Notice, Fault = said.Fault })
            : new Rendered<DeadLinkPage, DeadLinkModel>(frames.Outer(http), new(null), StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> AnswerLink(
        string token, HttpContext http, SwapLinks links, FrameFactory frames, Database database, SwapStore swaps, IEstates estates, SwapDesk desk, CancellationToken ct)
    {
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (links.Read(token) is not { } grant || !http.Request.HasFormContentType || await FindAsync(token, http, links, frames, database, swaps, estates, ct) is null)
        {
            return new Rendered<DeadLinkPage, DeadLinkModel>(frames.Outer(http), new(null), StatusCodes.Status404NotFound);
        }

        var form = await http.Request.ReadFormAsync(ct);
        var done = form["do"].ToString() switch
        {
            "accept" => await desk.AcceptAsync(grant.Workspace, grant.Swap, grant.User, $"user:{grant.User}", ct),
            "decline" => await desk.DeclineAsync(grant.Workspace, grant.Swap, grant.User, $"user:{grant.User}", ct),
            _ => Error.Invalid("do", "Nothing was changed: the button was not understood."),
        };
        return Done.Of(done, http.Request.Path, change => change.Row.State == SwapState.Accepted ? $"You take it. {change.Sentence}" : "They know that you can't.");
    }

    private static async Task<(Frame Frame, SwapLinkModel Model)?> FindAsync(
        string token, HttpContext http, SwapLinks links, FrameFactory frames, Database database, SwapStore swaps, IEstates estates, CancellationToken ct)
    {
        if (links.Read(token) is not { } grant || await estates.FindAsync(grant.Workspace, ct) is not { } estate
            || !estate.Model.Users.TryGetValue(grant.User, out var person) || person.Disabled
            || await database.ReadAsync(session => swaps.FindAsync(session, grant.Workspace, grant.Swap), ct) is not { } row)
        {
            return null;
        }

        var outer = frames.Outer(http);
        var zone = ShiftWords.ZoneOf(estate, grant.User, row.Schedule);
        var frame = outer with
        {
            User = grant.User,
            Clock = Clock.In(zone.Id, outer.Clock.Now),
            People = estate.Model.Users.Values.Where(u => u.FullName is not null).ToDictionary(u => u.Name, u => u.FullName!, StringComparer.Ordinal),
        };
        var back = row is { BackFrom: { } from, BackTo: { } to } ? ShiftWords.SpanWithZone(from, to, zone) : null;
        return (frame, new(SwapEndpoints.Of(new(row), estate, grant.User, outer.Clock.Now), grant.User, ShiftWords.SpanWithZone(row.From, row.To, zone), back, null, null));
    }

    private static CoverModel ModelOf(PageRequest page, Schedule schedule, string from, string to, string ask, string note, string? fault)
    {
        var team = schedule.Team is { } name ? page.Estate.Model.Teams.GetValueOrDefault(name) : null;
        IEnumerable<string> first = team?.Members ?? [];
        var people = first.Concat(page.Estate.Model.Users.Values.Where(u => u.Role != "viewer").Select(u => u.Name).Order(StringComparer.Ordinal))
            .Where(p => p != page.Caller.User && page.Estate.Model.Users.TryGetValue(p, out var user) && !user.Disabled).Distinct(StringComparer.Ordinal);
        return new(schedule.Name, from, to, ask, note, [.. people.Take(100)], schedule.Team, fault);
    }

    private static string BackTo(string kind, string name) => kind == CalendarLinks.OfUser ? "/me#calendar" : $"/schedules/{Uri.EscapeDataString(name)}#calendar";

    private static bool Parsed(string? text, out DateTimeOffset at) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out at);
}
