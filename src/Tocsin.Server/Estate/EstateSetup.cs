using Microsoft.Extensions.DependencyInjection;

namespace Tocsin.Estate;

internal static class EstateSetup
{
    public static IServiceCollection AddEstate(this IServiceCollection services)
    {
        services.AddSingleton<EstateStore>().AddSingleton<EstateProviders>();
        services.AddSingleton(_ => EstateResolver.Process);
        services.AddSingleton<EstateService>().AddSingleton<IEstates>(provider => provider.GetRequiredService<EstateService>());
        return services;
    }
}
