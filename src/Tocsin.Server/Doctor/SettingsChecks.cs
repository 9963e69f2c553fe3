using Microsoft.Extensions.Configuration;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Doctor;

/// <summary>What settings alone tell that lets more in than it should, or keeps something from working: for the doctor, and for the page of sign-in settings.</summary>
internal static class SettingsChecks
{
    public static Finding Registration(AccountOptions accounts) => accounts.Registration == Identity.Registration.Open
        ? Finding.Warning("registration", "anybody who reaches the server can make an account with a workspace of its own", "set Accounts:Registration to Invitation or Closed, unless that is meant")
        : Finding.Ok("registration", accounts.Registration == Identity.Registration.Invitation ? "by invitation" : "closed");

    public static Finding StoredSecrets(SecretOptions secrets) => secrets.AreLocked
        ? Finding.Ok("stored secrets", "locked by a key of the operator")
        : Finding.Warning(
            "stored secrets", "their key lies unlocked in the same database: whoever has a backup can read them",
            "put the output of `openssl rand -base64 32` into a file outside the data folder, and name it in Secrets:KeyFile");

    /// <returns>Null: there is none.</returns>
    public static Finding? AdminKey(KeyOptions keys) => keys.AdminKey.Length == 0 ? null
        : Finding.Warning("admin key", "Keys:AdminKey opens data without a name, an end or an entry of its own in the audit", "make a key with `tocsin key create`, and leave Keys:AdminKey out");

    /// <returns>Null: nothing is wrong with it.</returns>
    public static Finding? Cors(IConfiguration settings) => !Values(settings, "Cors:Origins").Contains("*", StringComparer.Ordinal) ? null
        : Finding.Warning("CORS", "pages of every site may read answers of this server", "name the sites in Cors:Origins");

    /// <returns>Null: nothing is wrong with them.</returns>
    public static Finding? TrustedProxies(IConfiguration settings) =>
        Values(settings, "Server:TrustedProxies").FirstOrDefault(network => network.EndsWith("/0", StringComparison.Ordinal)) is not { } everybody ? null
        : Finding.Warning("trusted proxies", $"{everybody} believes everybody who says for whom he asks: limits and the audit's addresses can be forged", "name the proxy's own address in Server:TrustedProxies");

    public static Finding PublicUrl(ServerOptions options)
    {
        const string fix = "set Server:PublicUrl (environment: Tocsin__Server__PublicUrl) to the https address that phones can reach";
        if (options.PublicUrl.Length == 0)
        {
            return Finding.Warning("public URL", $"not set: links in messages, mails and invitations begin with {options.PublicBase}, and passkeys work at localhost only", fix);
        }

        var url = new Uri(options.PublicBase);
        return url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback
            ? Finding.Warning("public URL", $"{options.PublicBase} is not https: who can listen in can acknowledge", fix)
            : Finding.Ok("public URL", options.PublicBase);
    }

    /// <summary>All that concerns who gets in, except the address.</summary>
    public static IEnumerable<Finding> OfSecurity(IConfiguration settings, AccountOptions accounts, KeyOptions keys, SecretOptions secrets) =>
        ((Finding?[])[Registration(accounts), StoredSecrets(secrets), AdminKey(keys), Cors(settings), TrustedProxies(settings)]).OfType<Finding>();

    /// <summary>A setting that is a list, or names separated by commas or semicolons.</summary>
    private static IEnumerable<string> Values(IConfiguration settings, string name) =>
        settings.GetSection(name).AsEnumerable().SelectMany(pair => (pair.Value ?? "").Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
