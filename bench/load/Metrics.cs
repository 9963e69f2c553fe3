namespace Tocsin.Load;

/// <summary>
/// How many samples a second are taken in, what each costs, and whether all that were answered can be read afterwards. The product answers when they are
/// durable, the peer before.
/// </summary>
public static class Metrics
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_run = TimeSpan.FromSeconds(5);

    private static readonly (int Batch, int Connections)[] s_cases = [(1, 64), (100, 16), (1_000, 8)];

    /// <param name="only">Only cases of so many samples a request; null: all.</param>
    /// <returns>1: samples that were answered are not there.</returns>
    public static async Task<int> RunAsync(MetricTarget[] targets, int rounds, int? only)
    {
        var missing = 0L;
        Table.Head("samples a request", "target", "samples/s", "CPU µs a sample", "generator CPU µs a sample", "refused", "answered, and not read again", "resident MB", "ratio samples/s", "ratio CPU");
        foreach (var (batch, connections) in s_cases.Where(c => only is null || c.Batch == only))
        {
            var runs = targets.Select(_ => new List<Figures>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < targets.Length; i++)
                {
                    runs[i].Add(await MeasureAsync(targets[i], batch, connections));
                }
            }

            var medians = Array.ConvertAll(runs, static r => new Figures(
                Table.Median(r.Select(f => f.PerSecond)), Table.Median(r.Select(f => f.ServerMicros)), Table.Median(r.Select(f => f.GeneratorMicros)),
                r.Sum(f => f.Refused), r.Sum(f => f.Missing), Table.Median(r.Select(f => f.Megabytes))));
            for (var i = 0; i < targets.Length; i++)
            {
                // The peer stands before the product.
                var (peer, f) = (medians[0], medians[i]);
                var isAlone = i == 0;
                Table.Row(
                    Table.Number(batch), targets[i].Name, Table.Number(f.PerSecond), Micros(f.ServerMicros), Micros(f.GeneratorMicros), $"{f.Refused}", $"{f.Missing}", Table.Number(f.Megabytes),
                    isAlone ? "" : Table.Ratio(f.PerSecond, peer.PerSecond), isAlone ? "" : Table.Ratio(f.ServerMicros, peer.ServerMicros));
                missing += f.Missing;
            }
        }

        return missing == 0 ? 0 : 1;
    }

    private static string Micros(double micros) => micros.ToString(micros < 10 ? "0.00" : "0.0", System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<Figures> MeasureAsync(MetricTarget target, int batch, int connections)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var server = await target.StartAsync(folder);
            var start = DateTimeOffset.UtcNow.AddDays(-2).ToUnixTimeSeconds() / MetricSeries.SecondsApart * MetricSeries.SecondsApart;
            using var pump = new Pump(server.Url, target.Body(server.Url, start, batch), connections);
            var before = pump.Run(s_warmUp);
            var (serverBefore, selfBefore) = (server.CpuSeconds, Environment.CpuUsage.TotalTime);
            var (took, requests, refused) = pump.Run(s_run);
            var (serverCpu, selfCpu) = (server.CpuSeconds - serverBefore, (Environment.CpuUsage.TotalTime - selfBefore).TotalSeconds);
            var (samples, resident) = ((double)requests * batch, server.ResidentBytes);

            // One that was refused may have been stored.
            var answered = (long)(before.Accepted + requests) * batch;
            var read = await target.CountAsync(server.Url, start, start + (((answered + ((long)(before.Refused + refused) * batch)) / MetricSeries.Count) + 1) * MetricSeries.SecondsApart);
            return new(samples / took.TotalSeconds, serverCpu * 1e6 / samples, selfCpu * 1e6 / samples, before.Refused + refused, Math.Max(0, answered - read), resident / 1e6);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record Figures(double PerSecond, double ServerMicros, double GeneratorMicros, int Refused, long Missing, double Megabytes);
}
