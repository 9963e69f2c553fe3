using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;
using Tocsin.OnCall;

namespace Tocsin.Pages;

/// <summary>The form that puts somebody on call for a while. Works without JavaScript.</summary>
internal static class OverridePageEndpoints
{
    private static readonly TimeSpan _usual = TimeSpan.FromHours(4);

    public static void MapOverridePages(this RouteGroupBuilder pages)
    {
        var acts = pages.MapGroup("/schedules/{name}/override").RequireAuthorization(Policies.Responder);
        acts.MapGet("/", Ask);
        acts.MapPost("/", Send).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Ask(
        string name, HttpContext http, FrameFactory frames, CancellationToken ct, DateTimeOffset? from = null, DateTimeOffset? to = null, string? instead = null)
    {
        var page = await frames.OpenAsync(http, ct);
        if (!page.Estate.Schedules.TryGetValue(name, out var schedule))
        {
            return Errors.NotFound(page.Frame);
        }

        // What has passed of a shift stays as it was.
        var begin = from?.ToUniversalTime() is { } asked && asked > page.Now ? asked : page.Now;
        var end = to?.ToUniversalTime() is { } until && until > begin && until - begin < TimeSpan.FromDays(366) ? until : begin + _usual;
        var on = schedule.At(begin).Users;
        var model = new OverrideModel { Schedule = name, TimeZone = schedule.Schedule.TimeZone, From = page.Frame.Clock.Field(begin), To = page.Frame.Clock.Field(end), Instead = instead is not null && on.Count > 1 && on.Contains(instead) ? instead : "", OnCall = on };
        return new Rendered<OverridePage, OverrideModel>(page.Frame, With(page, schedule, model));
    }

    private static async Task<IResult> Send(string name, HttpContext http, FrameFactory frames, CoverDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (!page.Estate.Schedules.TryGetValue(name, out var schedule))
        {
            return Errors.NotFound(page.Frame);
        }

        var form = await http.Request.ReadFormAsync(ct);
        var (from, to) = (page.Frame.Clock.Field(form["from"]), page.Frame.Clock.Field(form["to"]));
        var model = With(page, schedule, new()
        {
            Schedule = name,
            TimeZone = schedule.Schedule.TimeZone,
            User = form["user"].ToString(),
            From = form["from"].ToString(),
            To = form["to"].ToString(),
            Instead = form["instead"].ToString(),
            Reason = form["reason"].ToString(),
            OnCall = from is { } at ? schedule.At(at).Users : [],
        });
        IResult Again(string fault) => new Rendered<OverridePage, OverrideModel>(page.Frame, model with { Fault = fault }, StatusCodes.Status422UnprocessableEntity);
        if (from is not { } begin || to is not { } end)
        {
            return Again("Say from when until when.");
        }

        var draft = new CoverDraft(name, model.User, begin, end) { InsteadOf = model.Instead.Length == 0 ? null : model.Instead, Reason = model.Reason };
        if (form["do"] == "save")
        {
            var added = await desk.AddAsync(page.Caller, draft, ct);
            return added.Ok ? Done.Well($"/schedules/{Uri.EscapeDataString(name)}", added.Value.Sentence) : Again(added.Error.Detail);
        }

        var sentence = desk.Foretell(page.Caller, page.Estate, draft);
        return sentence.Ok ? new Rendered<OverridePage, OverrideModel>(page.Frame, model with { Sentence = sentence.Value }) : Again(sentence.Error.Detail);
    }

    private static OverrideModel With(PageRequest page, CompiledSchedule schedule, OverrideModel model)
    {
        var self = page.Caller.User;
        var managed = EntryRules.Manages(page.Caller, page.Estate, schedule.Schedule.Team);
        var people = managed ? PeopleOf(page, schedule.Schedule.Team) : self is null ? [] : [self];
        var user = model.User.Length > 0 ? model.User : people.FirstOrDefault(p => !model.OnCall.Contains(p)) ?? (people is [var first, ..] ? first : "");
        return model with { People = people, OnlySelf = !managed, User = user };
    }

    /// <summary>Everybody who can be on call, the team's members first.</summary>
    public static IReadOnlyList<string> PeopleOf(PageRequest page, string? team)
    {
        IEnumerable<string> first = team is not null && page.Estate.Model.Teams.TryGetValue(team, out var known) ? known.Members : [];
        return [.. first.Concat(page.Estate.Model.Users.Keys.Order(StringComparer.Ordinal)).Where(p => page.Estate.Model.Users.TryGetValue(p, out var user) && !user.Disabled).Distinct(StringComparer.Ordinal)];
    }
}
