using Tocsin.Providers;

namespace Tocsin.Bench;

/// <summary>From the bytes of a request to signals; a call is an alert.</summary>
internal static class ParseBench
{
    private const int Repeats = 4;

    public static int Run()
    {
        (string Name, IAlertSource Provider, Func<int, byte[][]> Requests)[] cases =
        [
            ("Alertmanager API v2", new Alertmanager(), AlertBodies.Alertmanager),
            ("Alertmanager webhook", new Alertmanager(), AlertBodies.Webhook),
            ("Grafana webhook", new Grafana(), AlertBodies.Webhook),
            ("generic", new Generic(), AlertBodies.Generic),
        ];
        var source = new Estate.Source("bench", "any", "bench-key-00000000000001");
        var receivedAt = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        Meter.Head();
        foreach (var (name, provider, bodies) in cases)
        {
            foreach (var alerts in (int[])[1, 64, 500])
            {
                var requests = bodies(alerts).Select(body => new InboundRequest(body, _ => "", source, receivedAt)).ToArray();
                Meter.Row($"{name}, {alerts} a request", requests.Length * alerts * Repeats, () =>
                {
                    var read = 0L;
                    for (var repeat = 0; repeat < Repeats; repeat++)
                    {
                        foreach (var request in requests)
                        {
                            read += provider.Parse(request).Value?.Signals.Count ?? 0;
                        }
                    }

                    return read == requests.Length * alerts * Repeats ? read : throw new InvalidOperationException($"Only {read} alerts were read.");
                });
            }
        }

        return 0;
    }
}
