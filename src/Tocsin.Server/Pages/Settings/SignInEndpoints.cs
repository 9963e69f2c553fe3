using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Doctor;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;
using Tocsin.Workspaces;

namespace Tocsin.Pages;

internal static class SignInEndpoints
{
    private const string Path = "/settings/sign-in";

    public static void MapSignInPages(this RouteGroupBuilder pages)
    {
        pages.MapGet(Path, Show).RequireAuthorization(Policies.Admin);
        pages.MapPost(Path, Change).RequireAuthorization(Policies.Owner).AddEndpointFilter<FormFilter>().RequireRecentProof("second_factor", "invite_from");
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, SignInReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return new Rendered<SignInPage, SignInModel>(page.Frame, await reader.ReadAsync(page, ct));
    }

    private static async Task<IResult> Change(HttpContext http, SignInRuleDesk desk, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var (duty, owners) = (SignInRules.ReadDuty(form["second_factor"]), SignInRules.ReadInviters(form["invite_from"]));
        if ((duty.Error ?? owners.Error) is { } fault)
        {
            return Done.Refused(Path, fault.Detail);
        }

        await desk.SetAsync(Caller.Of(http.User), new(duty.Value, owners.Value), ct);
        return Done.Well(Path, "That holds from now on.");
    }
}

/// <summary>Reads who gets in and how. Settings of the process are shown and not edited: they are a matter of its files and environment.</summary>
internal sealed class SignInReader(Database database, WorkspaceStore workspaces, Members members, SignInRuleDesk rules, InstallationSettings installation)
{
    public async Task<SignInModel> ReadAsync(PageRequest page, CancellationToken ct)
    {
        var own = await rules.OfAsync(page.Workspace, ct);
        var alone = (await database.ReadAsync(workspaces.ListAsync, ct)).Count == 1;
        var rows = await members.ListAsync(page.Workspace, ct);
        return new()
        {
            SecondFactor = SignInRules.Word(own.SecondFactor),
            Least = SignInRules.Word(rules.Least),
            OwnersInvite = own.OwnersInvite,
            MayChange = page.Caller.May(Policies.Owner),
            Without = [.. rows.Where(m => !m.HasSecondFactor && m.Account is { IsOut: false, PasswordHash.Length: > 0 }).Select(m => m.Account.UserName).Order(StringComparer.Ordinal)],
            Groups = [.. installation.Groups(page.Caller, alone).Where(group => group.Lines.Count > 0)],
            HidesSome = !alone,
        };
    }
}

/// <summary>The settings of the process that say who gets in, each with where it comes from and what the doctor says of it. Secrets are only set or not.</summary>
internal sealed class InstallationSettings(
    IConfiguration settings, IOptions<AccountOptions> accounts, IOptions<OidcOptions> oidc, IOptions<ServerOptions> server, IOptions<LimitOptions> limits, IOptions<KeyOptions> keys,
    IOptions<SecretOptions> secrets, OidcProvider provider)
{
    private const string Fixed = "fixed";

    /// <param name="alone">There is no other workspace, so its administrators may see what is the operator's.</param>
    public IEnumerable<SignInGroup> Groups(Caller reader, bool alone)
    {
        var (people, sso) = (accounts.Value, oidc.Value);
        yield return new("Who gets an account",
        [
            Line("Registration", people.Registration switch
            {
                Registration.Open => "open: anybody makes an account, with a workspace of its own",
                Registration.Invitation => "by invitation; programs too, with an invitation's token",
                _ => "closed: people come by an invitation's page or single sign-on",
            }, "Accounts:Registration", SettingsChecks.Registration(people)),
            Line("Second factor", people.RequireSecondFactor switch
            {
                SecondFactorDuty.Everybody => "asked of everybody",
                SecondFactorDuty.Admins => "asked of administrators and owners",
                _ => "asked of nobody; workspaces may ask for it",
            }, "Accounts:RequireSecondFactor"),
        ]);
        yield return new("Single sign-on", [.. SingleSignOn(sso, alone || sso.IsWorkspace(reader.Workspace, reader.WorkspaceName))]);
        yield return new("Passwords and guessing",
        [
            new("Passwords", $"at least {PasswordRules.Shortest} characters and at most {Passwords.Longest}; not what is tried first, nor the owner's address and name", null, Fixed),
            Line("Lists of leaked passwords", people.LeakedPasswordsUrl.Length > 0 ? "new ones are looked up" : "not asked", "Accounts:LeakedPasswordsUrl"),
            Line("Passwords to sign in", sso.AllowPasswords ? "yes" : sso.BreakGlass ? "no, except for owners of the workspace" : "no", "Oidc:AllowPasswords"),
            new("Wrong tries", $"{LoginLimits.TriesPerMinute} a minute for one address, and as many for one account", null, Fixed),
            .. alone ? (SignInSetting[])
            [
                Line("Passwords checked at once", people.HashesAtOnce == 0 ? "half of the cores" : $"{people.HashesAtOnce}", "Accounts:HashesAtOnce"),
                Line("Sign-ins that may wait", $"{people.HashesWaiting}", "Accounts:HashesWaiting"),
            ] : [],
        ]);
        yield return new("How long it lasts",
        [
            new("Session in a browser", $"{SignIn.SessionLife.TotalDays:0} days", null, Fixed),
            Line("Ends without use", people.IdleHours == 0 ? "no" : $"after {Words.Count(people.IdleHours, "hour", "hours")}", "Accounts:IdleHours"),
            .. sso.IsOn ? (SignInSetting[])[Line("Session by single sign-on", $"{Words.Count(sso.SessionHours, "hour", "hours")}", "Oidc:SessionHours")] : [],
            Line("Bearer token", $"{Words.Count(people.TokenHours, "hour", "hours")}", "Accounts:TokenHours"),
            new("Proof for sensitive acts", Words.Span(RecentProof.Most), null, Fixed),
        ]);
        yield return new("Limits",
        [
            Line("Requests of one person", PerSecond(limits.Value.PersonPerSecond), "Limits:PersonPerSecond"),
            Line("Requests with one key", PerSecond(limits.Value.KeyPerSecond), "Limits:KeyPerSecond"),
            Line("Requests of strangers from one address", PerSecond(limits.Value.AddressPerSecond), "Limits:AddressPerSecond"),
            Line("Keys of one account for programs", $"{keys.Value.MaxPerAccount}", "Keys:MaxPerAccount"),
        ]);
        if (alone)
        {
            yield return new("The installation",
            [
                Line("Address in links", server.Value.PublicUrl.Length > 0 ? server.Value.PublicBase : "none", "Server:PublicUrl", SettingsChecks.PublicUrl(server.Value)),
                Line("Trusted proxies", OrNone(server.Value.TrustedProxies), "Server:TrustedProxies", SettingsChecks.TrustedProxies(settings)),
                Line("Sites that may use the API from browsers", OrNone(settings["Cors:Origins"]), "Cors:Origins", SettingsChecks.Cors(settings)),
                Line("Key of the settings", keys.Value.AdminKey.Length > 0 ? "set" : "none", "Keys:AdminKey", SettingsChecks.AdminKey(keys.Value)),
                Line("Key that locks stored secrets", secrets.Value.AreLocked ? "set" : "none", secrets.Value.Key.Length > 0 ? "Secrets:Key" : "Secrets:KeyFile", SettingsChecks.StoredSecrets(secrets.Value)),
            ]);
        }
    }

    private IEnumerable<SignInSetting> SingleSignOn(OidcOptions sso, bool whole)
    {
        if (!sso.IsOn)
        {
            yield return Line("Provider", "none", "Oidc:Authority");
            yield break;
        }

        yield return Line("Provider", whole ? $"{sso.Name}, {sso.Authority}" : sso.Name, "Oidc:Authority") with
        {
            Says = provider.Trouble?.Detail,
            Fix = provider.Trouble is null ? null : "see `tocsin doctor`; it is asked again with the next sign-in",
        };
        if (!whole)
        {
            yield break;
        }

        yield return Line("Leads into the workspace", sso.Workspace.Length > 0 ? sso.Workspace : "the first one", "Oidc:Workspace");
        yield return Line("Roles by group", Map(sso.RoleByGroup), "Oidc:Roles");
        yield return Line("Others are", sso.DefaultRole.Length > 0 ? sso.DefaultRole : "refused", "Oidc:DefaultRole");
        yield return Line("Teams by group", Map(sso.TeamByGroup), "Oidc:Teams");
        yield return Line("Domains", sso.EmailDomains.Length > 0 ? sso.EmailDomains : "any", "Oidc:EmailDomains");
        yield return Line("Members known by their address", sso.LinkByEmail ? "yes" : "no", "Oidc:LinkByEmail");
        yield return Line("Classes of login (acr)", sso.AcrValues.Length > 0 ? sso.AcrValues : "any", "Oidc:AcrValues");
        yield return Line("Methods of login (amr)", sso.AmrValues.Length > 0 ? sso.AmrValues : "any", "Oidc:AmrValues");
        yield return Line("Signed in there", sso.MaxAgeMinutes == 0 ? "however long ago" : $"within {sso.MaxAgeMinutes} min", "Oidc:MaxAgeMinutes");
        yield return Line("Addresses count as verified", sso.TrustEmail ? "always" : "if the provider says so", "Oidc:TrustEmail");
    }

    private SignInSetting Line(string what, string value, string key, Finding? finding = null) => new(what, value, key, SettingsFaults.Origin((IConfigurationRoot)settings, key) is var from and not "not set" ? from : "default")
    {
        Says = finding is { Verdict: not Verdict.Ok } ? finding.Text : null,
        Fix = finding?.Fix,
    };

    private static string Map(IReadOnlyDictionary<string, string> map) => map.Count == 0 ? "none" : string.Join(", ", map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key} → {entry.Value}"));

    private static string PerSecond(int most) => most == 0 ? "no limit" : $"{most} a second";

    private static string OrNone(string? text) => text is { Length: > 0 } ? text : "none";
}
