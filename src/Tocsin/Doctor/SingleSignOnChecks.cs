using Tocsin.Cli;
using Tocsin.Hosting;
using Tocsin.Identity.Oidc;

namespace Tocsin.Doctor;

/// <summary>Whether people can log in by the provider: its documents can be read, and it can send them back.</summary>
internal static class SingleSignOnChecks
{
    public static async Task<Finding> RunAsync(OidcOptions settings, OidcProvider provider, ServerOptions server, CancellationToken ct)
    {
        const string check = "single sign-on";
        if (!settings.IsOn)
        {
            return Finding.Ok(check, "none is set");
        }

        var document = await provider.DocumentAsync(ct);
        var keys = document.Ok ? await provider.KeysAsync(ct) : document.Error;
        if (!keys.Ok)
        {
            return Finding.Problem(check, keys.Error.Detail, $"mend Oidc:Authority, or the way to it from this machine; {(settings.AllowPasswords ? "until then only passwords work" : "until then nobody can log in")}");
        }

        if (server.PublicUrl.Length == 0)
        {
            return Finding.Warning(
                check, $"{document.Value!.Issuer} answers, but Server:PublicUrl is not set: it is asked to send people back to whatever address they came by",
                $"set Server:PublicUrl; the provider must know that address followed by {OidcEndpoints.Callback}");
        }

        return Finding.Ok(check, $"{document.Value!.Issuer} answers, with {Words.Count(keys.Value.Length, "key")}; it must know {server.PublicBase}{OidcEndpoints.Callback}");
    }
}
