using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tocsin.Load;

/// <summary>
/// How many messages reach their subscribers each second, and what each costs. First as many as can be, a few under way at once; then at one pace for
/// all, to see how late they are.
/// </summary>
public static class Fanout
{
    /// <summary>Messages that are published and did not reach everybody yet.</summary>
    private const int UnderWay = 64;
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
            var memoryBefore = Cost(server).Bytes;
            using var listeners = new Listeners(server.Url, target.Subscribe, count);
            var memory = Cost(server).Bytes;

            using var publisher = new Publisher(server.Url, target);
            publisher.Saturate(s_warmUp, listeners, count);
            var (serverBefore, selfBefore, before, clock) = (Cost(server).Cpu, Environment.CpuUsage.TotalTime, listeners.Received, Stopwatch.StartNew());
            publisher.Saturate(s_run, listeners, count);
            var (took, delivered) = (clock.Elapsed.TotalSeconds, listeners.Received - before);
            var (serverCpu, selfCpu) = (Cost(server).Cpu - serverBefore, (Environment.CpuUsage.TotalTime - selfBefore).TotalSeconds);

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

    /// <summary>CPU seconds and resident bytes of a server with its workers.</summary>
    private static (double Cpu, long Bytes) Cost(ServerProcess server)
    {
        var (cpu, bytes) = (server.CpuSeconds, server.ResidentBytes);
        foreach (var child in File.ReadAllText($"/proc/{server.Id}/task/{server.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            cpu += ServerProcess.CpuSecondsOf(child);
            bytes += ServerProcess.ResidentBytesOf(child);
        }

        return (cpu, bytes);
    }

    private sealed record Figures(double PerSecond, double ServerMicros, double GeneratorMicros, double P50Ms, double P99Ms, double BytesEach, int Cut);

    /// <summary>Publishes over some connections, one message under way on each.</summary>
    private sealed class Publisher : IDisposable
    {
        private readonly FanoutTarget _target;
        private readonly Lane[] _lanes;
        private int _next;

        public Publisher(Uri server, FanoutTarget target)
        {
            _target = target;
            _lanes = [.. Enumerable.Range(0, Publishers).Select(_ => new Lane(server, target.Publish))];
        }

        public long Published { get; private set; }

        /// <summary>Publishes whenever fewer than the agreed number are under way; returns when all have arrived.</summary>
        public void Saturate(TimeSpan time, Listeners listeners, int count)
        {
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < time;)
            {
                if ((Published * count) - listeners.Received < (long)UnderWay * count)
                {
                    PublishOne();
                }
                else
                {
                    Thread.Sleep(TimeSpan.FromMicroseconds(100));
                }
            }

            Finish();
            Settle(listeners, Published * count);
        }

        /// <summary>Publishes at an even pace.</summary>
        public void Keep(TimeSpan time, double perSecond)
        {
            var clock = Stopwatch.StartNew();
            for (var sent = 0; clock.Elapsed < time; sent++)
            {
                var due = TimeSpan.FromSeconds(sent / perSecond);
                if (due > clock.Elapsed)
                {
                    Thread.Sleep(due - clock.Elapsed);
                }

                PublishOne();
            }

            Finish();
        }

        /// <summary>Waits until so many deliveries were made.</summary>
        public static void Settle(Listeners listeners, long expected)
        {
            for (var clock = Stopwatch.StartNew(); listeners.Received < expected;)
            {
                if (clock.Elapsed > TimeSpan.FromSeconds(30))
                {
                    throw new InvalidOperationException($"Only {listeners.Received} of {expected} deliveries arrived; each subscriber got {listeners.Spread}.");
                }

                Thread.Sleep(1);
            }
        }

        public void Dispose()
        {
            foreach (var lane in _lanes)
            {
                lane.Dispose();
            }
        }

        private void PublishOne()
        {
            var lane = _lanes[_next];
            _next = (_next + 1) % _lanes.Length;
            lane.Finish(_target);
            lane.Send();
            Published++;
        }

        private void Finish()
        {
            foreach (var lane in _lanes)
            {
                lane.Finish(_target);
            }
        }
    }

    private sealed class Lane : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _request;
        private readonly byte[] _answer = new byte[16 * 1024];
        private readonly int _digits;
        private bool _waiting;

        public Lane(Uri server, byte[] request)
        {
            (_request, _digits) = (request, request.AsSpan().IndexOf(FanoutTarget.Mark) + 1);
            _socket.Connect(new IPEndPoint(IPAddress.Loopback, server.Port));
        }

        public void Send()
        {
            Encoding.ASCII.GetBytes(Stopwatch.GetTimestamp().ToString("x16", CultureInfo.InvariantCulture), _request.AsSpan(_digits));
            _socket.Send(_request);
            _waiting = true;
        }

        public void Finish(FanoutTarget target)
        {
            for (var length = 0; _waiting;)
            {
                length += _socket.Receive(_answer.AsSpan(length));
                _waiting = !target.Answered(_answer.AsSpan(0, length));
            }
        }

        public void Dispose() => _socket.Dispose();
    }
}
