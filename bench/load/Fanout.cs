using System.Diagnostics;
using System.Globalization;

namespace Tocsin.Load;

/// <summary>
/// How many messages reach their subscribers each second, and what each costs. First as many as can be, a few under way at once; then at one pace for
/// all, to see how late they are.
/// </summary>
public static class Fanout
{
    private const int Publishers = 8;

    /// <summary>Deliveries a second of the paced part: what every target can do.</summary>
    private const int Pace = 50_000;

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_run = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(FanoutTarget[] targets, int rounds, int[] subscribers)
    {
        Table.Head("subscribers", "target", "delivered/s", "CPU µs a message", "generator CPU µs", "p50 ms", "p99 ms", "memory a subscriber, kB", "ratio delivered/s", "ratio CPU", "cut");
        foreach (var count in subscribers)
        {
            var runs = targets.Select(_ => new List<Figures>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < targets.Length; i++)
                {
                    runs[i].Add(await MeasureAsync(targets[i], count));
                }
            }

            var medians = runs.Select(Median).ToArray();
            for (var i = 0; i < targets.Length; i++)
            {
                var (own, first) = (medians[i], medians[0]);
                Table.Row(
                    Table.Number(count), targets[i].Name, Table.Number(own.PerSecond), Micros(own.ServerMicros), Micros(own.GeneratorMicros), Table.Number(own.P50Ms),
                    Table.Number(own.P99Ms), Table.Number(own.BytesEach / 1000), i == 0 ? "" : Table.Ratio(own.PerSecond, first.PerSecond),
                    i == 0 ? "" : Table.Ratio(own.ServerMicros, first.ServerMicros), $"{own.Cut}");
            }
        }

        return 0;
    }

    private static async Task<Figures> MeasureAsync(FanoutTarget target, int count)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var server = await target.StartAsync(folder);
            var memoryBefore = FanoutTarget.Cost(server).Bytes;
            using var listeners = new Listeners(server.Url, target.Subscribe, count);
            var memory = FanoutTarget.Cost(server).Bytes;

            using var publisher = new Publisher(server.Url, target, Publishers);
            publisher.Saturate(s_warmUp, listeners, count);
            var (serverBefore, selfBefore, before, clock) = (FanoutTarget.Cost(server).Cpu, Environment.CpuUsage.TotalTime, listeners.Received, Stopwatch.StartNew());
            publisher.Saturate(s_run, listeners, count);
            var (took, delivered) = (clock.Elapsed.TotalSeconds, listeners.Received - before);
            var (serverCpu, selfCpu) = (FanoutTarget.Cost(server).Cpu - serverBefore, (Environment.CpuUsage.TotalTime - selfBefore).TotalSeconds);

            listeners.StartSampling();
            publisher.Keep(s_run, (double)Pace / count);
            Publisher.Settle(listeners, publisher.Published * count);
            var delays = listeners.StopSampling();
            return new(
                delivered / took, serverCpu * 1e6 / delivered, selfCpu * 1e6 / delivered, Table.Percentile(delays, 0.5), Table.Percentile(delays, 0.99),
                Math.Max(0, memory - memoryBefore) / (double)count, listeners.Closed);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Figures Median(List<Figures> all) => new(
        Table.Median(all.Select(f => f.PerSecond)), Table.Median(all.Select(f => f.ServerMicros)), Table.Median(all.Select(f => f.GeneratorMicros)),
        Table.Median(all.Select(f => f.P50Ms)), Table.Median(all.Select(f => f.P99Ms)), Table.Median(all.Select(f => f.BytesEach)), all.Sum(f => f.Cut));

    private static string Micros(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private sealed record Figures(double PerSecond, double ServerMicros, double GeneratorMicros, double P50Ms, double P99Ms, double BytesEach, int Cut);
}
