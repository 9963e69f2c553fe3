using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Issues;
using Tocsin.Routing;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class IncidentPageEndpoints
{
    private static readonly string[] _shows = ["all", "people", "pages", "alerts", "decisions"];

    public static void MapIncidentPages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup("/i/{number:long}");
        group.MapGet("/", Show);
        group.MapGet("/explain", Explain);
        group.MapGet("/timeline.md", Timeline);

        var acts = group.MapGroup("").RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
        acts.MapPost("/acknowledge", Acknowledge);
        acts.MapPost("/resolve", Resolve);
        acts.MapPost("/escalate", Escalate);
        acts.MapPost("/snooze", Snooze);
        acts.MapPost("/notes", Note);
        acts.MapPost("/reassign", Reassign);
        acts.MapPost("/responders", Ask);
        acts.MapPost("/responders/answer", Answer);
        acts.MapPost("/issues/{id:long}/retry", RetryIssue);
        group.MapPost("/move-policy", MovePolicy).RequireAuthorization(Policies.Configure).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Show(
        long number, HttpContext http, FrameFactory frames, Database database, IncidentViews views, IncidentTelemetryReader telemetry, IncidentFindingsReader findings, CancellationToken ct, string show = "all")
    {
        var page = await frames.OpenAsync(http, ct);
        return await database.ReadAsync(session => views.DetailAsync(session, page.Estate, number), ct) is { } detail
            ? new Rendered<IncidentPage, IncidentModel>(page.Frame, new()
            {
                Detail = detail,
                Show = _shows.Contains(show) ? show : "all",
                Targets = Targets(page.Estate.Model),
                Policies = [.. page.Estate.Model.Policies.Keys.Order(StringComparer.Ordinal)],
                Telemetry = page.Frame.Fragment ? null : await telemetry.ReadAsync(page.Workspace, detail.Incident, detail.Alerts, ct),
                Findings = page.Frame.Fragment ? null : await findings.ReadAsync(page, detail, ct),
            })
            : Errors.NotFound(page.Frame);
    }

    private static async Task<IResult> Explain(
        long number, HttpContext http, FrameFactory frames, Database database, IncidentStore incidents, IncidentViews views, Explainer explainer, AbsenceExplainer absences,
        CancellationToken ct, string? user = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var asked = user is not null && page.Estate.Model.Users.ContainsKey(user) ? user : null;
        var (state, detail) = await database.ReadAsync(
            async session => (await incidents.FindAsync(session, page.Workspace, number), await views.DetailAsync(session, page.Estate, number)), ct);
        return state is null || detail is null
            ? Errors.NotFound(page.Frame)
            : new Rendered<WhyPage, ExplainModel>(page.Frame, new()
            {
                Incident = detail.Incident,
                Pages = [.. detail.Pages.OrderBy(p => p.DueAt)],
                Explanation = explainer.Recorded(page.Estate, state),
                Decisions = [.. detail.Timeline.Where(e => Words.Event(e.Kind, e.Actor).Group is "decisions" or "people" && e.Kind != "incident.note_added")],
                Started = state.CreatedAt,
                Users = [.. page.Estate.Model.Users.Keys.Order(StringComparer.Ordinal)],
                User = asked,
                Absences = asked is null ? [] : await absences.OfIncidentAsync(page.Estate, number, asked, ct) ?? [],
            });
    }

    /// <summary>The timeline as Markdown, for a post-mortem or a chat.</summary>
    private static async Task<IResult> Timeline(
        long number, HttpContext http, FrameFactory frames, Database database, IncidentViews views, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (await database.ReadAsync(session => views.DetailAsync(session, page.Estate, number), ct) is not { } detail)
        {
            return Errors.NotFound(page.Frame);
        }

        var text = new StringBuilder().Append("# #").Append(number).Append(' ').Append(OneLine(detail.Incident.Title)).Append("\n\n");
        text.Append("Times are in ").Append(page.Frame.Clock.ZoneName).Append(".\n");
        foreach (var day in detail.Timeline.OrderBy(e => e.Seq).GroupBy(e => page.Frame.Clock.Day(e.At)))
        {
            text.Append("\n## ").Append(day.Key).Append("\n\n");
            foreach (var e in day)
            {
                text.Append("- ").Append(page.Frame.Clock.Seconds(e.At)).Append(' ').Append(OneLine(e.Reason)).Append(" (").Append(e.Kind).Append(")\n");
            }
        }

        PageHeaders.Apply(http.Response);
        return TypedResults.Text(text.ToString(), "text/markdown; charset=utf-8");
    }

    private static Task<IResult> Acknowledge(long number, HttpContext http, IncidentDesk desk, CancellationToken ct, string? back = null) =>
        Act(http, number, back, caller => desk.AcknowledgeAsync(caller.Workspace, number, caller.Actor, ct), "is yours. Nobody else is paged.");

    private static Task<IResult> Resolve(long number, HttpContext http, IncidentDesk desk, CancellationToken ct, string? back = null) =>
        Act(http, number, back, caller => desk.ResolveAsync(caller.Workspace, number, caller.Actor, ct), "is resolved.");

    private static Task<IResult> Escalate(long number, HttpContext http, IncidentDesk desk, CancellationToken ct, string? back = null) =>
        Act(http, number, back, caller => desk.EscalateAsync(caller.Workspace, number, caller.Actor, ct), "is escalated: the next step is called.");

    private static async Task<IResult> Snooze(
        long number, HttpContext http, IncidentDesk desk, FrameFactory frames, CancellationToken ct, string? @for = null, string? until = null, string? back = null)
    {
        var page = await frames.OpenAsync(http, ct);
        DateTimeOffset? end = until is not null && TimeOnly.TryParse(until, out var time) ? page.Frame.Clock.Next(time)
            : @for is not null && DurationText.TryParse(@for, out var span) ? page.Now + span : null;
        return end is { } at
            ? await Act(http, number, back, caller => desk.SnoozeAsync(caller.Workspace, number, at, caller.Actor, ct), $"is snoozed until {page.Frame.Clock.Short(at)}.")
            : Done.Refused(Path(number, back), "Say for how long: 15m, 1h, or until 09:00.");
    }

    private static async Task<IResult> Reassign(long number, HttpContext http, IncidentDesk desk, CancellationToken ct)
    {
        var (form, caller) = (await http.Request.ReadFormAsync(ct), Caller.Of(http.User));
        var to = form["to"].ToString();
        return Done.Of(await desk.ReassignAsync(caller.Workspace, number, to, form["note"], caller.Actor, ct), Path(number, null), _ => $"#{number} is handed to {to.Replace(':', ' ')}, who is called now.");
    }

    private static async Task<IResult> Ask(long number, HttpContext http, IncidentDesk desk, CancellationToken ct)
    {
        var (form, caller) = (await http.Request.ReadFormAsync(ct), Caller.Of(http.User));
        var targets = form["targets"].OfType<string>().ToArray();
        return Done.Of(await desk.AskAsync(caller.Workspace, number, targets, form["note"], caller.Actor, ct), Path(number, null), _ => $"{Words.And([.. targets.Select(t => t.Replace(':', ' '))])} {(targets.Length == 1 ? "is" : "are")} asked to help.");
    }

    private static Task<IResult> Answer(long number, HttpContext http, IncidentDesk desk, CancellationToken ct, bool joins = true) =>
        Act(http, number, null, caller => desk.AnswerAsync(caller.Workspace, number, joins, caller.Actor, ct), joins ? "has you as a helper now." : "goes on without you.");

    private static async Task<IResult> RetryIssue(long number, long id, HttpContext http, IssueDesk desk, CancellationToken ct)
    {
        var caller = Caller.Of(http.User);
        var issue = await desk.FindAsync(caller.Workspace, id, ct);
        return issue?.Incident == number && await desk.RetryAsync(caller, id, ct)
            ? Done.Well($"/i/{number}", "It is tried again now.")
            : Done.Refused($"/i/{number}", Error.NotFound("issue", $"{id}").Detail);
    }

    private static Task<IResult> MovePolicy(long number, HttpContext http, IncidentDesk desk, CancellationToken ct) =>
        Act(http, number, null, caller => desk.MovePolicyAsync(caller.Workspace, number, caller.Actor, ct), "goes on by its policy as that is now.");

    /// <summary>Everybody who can be called by name, people first.</summary>
    private static IReadOnlyList<string> Targets(EstateModel model) =>
    [
        .. model.Users.Values.Where(u => !u.Disabled).Select(u => $"user:{u.Name}").Order(StringComparer.Ordinal),
        .. model.Teams.Keys.Select(t => $"team:{t}").Order(StringComparer.Ordinal),
        .. model.Schedules.Keys.Select(s => $"schedule:{s}").Order(StringComparer.Ordinal),
    ];

    private static async Task<IResult> Note(long number, HttpContext http, IncidentDesk desk, CancellationToken ct)
    {
        var text = (await http.Request.ReadFormAsync(ct))["text"].ToString();
        var caller = Caller.Of(http.User);
        var result = await desk.NoteAsync(caller.Workspace, number, text, caller.Actor, ct);
        return Done.Of(result, Path(number, null), _ => "The note is in the timeline.");
    }

    private static async Task<IResult> Act(HttpContext http, long number, string? back, Func<Caller, Task<Result<IncidentState>>> act, string outcome) =>
        Done.Of(await act(Caller.Of(http.User)), Path(number, back), _ => $"#{number} {outcome}");

    private static string Path(long number, string? back) => back == "inbox" ? "/" : $"/i/{number}";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Replace("<", "&lt;", StringComparison.Ordinal);
}
