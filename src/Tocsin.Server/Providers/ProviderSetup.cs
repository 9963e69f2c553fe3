using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Tocsin.Providers;

internal static class ProviderSetup
{
    /// <summary>All providers, found by a scan: adding one edits no list. They need <c>AddOutgoing</c>.</summary>
    public static IServiceCollection AddProviders(this IServiceCollection services)
    {
        services.AddSingleton<NotifierRegistry>().AddSingleton<AlertSourceRegistry>().AddSingleton<ReplySourceRegistry>();
        return services.AddScanned<INotifier>().AddScanned<IAlertSource>().AddScanned<IReplySource>();
    }

    /// <summary>Registers every implementation of a port in this assembly.</summary>
    public static IServiceCollection AddScanned<T>(this IServiceCollection services)
        where T : class
    {
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(T))))
        {
            services.AddSingleton(typeof(T), type);
        }

        return services;
    }
}
