using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Tocsin.Load;

/// <summary>
/// What a server holds in memory while one client floods it: the largest bodies that are let in, of metrics and of logs, from connections that send ahead and read
/// their answers late, and that come again at once whatever they are told.
/// </summary>
public static class Flood
{
    private const int Connections = 32;
    private const int Entries = 50_000;
    private const int BodyBytes = 16 * 1024 * 1024;

    /// <summary>Requests that a connection sends before it reads the first answer.</summary>
    private const int Ahead = 3;

    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_row = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(string program, string? database, TimeSpan time)
    {
        var target = new TocsinFanout(program, database);
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var server = await target.StartAsync(folder);
            byte[][] requests = [Request(server.Url, target.Key, "/ingest/metrics", Metrics()), Request(server.Url, target.Key, "/ingest/logs", Logs())];
            Console.WriteLine($"{Connections} connections, half of them POST /ingest/metrics with {Entries} samples in {requests[0].Length / 1e6:0.0} MB, half POST /ingest/logs with {Entries} lines in {requests[1].Length / 1e6:0.0} MB.");
            Console.WriteLine();
            Table.Head("after s", "resident MB", "most since the row before", "requests answered 2xx", "503", "other", "connections lost", "on disk MB");

            var counts = new Counts();
            using var over = new CancellationTokenSource();
            var clock = Stopwatch.StartNew();
            var senders = Enumerable.Range(0, Connections).Select(i => Task.Factory.StartNew(() => Send(server.Url, requests[i % requests.Length], counts, over.Token), over.Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            var (highest, rows) = (0L, new List<double>());
            for (var next = s_row; clock.Elapsed < time; await Task.Delay(250, CancellationToken.None))
            {
                highest = Math.Max(highest, server.ResidentBytes);
                if (clock.Elapsed >= next)
                {
                    rows.Add(highest / 1e6);
                    Row(clock.Elapsed, server, highest, counts, folder);
                    (highest, next) = (0, next + s_row);
                }
            }

            await over.CancelAsync();
            await Task.WhenAll(senders);
            await Task.Delay(s_rest, CancellationToken.None);
            Row(clock.Elapsed, server, server.ResidentBytes, counts, folder);
            Console.WriteLine();
            var half = rows.Count / 2;
            Console.WriteLine($"Most in the first half: {rows.Take(half).DefaultIfEmpty().Max():0} MB; in the second: {rows.Skip(half).DefaultIfEmpty().Max():0} MB.");
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Row(TimeSpan after, ServerProcess server, long highest, Counts counts, DirectoryInfo folder) => Table.Row(
        Table.Number(after.TotalSeconds), Table.Number(server.ResidentBytes / 1e6), Table.Number(highest / 1e6), $"{counts.Taken}", $"{counts.Busy}", $"{counts.Other}", $"{counts.Lost}",
        Table.Number(folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length) / 1e6));

    private static void Send(Uri server, byte[] request, Counts counts, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var connection = new Connection(server);
                using var cut = over.Register(connection.Dispose);
                while (!over.IsCancellationRequested)
                {
                    connection.Send(request);
                    if (connection.Waiting == Ahead)
                    {
                        over.WaitHandle.WaitOne(s_late);
                        counts.Add(connection.Receive());
                    }
                }
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
            {
                // Who is refused before its body was read is cut off, as it must be.
                if (!over.IsCancellationRequested)
                {
                    Interlocked.Increment(ref counts.Lost);
                }
            }
        }
    }

    private static byte[] Request(Uri server, string key, string path, string body) =>
        Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\nAuthorization: Bearer {key}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    /// <summary>As many series as a workspace may have, each once, at the time of receipt.</summary>
    private static string Metrics()
    {
        var body = new StringBuilder("""{"metrics":[""", BodyBytes);
        for (var i = 0; i < Entries; i++)
        {
            body.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""
                {"name":"flood_{{i % 100}}","value":{{i}}.25,"unit":"ms","service":"service-{{i / 100 % 8}}","tags":{"pod":"pod-{{i / 800}}","padding":"
                """).Append('x', 200).Append("\"}}");
        }

        return body.Append("]}").ToString();
    }

    /// <summary>Lines with words that nobody else has, which is the most that they can cost.</summary>
    private static string Logs()
    {
        var (body, random) = (new StringBuilder("""{"logs":[""", BodyBytes), new Random(1));
        var words = new byte[16];
        for (var i = 0; i < Entries; i++)
        {
            body.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""{"level":"{{(i % 50 == 0 ? "error" : "info")}}","service":"service-{{i % 8}}","message":"Request""");
            for (var word = 0; word < 7; word++)
            {
                random.NextBytes(words);
                body.Append(' ').Append(Convert.ToHexStringLower(words));
            }

            body.Append("\"}");
        }

        return body.Append("]}").ToString();
    }

    private sealed class Counts
    {
        public int Lost;
        private int _taken;
        private int _busy;
        private int _other;

        public int Taken => _taken;

        public int Busy => _busy;

        public int Other => _other;

        public void Add(int status) => Interlocked.Increment(ref status is >= 200 and < 300 ? ref _taken : ref status == 503 ? ref _busy : ref _other);
    }
}
