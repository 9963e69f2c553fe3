namespace Tocsin.Load;

/// <summary>How many messages a second are taken, each in a request of its own, and what each costs. Nobody listens.</summary>
public static class Publishing
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_run = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(FanoutTarget[] targets, int rounds)
    {
        Table.Head("publishers", "target", "published/s", "CPU µs a message", "generator CPU µs", "ratio published/s", "ratio CPU");
        foreach (var publishers in (int[])[1, 8, 64])
        {
            var runs = targets.Select(_ => new List<Figures>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < targets.Length; i++)
                {
                    runs[i].Add(await MeasureAsync(targets[i], publishers));
                }
            }

            var medians = runs.Select(Median).ToArray();
            for (var i = 0; i < targets.Length; i++)
            {
                var (own, first) = (medians[i], medians[0]);
                Table.Row(
                    Table.Number(publishers), targets[i].Name, Table.Number(own.PerSecond), Table.Number(own.ServerMicros), Table.Number(own.GeneratorMicros),
                    i == 0 ? "" : Table.Ratio(own.PerSecond, first.PerSecond), i == 0 ? "" : Table.Ratio(own.ServerMicros, first.ServerMicros));
            }
        }

        return 0;
    }

    private static async Task<Figures> MeasureAsync(FanoutTarget target, int publishers)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var server = await target.StartAsync(folder);
            using var publisher = new Publisher(server.Url, target, publishers);
            publisher.Run(s_warmUp);
            var (serverBefore, selfBefore) = (FanoutTarget.Cost(server).Cpu, Environment.CpuUsage.TotalTime);
            var (took, published) = publisher.Run(s_run);
            var (serverCpu, selfCpu) = (FanoutTarget.Cost(server).Cpu - serverBefore, (Environment.CpuUsage.TotalTime - selfBefore).TotalSeconds);
            return new(published / took.TotalSeconds, serverCpu * 1e6 / published, selfCpu * 1e6 / published);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Figures Median(List<Figures> all) =>
        new(Table.Median(all.Select(f => f.PerSecond)), Table.Median(all.Select(f => f.ServerMicros)), Table.Median(all.Select(f => f.GeneratorMicros)));

    private sealed record Figures(double PerSecond, double ServerMicros, double GeneratorMicros);
}
