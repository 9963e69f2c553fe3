using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>New passwords: for somebody who knows the old one, and for somebody who has a link.</summary>
internal sealed class PasswordReset(Database database, AccountStore accounts, PasswordDoor door, NewPasswords passwords, AccountMail mail, AuditTrail audit, TimeProvider clock)
{
    public const string Purpose = "reset";

    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    public static string ByMail(long person) => $"mail/{person}";

    public static string ByAdministrator(long person) => $"hand/{person}";

    /// <summary>Changes the password of somebody who is logged in; his other sessions end.</summary>
    /// <param name="current">Not looked at where there is none yet; then a recent proof is asked for.</param>
    /// <returns>Null: it is changed.</returns>
    public async Task<Error?> ChangeAsync(Caller by, string current, string next, LoginFacts facts, CancellationToken ct)
    {
        var person = (await database.ReadAsync(session => accounts.FindPersonAsync(session, by.Person!.Value), ct))!;
        if (PasswordRules.Fault(next, person.Email, by.User ?? "") is { } weak)
        {
            return Error.Invalid("password", weak);
        }

        if (person.PasswordHash is not { Length: > 0 })
        {
            if (RecentProof.Missing(by, clock.GetUtcNow()) is { } missing)
            {
                return missing;
            }
        }
        else if (await door.CheckAsync(person, current, facts, ct) is { } wrong)
        {
            return wrong;
        }

        var hash = await passwords.HashAsync(next, known: true, ct);
        if (!hash.Ok)
        {
            return hash.Error;
        }

        await database.WriteAsync(
            async tx =>
            {
                var now = clock.GetUtcNow();
                await accounts.SetPasswordAsync(tx, person.Id, hash.Value, now);
                await accounts.EndSessionsOfAsync(tx, person.Id, except: by.Login!.Id);
                await accounts.EndLinksAsync(tx, Purpose, ByMail(person.Id), ByAdministrator(person.Id));
                await audit.RecordAsync(tx, by.Workspace, new(by.Actor, "password.changed", $"member/{by.User}", "changed his password; his other sessions were ended"));
                await mail.ChangedAsync(tx, by.Workspace, person.Email, now);
            },
            ct);
        return null;
    }

    /// <summary>Asks for a link by mail. Does the same, and says nothing else, whether the address has an account or not.</summary>
    public async Task AskAsync(string email, CancellationToken ct) => await database.WriteAsync(
        async tx =>
        {
            if (email.Length <= Enrolment.MaxEmail && await tx.ScalarAsync("SELECT MIN(id) FROM workspace") is { } first)
            {
                await mail.ResetAsync(tx, first, email.Trim().ToLowerInvariant(), clock.GetUtcNow());
            }
        },
        ct);

    /// <summary>
    /// A link that an administrator hands over himself. Only for somebody who is a member of this workspace and no other, since whoever holds
    /// the link becomes that person everywhere.
    /// </summary>
    /// <returns>What the link ends in.</returns>
    public Task<Result<string>> MakeLinkAsync(Caller by, string id, AccountIds ids, CancellationToken ct) => database.WriteAsync<Result<string>>(
        async tx =>
        {
            if (ids.Find(await accounts.ListAsync(tx, by.Workspace), id) is not { } member)
            {
                return Error.NotFound("member", id);
            }

            if (MemberRules.MayChange(by, member) is { } refusal)
            {
                return refusal;
            }

            if (!await IsOnlyThereAsync(tx, member.Id, by.Workspace))
            {
                return Error.Forbidden("The password of this account cannot be reset from here. Its owner asks for a mail on the page of the login.");
            }

            var token = await accounts.NewLinkAsync(tx, by.Workspace, Purpose, ByAdministrator(member.Id), clock.GetUtcNow() + Life);
            await audit.RecordAsync(tx, by.Workspace, new(by.Actor, "password.link_made", $"member/{member.UserName}", "made a link with which a new password can be set"));
            return token;
        },
        ct);

    /// <summary>Whose link it is.</summary>
    /// <returns>Null: unknown, used or too old.</returns>
    public Task<PersonRow?> FindAsync(string token, CancellationToken ct) => database.ReadAsync(
        async session => await accounts.FindLinkAsync(session, Purpose, token, clock.GetUtcNow()) is { } link ? await accounts.FindPersonAsync(session, PersonOf(link)) : null, ct);

    /// <summary>Sets a new password by a link, once. All sessions end; nobody is logged in by it.</summary>
    /// <returns>Null: it is set.</returns>
    public async Task<Error?> SetAsync(string token, string password, CancellationToken ct)
    {
        if (await FindAsync(token, ct) is not { } person)
        {
            return Gone();
        }

        if (PasswordRules.Fault(password, person.Email) is { } weak)
        {
            return Error.Invalid("password", weak);
        }

        var hash = await passwords.HashAsync(password, known: true, ct);
        if (!hash.Ok)
        {
            return hash.Error;
        }

        return await database.WriteAsync<Error?>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (await accounts.FindLinkAsync(tx, Purpose, token, now) is not { } link || !await accounts.UseLinkAsync(tx, token, now)
                    || (link.Subject == ByAdministrator(person.Id) && !await IsOnlyThereAsync(tx, person.Id, link.Workspace)))
                {
                    return Gone();
                }

                if (link.Subject == ByMail(person.Id))
                {
                    await accounts.ProveEmailAsync(tx, person, now);
                }

                await accounts.SetPasswordAsync(tx, person.Id, hash.Value, now);
                await accounts.EndSessionsOfAsync(tx, person.Id);
                await accounts.EndLinksAsync(tx, Purpose, ByMail(person.Id), ByAdministrator(person.Id));
                foreach (var member in await accounts.OfPersonAsync(tx, person.Id))
                {
                    await audit.RecordAsync(tx, member.Workspace, new($"user:{member.UserName}", "password.reset", $"member/{member.UserName}", "set a new password by a link; all sessions were ended"));
                }

                await mail.ChangedAsync(tx, link.Workspace, person.Email, now);
                return null;
            },
            ct);
    }

    public static Error Gone() => new(ErrorKind.NotFound, "reset_link.not_found", "The link was used, or is older than an hour. Ask for a new one.");

    /// <summary>Asked when such a link is made and when it is used: somebody may join another workspace, or leave, in between.</summary>
    private async Task<bool> IsOnlyThereAsync(Session session, long person, long workspace) => await accounts.OfPersonAsync(session, person) is [var only] && only.Workspace == workspace;

    private static long PersonOf(LinkTarget link) => long.Parse(link.Subject.Split('/')[1]);
}
