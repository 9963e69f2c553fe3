using Microsoft.Extensions.DependencyInjection;

namespace Tocsin.Telemetry;

internal static class DetectionSetup
{
    public static IServiceCollection AddDetection(this IServiceCollection services) => services.AddSingleton<FindingStore>().AddSingleton<FindingDesk>();
}
