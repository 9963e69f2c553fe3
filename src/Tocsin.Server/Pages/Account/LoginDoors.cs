using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;

namespace Tocsin.Pages;

/// <summary>The ways in that the login page shows.</summary>
internal sealed class LoginDoors(IOptions<OidcOptions> settings, OidcProvider provider, PasswordRule passwords, Enrolment enrolment)
{
    public bool HasProvider => settings.Value.IsOn;

    /// <param name="byPassword">Asked for the form, where it is not shown to everybody.</param>
    public LoginModel Model(string email, string? fault, string next, bool byPassword = false) => new(email, fault, next)
    {
        Provider = HasProvider ? settings.Value.Name : null,
        ProviderIsAway = HasProvider && fault is null && provider.Trouble is not null,
        ShowsPassword = passwords.AdmitsAll || (byPassword && passwords.AdmitsSome),
        MayRegister = enrolment.IsOpen,
        HidesPassword = !passwords.AdmitsAll && passwords.AdmitsSome,
    };

    /// <summary>The login page after a login by the provider that came to nothing.</summary>
    public Rendered<LoginPage, LoginModel> Page(Frame frame, Error error, string next) => new(frame, Model("", error.Detail, next), error.Kind switch
    {
        ErrorKind.Unavailable => StatusCodes.Status503ServiceUnavailable,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status400BadRequest,
    });

    /// <summary>A path of ours, or the inbox: never another site.</summary>
    public static string Local(string? path) =>
        path is ['/', ..] and not (['/', '/', ..] or ['/', '\\', ..]) && !path.Any(char.IsControl) ? path : "/";
}
