using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tocsin.Load;

/// <summary>Publishes over some connections, one message under way on each.</summary>
public sealed class Publisher : IDisposable
{
    /// <summary>Messages that are published and did not reach everybody yet.</summary>
    private const int UnderWay = 64;

    private readonly FanoutTarget _target;
    private readonly Lane[] _lanes;
    private int _next;

    public Publisher(Uri server, FanoutTarget target, int connections)
    {
        _target = target;
        _lanes = [.. Enumerable.Range(0, connections).Select(_ => new Lane(server, target.Publish))];
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

    /// <summary>Publishes as fast as the answers come.</summary>
    /// <returns>The time until the last answer, and how many were stored.</returns>
    public (TimeSpan Took, long Published) Run(TimeSpan time)
    {
        var (before, clock) = (Published, Stopwatch.StartNew());
        while (clock.Elapsed < time)
        {
            PublishOne();
        }

        Finish();
        return (clock.Elapsed, Published - before);
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
