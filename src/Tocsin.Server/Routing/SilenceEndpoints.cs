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
using Tocsin.Sdk;

namespace Tocsin.Routing;

internal static class SilenceEndpoints
{
    private static readonly TimeSpan _shown = TimeSpan.FromDays(7);

    public static void MapSilences(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/silences").WithTags("Silences").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapPost("/preview", Preview);
        group.MapPost("/", Create).RequireAuthorization(Policies.Responder);
        group.MapDelete("/{id}", Expire).RequireAuthorization(Policies.Responder).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "It is declared in the estate's files."));
    }

    /// <summary>Silences that are pending, active, or ended in the last 7 days.</summary>
    internal static async Task<Ok<Page<SilenceView>>> List(
        ClaimsPrincipal user, Database database, IEstates estates, SilenceStore silences, TimeProvider clock, CancellationToken ct)
    {
        var (estate, now) = (await estates.OfAsync(user, ct), clock.GetUtcNow());
        var made = await database.ReadAsync(session => silences.ListAsync(session, estate.Workspace, now - _shown), ct);
        return TypedResults.Ok(new Page<SilenceView>([.. estate.Model.Silences.Concat(made).Select(s => Of(s, now))], null));
    }

    /// <summary>What a silence would mute of what fires now, with up to 20 examples. Changes nothing.</summary>
    internal static async Task<Results<Ok<SilencePreview>, ProblemHttpResult>> Preview(
        SilenceRequest request, ClaimsPrincipal user, IEstates estates, SilenceDesk desk, Database database, IncidentStore incidents, TimeProvider clock, CancellationToken ct)
    {
        var draft = Draft(request, "preview", clock.GetUtcNow());
        if (!draft.Ok)
        {
            return draft.Error.ToProblem();
        }

        var estate = await estates.OfAsync(user, ct);
        var muted = await desk.PreviewAsync(estate.Workspace, draft.Value, ct);
        if (!muted.Ok)
        {
            return muted.Error.ToProblem();
        }

        var examples = muted.Value.Take(20).ToList();
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
        return TypedResults.Ok(new SilencePreview(muted.Value.Count, [.. examples.Select(row => IncidentViews.Of(row, estate, []))], [.. numbers]));
    }

    /// <summary>Mutes alerts that match all of <c>match</c>, from <c>starts_at</c> (default now) until <c>ends_at</c> or for <c>for</c>.</summary>
    internal static async Task<Results<Created<SilenceView>, ProblemHttpResult>> Create(
        SilenceRequest request, ClaimsPrincipal user, SilenceDesk desk, TimeProvider clock, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var draft = Draft(request, caller.Actor, clock.GetUtcNow());
        var saved = draft.Ok ? await desk.SaveAsync(caller.Workspace, draft.Value, caller.Actor, ct) : draft;
        return saved.Ok ? TypedResults.Created($"/api/v1/silences/{saved.Value.Id}", Of(saved.Value, clock.GetUtcNow())) : saved.Error.ToProblem();
    }

    /// <summary>Ends a silence now. One that has ended stays as it is.</summary>
    internal static async Task<Results<Ok<SilenceView>, ProblemHttpResult>> Expire(
        string id, ClaimsPrincipal user, IEstates estates, SilenceDesk desk, TimeProvider clock, CancellationToken ct)
    {
        if ((await estates.OfAsync(user, ct)).Model.Silences.Any(s => s.Id == id))
        {
            return Error.Conflict("silence.managed", "This silence is declared in the estate's files; end it there.").ToProblem();
        }

        var caller = Caller.Of(user);
        var ended = await desk.ExpireAsync(caller.Workspace, id, caller.Actor, ct);
        return ended.Ok ? TypedResults.Ok(Of(ended.Value, clock.GetUtcNow())) : ended.Error.ToProblem();
    }

    public static Result<Silence> Draft(SilenceRequest request, string createdBy, DateTimeOffset now)
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
        return endsAt is { } end
            ? new Silence(Guid.NewGuid().ToString(), matchers, startsAt, end, createdBy, request.Comment ?? "")
            : Error.Invalid("ends_at", "Say until when ('ends_at', RFC 3339) or for how long ('for': 30m, 2h, 1d).");
    }

    /// <summary>The end of time for what would be later.</summary>
    private static DateTimeOffset After(DateTimeOffset start, TimeSpan span) => start > DateTimeOffset.MaxValue - span ? DateTimeOffset.MaxValue : start + span;

    public static SilenceView Of(Silence silence, DateTimeOffset now) => new(
        silence.Id, [.. silence.Match.Select(MatcherText.Format)], silence.StartsAt, silence.EndsAt, silence.CreatedBy, silence.Comment,
        silence.EndsAt <= now ? "expired" : silence.StartsAt > now ? "pending" : "active");
}
