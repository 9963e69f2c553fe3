using Tocsin.Data;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What logs and metrics say of all services, for the page that lists them.</summary>
internal sealed class ServiceFiguresReader(ServiceDesk services, LogRates rates, TimeProvider clock)
{
    private const int Points = 30;

    private static readonly TimeSpan _past = TimeSpan.FromHours(1);

    /// <returns>By name; empty where the store of logs and metrics does not answer, which keeps nobody from his services.</returns>
    public async Task<IReadOnlyDictionary<string, ServiceFigures>> ReadAsync(long workspace, CancellationToken ct)
    {
        try
        {
            var from = clock.GetUtcNow() - _past;
            Dictionary<string, double[]> lines = new(StringComparer.Ordinal);
            foreach (var rate in await rates.ReadAsync(workspace, from, from + _past, ct))
            {
                if (!lines.TryGetValue(rate.Service, out var spark))
                {
                    lines[rate.Service] = spark = new double[Points];
                }

                spark[Math.Clamp((int)((rate.Minute - from) / _past * Points), 0, Points - 1)] += rate.Count;
            }

            return (await services.ListAsync(workspace, ct)).ToDictionary(s => s.Name, s => new ServiceFigures(s, lines.GetValueOrDefault(s.Name) ?? []), StringComparer.Ordinal);
        }
        catch (StoreUnavailableException)
        {
            return new Dictionary<string, ServiceFigures>();
        }
    }
}
