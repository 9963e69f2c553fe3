using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Tocsin.Estate;

internal static class EstateSetup
{
    public static IServiceCollection AddEstate(this IServiceCollection services)
    {
        services.AddOptions<EstateOptions>().BindConfiguration("Estate").ValidateOnStart();
        services.AddSingleton<IValidateOptions<EstateOptions>, EstateOptionsValidator>();
        services.AddSingleton<EstateProviders>().AddSingleton<EstateStore>().AddSingleton<EstateCache>().AddSingleton<EstateDesk>();
        services.AddSingleton<IEstates>(provider => provider.GetRequiredService<EstateCache>());
        services.AddSingleton<EstateRefusals>().AddSingleton<EstateService>();
        services.AddHostedService(provider => provider.GetRequiredService<EstateService>());
        return services;
    }
}
