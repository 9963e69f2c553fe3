using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.OnCall;
using Tocsin.Sdk;

namespace Tocsin.Routing;

internal static class SilenceEndpoints
{
    private static readonly TimeSpan _shown = TimeSpan.FromDays(7);

    public static void MapSilences(this IEndpointRouteBuilder routes)
    {
        Map(routes.MapGroup("/api/v1/silences"), SilenceKind.Silence);
        Map(routes.MapGroup("/api/v1/maintenance"), SilenceKind.Maintenance);
    }

    /// <summary>Maintenance windows are silences with another name and the same guards.</summary>
    private static void Map(RouteGroupBuilder group, SilenceKind kind)
    {
        group.WithTags("Silences").RequireAuthorization(Policies.Viewer);
        Refuses managed = new(StatusCodes.Status409Conflict, "It is declared in the estate's files, or has ended.");
        group.MapGet("/", (ClaimsPrincipal user, Database database, IEstates estates, SilenceStore silences, TimeProvider clock, CancellationToken ct) =>
            List(kind, user, database, estates, silences, clock, ct)).WithSummary(kind == SilenceKind.Silence
                ? "Silences that are pending, active, or ended in the last 7 days."
                : "Maintenance windows that are pending, active, or ended in the last 7 days.");
        group.MapPost("/preview", (SilenceRequest request, ClaimsPrincipal user, IEstates estates, SilenceGuard guard, Database database, IncidentStore incidents, TimeProvider clock, CancellationToken ct) =>
            Preview(kind, request, user, estates, guard, database, incidents, clock, ct))
            .WithSummary("What it would mute of what fires now, with up to 20 examples, and what it would have muted in the last 7 days. Changes nothing.");
        group.MapPost("/", (SilenceRequest request, ClaimsPrincipal user, IEstates estates, SilenceGuard guard, TimeProvider clock, CancellationToken ct) =>
            Create(kind, request, user, estates, guard, clock, ct)).RequireAuthorization(Policies.Responder)
            .WithMetadata(new Refuses(StatusCodes.Status409Conflict, "It mutes much, and was not confirmed."), new Refuses(StatusCodes.Status403Forbidden, "It mutes everything, and the caller is no administrator."))
            .WithSummary("Mutes alerts that match all of match, and belong to one of services, from starts_at (default now) until ends_at or for \"for\".");
        group.MapPost("/{id}/extend", (string id, ExtendRequest request, ClaimsPrincipal user, IEstates estates, SilenceGuard guard, TimeProvider clock, CancellationToken ct) =>
            Extend(id, request, user, estates, guard, clock, ct)).RequireAuthorization(Policies.Responder).WithMetadata(managed)
            .WithSummary("Moves its end. Each call moves it further.");
        group.MapDelete("/{id}", (string id, ClaimsPrincipal user, IEstates estates, SilenceDesk desk, TimeProvider clock, CancellationToken ct) =>
            Expire(id, user, estates, desk, clock, ct)).RequireAuthorization(Policies.Responder).WithMetadata(managed)
            .WithSummary("Ends it now. One that has ended stays as it is.");
    }

    private static async Task<Ok<Page<SilenceView>>> List(
        SilenceKind kind, ClaimsPrincipal user, Database database, IEstates estates, SilenceStore silences, TimeProvider clock, CancellationToken ct)
    {
        var (estate, now) = (await estates.OfAsync(user, ct), clock.GetUtcNow());
        return TypedResults.Ok(new Page<SilenceView>(await AllAsync(kind, estate, database, silences, now, ct), null));
    }

    /// <summary>Those that the estate declares, then those that people made and that have not ended for long.</summary>
    public static async Task<IReadOnlyList<SilenceView>> AllAsync(
        SilenceKind kind, EstateSnapshot estate, Database database, SilenceStore silences, DateTimeOffset now, CancellationToken ct)
    {
        var made = await database.ReadAsync(session => silences.ListAsync(session, estate.Workspace, now - _shown), ct);
        var declared = kind == SilenceKind.Silence ? estate.Model.Silences : estate.Model.Maintenance;
        return [.. declared.Select(s => Of(s, now) with { Declared = true }), .. made.Where(s => s.Kind == kind).Select(s => Of(s, now))];
    }

    private static async Task<Results<Ok<SilencePreview>, ProblemHttpResult>> Preview(
        SilenceKind kind, SilenceRequest request, ClaimsPrincipal user, IEstates estates, SilenceGuard guard, Database database, IncidentStore incidents, TimeProvider clock, CancellationToken ct)
    {
        var draft = Draft(request, kind, "preview", clock.GetUtcNow());
        var preview = draft.Ok ? await PreviewAsync(await estates.OfAsync(user, ct), draft.Value, guard, database, incidents, ct) : draft.Error;
        return preview.Ok ? TypedResults.Ok(preview.Value) : preview.Error.ToProblem();
    }

    public static async Task<Result<SilencePreview>> PreviewAsync(
        EstateSnapshot estate, Silence draft, SilenceGuard guard, Database database, IncidentStore incidents, CancellationToken ct)
    {
        var reach = await guard.ReachAsync(estate, draft, ct);
        var past = reach.Ok ? await guard.PastAsync(estate, draft, ct) : reach.Error;
        if (!reach.Ok || !past.Ok)
        {
            return (reach.Error ?? past.Error)!;
        }

        var examples = reach.Value.Muted.Take(20).ToList();
        var numbers = await database.ReadAsync(
            async session =>
            {
                SortedSet<long> found = [];
                foreach (var row in examples)
                {
                    found.UnionWith(await incidents.OfAlertAsync(session, estate.Workspace, row.Id));
                }

                return found;
            },
            ct);
        return new SilencePreview(reach.Value.Muted.Count, [.. examples.Select(row => IncidentViews.Of(row, estate, []))], [.. numbers])
        {
            Firing = reach.Value.Firing,
            Doubt = reach.Value.Doubt,
            Total = reach.Value.IsTotal,
            Past = past.Value,
        };
    }

    private static async Task<Results<Created<SilenceView>, ProblemHttpResult>> Create(
        SilenceKind kind, SilenceRequest request, ClaimsPrincipal user, IEstates estates, SilenceGuard guard, TimeProvider clock, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var draft = Draft(request, kind, caller.Actor, clock.GetUtcNow());
        var saved = draft.Ok ? await guard.MakeAsync(await estates.OfAsync(user, ct), caller, draft.Value, request.Confirm == true, ct) : draft;
        return saved.Ok
            ? TypedResults.Created($"/api/v1/{(kind == SilenceKind.Silence ? "silences" : "maintenance")}/{saved.Value.Id}", Of(saved.Value, clock.GetUtcNow()))
            : saved.Error.ToProblem();
    }

    private static async Task<Results<Ok<SilenceView>, ProblemHttpResult>> Extend(
        string id, ExtendRequest request, ClaimsPrincipal user, IEstates estates, SilenceGuard guard, TimeProvider clock, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        if (estate.Declares(id))
        {
            return Managed().ToProblem();
        }

        if (request.For is null || !DurationText.TryParse(request.For, out var by) || by <= TimeSpan.Zero)
        {
            return Error.Invalid("for", "Say how much longer: 30m, 2h, 1d.").ToProblem();
        }

        var longer = await guard.ExtendAsync(estate, id, by, Caller.Of(user).Actor, ct);
        return longer.Ok ? TypedResults.Ok(Of(longer.Value, clock.GetUtcNow())) : longer.Error.ToProblem();
    }

    private static async Task<Results<Ok<SilenceView>, ProblemHttpResult>> Expire(
        string id, ClaimsPrincipal user, IEstates estates, SilenceDesk desk, TimeProvider clock, CancellationToken ct)
    {
        if ((await estates.OfAsync(user, ct)).Declares(id))
        {
            return Managed().ToProblem();
        }

        var caller = Caller.Of(user);
        var ended = await desk.ExpireAsync(caller.Workspace, id, caller.Actor, ct);
        return ended.Ok ? TypedResults.Ok(Of(ended.Value, clock.GetUtcNow())) : ended.Error.ToProblem();
    }

    public static Error Managed() => Error.Conflict("silence.managed", "This is declared in the estate's files; change it there.");

    public static Result<Silence> Draft(SilenceRequest request, SilenceKind kind, string createdBy, DateTimeOffset now)
    {
        List<Matcher> matchers = [];
        foreach (var (at, text) in (request.Match ?? []).Index())
        {
            var parsed = text is null ? Error.Invalid($"match[{at}]", "A matcher is text, such as service=\"checkout\".") : MatcherText.Parse(text);
            if (!parsed.Ok)
            {
                return parsed.Error;
            }

            matchers.AddRange(parsed.Value);
        }

        var startsAt = (request.StartsAt ?? now).ToUniversalTime();
        var endsAt = request.EndsAt?.ToUniversalTime() ?? (request.For is { } length && DurationText.TryParse(length, out var span) ? After(startsAt, span) : null);
        var times = Times(request);
        return !times.Ok ? times.Error
            : endsAt is { } end ? new Silence(Guid.NewGuid().ToString(), matchers, startsAt, end, createdBy, request.Comment?.Trim() ?? "")
            {
                Kind = kind,
                Services = [.. request.Services ?? []],
                Repeats = times.Value.Times,
                UntilResolved = request.UntilResolved == true,
                Owner = string.IsNullOrWhiteSpace(request.Owner) ? null : request.Owner.Trim(),
            }
            : Error.Invalid("ends_at", "Say until when ('ends_at', RFC 3339) or for how long ('for': 30m, 2h, 1d).");
    }

    private static Result<Recurrence> Times(SilenceRequest request)
    {
        if (request is { From: null, To: null })
        {
            return request is { Days: null or { Count: 0 }, TimeZone: null }
                ? new Recurrence(null)
                : Error.Invalid("from", "For a silence that recurs say from when until when each day: 'from' and 'to', such as 22:00 and 04:00.");
        }

        if (request.From is not { } from || request.To is not { } to || !EstateTable.TryTimeOfDay(from, out var begins) || !EstateTable.TryTimeOfDay(to, out var ends))
        {
            return Error.Invalid(request.From is null || !EstateTable.TryTimeOfDay(request.From, out _) ? "from" : "to", "Both 'from' and 'to' are times of day, such as 22:00 and 04:00.");
        }

        List<DayOfWeek> days = [];
        foreach (var text in request.Days ?? [])
        {
            if (!EstateTable.TryWeekday(text ?? "", out var day))
            {
                return Error.Invalid("days", "Days are mon, tue, wed, thu, fri, sat and sun.");
            }

            days.Add(day);
        }

        return request.TimeZone is { } zone && ZoneRules.Has(zone)
            ? new Recurrence(new(zone, days, begins, ends))
            : Error.Invalid("time_zone", "Say in which IANA time zone: 'time_zone', such as Europe/Berlin.");
    }

    /// <summary>The end of time for what would be later.</summary>
    private static DateTimeOffset After(DateTimeOffset start, TimeSpan span) => start > DateTimeOffset.MaxValue - span ? DateTimeOffset.MaxValue : start + span;

    public static SilenceView Of(Silence silence, DateTimeOffset now)
    {
        var next = SilenceSet.NowOrNext(silence, now);
        return new(
            silence.Id, [.. silence.Match.Select(MatcherText.Format)], silence.StartsAt, silence.EndsAt, silence.CreatedBy, silence.Comment,
            silence.EndsAt <= now || next is null ? "expired" : next.Value.From > now ? "pending" : "active")
        {
            Kind = silence.Kind.ToString().ToLowerInvariant(),
            Services = silence.Services,
            Repeats = silence.Repeats?.ToString(),
            UntilResolved = silence.UntilResolved,
            Owner = silence.Owner,
            MutesFrom = next?.From,
            MutesUntil = next?.To,
        };
    }

    /// <param name="Times">Null: it does not recur.</param>
    private sealed record Recurrence(WeeklyTimes? Times);
}
