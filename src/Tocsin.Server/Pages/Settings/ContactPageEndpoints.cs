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
        pages.MapPost("/users/self-test", SaveSelfTest).RequireAuthorization(Policies.Admin).AddEndpointFilter<FormFilter>();
        pages.MapPost("/channels/{name}/test", TestChannel).RequireAuthorization(Policies.Configure).AddEndpointFilter<FormFilter>();
        pages.MapPost("/users/{name}/{method}/test", TestContact).RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Channels(HttpContext http, FrameFactory frames, ContactReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return new Rendered<ChannelsPage, ChannelsModel>(page.Frame, new(await reader.ChannelsAsync(page, ct)));
    }

    private static async Task<IResult> Users(HttpContext http, FrameFactory frames, ContactReader reader, SelfTestDesk selfTests, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        List<UserLine> users = [];
        foreach (var person in page.Estate.Model.Users.Values.OrderBy(u => u.Disabled).ThenBy(u => u.Name, StringComparer.Ordinal))
        {
            users.Add(await reader.UserAsync(page, person, ct));
        }

        return new Rendered<UsersPage, UsersModel>(page.Frame, new(users, (await selfTests.OfAsync(page.Workspace, ct)).Day));
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
            ? Answer(await tester.TestAsync(page.Estate, person, contact, page.Caller.Actor, ct), method, to)
            : Done.Refused(to, $"{name} has no contact method '{method}'.");
    }

    private static async Task<IResult> SaveSelfTest(HttpContext http, SelfTestDesk desk, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        if (form["on"] != "true")
        {
            await desk.SetAsync(Caller.Of(http.User), new(0), ct);
            return Done.Well("/users", "Contact methods are not tested each month.");
        }

        var day = int.TryParse(form["day"].ToString().Trim(), out var given) ? given : 0;
        if (SelfTestRules.Fault(day) is { } fault)
        {
            return Done.Refused("/users", fault.Detail);
        }

        await desk.SetAsync(Caller.Of(http.User), new(day), ct);
        return Done.Well("/users", $"Each contact method is tested once from day {day} of each month on.");
    }

    private static Done Answer(SendOutcome outcome, string name, string back)
    {
        var (kind, reason) = ContactTester.Say(outcome);
        return kind == ContactTester.Taken ? Done.Well(back, $"{name} took it: {reason}") : Done.Refused(back, $"{name} did not take it: {reason}");
    }
}

/// <summary>People and channels as their pages show them: no secret, and the last test's answer from the log.</summary>
internal sealed class ContactReader(Database database, EventLog log, NotifierRegistry notifiers, ContactProofs proofs, PublicLinks links)
{
    /// <summary>Among the last lines about a method is its last test.</summary>
    private const int MostLines = 10;

    private static readonly TimeSpan _answerable = TimeSpan.FromDays(7);

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
        var known = await database.ReadAsync(session => proofs.ReadAsync(session, page.Workspace), ct);
        List<ContactLine> contact = [];
        foreach (var method in person.Contact)
        {
            var answer = await LastAsync(page.Workspace, ContactTester.SubjectOf(person.Name, method.Name), ct);
            var proof = known.Of(person.Name, method);
            contact.Add(new(
                method.Name, method.Type, Target(method), answer, ReachWords.Of(proof?.StateAt(page.Now) ?? ProofState.Never), ReachWords.Says(proof, person.TimeZone, page.Now),
                proof is { AskedAt: { } asked } && !(proof.AnsweredAt >= asked) && page.Now - asked < _answerable));
        }

        var teams = page.Estate.Model.Teams.Values.Where(t => t.Members.Contains(person.Name)).Select(t => t.Name).Order(StringComparer.Ordinal);
        return new(person.Name, person.FullName, person.Role, person.Email, person.TimeZone, person.Disabled, [.. teams], contact, Warning(person, known, page));
    }

    /// <summary>Why this person could not be woken; null when nothing is known to be in the way.</summary>
    private static string? Warning(Person person, ProofBook known, PageRequest page)
    {
        if (person is { Disabled: true } or { Contact.Count: 0 })
        {
            return person.Disabled ? null : "No contact method: steps that name only this person fall through.";
        }

        var unproved = ReachWords.Warning(person, known, page.Now, own: page.Caller.User == person.Name);
        var alone = person.Contact.Count == 1 ? "One contact method only: if it fails, nobody is woken." : null;
        return unproved is not null && alone is not null ? $"{unproved} {alone}" : unproved ?? alone;
    }

    private async Task<TestAnswer?> LastAsync(long workspace, string subject, CancellationToken ct) =>
        (await database.ReadAsync(session => log.NewestAsync(session, workspace, subject, long.MaxValue, MostLines), ct))
        .FirstOrDefault(line => line.Kind is ContactTester.Taken or ContactTester.NotTaken or "page.failed") is { } last
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
