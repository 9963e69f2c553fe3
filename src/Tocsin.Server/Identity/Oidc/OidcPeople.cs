using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Identity.Oidc;

/// <summary>Finds or makes the person whom the provider vouches for, gives the role of the groups, and begins a session.</summary>
internal sealed class OidcPeople(
    OidcStore store, AccountStore accounts, SignIn signIn, EventLog log, AuditTrail audit, IOptions<OidcOptions> settings, TimeProvider clock)
{
    private const string Actor = "automation:oidc";

    private readonly OidcOptions _settings = settings.Value;

    /// <summary>Begins a session for whoever the provider says is there. The caller holds the workspace's lock: two first logins of one person must not make two.</summary>
    /// <param name="estate">Of that workspace; null: none is in force.</param>
    /// <returns>A refusal is fit to be shown to that person, who has proved to be it; what was stored with it stays.</returns>
    public async Task<Result<SignedIn>> AdmitAsync(Tx tx, Workspace workspace, DirectoryPerson person, EstateSnapshot? estate, LoginFacts facts)
    {
        var now = clock.GetUtcNow();
        var known = await store.FindAsync(tx, person.Issuer, person.Subject);
        if (RoleOf(person.Groups) is not { } role)
        {
            if (known is { } outsider)
            {
                await accounts.EndSessionsInAsync(tx, workspace.Id, outsider);
            }

            return Refused(workspace.Id, person, "in none of the groups", "You are in none of the groups that may use Tocsin. Ask an administrator of the provider.");
        }

        if (!_settings.AdmitsDomainOf(person))
        {
            return Refused(workspace.Id, person, "an address of another domain", "Only people with an address of certain domains may use Tocsin, and yours is not one of them.");
        }

        if (known is null)
        {
            var met = await MeetAsync(tx, workspace.Id, person, now);
            if (!met.Ok)
            {
                return met.Error;
            }

            known = met.Value;
        }

        if ((await accounts.FindPersonAsync(tx, known.Value))?.DisabledAt is not null)
        {
            return Refused(workspace.Id, person, "the account is disabled", "This account is disabled. Ask whoever runs this Tocsin.");
        }

        if (await accounts.FindMemberAsync(tx, workspace.Id, known.Value) is { SuspendedAt: not null })
        {
            return Refused(workspace.Id, person, "the membership is suspended", "Your membership is suspended. Ask an administrator of the workspace.");
        }

        await store.TouchAsync(tx, person.Issuer, person.Subject, now);
        await JoinAsync(tx, workspace.Id, known.Value, person, role, estate, now);
        return await signIn.BeginAsync(tx, known.Value, workspace.Id, facts, TimeSpan.FromHours(_settings.SessionHours));
    }

    /// <summary>Somebody who never came through the provider: a new person, or the one of that address where that may be.</summary>
    private async Task<Result<long>> MeetAsync(Tx tx, long workspace, DirectoryPerson person, DateTimeOffset now)
    {
        if (person is not { Email: { } email, EmailIsVerified: true })
        {
            return Refused(workspace, person, "no verified address",
                $"{_settings.Name} does not say that your e-mail address is verified. An administrator can let it send email and email_verified, or set Oidc:TrustEmail.");
        }

        // Only a member, or an address that was only claimed so far: whoever is in another workspace is not this provider's to vouch for.
        if (await accounts.FindPersonAsync(tx, email) is { } taken
            && !(_settings.LinkByEmail && (taken.EmailProvedAt is null || await accounts.FindMemberAsync(tx, workspace, taken.Id) is not null)))
        {
            return Refused(workspace, person, "the address has an account that is not linked",
                $"There is an account with the address {email} already, and it is not linked to {_settings.Name}. Ask an administrator.");
        }

        var met = await accounts.OfProvedEmailAsync(tx, email, now);
        await store.LinkAsync(tx, person.Issuer, person.Subject, met.Id, now);
        await log.AppendAsync(tx, workspace, now, [new("member.linked", $"person/{met.Id}", Actor, $"known by the address, which {_settings.Name} vouches for")]);
        return met.Id;
    }

    private async Task JoinAsync(Tx tx, long workspace, long id, DirectoryPerson person, Role role, EstateSnapshot? estate, DateTimeOffset now)
    {
        if (await accounts.FindMemberAsync(tx, workspace, id) is not { } member)
        {
            var name = await NameAsync(tx, workspace, person, estate);
            await accounts.JoinAsync(tx, workspace, id, name, role, now);
            await log.AppendAsync(tx, workspace, now, [new("member.joined", $"member/{name}", Actor, $"as {role.Word()}, by {_settings.Name}")]);
            return;
        }

        if (_settings.RoleByGroup.Count == 0 || member.Role == role)
        {
            return;
        }

        if (MemberRules.KeepsAnOwner(await accounts.ListAsync(tx, workspace), member, role) is not null)
        {
            await log.AppendAsync(tx, workspace, now, [new("member.role_change.refused", $"member/{member.UserName}", Actor, $"stays owner, though the groups say {role.Word()}: a workspace needs one")]);
            return;
        }

        await Members.GiveRoleAsync(tx, accounts, member, role, now);
        await log.AppendAsync(tx, workspace, now, [new("member.role_changed", $"member/{member.UserName}", Actor, $"{member.Role.Word()} became {role.Word()}, by the groups of {_settings.Name}")]);
    }

    private Role? RoleOf(IReadOnlyList<string> groups)
    {
        var words = groups.Select(group => _settings.RoleByGroup.GetValueOrDefault(group)).Append(_settings.DefaultRole);
        return words.Select(MemberRules.Read).Where(read => read.Ok).Select(read => (Role?)read.Value).Max();
    }

    /// <summary>The estate's person of that address, so that the account is who gets paged; else a name that nobody has, there or here.</summary>
    private async Task<string> NameAsync(Tx tx, long workspace, DirectoryPerson person, EstateSnapshot? estate)
    {
        var users = estate?.Model.Users.Values ?? [];
        var own = users.FirstOrDefault(u => person.Email is not null && string.Equals(u.Email, person.Email, StringComparison.OrdinalIgnoreCase))?.Name;
        var taken = users.Select(u => u.Name).Where(name => name != own).ToFrozenSet(StringComparer.Ordinal);
        return await accounts.FreeNameAsync(tx, workspace, own ?? Enrolment.UserNameOf(person.Handle ?? person.Email ?? person.FullName ?? ""), taken);
    }

    private Error Refused(long workspace, DirectoryPerson person, string why, string words)
    {
        audit.Refused(workspace, new(AuditEntry.Nobody, "login.refused", AuditEntry.LoginName(person.Email ?? ""), $"by {_settings.Name}: {why}") { Result = AuditResult.Refused });
        return Error.Forbidden(words);
    }
}
