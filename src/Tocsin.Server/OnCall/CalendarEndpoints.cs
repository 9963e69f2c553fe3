using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.Sdk;

namespace Tocsin.OnCall;

internal static class CalendarEndpoints
{
    public static void MapCalendars(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/calendar-links").WithTags("On call").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapPost("/{kind}/{name}", Renew).RequireAuthorization(Policies.Responder);
        group.MapDelete("/{kind}/{name}", Revoke).RequireAuthorization(Policies.Responder);

        // Calendar programs cannot log in: the secret in the path is the credential, and opens this one calendar only.
        routes.MapGet("/ical/{secret}.ics", Feed).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The calendar addresses of schedules and the caller's own, without their secrets; administrators see all.</summary>
    internal static async Task<Ok<Page<CalendarLinkView>>> List(ClaimsPrincipal user, Database database, CalendarLinks links, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var all = await database.ReadAsync(session => links.ListAsync(session, caller.Workspace), ct);
        return TypedResults.Ok(new Page<CalendarLinkView>(
            [.. all.Where(l => l.Kind == CalendarLinks.OfSchedule || l.Name == caller.User || caller.May(Policies.Configure)).Select(l => Of(l, null))], null));
    }

    /// <summary>
    /// Makes the calendar address of a schedule or a person, or a new one in the place of the old, which no longer works. Only this answer has it: it is
    /// stored as a hash.
    /// </summary>
    /// <param name="kind">schedule or user.</param>
    /// <param name="name">Which.</param>
    internal static async Task<Results<Ok<CalendarLinkView>, ProblemHttpResult>> Renew(
        string kind, string name, ClaimsPrincipal user, CalendarLinks links, PublicLinks addresses, CancellationToken ct)
    {
        var made = await links.RenewAsync(Caller.Of(user), kind, name, ct);
        return made.Ok ? TypedResults.Ok(Of(made.Value.Link, AddressOf(addresses, made.Value.Secret))) : made.Error.ToProblem();
    }

    /// <summary>Ends a calendar address: whoever has it reads nothing any more. Idempotent.</summary>
    /// <param name="kind">schedule or user.</param>
    /// <param name="name">Which.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Revoke(string kind, string name, ClaimsPrincipal user, CalendarLinks links, CancellationToken ct)
    {
        var ended = await links.RevokeAsync(Caller.Of(user), kind, name, ct);
        return ended.Ok ? TypedResults.NoContent() : ended.Error.ToProblem();
    }

    private static async Task<IResult> Feed(
        string secret, HttpContext http, CalendarLinks links, IEstates estates, PublicLinks addresses, TimeProvider clock, CancellationToken ct)
    {
        if (secret.Length > 64 || await links.FindAsync(secret, ct) is not { } link
            || await estates.FindAsync(link.Workspace, ct) is not { } estate || ShiftFeed.Of(estate, link.Kind, link.Name, clock.GetUtcNow()) is not { } shifts)
        {
            return Error.NotFound("calendar", "of this address").ToProblem();
        }

        link = await links.ReadAsync(link, ShiftFeed.HashOf(estate, link.Kind, link.Name, shifts), ct);
        var etag = $"\"{link.ContentHash}-{link.Version}\"";
        http.Response.Headers.ETag = etag;
        http.Response.Headers.CacheControl = "private, max-age=300";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return http.Request.Headers.IfNoneMatch.ToString().Split(',', StringSplitOptions.TrimEntries).Any(known => known == etag || known == $"W/{etag}" || known == "*")
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Text(ShiftFeed.Write(estate, link.Kind, link.Name, shifts, link.Version, link.ChangedAt, addresses.BaseUrl), "text/calendar; charset=utf-8");
    }

    /// <summary>The address, or its path where the installation's own address is not known.</summary>
    public static string AddressOf(PublicLinks addresses, string secret) => $"{addresses.BaseUrl}/ical/{secret}.ics";

    private static CalendarLinkView Of(CalendarLink link, string? url) => new(link.Kind, link.Name, url, link.MadeBy, link.MadeAt, link.ReadAt);
}
