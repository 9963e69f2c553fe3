using System.Diagnostics;

namespace Tocsin.Load;

/// <summary>How many alerts a second are taken in, and what each costs.</summary>
public static class Ingest
{
    private const int Names = 100;
    private const int Repeating = 6_400;
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_run = TimeSpan.FromSeconds(6);

    // Enough requests under way that no server waits for this program, and few enough that none refuses.
    private static readonly Case[] s_cases =
    [
        new("1 a request, all different", 1, 48, Repeat: false),
        new("64 a request, all different", 64, 16, Repeat: false),
        new("500 a request, all different", 500, 8, Repeat: false),
        new("64 a request, repeating", 64, 16, Repeat: true),
    ];

    /// <param name="only">Only cases whose name holds this; null: all.</param>
    public static async Task<int> RunAsync(Target[] targets, int rounds, string? only)
    {
        using var receiver = new PageReceiver(_ => { });
        var setup = new Setup(receiver.Url, ["alertname"], "30s");
        Table.Head(["case", .. targets.SelectMany(t => new[] { $"{t.Name}, alerts/s", "CPU µs an alert" }), "ratio alerts/s", "ratio CPU", "generator CPU µs", "refused"]);
        foreach (var c in s_cases.Where(c => only is null || c.Name.Contains(only, StringComparison.Ordinal)))
        {
            var runs = targets.Select(_ => new List<Figures>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < targets.Length; i++)
                {
                    runs[i].Add(await MeasureAsync(targets[i], setup, c));
                }
            }

            Print(c, [.. runs.Select(r => new Figures(
                Table.Median(r.Select(f => f.AlertsPerSecond)), Table.Median(r.Select(f => f.ServerMicros)),
                Table.Median(r.Select(f => f.GeneratorMicros)), r.Sum(f => f.Refused)))]);
        }

        return 0;
    }

    private static void Print(Case c, Figures[] medians)
    {
        // The peers stand before the product, which is last.
        var (peer, ours) = (medians[0], medians[^1]);
        Table.Row(
        [
            c.Name,
            .. medians.SelectMany(f => new[] { Table.Number(f.AlertsPerSecond), Table.Number(f.ServerMicros) }),
            medians.Length > 1 ? Table.Ratio(ours.AlertsPerSecond, peer.AlertsPerSecond) : "",
            medians.Length > 1 ? Table.Ratio(ours.ServerMicros, peer.ServerMicros) : "",
            string.Join(" / ", medians.Select(f => Table.Number(f.GeneratorMicros))),
            string.Join(" / ", medians.Select(f => f.Refused)),
        ]);
    }

    private static async Task<Figures> MeasureAsync(Target target, Setup setup, Case c)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-bench-");
        try
        {
            await using var server = await target.StartAsync(setup, folder);
            var body = new AlertBody(server.Url, target.Key, c.Batch, Names);
            var pump = new Pump(server.Url, body, c.Connections, c.Repeat ? Repeating : int.MaxValue);
            pump.Run(s_warmUp);

            var (serverBefore, selfBefore) = (server.CpuSeconds, Environment.CpuUsage.TotalTime);
            var (took, requests, refused) = pump.Run(s_run);
            var (serverCpu, selfCpu) = (server.CpuSeconds - serverBefore, (Environment.CpuUsage.TotalTime - selfBefore).TotalSeconds);
            pump.Dispose();

            var alerts = (double)requests * c.Batch;
            return new(alerts / took.TotalSeconds, serverCpu * 1e6 / alerts, selfCpu * 1e6 / alerts, refused);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed record Case(string Name, int Batch, int Connections, bool Repeat);

    private sealed record Figures(double AlertsPerSecond, double ServerMicros, double GeneratorMicros, int Refused);
}

/// <summary>
/// Keeps one request under way on each of some connections: reads the answer of one, sends its next request, goes on to the next connection.
/// One thread, blocking calls: the cheapest way to keep a server busy.
/// </summary>
public sealed class Pump : IDisposable
{
    private readonly RequestBody _body;
    private readonly Connection[] _connections;
    private readonly int _distinct;
    private int _next;

    /// <param name="distinct">After so many items their numbers begin again.</param>
    public Pump(Uri server, RequestBody body, int connections, int distinct = int.MaxValue)
    {
        _body = body;
        _distinct = distinct;
        _connections = [.. Enumerable.Range(0, connections).Select(_ => new Connection(server))];
    }

    /// <summary>Sends for so long, then waits for the answers that are still out.</summary>
    /// <returns>The time until the last answer, the requests that were accepted, and those that were refused.</returns>
    public (TimeSpan Took, int Accepted, int Refused) Run(TimeSpan time) => Run(clock => clock.Elapsed < time);

    /// <summary>Sends so many requests.</summary>
    public (TimeSpan Took, int Accepted, int Refused) Run(int requests) => Run(_ => requests-- > 0);

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private (TimeSpan Took, int Accepted, int Refused) Run(Func<Stopwatch, bool> more)
    {
        var clock = Stopwatch.StartNew();
        var (accepted, refused) = (0, 0);
        for (var i = 0; more(clock); i = (i + 1) % _connections.Length)
        {
            Settle(_connections[i]);
            _connections[i].Send(_body.With(_next));
            _next = (_next + _body.Items) % _distinct;
        }

        foreach (var connection in _connections)
        {
            Settle(connection);
        }

        return (clock.Elapsed, accepted, refused);

        void Settle(Connection connection)
        {
            if (connection.Waiting > 0)
            {
                if (connection.Receive() is >= 200 and < 300)
                {
                    accepted++;
                }
                else
                {
                    refused++;
                }
            }
        }
    }
}
