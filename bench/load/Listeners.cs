using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tocsin.Load;

/// <summary>
/// Many subscribers in one thread: it reads whatever is there into one buffer and counts marks, straight from the kernel's own interface, so that ten
/// thousand of them cost less than the server that feeds them.
/// </summary>
public sealed class Listeners : IDisposable
{
    private const int ReadEvents = 1;
    private const int DontWait = 0x40;
    private const int SampledOf = 16;

    private readonly Socket[] _sockets;
    private readonly int _epoll = epoll_create1(0);
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly Event[] _ready = new Event[1024];
    private readonly long[] _counts;
    private readonly Thread _thread;
    private readonly List<double> _delaysMs = [];
    private long _received;
    private int _closed;
    private volatile bool _sampling;
    private volatile bool _stop;

    /// <summary>Connects so many and waits until each was answered.</summary>
    public Listeners(Uri server, byte[] request, int count)
    {
        _sockets = new Socket[count];
        _counts = new long[count];
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(new IPEndPoint(IPAddress.Loopback, server.Port));
            socket.Send(request);
            _sockets[i] = socket;
            if (i % 64 == 63)
            {
                // No more at once than a server's backlog holds.
                socket.Receive(_buffer);
            }
        }

        for (var i = 0; i < count; i++)
        {
            if (i % 64 != 63)
            {
                _sockets[i].Receive(_buffer);
            }

            var interest = new Event { Events = ReadEvents, Index = i };
            if (epoll_ctl(_epoll, 1, (int)_sockets[i].Handle, ref interest) != 0)
            {
                throw new InvalidOperationException($"epoll_ctl failed with {Marshal.GetLastPInvokeError()}.");
            }
        }

        _thread = new(Run) { IsBackground = true, Name = "listeners" };
        _thread.Start();
    }

    /// <summary>Messages received, by all together.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Those that the server let go.</summary>
    public int Closed => Volatile.Read(ref _closed);

    /// <summary>What the least and the most served got.</summary>
    public (long Least, long Most) Spread => (_counts.Min(), _counts.Max());

    public void StartSampling()
    {
        lock (_delaysMs)
        {
            _delaysMs.Clear();
        }

        _sampling = true;
    }

    /// <returns>From publishing to reading, in ms, sorted; of every sixteenth subscriber.</returns>
    public double[] StopSampling()
    {
        _sampling = false;
        lock (_delaysMs)
        {
            return [.. _delaysMs.Order()];
        }
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }

        _ = close(_epoll);
    }

    private void Run()
    {
        while (!_stop)
        {
            var count = epoll_wait(_epoll, _ready, _ready.Length, 100);
            for (var i = 0; i < count; i++)
            {
                Read(_ready[i].Index);
            }
        }
    }

    private void Read(int index)
    {
        var socket = _sockets[index];
        var got = (int)recv((int)socket.Handle, _buffer, _buffer.Length, DontWait);
        if (got == 0)
        {
            var interest = default(Event);
            _ = epoll_ctl(_epoll, 2, (int)socket.Handle, ref interest);
            _closed++;
            return;
        }

        if (got < 0)
        {
            return;
        }

        var bytes = _buffer.AsSpan(0, got);
        var marks = bytes.Count(FanoutTarget.Mark);
        _counts[index] += marks;
        Volatile.Write(ref _received, _received + marks);
        if (_sampling && index % SampledOf == 0)
        {
            Sample(bytes);
        }
    }

    private void Sample(ReadOnlySpan<byte> bytes)
    {
        var now = Stopwatch.GetTimestamp();
        lock (_delaysMs)
        {
            while (bytes.IndexOf(FanoutTarget.Mark) is var at and >= 0)
            {
                bytes = bytes[(at + 1)..];

                // A chunk's length may stand between the digits; such a one is left out.
                if (bytes.Length >= 16 && long.TryParse(bytes[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sent))
                {
                    _delaysMs.Add(Stopwatch.GetElapsedTime(sent, now).TotalMilliseconds);
                }
            }
        }
    }

    // As the kernel has it on x86-64; elsewhere it is not packed, and this program says so by failing at once.
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct Event
    {
        public int Events;
        public long Index64;

        public int Index
        {
            readonly get => (int)Index64;
            set => Index64 = value;
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_ctl(int epoll, int operation, int file, ref Event interest);

    [DllImport("libc", SetLastError = true)]
    private static extern int epoll_wait(int epoll, [Out] Event[] ready, int most, int timeoutMs);

    [DllImport("libc", SetLastError = true)]
    private static extern nint recv(int file, [Out] byte[] buffer, nint length, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int file);
}
