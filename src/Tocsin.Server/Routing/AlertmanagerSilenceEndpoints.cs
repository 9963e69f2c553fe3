using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Routing;

/// <summary>Silences as Alertmanager's API v2 has them, with its status codes: an unknown id is answered 404 without a body.</summary>
internal static class AlertmanagerSilenceEndpoints
{
    private const int MaxBodyBytes = 256 * 1024;

    /// <summary>How long an ended silence is listed, as long as Alertmanager does.</summary>
    private static readonly TimeSpan _shown = TimeSpan.FromHours(120);

    public static void MapAlertmanagerSilences(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithMetadata(new KeepsEmptyBodies());
        group.MapGet("/silences", ListAsync);
        group.MapGet("/silence/{id}", GetAsync);
        group.MapPost("/silences", SaveAsync).RequireAuthorization(Policies.Responder);
        group.MapDelete("/silence/{id}", ExpireAsync).RequireAuthorization(Policies.Responder);
    }

    private static async Task<IResult> ListAsync(HttpContext http, ClaimsPrincipal user, IEstates estates, Database database, SilenceStore silences, TimeProvider clock, CancellationToken ct)
    {
        var filter = AlertmanagerQuery.Matchers(http.Request.Query["filter"]);
        if (!filter.Ok)
        {
            return AlertmanagerEndpoints.Refuse(filter.Error);
        }

        var (estate, now) = (await estates.OfAsync(user, ct), clock.GetUtcNow());
        var creators = http.Request.Query["creator"];
        var all = await AllAsync(estate, database, silences, now, ct);
        var wanted = all.Where(s => filter.Value.All(f => s.Silence.Match.Contains(f.Matcher)) && (creators.Count == 0 || creators.Contains(s.Silence.CreatedBy)));
        return TypedResults.Json(
            [.. wanted.Select(s => GettableSilence.Of(s.Silence, s.UpdatedAt, now)).Order(GettableSilence.Urgency)], AlertmanagerJson.Default.IReadOnlyListGettableSilence);
    }

    private static async Task<IResult> GetAsync(
        string id, ClaimsPrincipal user, IEstates estates, Database database, SilenceStore silences, TimeProvider clock, CancellationToken ct)
    {
        var (estate, now) = (await estates.OfAsync(user, ct), clock.GetUtcNow());
        var (silence, updatedAt) = estate.Model.Silences.FirstOrDefault(s => s.Id == id) is { } declared
            ? (declared, declared.StartsAt)
            : await database.ReadAsync(session => silences.FindWithChangeAsync(session, estate.Workspace, id), ct);
        return silence is null
            ? TypedResults.NotFound()
            : TypedResults.Json(GettableSilence.Of(silence, updatedAt, now), AlertmanagerJson.Default.GettableSilence);
    }

    /// <summary>Makes a silence, or changes the one of a known id. One that has ended is not revived: it is answered with a new one's id.</summary>
    private static async Task<IResult> SaveAsync(
        HttpContext http, ClaimsPrincipal user, IEstates estates, SilenceGuard guard, Database database, SilenceStore silences, TimeProvider clock, CancellationToken ct)
    {
        var (body, refusal) = await RequestBody.ReadAsync(http.Request, MaxBodyBytes, ct);
        if (refusal is not null)
        {
            return TypedResults.Json(refusal.Detail, statusCode: refusal.Status);
        }

        var (caller, now) = (Caller.Of(user), clock.GetUtcNow());
        var draft = PostableSilence.Read(body.Span, now);
        if (!draft.Ok)
        {
            return AlertmanagerEndpoints.Refuse(draft.Error);
        }

        var (silence, estate) = (draft.Value, await estates.OfAsync(user, ct));
        if (silence.Id.Length > 0)
        {
            if (estate.Declares(silence.Id))
            {
                return Managed();
            }

            if (await database.ReadAsync(session => silences.FindAsync(session, caller.Workspace, silence.Id), ct) is not { } known)
            {
                return TypedResults.Json($"There is no silence {silence.Id}.", statusCode: StatusCodes.Status404NotFound);
            }

            if (known is { Repeats: not null } or { Services.Count: > 0 } or { Kind: SilenceKind.Maintenance })
            {
                return TypedResults.Json("This silence recurs or names services, which this API cannot say; change it in Tocsin.", statusCode: StatusCodes.Status400BadRequest);
            }

            silence = silence with { Id = known.EndsAt <= now ? "" : silence.Id, Owner = known.Owner, UntilResolved = known.UntilResolved };
        }

        // Its tools know no question; whoever means it says so in the address.
        var saved = await guard.MakeAsync(
            estate, caller, silence.Id.Length > 0 ? silence : silence with { Id = Guid.NewGuid().ToString() }, http.Request.Query["confirm"] == "true", ct);
        return saved.Ok ? TypedResults.Json(new PostedSilence(saved.Value.Id), AlertmanagerJson.Default.PostedSilence) : AlertmanagerEndpoints.Refuse(saved.Error);
    }

    private static async Task<IResult> ExpireAsync(string id, ClaimsPrincipal user, IEstates estates, SilenceDesk desk, CancellationToken ct)
    {
        if ((await estates.OfAsync(user, ct)).Declares(id))
        {
            return Managed();
        }

        var caller = Caller.Of(user);
        var ended = await desk.ExpireAsync(caller.Workspace, id, caller.Actor, ct);
        return ended.Ok ? TypedResults.Ok() : TypedResults.NotFound();
    }

    private static JsonHttpResult<string> Managed() =>
        TypedResults.Json("This silence is declared in the estate's files; change it there.", statusCode: StatusCodes.Status409Conflict);

    /// <summary>The estate's silences, then those that people made; ended ones for a while.</summary>
    private static async Task<List<(Silence Silence, DateTimeOffset UpdatedAt)>> AllAsync(
        EstateSnapshot estate, Database database, SilenceStore silences, DateTimeOffset now, CancellationToken ct)
    {
        var made = await database.ReadAsync(session => silences.ListWithChangesAsync(session, estate.Workspace, now - _shown), ct);
        return [.. estate.Model.Silences.Where(s => s.EndsAt > now - _shown).Select(s => (s, s.StartsAt)), .. made.Where(s => s.Silence.Kind == SilenceKind.Silence)];
    }

    private sealed class KeepsEmptyBodies : ISkipStatusCodePagesMetadata;
}

/// <param name="Id">Null or empty: a new one.</param>
internal sealed record PostableSilence(
    string? Id, IReadOnlyList<PostableMatcher?>? Matchers, DateTimeOffset? StartsAt, DateTimeOffset? EndsAt, string? CreatedBy, string? Comment)
{
    /// <returns>A silence whose id is empty if it is to be a new one; or an error that names what is missing.</returns>
    public static Result<Silence> Read(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        PostableSilence? posted;
        try
        {
            posted = JsonSerializer.Deserialize(body, AlertmanagerJson.Default.PostableSilence);
        }
        catch (JsonException e)
        {
            return Error.Invalid("body", JsonFault.Sentence(e, AlertmanagerJson.Default.PostableSilence));
        }

        return posted switch
        {
            null => Error.Invalid("body", "The body is empty; send a silence."),
            { Matchers: not { Count: > 0 } } => Missing("matchers"),
            { StartsAt: null } => Missing("startsAt"),
            { EndsAt: null } => Missing("endsAt"),
            { CreatedBy: null } => Missing("createdBy"),
            { Comment: null } => Missing("comment"),
            _ when posted.Matchers.Any(m => m is not { Name.Length: > 0, Value: not null, IsRegex: not null }) =>
                Error.Invalid("matchers", "Each of matchers needs name, value and isRegex."),
            _ when posted.EndsAt <= posted.StartsAt => Error.Invalid("endsAt", "A silence must end after it starts."),
            _ when posted.EndsAt <= now => Error.Invalid("endsAt", "A silence cannot end in the past."),
            _ => new Silence(
                posted.Id ?? "", [.. posted.Matchers.Select(m => m!.ToMatcher())], posted.StartsAt < now && string.IsNullOrEmpty(posted.Id) ? now : posted.StartsAt.Value,
                posted.EndsAt.Value, posted.CreatedBy, posted.Comment),
        };
    }

    private static Error Missing(string member) => Error.Invalid(member, $"A silence needs {member}.");
}

/// <param name="IsEqual">Null: true.</param>
internal sealed record PostableMatcher(string? Name, string? Value, bool? IsRegex, bool? IsEqual)
{
    public static PostableMatcher Of(Matcher matcher) => new(
        matcher.Name, matcher.Value, matcher.Op is MatchOp.Regex or MatchOp.NotRegex, matcher.Op is MatchOp.Equal or MatchOp.Regex);

    public Matcher ToMatcher() => new(Name!, (IsRegex, IsEqual) switch
    {
        (true, false) => MatchOp.NotRegex,
        (true, _) => MatchOp.Regex,
        (_, false) => MatchOp.NotEqual,
        _ => MatchOp.Equal,
    }, Value!);
}

internal sealed record PostedSilence(string SilenceID);

internal sealed record GettableSilence(
    string Id, GettableSilenceStatus Status, DateTimeOffset UpdatedAt, string Comment, string CreatedBy, DateTimeOffset EndsAt,
    IReadOnlyList<PostableMatcher> Matchers, DateTimeOffset StartsAt)
{
    /// <summary>Active ones first, the next to end foremost; then pending ones, the next to start foremost; then those that ended last.</summary>
    public static IComparer<GettableSilence> Urgency { get; } = Comparer<GettableSilence>.Create(static (a, b) =>
        Key(a).CompareTo(Key(b)) is not 0 and var order ? order : string.CompareOrdinal(a.Id, b.Id));

    public static GettableSilence Of(Silence silence, DateTimeOffset updatedAt, DateTimeOffset now) => new(
        silence.Id, new(SilenceEndpoints.Of(silence, now).Status), updatedAt, silence.Comment, silence.CreatedBy, silence.EndsAt, [.. silence.Match.Select(PostableMatcher.Of)], silence.StartsAt);

    private static (int, long) Key(GettableSilence silence) => silence.Status.State switch
    {
        "active" => (0, silence.EndsAt.UtcTicks),
        "pending" => (1, silence.StartsAt.UtcTicks),
        _ => (2, -silence.EndsAt.UtcTicks),
    };
}

internal sealed record GettableSilenceStatus(string State);
