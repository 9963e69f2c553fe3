using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;

namespace Tocsin.Identity.Oidc;

internal static class OidcSetup
{
    public static IServiceCollection AddOidcSettings(this IServiceCollection services)
    {
        services.AddOptions<OidcOptions>()
            .BindConfiguration("Oidc")
            .Configure<IConfiguration>(static (options, configuration) => options.ReadMaps(configuration))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<OidcOptions>, OidcOptionsValidator>();
        services.AddSingleton<IValidateOptions<OidcOptions>, OidcSettingsValidator>();
        services.AddSingleton(new SettingsSection("Oidc", typeof(OidcOptions)));
        return services;
    }

    /// <summary>Single sign-on; does nothing until <c>Oidc:Authority</c> is set.</summary>
    public static IServiceCollection AddOidc(this IServiceCollection services) => services
        .AddSingleton<OidcProvider>().AddSingleton<OidcCookies>().AddSingleton<OidcStore>().AddSingleton<OidcPeople>().AddSingleton<OidcTeams>().AddSingleton<OidcEntry>().AddSingleton<OidcSignIn>()
        .AddSingleton<PasswordRule>();
}
