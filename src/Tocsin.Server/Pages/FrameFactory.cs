using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Pages;

/// <summary>One request for a page: who asks, the configuration that holds for it, and what surrounds the page.</summary>
internal sealed record PageRequest(Caller Caller, EstateSnapshot Estate, Frame Frame)
{
    public long Workspace => Caller.Workspace;

    public DateTimeOffset Now => Frame.Clock.Now;
}

internal sealed class FrameFactory(Database database, IncidentStore incidents, EventLog log, IEstates estates, FormTokens forms, SampleData sample, TimeProvider clock)
{
    public const string ThemeCookie = "tocsin-theme";
    public const string KeysCookie = "tocsin-keys";
    private const string ZoneCookie = "tocsin-zone";

    /// <summary>Reads what every page shows. The sequence is read first: what happens later reaches the page through the stream.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<PageRequest> OpenAsync(HttpContext http, CancellationToken ct)
    {
        var caller = Caller.Of(http.User);
        var estate = await estates.OfAsync(http.User, ct);
        var (seq, waiting) = await database.ReadAsync(
            async session => (await log.LastAsync(session, caller.Workspace), await incidents.CountTriggeredAsync(session, caller.Workspace)), ct);
        var person = caller.User is { } name ? estate.Model.Users.GetValueOrDefault(name) : null;
        var now = clock.GetUtcNow();
        var (notice, fault) = Done.Take(http);
        return new(caller, estate, new()
        {
            User = caller.User ?? caller.Actor,
            Role = caller.Role.ToString().ToLowerInvariant(),
            Workspace = caller.WorkspaceName,
            Clock = Clock.In(person?.TimeZone ?? http.Request.Cookies[ZoneCookie], now),
            FormToken = forms.For(http),
            Fragment = Done.IsFragment(http.Request),
            Theme = Theme(http.Request),
            Keys = http.Request.Cookies[KeysCookie] != "off",
            Waiting = (int)waiting,
            OnCall = OnCall(estate, caller.User, now),
            Estate = new(estate.Model.Revision, null),
            Seq = seq,
            Notice = notice,
            Fault = fault,
            Demo = sample.IsHere,
            DemoPhones = sample.Phones?.ToString(),
            People = estate.Model.Users.Values.Where(u => u.FullName is not null).ToDictionary(u => u.Name, u => u.FullName!, StringComparer.Ordinal),
        });
    }

    /// <summary>The frame of pages before login, and of errors.</summary>
    public Frame Outer(HttpContext http) => new()
    {
        Clock = Clock.In(http.Request.Cookies[ZoneCookie], clock.GetUtcNow()),
        FormToken = forms.For(http),
        Theme = Theme(http.Request),
    };

    private static string Theme(HttpRequest request) => request.Cookies[ThemeCookie] is "light" or "dark" ? request.Cookies[ThemeCookie]! : "auto";

    /// <summary>Who is on call for the reader's teams; for somebody in no team, for all.</summary>
    private static IReadOnlyList<OnCallLine> OnCall(EstateSnapshot estate, string? user, DateTimeOffset now)
    {
        var teams = estate.Model.Teams.Values.Where(t => user is not null && t.Members.Contains(user)).Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var mine = estate.Schedules.Values.Where(s => s.Schedule.Team is { } team && teams.Contains(team)).ToList();
        return
        [
            .. (mine.Count > 0 ? mine : [.. estate.Schedules.Values]).OrderBy(s => s.Schedule.Name, StringComparer.Ordinal).Take(2).Select(s =>
            {
                var on = s.At(now);
                return new OnCallLine(s.Schedule.Name, on.Users, on.Until);
            }),
        ];
    }
}
