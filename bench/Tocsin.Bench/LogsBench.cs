using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Telemetry;

namespace Tocsin.Bench;

/// <summary>
/// The store of log lines without HTTP: how many lines a second it takes in durably, and how soon it finds some among very many. On the embedded store in a
/// folder of its own, or with --database on a PostgreSQL schema that is empty.
/// </summary>
internal static class LogsBench
{
    private const long Workspace = 1;
    private static readonly DateTimeOffset _start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    public static async Task<int> RunAsync(string verb, string[] args)
    {
        string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;
        var lines = int.Parse(Option("--lines") ?? (verb == "logs-store" ? "2000000" : "10000000"), CultureInfo.InvariantCulture);
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var database = Store.Open(folder.FullName, Option("--database") ?? "");
            await using var telemetry = TelemetryDatabase.Beside(database);
            await Migrator.MigrateAsync(telemetry, _start, default);
            await (verb == "logs-store" ? StoreAsync(telemetry, lines) : SearchAsync(telemetry, lines, int.Parse(Option("--days") ?? "1", CultureInfo.InvariantCulture)));
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task StoreAsync(TelemetryDatabase telemetry, int lines)
    {
        Console.WriteLine("| lines a request | requests at once | lines/s, durable | processor µs a line |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var (batch, atOnce) in ((int, int)[])[(1, 256), (100, 64), (1_000, 16)])
        {
            var count = batch == 1 ? lines / 20 : lines;
            var (took, cpu) = await FillAsync(telemetry, count, batch, atOnce, TimeSpan.FromHours(1));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {batch} | {atOnce} | {count / took.TotalSeconds:0} | {cpu.TotalMicroseconds / count:0.00} |"));
        }
    }

    private static async Task SearchAsync(TelemetryDatabase telemetry, int lines, int days)
    {
        var span = TimeSpan.FromDays(days);

        // So that each minute has some.
        var (took, _) = await FillAsync(telemetry, lines, Math.Clamp((int)(lines / span.TotalMinutes), 1, 1_000), 16, span);
        var merging = Stopwatch.StartNew();
        using (var merger = new LogMerger(telemetry, new(), new BenchClock(TimeProvider.System.GetUtcNow() + (3 * span)), NullLogger<LogMerger>.Instance))
        {
            await merger.TurnAsync(default);
        }

        var blocks = await telemetry.Database.ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM log_block"), default);
        var bytes = await telemetry.Database.ReadAsync(session => session.ScalarAsync("SELECT SUM(bytes) FROM log_block"), default);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{lines} lines stored in {took.TotalSeconds:0.0} s, merged in {merging.Elapsed.TotalSeconds:0.0} s into {blocks} blocks of {bytes / 1e6:0} MB."));
        Console.WriteLine();
        Console.WriteLine("| search | found | complete | ms, median of 5 | most |");
        Console.WriteLine("|---|---|---|---|---|");
        var rates = new LogRates(telemetry);
        using var search = new LogSearch(telemetry, new(), rates, TimeProvider.System);
        var all = new LogQuery { From = _start, To = _start + span };
        foreach (var (name, query) in ((string, LogQuery)[])
            [
                ("newest lines", all), ("a rare word", all with { Text = LogLines.Rare }), ("a word that never occurs", all with { Text = "submarine" }), ("a common word", all with { Text = "order" }),
                ("two common words", all with { Text = "payment declined" }), ("errors of one service", all with { Service = "payments", Least = LineLevel.Error }),
                ("a word in ten minutes", all with { Text = "refused", From = _start + (span / 2), To = _start + (span / 2) + TimeSpan.FromMinutes(10) }),
                ("a phrase of common words that never occurs", all with { Text = "\"order connection\"" }), ("a part of a word", all with { Text = "*ecline*" }),
                ("a part that never occurs", all with { Text = "*ubmarin*" }), ("a part beside a whole word", all with { Text = "*arantine* 17" }),
                ("a pattern", all with { Text = @"/declined after [45] retries/" }), ("a pattern with a rare word", all with { Text = @"/was quarantined after \d+/" }),
                ("a pattern that never occurs", all with { Text = @"/took 1\d{9} ms/" }),
            ])
        {
            List<double> times = [];
            LogPage page = new([], null, Complete: true);
            for (var i = 0; i < 5; i++)
            {
                var watch = Stopwatch.StartNew();
                page = await search.SearchAsync(Workspace, query, 100, null, default);
                times.Add(watch.Elapsed.TotalMilliseconds);
            }

            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {page.Lines.Count} | {(page.Complete ? "yes" : "no")} | {times[2]:0} | {times[^1]:0} |"));
        }

        foreach (var (name, query) in ((string, LogQuery)[])
            [
                ("histogram of all", all), ("histogram of a rare word", all with { Text = LogLines.Rare }), ("histogram of a common word", all with { Text = "order" }),
                ("histogram of a part of a word", all with { Text = "*ecline*" }),
            ])
        {
            var watch = Stopwatch.StartNew();
            var histogram = await search.HistogramAsync(Workspace, query, 60, default);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {histogram.Buckets.Sum(b => b.Total)} | {(histogram.Complete ? "yes" : "no")} | {watch.Elapsed.TotalMilliseconds:0} | |"));
        }

        var templates = Stopwatch.StartNew();
        var counts = await rates.ReadCoarselyAsync(Workspace, all.From, all.To, default);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| counts of all templates | {counts.Sum(c => c.Count)} | yes | {templates.Elapsed.TotalMilliseconds:0} | |"));
        templates.Restart();
        counts = await rates.ReadAsync(Workspace, all.From, all.To, default);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| the same by minutes | {counts.Sum(c => c.Count)} | yes | {templates.Elapsed.TotalMilliseconds:0} | |"));
    }

    private static async Task<(TimeSpan Took, TimeSpan Cpu)> FillAsync(TelemetryDatabase telemetry, int lines, int batch, int atOnce, TimeSpan span)
    {
        LogStores stores = new(telemetry, new(), new(telemetry), new(telemetry));
        using var intake = new LogIntake(stores, new(), new(telemetry, telemetry.FreeBytes, Options.Create(new TelemetryOptions())), TimeProvider.System, NullLogger<LogIntake>.Instance);
        await intake.StartAsync(default);

        // Made before it counts, and used again and again: making them costs more than storing them.
        var made = Enumerable.Range(0, Math.Min(64, lines / batch)).Select(i => new LogLines(i).Next(batch, _start)).ToArray();
        var (next, requests) = (-1, lines / batch);
        var step = span / requests;
        var (watch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var request && request < requests)
            {
                var at = _start + (request * step);
                var sent = Array.ConvertAll(made[request % made.Length], line => line with { At = at });
                if (batch > 1 && request % Math.Max(1, requests / 10) == requests / 20)
                {
                    sent[0] = LogLines.RareOne(at);
                }

                await intake.StoreAsync(Workspace, sent, default);
            }
        }));
        var (took, cpu) = (watch.Elapsed, Environment.CpuUsage.TotalTime - before);
        await intake.StopAsync(default);
        return (took, cpu);
    }

    /// <summary>A clock that stands still.</summary>
    private sealed class BenchClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
