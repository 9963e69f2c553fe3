using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace Tocsin.Load;

/// <summary>The time from a POST until its page has arrived: one by one, one by one under a storm, and many at once.</summary>
public static class Latency
{
    private const int NoiseFirst = 500_000_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <param name="only">Only cases whose name holds this; null: all.</param>
    public static async Task<int> RunAsync(Target[] targets, int rounds, string? only)
    {
        Table.Head(["case", .. targets.SelectMany(t => new[] { $"{t.Name} p50, ms", "p99, ms", "pages that came" }), "ratio p50", "ratio p99"]);
        (string Name, Func<Uri, string?, Pages, double[]> Measure)[] cases =
        [
            ("100 alerts a second, each its own incident", (server, key, pages) => OneByOne(server, key, pages, perSecond: 100, count: 1500)),
            ("10 a second while 5 000 other alerts a second come in", UnderStorm),
            ("10 000 incidents at once", Burst),
        ];
        foreach (var (name, measure) in cases.Where(c => only is null || c.Name.Contains(only, StringComparison.Ordinal)))
        {
            await CaseAsync(targets, rounds, name, measure);
        }

        return 0;
    }

    private static async Task CaseAsync(Target[] targets, int rounds, string name, Func<Uri, string?, Pages, double[]> measure)
    {
        var runs = targets.Select(_ => new List<double[]>()).ToArray();
        var expected = 0;
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < targets.Length; i++)
            {
                var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
                var pages = new Pages();
                using var receiver = new PageReceiver(pages.Take);
                try
                {
                    await using var server = await targets[i].StartAsync(new(receiver.Url, ["alertname", "instance"], "0s"), folder);
                    // The first requests of a process pay for its compilation, which is not what is asked here.
                    OneByOne(server.Url, targets[i].Key, pages, perSecond: 200, count: 1000);
                    runs[i].Add(measure(server.Url, targets[i].Key, pages));
                    expected = pages.Expected;
                }
                finally
                {
                    folder.Delete(recursive: true);
                }
            }
        }

        var medians = runs.Select(r => (
            P50: Table.Median(r.Select(t => Table.Percentile(t, 0.50))),
            P99: Table.Median(r.Select(t => Table.Percentile(t, 0.99))),
            Came: (int)Table.Median(r.Select(t => (double)t.Count(ms => ms < double.PositiveInfinity))))).ToArray();
        Table.Row(
        [
            name,
            .. medians.SelectMany(m => new[] { Table.Number(m.P50), Table.Number(m.P99), $"{m.Came} of {expected}" }),
            medians.Length > 1 ? Table.Ratio(medians[^1].P50, medians[0].P50) : "",
            medians.Length > 1 ? Table.Ratio(medians[^1].P99, medians[0].P99) : "",
        ]);
    }

    /// <summary>Sends at a fixed rate whether or not answers come, so that a slow server can't slow the question down.</summary>
    private static double[] OneByOne(Uri server, string? key, Pages pages, int perSecond, int count)
    {
        var body = new AlertBody(server, key, alerts: 1, names: 1);
        using var connections = new ConnectionRing(server, 32);
        var first = pages.Expect(count);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            WaitUntil(start + (i * Stopwatch.Frequency / perSecond));
            pages.Sent(first + i);
            connections.Send(body.With(first + i));
        }

        return pages.Milliseconds(s_patience);
    }

    private static double[] UnderStorm(Uri server, string? key, Pages pages)
    {
        using var done = new CancellationTokenSource();
        var noise = new Thread(() => Noise(server, key, done.Token));
        noise.Start();
        var times = OneByOne(server, key, pages, perSecond: 10, count: 100);
        done.Cancel();
        noise.Join();
        return times;
    }

    private static void Noise(Uri server, string? key, CancellationToken ct)
    {
        const int Batch = 50;
        var body = new AlertBody(server, key, Batch, names: 10, severity: "info");
        using var connections = new ConnectionRing(server, 16);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; !ct.IsCancellationRequested; i++)
        {
            WaitUntil(start + (i * Stopwatch.Frequency / (5000 / Batch)));
            connections.Send(body.With(NoiseFirst + (i * Batch)));
        }
    }

    private static double[] Burst(Uri server, string? key, Pages pages)
    {
        const int Alerts = 10_000;
        const int Batch = 100;
        var body = new AlertBody(server, key, Batch, names: 1);
        using var connections = new ConnectionRing(server, 16);
        var first = pages.Expect(Alerts);

        // All are due at the same instant: what waits for its request to be sent waits too.
        for (var i = 0; i < Alerts; i++)
        {
            pages.Sent(first + i);
        }

        for (var i = 0; i < Alerts; i += Batch)
        {
            connections.Send(body.With(first + i));
        }

        return pages.Milliseconds(s_patience);
    }

    private static void WaitUntil(long timestamp)
    {
        // What is asked runs from the send, so that a send a millisecond late changes nothing.
        while (timestamp - Stopwatch.GetTimestamp() is > 0 and var left)
        {
            Thread.Sleep((int)(left * 1000 / Stopwatch.Frequency) + 1);
        }
    }

    /// <summary>Connections taken in turn; one that still waits for its answer is read first.</summary>
    private sealed class ConnectionRing(Uri server, int size) : IDisposable
    {
        private readonly Connection[] _all = [.. Enumerable.Range(0, size).Select(_ => new Connection(server))];
        private int _next;

        /// <exception cref="InvalidOperationException">The server refused a request.</exception>
        public void Send(ReadOnlySpan<byte> request)
        {
            var connection = _all[_next];
            _next = (_next + 1) % _all.Length;
            if (connection.Waiting > 0 && connection.Receive() is var status and (< 200 or >= 300))
            {
                throw new InvalidOperationException($"The server answered {status}.");
            }

            connection.Send(request);
        }

        public void Dispose()
        {
            foreach (var connection in _all)
            {
                if (connection.Waiting > 0)
                {
                    connection.Receive();
                }

                connection.Dispose();
            }
        }
    }

    /// <summary>When each alert was sent, and when the first page that names it came.</summary>
    private sealed class Pages
    {
        private static readonly byte[] s_mark = Encoding.ASCII.GetBytes(AlertBody.Mark);

        private readonly Lock _lock = new();
        private long[] _sent = [];
        private long[] _came = [];
        private int _first;
        private int _missing;

        public int Expected => _sent.Length;

        /// <returns>The number of the first of so many alerts, none of which was used before.</returns>
        public int Expect(int count)
        {
            lock (_lock)
            {
                _first += _sent.Length;
                (_sent, _came, _missing) = (new long[count], new long[count], count);
                return _first;
            }
        }

        public void Sent(int alert) => _sent[alert - _first] = Stopwatch.GetTimestamp();

        public void Take(ReceivedPage page)
        {
            var body = Encoding.UTF8.GetBytes(page.Body).AsSpan();
            lock (_lock)
            {
                for (int at; (at = body.IndexOf(s_mark)) >= 0;)
                {
                    body = body[(at + s_mark.Length)..];
                    if (Utf8Parser.TryParse(body, out int alert, out var digits) && digits == 9
                        && alert - _first is >= 0 and var i && i < _came.Length && _came[i] == 0)
                    {
                        _came[i] = page.At;
                        _missing--;
                    }
                }
            }
        }

        /// <summary>Waits until all pages came or nobody believes in them any more.</summary>
        /// <returns>The time of each alert in rising order; infinite for one whose page did not come.</returns>
        public double[] Milliseconds(TimeSpan patience)
        {
            var clock = Stopwatch.StartNew();
            while (Volatile.Read(ref _missing) > 0 && clock.Elapsed < patience)
            {
                Thread.Sleep(5);
            }

            lock (_lock)
            {
                return [.. _sent.Zip(_came, (sent, came) => came == 0 ? double.PositiveInfinity : (came - sent) * 1000.0 / Stopwatch.Frequency).Order()];
            }
        }
    }
}
