using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tocsin.Data;

namespace Tocsin.Telemetry;

internal static class LogsSetup
{
    public static IServiceCollection AddLogs(this IServiceCollection services)
    {
        services.AddSingleton<LogBlockStore>().AddSingleton<LogRates>().AddSingleton<TemplateStore>().AddSingleton<LogTail>();
        services.AddSingleton(provider => new LogIntakeParts(provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LogIntake>>()));
        services.AddSingleton(provider => new LogSearch(
            provider.GetRequiredService<TelemetryDatabase>(), provider.GetRequiredService<LogBlockStore>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
