using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Pages;

/// <summary>Channels and people, with the button that sends a real message and shows the provider's real answer.</summary>
internal static class ContactPageEndpoints
{
    public static void MapContactPages(this RouteGroupBuilder pages)
    {
        pages.MapGet("/channels", Channels);
        pages.MapGet("/users", Users);
        pages.MapGet("/teams", Teams);
        pages.MapPost("/channels/{name}/test", TestChannel).RequireAuthorization(Policies.Configure).AddEndpointFilter<FormFilter>();
        pages.MapPost("/users/{name}/{method}/test", TestContact).RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Channels(HttpContext http, FrameFactory frames, ContactReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return new Rendered<ChannelsPage, ChannelsModel>(page.Frame, new(await reader.ChannelsAsync(page, ct)));
    }

    private static async Task<IResult> Users(HttpContext http, FrameFactory frames, ContactReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        List<UserLine> users = [];
        foreach (var person in page.Estate.Model.Users.Values.OrderBy(u => u.Disabled).ThenBy(u => u.Name, StringComparer.Ordinal))
        {
            users.Add(await reader.UserAsync(page, person, ct));
        }

        return new Rendered<UsersPage, UsersModel>(page.Frame, new(users));
    }

    private static async Task<IResult> Teams(HttpContext http, FrameFactory frames, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var teams = page.Estate.Model.Teams.Values.OrderBy(t => t.Name, StringComparer.Ordinal).Select(team => new TeamLine(
            team.Name,
            team.Members,
            [
                .. page.Estate.Schedules.Values.Where(s => s.Schedule.Team == team.Name).OrderBy(s => s.Schedule.Name, StringComparer.Ordinal)
                    .Select(s => (s.Schedule.Name, s.At(page.Now).Users)),
            ],
            [.. page.Estate.Model.Services.Values.Where(s => s.Team == team.Name).Select(s => s.Name).Order(StringComparer.Ordinal)]));
        return new Rendered<TeamsPage, TeamsModel>(page.Frame, new([.. teams]));
    }

    private static async Task<IResult> TestChannel(string name, HttpContext http, FrameFactory frames, ContactTester tester, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return page.Estate.Model.Channels.TryGetValue(name, out var channel)
            ? Answer(await tester.TestAsync(page.Estate, ContactTester.SubjectOf(name), name, channel, page.Caller.Actor, ct), name, "/channels")
            : Done.Refused("/channels", $"There is no channel '{name}'.");
    }

    private static async Task<IResult> TestContact(
        string name, string method, HttpContext http, FrameFactory frames, ContactTester tester, CancellationToken ct, string? back = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var to = back == "me" ? "/me" : "/users";
        if (name != page.Caller.User && !page.Caller.May(Policies.Configure))
        {
            return Done.Refused(to, "Only administrators test other people's contact methods.");
        }

        return page.Estate.Model.Users.TryGetValue(name, out var person) && person.Contact.FirstOrDefault(c => c.Name == method) is { } contact
            ? Answer(await tester.TestAsync(page.Estate, ContactTester.SubjectOf(name, method), name, contact, page.Caller.Actor, ct), method, to)
            : Done.Refused(to, $"{name} has no contact method '{method}'.");
    }

    private static Done Answer(SendOutcome outcome, string name, string back)
    {
        var (kind, reason) = ContactTester.Say(outcome);
        return kind == ContactTester.Taken ? Done.Well(back, $"{name} took it: {reason}") : Done.Refused(back, $"{name} did not take it: {reason}");
    }
}

/// <summary>People and channels as their pages show them: no secret, and the last test's answer from the log.</summary>
internal sealed class ContactReader(Database database, EventLog log, NotifierRegistry notifiers, PublicLinks links)
{
    public async Task<IReadOnlyList<ChannelLine>> ChannelsAsync(PageRequest page, CancellationToken ct)
    {
        List<ChannelLine> lines = [];
        foreach (var channel in page.Estate.Model.Channels.Values.OrderBy(c => c.Name, StringComparer.Ordinal))
        {
            lines.Add(new(channel.Name, channel.Type, Settings(channel), await LastAsync(page.Workspace, ContactTester.SubjectOf(channel.Name), ct))
            {
                ReplyUrl = channel.Type == Twilio.Sms || (channel.Type == Slack.Type && channel.Settings.ContainsKey("signing_secret"))
                    ? links.Reply(channel.Type, page.Workspace)?.AbsoluteUri
                    : null,
            });
        }

        return lines;
    }

    public async Task<UserLine> UserAsync(PageRequest page, Person person, CancellationToken ct)
    {
        List<ContactLine> contact = [];
        foreach (var method in person.Contact)
        {
            var answer = await LastAsync(page.Workspace, ContactTester.SubjectOf(person.Name, method.Name), ct);
            contact.Add(new(method.Name, method.Type, Target(method), answer));
        }

        var teams = page.Estate.Model.Teams.Values.Where(t => t.Members.Contains(person.Name)).Select(t => t.Name).Order(StringComparer.Ordinal);
        return new(person.Name, person.FullName, person.Role, person.Email, person.TimeZone, person.Disabled, [.. teams], contact, Warning(person));
    }

    /// <summary>Why this person could not be woken; null when nothing is known to be in the way.</summary>
    private static string? Warning(Person person) => person switch
    {
        { Disabled: true } => null,
        { Contact.Count: 0 } => "No contact method: steps that name only this person fall through.",
        { Contact.Count: 1 } => "One contact method only: if it fails, nobody is woken.",
        _ => null,
    };

    private async Task<TestAnswer?> LastAsync(long workspace, string subject, CancellationToken ct) =>
        await database.ReadAsync(session => log.NewestAsync(session, workspace, subject, long.MaxValue, 1), ct) is [var last]
            ? new(last.Kind == ContactTester.Taken, last.Reason, last.At)
            : null;

    private IReadOnlyList<SettingLine> Settings(ContactMethod method)
    {
        var secrets = notifiers.Find(method.Type)?.Info.Settings.Where(s => s.Secret).Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. method.Settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s =>
            {
                var secret = secrets is null || secrets.Contains(s.Key);
                return new SettingLine(s.Key, secret ? Masked(s.Value) : s.Value, secret);
            }),
        ];
    }

    /// <summary>Whom or what a method reaches: not what belongs to the app behind it.</summary>
    private string Target(ContactMethod method)
    {
        var own = notifiers.Find(method.Type)?.Info.Settings.Where(s => s is { App: false, Key: not (ProviderSetting.FromKey or "updates") }).Select(s => s.Key).ToArray();
        return Settings(method).FirstOrDefault(s => !s.Secret && own?.Contains(s.Name, StringComparer.Ordinal) != false)?.Value ?? "";
    }

    /// <summary>Says that a secret is set, and enough of a long one to tell it from another.</summary>
    private static string Masked(string secret) => secret.Length >= 16 ? $"set, ends …{secret[^4..]}" : "set";
}
