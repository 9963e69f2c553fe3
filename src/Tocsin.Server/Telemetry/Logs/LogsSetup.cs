using Microsoft.Extensions.DependencyInjection;
using Tocsin.Data;

namespace Tocsin.Telemetry;

internal static class LogsSetup
{
    public static IServiceCollection AddLogs(this IServiceCollection services)
    {
        services.AddSingleton<LogBlockStore>().AddSingleton<LogRates>().AddSingleton<TemplateStore>().AddSingleton<LogStores>();
        services.AddSingleton<FreeSpace>(static provider => provider.GetRequiredService<TelemetryDatabase>().FreeBytes);
        services.AddSingleton<TelemetryRoom>().AddSingleton<TelemetryAlarm>().AddSingleton<LogRetention>().AddSingleton<LogTail>().AddSingleton<LogFollow>().AddSingleton<LogTailStream>();
        return services.AddSingleton(provider => new LogSearch(
            provider.GetRequiredService<TelemetryDatabase>(), provider.GetRequiredService<LogBlockStore>(), provider.GetRequiredService<LogRates>(), provider.GetRequiredService<TimeProvider>()));
    }
}
