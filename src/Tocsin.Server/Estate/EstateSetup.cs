using Microsoft.Extensions.DependencyInjection;

namespace Tocsin.Estate;

internal static class EstateSetup
{
    public static IServiceCollection AddEstate(this IServiceCollection services)
    {
        services.AddSingleton<EstateProviders>().AddSingleton<EstateStore>().AddSingleton<EstateCache>().AddSingleton<EstateDesk>();
        services.AddSingleton<IEstates>(provider => provider.GetRequiredService<EstateCache>());
        services.AddSingleton<EstateRefusals>().AddSingleton<EstateService>();
        services.AddHostedService(provider => provider.GetRequiredService<EstateService>());
        return services;
    }
}
