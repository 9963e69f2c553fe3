using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Tocsin.Telemetry;

internal static class DetectionSetup
{
    public static IServiceCollection AddDetection(this IServiceCollection services) => services
        .AddSingleton<FindingStore>().AddSingleton<FindingDesk>().AddSingleton<DetectorDesk>().AddSingleton<DetectorRuleReader>().AddSingleton<DetectorEditor>()
        .AddSingleton<SnapshotReader>().AddSingleton<AnomalyDesk>()
        .AddSingleton<HistoryKeeper>().AddSingleton<SloReader>().AddSingleton<QueryReader>();

    public static void MapDetection(this IEndpointRouteBuilder routes)
    {
        routes.MapAnomalies();
        routes.MapDetectors();
    }
}
