using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Providers;

namespace Tocsin.Notify;

/// <summary>
/// What people do by answering a page: whoever has the account in the estate acts, as on the incident's page and with the same rights.
/// An account that nobody has acts on nothing.
/// </summary>
internal sealed class ReplyDesk(Database database, IncidentDesk desk, PageStore pages, AccountStore accounts, ReplyStore seen, PublicLinks links, DeliveryReports reports, LinkDesk linking, TimeProvider clock)
{
    private static readonly TimeSpan _snooze = TimeSpan.FromHours(1);

    /// <summary>Does what was asked, each act by itself.</summary>
    /// <param name="page">The page that was answered; 0: the acts say which.</param>
    /// <returns>One for each act, in order.</returns>
    public async Task<IReadOnlyList<ReplyOutcome>> ActAsync(EstateSnapshot estate, IReplySource source, Reply reply, long page, CancellationToken ct)
    {
        List<ReplyOutcome> outcomes = [];
        foreach (var act in reply.Acts)
        {
            var id = reply.Id is null ? null : reply.Acts.Count == 1 ? reply.Id : $"{reply.Id}#{outcomes.Count}";
            outcomes.Add(await ActAsync(estate, source, act, id, page, ct));
        }

        return outcomes;
    }

    /// <summary>The person who has an account; an error that says what to do when nobody has, or several.</summary>
    public static Result<Person> PersonOf(EstateSnapshot estate, IReplySource source, string account)
    {
        var owners = estate.Model.Users.Values.Where(user => user.Contact.Any(method => source.IsOf(method, account))).Take(2).ToArray();
        return owners switch
        {
            [] => Error.NotFound("person with the account", account),
            [var one] => one,
            _ => Error.Conflict("reply.ambiguous", "This account is in the contact methods of several people, so nobody knows who you are. Nothing was changed; an administrator must take it out of all but one."),
        };
    }

    private async Task<ReplyOutcome> ActAsync(EstateSnapshot estate, IReplySource source, ReplyAct act, string? id, long page, CancellationToken ct)
    {
        if (act.Verb == ReplyVerb.Link)
        {
            return await linking.LinkAsync(estate, source.Id, act, ct);
        }

        var found = PersonOf(estate, source, act.Account);
        if (!found.Ok)
        {
            return found.Error.Kind == ErrorKind.NotFound
                ? new(ReplyResult.Unlinked, source.HowToLink(act.Account))
                : new(ReplyResult.Refused, found.Error.Detail);
        }

        var (person, answered) = (found.Value, await PageOfAsync(estate, act, page, ct));
        if (answered is { Kind: MessageKind.SelfTest })
        {
            return await ConfirmAsync(estate, answered, person, ct);
        }

        if (!await MayRespondAsync(estate, person, ct))
        {
            return new(ReplyResult.Refused, $"{person.Name} may not act on incidents. Nothing was changed; ask an administrator for the role responder.", User: person.Name);
        }

        if (answered is not null)
        {
            await reports.TellAsync(estate.Workspace, answered.Key, new DeliveryReport.Seen(), ct);
        }

        if ((act is { Code: null, Incident: > 0 } ? act.Incident : answered?.Incident) is not { } number)
        {
            return new(ReplyResult.Refused, "The button does not belong to an incident of this workspace. Nothing was changed.", User: person.Name);
        }

        var repeated = false;
        var once = id is null ? desk : desk.Once(async tx => !(repeated = !await seen.TryAddAsync(tx, estate.Workspace, source.Id, id, clock.GetUtcNow())));
        var result = await ActAsync(once, estate.Workspace, number, act, $"user:{person.Name}{IncidentDesk.Via}{source.Id}", ct);
        return !result.Ok ? new(ReplyResult.Refused, result.Error.Detail, User: person.Name)
            : new(repeated ? ReplyResult.Repeated : ReplyResult.Done, ReplyTexts.Of(result.Value, act.Verb, person), result.Value, person.Name);
    }

    /// <summary>Somebody answers a test, by whatever key or button: that it came is all that is asked.</summary>
    private async Task<ReplyOutcome> ConfirmAsync(EstateSnapshot estate, PageRow test, Person person, CancellationToken ct) =>
        person.Disabled || test.Recipient != person.Name ? new(ReplyResult.Refused, "This test was not for you. Nothing was changed.", User: person.Name)
        : await reports.TellAsync(estate.Workspace, test.Key, new DeliveryReport.Seen(), ct) ? new(ReplyResult.Done, ReplyTexts.Confirmed(test.Method), User: person.Name)
        : new(ReplyResult.Refused, ReplyTexts.TooEarly, User: person.Name);

    private Task<Result<IncidentState>> ActAsync(IncidentDesk once, long workspace, long number, ReplyAct act, string actor, CancellationToken ct) => act.Verb switch
    {
        ReplyVerb.Acknowledge => once.AcknowledgeAsync(workspace, number, actor, ct),
        ReplyVerb.Resolve => once.ResolveAsync(workspace, number, actor, ct),
        ReplyVerb.Escalate => once.EscalateAsync(workspace, number, actor, ct),
        ReplyVerb.Snooze => once.SnoozeAsync(workspace, number, clock.GetUtcNow() + (act.For ?? _snooze), actor, ct),
        ReplyVerb.Note => once.NoteAsync(workspace, number, act.Text ?? "", actor, ct),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>As on every other way in: what the member may do; for people who cannot log in, what the estate says that they are.</summary>
    private async Task<bool> MayRespondAsync(EstateSnapshot estate, Person person, CancellationToken ct)
    {
        var member = await database.ReadAsync(session => accounts.RoleOfAsync(session, estate.Workspace, person.Name), ct);
        return !person.Disabled && member is not { Disabled: true } && (member?.Role ?? RoleWords.Read(person.Role)) is { } role
            && new Caller(estate.Workspace, estate.Model.Workspace, role, $"user:{person.Name}", person.Name).May(Policies.Responder);
    }

    /// <summary>The page that was answered; null: the act names the incident itself, or nothing that is known here.</summary>
    private async Task<PageRow?> PageOfAsync(EstateSnapshot estate, ReplyAct act, long page, CancellationToken ct)
    {
        var id = act.Code is { } code ? links.ReadAnswerCode(code, estate.Workspace) : page > 0 ? page : act.Page > 0 ? act.Page : default(long?);
        return id is { } known ? await database.ReadAsync(session => pages.FindAsync(session, estate.Workspace, known), ct) : null;
    }
}
