using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>What a caller wrote into the address of a search; null: nothing.</summary>
internal sealed record LogParameters
{
    [Description("The beginning, included: an instant, or how long ago (`-15m`, `-2h`, `-7d`); default: an hour ago.")]
    [FromQuery(Name = "from")]
    public string? From { get; init; }

    [Description("The end, not included, in the same forms; default: now.")]
    [FromQuery(Name = "to")]
    public string? To { get; init; }

    [Description("Words, of which all must occur; `\"a phrase\"`, `-word` that must not occur, `start*`, `*end`, `*part*` in the middle of words, `/pattern/` for a regular expression without lookarounds and references.")]
    [FromQuery(Name = "q")]
    public string? Text { get; init; }

    [Description("debug, info, warning, error or critical: lines at least so bad.")]
    [FromQuery(Name = "level")]
    public string? Level { get; init; }

    [Description("Only lines of this service.")]
    [FromQuery(Name = "service")]
    public string? Service { get; init; }

    [Description("Only lines of this source.")]
    [FromQuery(Name = "source")]
    public string? Source { get; init; }

    [Description("Only lines of this environment.")]
    [FromQuery(Name = "environment")]
    public string? Environment { get; init; }

    [Description("Only lines of this trace.")]
    [FromQuery(Name = "trace_id")]
    public string? TraceId { get; init; }

    [Description("Only lines of this template.")]
    [FromQuery(Name = "template")]
    public long? Template { get; init; }

    /// <summary>The query that is meant, or what is wrong with it.</summary>
    public Result<LogQuery> Read(DateTimeOffset now)
    {
        if (LogTime.Read(From ?? "-1h", now) is not { } from)
        {
            return Error.Invalid("from", LogTime.Advice);
        }

        if (LogTime.Read(To ?? "-0s", now) is not { } to)
        {
            return Error.Invalid("to", LogTime.Advice);
        }

        if (to <= from)
        {
            return Error.Invalid("to", "It must be later than from.");
        }

        var least = LineLevel.Debug;
        if (Level is { Length: > 0 } level && (!Enum.TryParse(level, ignoreCase: true, out least) || !Enum.IsDefined(least) || char.IsAsciiDigit(level[0])))
        {
            return Error.Invalid("level", "Use debug, info, warning, error or critical: lines at least so bad.");
        }

        return LogText.Fault(Text ?? "") is { } fault
            ? Error.Invalid("q", fault)
            : new LogQuery
            {
                From = from,
                To = to,
                Text = Text ?? "",
                Least = least,
                Service = Service,
                Source = Source,
                Environment = Environment,
                TraceId = TraceId is { Length: > 0 } trace ? trace : null,
                Template = Template,
            };
    }
}

internal static class LogEndpoints
{
    public static void MapLogs(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/logs").WithTags("Logs").RequireAuthorization(Policies.Viewer);
        group.MapGet("", Search);
        group.MapGet("/histogram", Histogram);
        group.MapGet("/templates", Templates);
        group.MapGet("/tail", Tail).Produces<LogLineView>(contentType: "text/event-stream");
        group.MapGet("/{id}/context", Context);
    }

    /// <summary>Lines that match, newest first.</summary>
    /// <remarks>
    /// <c>from</c> and <c>to</c> are instants or like <c>-15m</c>; <c>q</c> holds words, of which all must occur, <c>"a phrase"</c>, <c>-word</c> that must not occur,
    /// <c>start*</c>, <c>*part*</c> and <c>/pattern/</c>; <c>level</c> is the least. Whole words are looked up; parts and patterns are looked for in every line of the time that nothing
    /// else excludes, so that a page of them is more often not <c>complete</c>: then <c>next</c> goes on.
    /// </remarks>
    /// <param name="limit">1 to 1000.</param>
    /// <param name="after">The <c>next</c> of the page before.</param>
    internal static async Task<Results<Ok<LogPageView>, ProblemHttpResult>> Search(
        [AsParameters] LogParameters asked, ClaimsPrincipal user, LogSearch search, TimeProvider clock, CancellationToken ct, [Range(1, 1_000)] int limit = 100, string? after = null)
    {
        if (limit is < 1 or > 1_000)
        {
            return Error.Invalid("limit", "Ask for 1 to 1000 lines.").ToProblem();
        }

        if (after is not null && LineKey.Parse(after) is null)
        {
            return Error.Invalid("after", "Pass the next of the page before, or leave it out.").ToProblem();
        }

        var query = asked.Read(clock.GetUtcNow());
        return query.Ok
            ? TypedResults.Ok(LogViews.Of(await search.SearchAsync(Caller.Of(user).Workspace, query.Value, limit, after, ct)))
            : query.Error.ToProblem();
    }

    /// <summary>How many lines match, by time and level. Without <c>q</c>, source, environment and trace it is answered from counters, for as long as 35 days back; else lines are counted for a second, the latest first, and <c>counted_from</c> says how far that came.</summary>
    /// <param name="buckets">1 to 1000; about so many come back, each whole minutes wide.</param>
    internal static async Task<Results<Ok<LogHistogramView>, ProblemHttpResult>> Histogram(
        [AsParameters] LogParameters asked, ClaimsPrincipal user, LogSearch search, TimeProvider clock, CancellationToken ct, int buckets = 60)
    {
        if (buckets is < 1 or > 1_000)
        {
            return Error.Invalid("buckets", "Ask for 1 to 1000 buckets.").ToProblem();
        }

        var query = asked.Read(clock.GetUtcNow());
        return query.Ok
            ? TypedResults.Ok(LogViews.Of(await search.HistogramAsync(Caller.Of(user).Workspace, query.Value, buckets, ct)))
            : query.Error.ToProblem();
    }

    /// <summary>The templates of log lines, those with the most lines first.</summary>
    /// <param name="service">Only of this service.</param>
    internal static async Task<Ok<Page<LogTemplateView>>> Templates(ClaimsPrincipal user, TemplateStore templates, CancellationToken ct, string? service = null) =>
        TypedResults.Ok(new Page<LogTemplateView>([.. (await templates.ListAsync(Caller.Of(user).Workspace, service, ct)).Select(LogViews.Of)], null));

    /// <summary>A line with its neighbours of the same service, newest first.</summary>
    /// <param name="before">So many earlier lines, 0 to 200.</param>
    /// <param name="after">So many later lines, 0 to 200.</param>
    internal static async Task<Results<Ok<LogPageView>, ProblemHttpResult>> Context(
        string id, ClaimsPrincipal user, LogSearch search, CancellationToken ct, int before = 20, int after = 20)
    {
        if (before is < 0 or > 200 || after is < 0 or > 200)
        {
            return Error.Invalid(before is < 0 or > 200 ? "before" : "after", "Ask for 0 to 200 lines.").ToProblem();
        }

        return await search.ContextAsync(Caller.Of(user).Workspace, id, before, after, ct) is { } page
            ? TypedResults.Ok(LogViews.Of(page))
            : Error.NotFound("line", id).ToProblem();
    }

    /// <summary>Lines that match as they are stored, as server-sent events; <c>from</c> and <c>to</c> don't count.</summary>
    /// <remarks>
    /// Each event has an <c>id</c>; who was cut off sends the last one back as <c>Last-Event-ID</c> (or <c>last</c>) and hears what was stored meanwhile, in the order in which it was
    /// stored, over a restart of the server and from another node too. With PostgreSQL, lines of the last seconds before the cut may come again then: the line's own <c>id</c> tells.
    /// A <c>missed</c> event says how many lines (<c>lines</c>, with <c>at_least</c>: or more) were left out because they came faster than they were taken, or because there were
    /// more than 5000 since; a <c>heartbeat</c> event comes at once and after each 15 s of silence.
    /// </remarks>
    /// <param name="last">The <c>id</c> of the last event that was heard, where no header can be sent.</param>
    internal static Task Tail(
        [AsParameters] LogParameters asked, HttpContext http, ClaimsPrincipal user, LogTailStream tail, TimeProvider clock, CancellationToken ct, string? last = null)
    {
        var query = (asked with { From = null, To = null }).Read(clock.GetUtcNow());
        var place = http.Request.Headers["Last-Event-ID"].FirstOrDefault() ?? last;
        return !query.Ok ? query.Error.ToProblem().ExecuteAsync(http)
            : place is { Length: > 0 } && TailPlace.Parse(place) is null ? Error.Invalid("last", "Pass the id of the last event, or leave it out to hear what is stored from now on.").ToProblem().ExecuteAsync(http)
            : tail.ServeAsync(http, Caller.Of(user).Workspace, query.Value, TailPlace.Parse(place), ct);
    }
}
