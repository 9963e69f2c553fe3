using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Outgoing;
using Tocsin.Streams;

namespace Tocsin.Identity;

/// <summary>An invitation that was just made.</summary>
/// <param name="Token">What its link ends in; never seen again.</param>
/// <param name="Mailed">It is on its way by mail; else whoever invited hands the link over.</param>
internal sealed record NewInvitation(Invitation Invitation, string Token, bool Mailed);

/// <summary>Making invitations and taking them back.</summary>
internal sealed class Invitations(Database database, InvitationStore store, AccountStore accounts, AccountMail mail, EventLog log, TimeProvider clock)
{
    private const int MostInADay = 100;

    private static readonly TimeSpan _life = TimeSpan.FromDays(7);

    public Task<List<Invitation>> ListAsync(long workspace, CancellationToken ct) =>
        database.ReadAsync(session => store.ListAsync(session, workspace, clock.GetUtcNow()), ct);

    /// <summary>Invites somebody; an older invitation of the same address ends.</summary>
    /// <param name="userName">The name that he is to have, such as that of a person of the estate; null: one is found.</param>
    public async Task<Result<NewInvitation>> InviteAsync(Caller by, string email, Role role, string? userName, CancellationToken ct)
    {
        email = email.Trim().ToLowerInvariant();
        if ((Fault(by, email, role, userName) ?? (role >= Role.Admin ? RecentProof.Missing(by, clock.GetUtcNow()) : null)) is { } fault)
        {
            return fault;
        }

        return await database.WriteAsync<Result<NewInvitation>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(by.Workspace);
                if (!by.May(Policies.Owner) && (await SignInRuleDesk.OfAsync(tx, by.Workspace)).OwnersInvite)
                {
                    return Error.Forbidden("Only owners invite here.");
                }

                var now = clock.GetUtcNow();
                var members = await accounts.ListAsync(tx, by.Workspace);
                if (members.Exists(m => m.Email == email))
                {
                    return Error.Conflict("member.exists", $"{email} is a member already.");
                }

                if (userName is not null && members.Exists(m => m.UserName == userName))
                {
                    return Error.Conflict("member.name_taken", $"Another member is called '{userName}'.");
                }

                // Each may send a mail to somebody who did not ask for it.
                if (await store.CountAsync(tx, by.Workspace, now - TimeSpan.FromDays(1)) >= MostInADay)
                {
                    return Error.TooMany("invitation.too_many", $"A workspace invites at most {MostInADay} times a day. Go on tomorrow.");
                }

                var token = AccountStore.NewToken();
                var id = await store.AddAsync(tx, by.Workspace, token, email, role, userName, by.Actor, now, now + _life);
                var invitation = new Invitation(by.Workspace, by.WorkspaceName, id, email, role, userName, by.Actor, now, now + _life);
                var mailed = await mail.InviteAsync(tx, invitation, token, now);
                await log.AppendAsync(tx, by.Workspace, now, [new("invitation.made", $"invitation/{id}", by.Actor, $"{email} as {role.Word()}")]);
                return new NewInvitation(invitation, token, mailed);
            },
            ct);
    }

    /// <summary>Takes an invitation back.</summary>
    /// <returns>Null: it is over. Else why not.</returns>
    public Task<Error?> RevokeAsync(Caller by, long id, CancellationToken ct) => database.WriteAsync<Error?>(
        async tx =>
        {
            await tx.LockWorkspaceAsync(by.Workspace);
            var now = clock.GetUtcNow();
            if (!await store.EndAsync(tx, by.Workspace, id, now))
            {
                return Error.NotFound("invitation", $"{id}");
            }

            await log.AppendAsync(tx, by.Workspace, now, [new("invitation.revoked", $"invitation/{id}", by.Actor, "taken back")]);
            return null;
        },
        ct);

    private static Error? Fault(Caller by, string email, Role role, string? userName) =>
        MailBox.Fault(email) is not null || email.Length > Enrolment.MaxEmail ? Error.Invalid("email", "Enter an e-mail address, such as ana@example.com.")
        : userName is not null && userName != Enrolment.UserNameOf(userName) ? Error.Invalid("name", "A name has lower-case letters, digits and dashes, at most 40 of them.")
        : MemberRules.MayGive(by, role);
}

/// <summary>Accepting invitations.</summary>
internal sealed class Joining(Database database, InvitationStore store, AccountStore accounts, Namer namer, SignIn signIn, TimeProvider clock)
{
    public Task<Invitation?> FindAsync(string link, CancellationToken ct) =>
        database.ReadAsync(session => store.FindAsync(session, AccountMail.TokenOf(link), clock.GetUtcNow()), ct);

    /// <summary>The person who has the invitation's address already; null: he is new here.</summary>
    public Task<PersonRow?> PersonAsync(Invitation invitation, CancellationToken ct) => database.ReadAsync(session => accounts.FindPersonAsync(session, invitation.Email), ct);

    /// <summary>Makes a new person a member, once, and logs in.</summary>
    public async Task<Result<SignedIn>> JoinNewAsync(string link, Invitation invited, string passwordHash, LoginFacts facts, CancellationToken ct)
    {
        var names = await namer.OfAsync(invited.Workspace, ct);
        return await database.WriteAsync<Result<SignedIn>>(
            async tx =>
            {
                // Before the person is made: an invitation that is taken back meanwhile must leave no account.
                await tx.LockWorkspaceAsync(invited.Workspace);
                var now = clock.GetUtcNow();
                if (await store.FindAsync(tx, AccountMail.TokenOf(link), now) is not { } invitation)
                {
                    return Gone();
                }

                if (await accounts.NewPersonAsync(tx, invitation.Email, passwordHash, namer.CameByMail(link), now) is not { } person)
                {
                    return Error.Conflict("account.exists", "There is an account with this address. Sign in with it, then open the invitation again.");
                }

                return await JoinAsync(tx, invitation, person, names, now) is { } refusal ? refusal : await signIn.BeginAsync(tx, person, invitation.Workspace, facts);
            },
            ct);
    }

    /// <summary>Whether somebody has an account that is let in nowhere, so that no login leads anywhere before he has joined.</summary>
    public async Task<bool> IsOutsideAsync(PersonRow person, CancellationToken ct) => (await database.ReadAsync(session => accounts.OfPersonAsync(session, person.Id), ct)).TrueForAll(m => m.IsOut);

    /// <summary>Makes somebody a member who is let in nowhere, and goes on with his login.</summary>
    /// <param name="person">As he was when his password was looked at, which was right.</param>
    /// <returns><see cref="SignIn.SecondNeeded"/> when he has a second factor: he is a member then.</returns>
    public async Task<Result<SignedIn>> ReturnAsync(string link, Invitation invited, PersonRow person, LoginFacts facts, CancellationToken ct)
    {
        var names = await namer.OfAsync(invited.Workspace, ct);
        return await database.WriteAsync<Result<SignedIn>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(invited.Workspace);
                var now = clock.GetUtcNow();
                if (!await accounts.HoldsAsync(tx, person) || person.DisabledAt is not null || await store.FindAsync(tx, AccountMail.TokenOf(link), now) is not { } invitation)
                {
                    return Gone();
                }

                return await JoinAsync(tx, invitation, person.Id, names, now) is { } refusal ? refusal : await signIn.ProvedAsync(tx, person, facts, invitation.WorkspaceName);
            },
            ct);
    }

    /// <summary>Makes somebody who is logged in a member of one more workspace.</summary>
    /// <returns>The invitation that was accepted.</returns>
    public async Task<Result<Invitation>> JoinAsync(string link, Caller caller, CancellationToken ct)
    {
        if (await FindAsync(link, ct) is not { } invited)
        {
            return Gone();
        }

        var names = await namer.OfAsync(invited.Workspace, ct);
        return await database.WriteAsync<Result<Invitation>>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (caller.Person is not { } person || (await accounts.FindPersonAsync(tx, person))?.Email != invited.Email)
                {
                    return Error.Forbidden($"This invitation is for {invited.Email}. Sign out, and sign in with that address.");
                }

                return await JoinAsync(tx, invited, person, names, now) is { } refusal ? refusal : invited;
            },
            ct);
    }

    public static Error Gone() => new(ErrorKind.NotFound, "invitation.not_found", "The invitation was used, taken back, or is older than a week. Ask for a new one.");

    private async Task<Error?> JoinAsync(Tx tx, Invitation invitation, long person, EstateNames names, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(invitation.Workspace);
        if (!await store.EndAsync(tx, invitation.Workspace, invitation.Id, now))
        {
            return Gone();
        }

        if (await accounts.FindMemberAsync(tx, invitation.Workspace, person) is not null)
        {
            return Error.Conflict("member.exists", "You are a member of this workspace already.");
        }

        var name = await namer.FindAsync(tx, invitation, names);
        await accounts.JoinAsync(tx, invitation.Workspace, person, name, invitation.Role, now);
        await namer.SayAsync(tx, invitation.Workspace, now,
            new("member.joined", $"member/{name}", $"user:{name}", $"as {invitation.Role.Word()}, invited by {invitation.InvitedBy}"));
        return null;
    }
}

/// <summary>The people of a workspace's configuration: name and address.</summary>
internal sealed record EstateNames(IReadOnlyList<(string Name, string? Email)> Users);

/// <summary>Finds the name of a new member. The name joins him with whom the configuration pages, so nobody becomes that person by having a similar address.</summary>
internal sealed class Namer(IEstates estates, AccountStore accounts, AccountMail mail, EventLog log)
{
    public async Task<EstateNames> OfAsync(long workspace, CancellationToken ct) =>
        new([.. (await estates.FindAsync(workspace, ct))?.Model.Users.Values.Select(u => (u.Name, u.Email)) ?? []]);

    /// <returns>The name that the invitation says, else that of the person of the configuration with the same address, else one that is free.</returns>
    public Task<string> FindAsync(Session session, Invitation invitation, EstateNames names)
    {
        var own = names.Users.FirstOrDefault(u => string.Equals(u.Email, invitation.Email, StringComparison.OrdinalIgnoreCase)).Name;
        var taken = names.Users.Select(u => u.Name).Where(n => n != own && n != invitation.UserName).ToHashSet(StringComparer.Ordinal);
        return accounts.FreeNameAsync(session, invitation.Workspace, invitation.UserName ?? own ?? Enrolment.UserNameOf(invitation.Email), taken);
    }

    public bool CameByMail(string link) => mail.CameByMail(link);

    public Task SayAsync(Tx tx, long workspace, DateTimeOffset at, LogLine line) => log.AppendAsync(tx, workspace, at, [line]);
}
