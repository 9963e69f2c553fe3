using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Tocsin.Outgoing;

namespace Tocsin.Identity.Oidc;

/// <summary>Single sign-on by OpenID Connect. Section <c>Oidc</c>; without an authority there is none.</summary>
public sealed class OidcOptions
{
    /// <summary>The provider's issuer, such as <c>https://login.example.com/realms/acme</c>; it is asked for <c>/.well-known/openid-configuration</c> below it. Default: none.</summary>
    public string Authority { get; set; } = "";

    /// <summary>What the provider is called on the login page: <c>Continue with NAME</c>.</summary>
    [StringLength(60, MinimumLength = 1)]
    public string Name { get; set; } = "single sign-on";

    /// <summary>The client id under which the provider knows this installation. Required with an authority.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The secret that belongs to it. Default: none, for a public client; PKCE is used with or without one.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>What is asked for, separated by blanks. Must hold <c>openid</c>.</summary>
    public string Scopes { get; set; } = "openid profile email";

    /// <summary>The claim that lists a person's groups; a dot leads into an object, as in <c>realm_access.roles</c>.</summary>
    [StringLength(200, MinimumLength = 1)]
    public string GroupsClaim { get; set; } = "groups";

    /// <summary>The workspace that people get into. Default: the installation's first workspace.</summary>
    public string Workspace { get; set; } = "";

    /// <summary>
    /// Which group makes whom what, <c>GROUP=admin</c> separated by commas, or a map: <c>Oidc:Roles:GROUP</c>. Of several the highest counts, at
    /// each login. Default: none; then everybody is what <see cref="DefaultRole"/> says, until an administrator changes it.
    /// </summary>
    public string Roles { get; set; } = "";

    /// <summary>
    /// Which group leads into which team of the estate, written as <see cref="Roles"/> is. At each login people join the teams of their groups and
    /// leave those of the others; teams that are not named here, or that come from estate files, are left alone. Default: none.
    /// </summary>
    public string Teams { get; set; } = "";

    /// <summary>What those are whom no group makes anything: <c>viewer</c>, <c>responder</c> or <c>admin</c>. Default: none, and they are refused.</summary>
    [RegularExpression("^(viewer|responder|admin|)$", ErrorMessage = "DefaultRole must be viewer, responder or admin, or empty to refuse.")]
    public string DefaultRole { get; set; } = "";

    /// <summary>
    /// Whether a member of the workspace who never came through the provider is known by the address, if the provider says that it is verified.
    /// Default: no; then such a person is refused.
    /// </summary>
    public bool LinkByEmail { get; set; }

    /// <summary>
    /// Whether the provider's addresses count as verified although it does not say so (<c>email_verified</c>). Only for a provider whose people
    /// cannot choose their address. Default: no; people without a verified address are refused.
    /// </summary>
    public bool TrustEmail { get; set; }

    /// <summary>Only people whose verified address is in one of these domains come in: <c>example.com, example.org</c>. Default: none, and any domain will do.</summary>
    [RegularExpression(@"^\s*([A-Za-z0-9.-]+(\s*,\s*[A-Za-z0-9.-]+)*)?\s*$", ErrorMessage = "EmailDomains is a list of domains separated by commas, such as example.com.")]
    public string EmailDomains { get; set; } = "";

    /// <summary>Whether people may also log in with a password. Default: yes.</summary>
    public bool AllowPasswords { get; set; } = true;

    /// <summary>Whether owners may, where <see cref="AllowPasswords"/> is off: for the day on which the provider is away. Default: no.</summary>
    public bool BreakGlass { get; set; }

    /// <summary>
    /// The classes of login (<c>acr</c>) that will do, separated by blanks; the provider is asked for them, and a login of another class is refused. Their names are the provider's. Default: none, and any will do.
    /// </summary>
    public string AcrValues { get; set; } = "";

    /// <summary>The methods (<c>amr</c>) of which a login must have used one, such as <c>mfa, hwk</c>. Default: none, and any will do.</summary>
    public string AmrValues { get; set; } = "";

    /// <summary>How long ago somebody may have logged in at the provider itself, in minutes; the provider is asked to make sure. Default 0: however long. 0 to 525600.</summary>
    [Range(0, 525_600)]
    public int MaxAgeMinutes { get; set; }

    /// <summary>How long such a session lasts, in hours; then the provider is asked again, and so about groups. Default 24, 1 to 336.</summary>
    [Range(1, 336)]
    public int SessionHours { get; set; } = 24;

    internal bool IsOn => Authority.Length > 0;

    internal bool AdmitsDomainOf(DirectoryPerson person) => EmailDomains.Length == 0 || (person is { Email: { } email, EmailIsVerified: true }
        && EmailDomains.Split(',', StringSplitOptions.TrimEntries).Contains(email[(email.LastIndexOf('@') + 1)..], StringComparer.OrdinalIgnoreCase));

    /// <summary>Whether that is the workspace that people get into.</summary>
    internal bool IsWorkspace(long id, string name) => Workspace.Length == 0 ? id == 1 : name == Workspace;

    /// <summary>Role by group; compared exactly, since providers tell groups apart so.</summary>
    internal IReadOnlyDictionary<string, string> RoleByGroup { get; private set; } = new Dictionary<string, string>();

    internal IReadOnlyDictionary<string, string> TeamByGroup { get; private set; } = new Dictionary<string, string>();

    /// <summary>Reads what no binder can: maps that may be written as one text.</summary>
    internal void ReadMaps(IConfiguration settings) =>
        (RoleByGroup, TeamByGroup) = (Map(settings.GetSection("Oidc:Roles"), Roles), Map(settings.GetSection("Oidc:Teams"), Teams));

    private static Dictionary<string, string> Map(IConfigurationSection section, string text)
    {
        // A group may be named with colons, which the settings take for steps: what lies deeper is one name.
        var map = section.AsEnumerable(makePathsRelative: true).Where(pair => pair.Key.Length > 0 && pair.Value is not null)
            .ToDictionary(pair => pair.Key, pair => pair.Value!.Trim(), StringComparer.Ordinal);
        foreach (var entry in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = entry.LastIndexOf('=');
            map[at < 0 ? entry : entry[..at].Trim()] = at < 0 ? "" : entry[(at + 1)..].Trim();
        }

        return map;
    }
}

[OptionsValidator]
internal sealed partial class OidcOptionsValidator : IValidateOptions<OidcOptions>;

/// <summary>What holds between the settings.</summary>
internal sealed class OidcSettingsValidator(IConfiguration settings) : IValidateOptions<OidcOptions>
{
    public ValidateOptionsResult Validate(string? name, OidcOptions options)
    {
        List<string> faults = [];
        if (!options.IsOn)
        {
            Demand(options.ClientId.Length == 0 && options.ClientSecret.Length == 0, "Authority", "is missing, though a client is given");
            Demand(options.AllowPasswords, "AllowPasswords", "cannot be off without an authority: nobody could log in");
            return Outcome();
        }

        var isAddress = OutgoingUrl.Fault(options.Authority) is null && !options.Authority.AsSpan().ContainsAny('?', '#');
        Demand(isAddress, "Authority", "is not the address of an issuer; write https://login.example.com");
        Demand(!isAddress || OidcAddress.IsSafe(options.Authority), "Authority", "must begin with https://; only a provider on this host may do without");
        Demand(options.ClientId.Length > 0, "ClientId", "is missing");
        Demand(options.Scopes.Split(' ').Contains("openid", StringComparer.Ordinal), "Scopes", "must hold openid");
        foreach (var (group, role) in options.RoleByGroup)
        {
            Demand(MemberRules.Read(role).Ok, "Roles", $"gives the group '{group}' no role; write viewer, responder, admin or owner");
        }

        foreach (var (group, team) in options.TeamByGroup)
        {
            Demand(team.Length > 0, "Teams", $"gives the group '{group}' no team");
        }

        Demand(options.AllowPasswords || !string.Equals(settings["Accounts:Registration"], "Open", StringComparison.OrdinalIgnoreCase),
            "AllowPasswords", "cannot be off while Accounts:Registration is Open: whoever registers has nothing but a password");
        Demand(options.RoleByGroup.Count > 0 || options.DefaultRole.Length > 0, "DefaultRole", "and Roles are both empty: everybody would be refused");
        return Outcome();

        void Demand(bool holds, string setting, string otherwise)
        {
            if (!holds)
            {
                faults.Add($"{setting}: {setting} {otherwise}");
            }
        }

        ValidateOptionsResult Outcome() => faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}

internal static class OidcAddress
{
    /// <summary>Whether what is said there can't be overheard or changed: TLS, or it does not leave this host.</summary>
    public static bool IsSafe(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));
}
