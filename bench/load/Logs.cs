namespace Tocsin.Load;

/// <summary>How many log lines a second are taken in with a user's key, each answered when it is durable, and what each costs.</summary>
public static class Logs
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan s_run = TimeSpan.FromSeconds(6);

    private static readonly (int Batch, int Connections)[] s_cases = [(1, 64), (100, 16), (1_000, 8)];

    public static async Task<int> RunAsync(string program, string? database, int rounds)
    {
        Table.Head("lines a request", "lines/s", "requests/s", "CPU µs a line", "generator CPU µs a line", "refused", "resident MB");
        foreach (var (batch, connections) in s_cases)
        {
            List<Figures> runs = [];
            for (var round = 0; round < rounds; round++)
            {
                runs.Add(await MeasureAsync(new(program, database), batch, connections));
            }

            Table.Row(
                Table.Number(batch), Table.Number(Table.Median(runs.Select(f => f.PerSecond))), Table.Number(Table.Median(runs.Select(f => f.PerSecond)) / batch),
                Table.Number(Table.Median(runs.Select(f => f.ServerMicros))), Table.Number(Table.Median(runs.Select(f => f.GeneratorMicros))),
                $"{runs.Sum(f => f.Refused)}", Table.Number(Table.Median(runs.Select(f => f.Megabytes))));
        }

        return 0;
    }

    private static async Task<Figures> MeasureAsync(TocsinFanout target, int batch, int connections)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var server = await target.StartAsync(folder);
            using var pump = new Pump(server.Url, new LogBody(server.Url, target.Key, batch), connections, distinct: 900_000_000);
            pump.Run(s_warmUp);
            var (serverBefore, selfBefore) = (server.CpuSeconds, Environment.CpuUsage.TotalTime);
            var (took, requests, refused) = pump.Run(s_run);
            var (serverCpu, selfCpu) = (server.CpuSeconds - serverBefore, (Environment.CpuUsage.TotalTime - selfBefore).TotalSeconds);
            var lines = (double)requests * batch;
            return new(lines / took.TotalSeconds, serverCpu * 1e6 / lines, selfCpu * 1e6 / lines, refused, server.ResidentBytes / 1e6);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record Figures(double PerSecond, double ServerMicros, double GeneratorMicros, int Refused, double Megabytes);
}
