using Microsoft.AspNetCore.Http;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>One request for a page: who asks, the configuration that holds for it, and what surrounds the page.</summary>
internal sealed record PageRequest(Caller Caller, EstateSnapshot Estate, Frame Frame)
{
    public long Workspace => Caller.Workspace;

    public DateTimeOffset Now => Frame.Clock.Now;
}

internal sealed class FrameFactory(FrameFacts facts, IEstates estates, FormTokens forms, HeldForms held, TimeProvider clock)
{
    public const string ThemeCookie = "tocsin-theme";
    public const string KeysCookie = "tocsin-keys";
    public const string SoundCookie = "tocsin-sound";
    private const string ZoneCookie = "tocsin-zone";

    /// <summary>Reads what surrounds every page; call it before the page's own content is read.</summary>
    /// <exception cref="Data.StoreUnavailableException">The store does not answer.</exception>
    public async Task<PageRequest> OpenAsync(HttpContext http, CancellationToken ct)
    {
        var caller = Caller.Of(http.User);
        var estate = await estates.OfAsync(http.User, ct);
        var known = await facts.ReadAsync(caller.Workspace, caller.WorkspaceName, ct);
        var person = caller.User is { } name ? estate.Model.Users.GetValueOrDefault(name) : null;
        var now = clock.GetUtcNow();
        var (notice, fault) = Done.Take(http);
        return new(caller, estate, new()
        {
            User = caller.User ?? caller.Actor,
            Role = caller.Role.ToString().ToLowerInvariant(),
            Workspace = caller.WorkspaceName,
            Clock = Clock.In(person?.TimeZone ?? Zone(http.Request), now),
            ZoneIsDeclared = person?.TimeZone is not null,
            FormToken = forms.For(http),
            Fragment = Done.IsFragment(http.Request),
            Theme = Theme(http.Request),
            Keys = Kept(http.Request, KeysCookie) != "off",
            Sound = Kept(http.Request, SoundCookie) != "off",
            Waiting = (int)known.Waiting,
            OnCall = OnCall(estate, caller.User, now),
            Estate = new(estate.Model.Revision, known.EstateFault),
            Seq = known.Seq,
            Notice = notice,
            Fault = fault,
            Held = Done.IsFragment(http.Request) ? null : held.Take(http, caller),
            Demo = known.Demo,
            DemoPhones = known.DemoPhones,
            Unpaged = [.. estate.Model.Users.Values.Where(u => u.Disabled).Select(u => u.Name)],
            People = estate.Model.Users.Values.Where(u => u.FullName is not null).ToDictionary(u => u.Name, u => u.FullName!, StringComparer.Ordinal),
        });
    }

    /// <summary>The frame of pages before login, and of errors.</summary>
    public Frame Outer(HttpContext http) => new()
    {
        Clock = Clock.In(Zone(http.Request), clock.GetUtcNow()),
        FormToken = forms.For(http),
        Theme = Theme(http.Request),
    };

    /// <summary>The zone that the browser says it is in; null when it did not say, or said nothing that is known here.</summary>
    public static string? Zone(HttpRequest request) =>
        Kept(request, ZoneCookie) is { } zone && TimeZoneInfo.TryFindSystemTimeZoneById(Uri.UnescapeDataString(zone), out var known) ? known.Id : null;

    private static string Theme(HttpRequest request) => Kept(request, ThemeCookie) is { } theme and ("light" or "dark") ? theme : "auto";

    private static string? Kept(HttpRequest request, string name) => request.Cookies[HostCookie.NameFor(request, name)];

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
