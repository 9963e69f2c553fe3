using Microsoft.Extensions.DependencyInjection;

namespace Tocsin.Telemetry;

internal static class MetricSetup
{
    /// <summary>Stores and queries of metrics and traces, and what runs for them beside requests.</summary>
    public static IServiceCollection AddMetricStores(this IServiceCollection services) =>
        services.AddSingleton<MetricStore>().AddSingleton<SeriesTables>().AddSingleton<MetricQuery>().AddSingleton<ServiceDesk>().AddSingleton<SpanStore>().AddSingleton<TraceSums>().AddSingleton<TraceQuery>();
}
