namespace Tocsin.Load;

/// <summary>How soon a server is ready on an empty folder, what it holds when nothing happens, and what an active alert adds.</summary>
public static class Start
{
    private const int Alerts = 200_000;
    private const int Batch = 500;
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(Target[] targets, int rounds)
    {
        var runs = targets.Select(_ => new List<Figures>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < targets.Length; i++)
            {
                runs[i].Add(await MeasureAsync(targets[i]));
            }
        }

        Table.Head(["", .. targets.Select(t => t.Name), "ratio"]);
        Row("start to ready, ms", f => f.ReadyMs);
        Row("resident after 10 s of rest, MB", f => f.IdleBytes / 1e6);
        Row($"resident for each of {Table.Number(Alerts)} active alerts in 100 groups, kB", f => f.BytesAnAlert / 1e3);
        return 0;

        void Row(string name, Func<Figures, double> figure)
        {
            var medians = runs.Select(r => Table.Median(r.Select(figure))).ToArray();
            Table.Row([name, .. medians.Select(Table.Number), medians.Length > 1 ? Table.Ratio(medians[^1], medians[0]) : ""]);
        }
    }

    private static async Task<Figures> MeasureAsync(Target target)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        using var receiver = new PageReceiver(_ => { });
        try
        {
            await using var server = await target.StartAsync(new(receiver.Url, ["alertname"], "30s"), folder);
            await Task.Delay(s_rest);
            var idle = server.ResidentBytes;

            using var pump = new Pump(server.Url, new AlertBody(server.Url, target.Key, Batch, names: 100), connections: 4);
            var (_, accepted, _) = pump.Run(requests: Alerts / Batch);
            await Task.Delay(s_rest);
            return new(server.StartTime.TotalMilliseconds, idle, (server.ResidentBytes - idle) / (double)(accepted * Batch));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record Figures(double ReadyMs, double IdleBytes, double BytesAnAlert);
}
