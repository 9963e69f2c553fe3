using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;

namespace Tocsin.Outgoing;

internal static class OutgoingSetup
{
    /// <summary>Everything that a notifier needs to reach the world: <see cref="GuardedHttp"/> and <see cref="SmtpSender"/>.</summary>
    public static IServiceCollection AddOutgoing(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);

        services.AddOptions<OutgoingOptions>()
            .BindConfiguration("Outgoing")
            .Configure<IConfiguration>(static (options, configuration) => options.Allow = AllowFrom(configuration, options.Allow))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<OutgoingOptions>, OutgoingOptionsValidator>();
        services.AddSingleton<IValidateOptions<OutgoingOptions>, AllowListValidator>();

        services.AddOptions<SmtpOptions>().BindConfiguration("Smtp").ValidateOnStart();
        services.AddSingleton<IValidateOptions<SmtpOptions>, SmtpOptionsValidator>();
        services.AddSingleton<IValidateOptions<SmtpOptions>, SmtpSettingsValidator>();

        services.AddSingleton(new SettingsSection("Outgoing", typeof(OutgoingOptions)));
        services.AddSingleton(new SettingsSection("Smtp", typeof(SmtpOptions)));
        services.AddSingleton<OutgoingConnector>();
        services.AddSingleton<GuardedHttp>().AddSingleton<Pace>();
        services.AddSingleton<SmtpSender>();
        return services;
    }

    // In YAML the list is a list, in the environment it is one text: both are read, and joined.
    private static string AllowFrom(IConfiguration configuration, string text) =>
        string.Join(',', configuration.GetSection("Outgoing:Allow").GetChildren().Select(entry => entry.Value).Prepend(text).Where(entry => !string.IsNullOrEmpty(entry)));
}
