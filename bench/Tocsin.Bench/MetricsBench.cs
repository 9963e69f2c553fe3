using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Routing;
using Tocsin.Telemetry;

namespace Tocsin.Bench;

/// <summary>
/// How soon samples are read again: 200 series with a sample every ten seconds for thirty days, among 50 000 series, packed as they are in a store that runs for a
/// month. On the embedded store in a folder of its own, or with --database on a PostgreSQL schema that is empty.
/// </summary>
internal static class MetricsBench
{
    private const long Workspace = 1;
    private const int Long = 200;
    private const int Services = 100;
    private const int Resolution = 10;
    private static readonly string[] _names = ["cpu_percent", "memory_percent", "http_requests", "http_errors", "queue_length", "gc_pauses", "open_files", "threads", "bytes_in", "bytes_out"];

    public static async Task<int> RunAsync(string[] args)
    {
        string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        var days = int.Parse(Option("--days") ?? "30", CultureInfo.InvariantCulture);
        var series = int.Parse(Option("--series") ?? "50000", CultureInfo.InvariantCulture);
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var database = Store.Open(folder.FullName, Option("--database") ?? "");
            await using var telemetry = TelemetryDatabase.Beside(database);
            var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 60 * 60);
            await Migrator.MigrateAsync(telemetry, now, default);
            await FillAsync(telemetry, now, days, series);
            using var tables = new SeriesTables(telemetry, new(), TimeProvider.System);
            await ReadAsync(new(telemetry, new(), tables), now);
            await ListAsync(telemetry, new(telemetry, new(), tables));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task ReadAsync(MetricQuery query, DateTimeOffset now)
    {
        Console.WriteLine("| series | span | step | how | samples read | values | ms, median of 5 | most | processor ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");

        // Steps as the API chooses them by itself; the explorer's are longer.
        foreach (var (name, span, step) in ((string, TimeSpan, TimeSpan)[])
            [("1 h", TimeSpan.FromHours(1), TimeSpan.FromSeconds(15)), ("1 d", TimeSpan.FromDays(1), TimeSpan.FromMinutes(10)), ("30 d", TimeSpan.FromDays(30), TimeSpan.FromHours(4))])
        {
            foreach (var (count, how) in ((int, Aggregation)[])[(1, Aggregation.Avg), (20, Aggregation.Avg), (20, Aggregation.Rate), (20, Aggregation.P95), (200, Aggregation.Avg)])
            {
                var among = count switch { 1 => "1", 20 => "1|20", _ => ".+" };
                var filter = new SeriesFilter { Name = "latency_ms", Tags = MatcherText.Parse($$"""{among=~"{{among}}"}""").Value! };
                var values = 0;
                var (median, most, cpu) = await TimeAsync(async () =>
                {
                    var lines = await query.RangeAsync(Workspace, filter, now - span, now, step, how, 201, default);
                    values = lines.Sum(static l => l.Points.Count);
                    return lines.Count == count ? lines.Count : throw new InvalidOperationException($"{lines.Count} series were found instead of {count}.");
                });
                var samples = (long)(span.TotalSeconds / Resolution * count);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {count} | {name} | {step} | {how} | {samples} | {values} | {median:0.0} | {most:0.0} | {cpu:0.0} |"));
            }
        }
    }

    private static async Task ListAsync(TelemetryDatabase telemetry, MetricQuery query)
    {
        Console.WriteLine();
        Console.WriteLine("| list | found | ms, median of 5 | most | processor ms |");
        Console.WriteLine("|---|---|---|---|---|");
        var services = new ServiceDesk(telemetry, new(), query, new(telemetry), new(telemetry), TimeProvider.System);
        await RowAsync("the first 200 series", async () => (await query.SeriesAsync(Workspace, new(), 201, default)).Count);
        await RowAsync("the first 200 series of a name", async () => (await query.SeriesAsync(Workspace, new() { Name = "open_files" }, 201, default)).Count);
        await RowAsync("the first 200 series of a service", async () => (await query.SeriesAsync(Workspace, new() { Service = "service-07" }, 201, default)).Count);
        await RowAsync("one series by its tags", async () => (await query.SeriesAsync(Workspace, new() { Name = "threads", Tags = MatcherText.Parse("""{pod="pod-49007"}""").Value! }, 201, default)).Count);
        await RowAsync("services with their newest figures", async () => (await services.ListAsync(Workspace, default)).Count);

        static async Task RowAsync(string name, Func<Task<int>> read)
        {
            var found = 0;
            var (median, most, cpu) = await TimeAsync(async () => found = await read());
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {found} | {median:0.0} | {most:0.0} | {cpu:0.0} |"));
        }
    }

    /// <returns>Of five: the median, the most, and how much of the processor one took, all in milliseconds; the last says the same on a machine that others use.</returns>
    private static async Task<(double Median, double Most, double Cpu)> TimeAsync(Func<Task<int>> read)
    {
        const int Times = 5;
        List<double> times = [];
        var before = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < Times; i++)
        {
            var watch = Stopwatch.StartNew();
            await read();
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        return (times[Times / 2], times[^1], (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / Times);
    }

    /// <summary>As the intake and the packer leave it: heads of so many samples of each series as make a full chunk, packed one after the other.</summary>
    private static async Task FillAsync(TelemetryDatabase telemetry, DateTimeOffset now, int days, int series)
    {
        var watch = Stopwatch.StartNew();
        var (store, table) = (new MetricStore(), new SeriesTable());
        var all = Enumerable.Range(0, series).Select(i => table.Of(SampleOf(i, now), int.MaxValue)!).ToArray();
        foreach (var entry in all)
        {
            entry.Describe("ms", MetricKind.Gauge);
        }

        await telemetry.Database.WriteAsync(
            async tx =>
            {
                await store.SaveSeriesAsync(tx, Workspace, [.. all.Select(e => new SeriesRow(e, now.AddMinutes(-1).ToMicros()))]);
                return true;
            },
            default);
        using var tables = new SeriesTables(telemetry, store, TimeProvider.System);
        using var packer = new MetricPacker(telemetry, store, tables, TimeProvider.System, NullLogger<MetricPacker>.Instance);
        var (samples, random) = (0L, new Random(1));
        var loads = new double[all.Length];
        for (var from = now.AddDays(-days); from < now; from = from.AddSeconds(Resolution * MetricPacker.FullChunk))
        {
            var head = new List<HeadSample>(Long * MetricPacker.FullChunk);
            for (var i = 0; i < Long; i++)
            {
                for (var at = from; at < now && at < from.AddSeconds(Resolution * MetricPacker.FullChunk); at = at.AddSeconds(Resolution))
                {
                    // A load that wanders, with two decimals.
                    loads[i] = Math.Clamp(loads[i] + random.NextDouble() - 0.5, 0, 100);
                    head.Add(new(all[i].Id, new(at, Math.Round(loads[i], 2))));
                }
            }

            await PackAsync(head, from);
            samples += head.Count;
        }

        // The many others say one thing each.
        for (var first = Long; first < all.Length; first += 10_000)
        {
            var others = all.Skip(first).Take(10_000).Select(e => new HeadSample(e.Id, new(now.AddMinutes(-1), 50))).ToList();
            await PackAsync(others, now.AddMinutes(-1));
            samples += others.Count;
        }

        var bytes = await telemetry.Database.ReadAsync(session => session.ScalarAsync("SELECT SUM(LENGTH(body)) FROM metric_chunk"), default);
        var chunks = await telemetry.Database.ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM metric_chunk"), default);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{samples} samples of {series} series in {chunks} chunks, {bytes / 1e6:0} MB, {(double)bytes! / samples:0.00} bytes a sample, made in {watch.Elapsed.TotalSeconds:0} s."));
        Console.WriteLine();

        async Task PackAsync(List<HeadSample> head, DateTimeOffset from)
        {
            var body = HeadBlock.Part(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(head));
            await telemetry.Database.WriteAsync(tx => store.InsertHeadAsync(tx, Workspace, head.Count, from.ToMicros(), now.ToMicros(), body, now), default);
            await packer.PackAsync(Workspace, default);
        }
    }

    private static MetricSample SampleOf(int series, DateTimeOffset at)
    {
        var (name, service) = series < Long ? ("latency_ms", "service-00") : (_names[series % _names.Length], $"service-{series / _names.Length % Services:00}");
        return new(name, at, 0)
        {
            Service = service,
            Tags = LabelSet.Of(("pod", $"pod-{series}"), ("region", "eu-1"), ("among", series == 0 ? "1" : series < 20 ? "20" : "200")),
        };
    }
}
