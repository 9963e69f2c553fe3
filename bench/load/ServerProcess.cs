using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tocsin.Load;

/// <summary>A server under load: an own process whose output is kept, and whose CPU and memory are read from <c>/proc</c>.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly double s_secondsPerTick = 1.0 / 100;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    private ServerProcess(Process process, Uri url)
    {
        _process = process;
        Url = url;
    }

    public Uri Url { get; }

    public int Id => _process.Id;

    public bool Running => !_process.HasExited;

    /// <summary>From the start of the process until it answered that it is ready.</summary>
    public TimeSpan StartTime { get; private set; }

    /// <summary>What it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>User and system time that the process has used, in seconds; whole hundredths.</summary>
    public double CpuSeconds => CpuSecondsOf($"{Id}");

    /// <summary>Resident memory in bytes.</summary>
    public long ResidentBytes => ResidentBytesOf($"{Id}");

    public static double CpuSecondsOf(string id)
    {
        // The name in parentheses may hold spaces; the fields are counted from behind it.
        var stat = File.ReadAllText($"/proc/{id}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) * s_secondsPerTick;
    }

    public static long ResidentBytesOf(string id) =>
        long.Parse(
            File.ReadLines($"/proc/{id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) * 1024;

    /// <summary>Starts a program; it may not be ready for a while.</summary>
    /// <exception cref="InvalidOperationException">It can't be started.</exception>
    public static ServerProcess Start(
        string program, IEnumerable<string> arguments, Uri url, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var server = new ServerProcess(new() { StartInfo = start }, url);
        server._process.OutputDataReceived += (_, e) => server.Take(e.Data);
        server._process.ErrorDataReceived += (_, e) => server.Take(e.Data);
        try
        {
            server._process.Start();
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"{program} can't be started: {e.Message}", e);
        }

        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Waits until <paramref name="path"/> answers 200.</summary>
    /// <exception cref="InvalidOperationException">It ended, or was not ready within <paramref name="patience"/>; holds what it printed.</exception>
    public async Task<ServerProcess> ReadyAsync(string path, TimeSpan patience)
    {
        while (!await AnswersAsync(new(Url, path)))
        {
            if (!Running || _clock.Elapsed > patience)
            {
                await DisposeAsync();
                throw new InvalidOperationException($"The server at {Url} was not ready after {_clock.Elapsed.TotalSeconds:0.0} s:\n{Output}");
            }

            await Task.Delay(2);
        }

        StartTime = _clock.Elapsed;
        return this;
    }

    /// <summary>A port of 127.0.0.1 that is free, and that the system gives to nobody who asks for any: it still is when a server begins to listen.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                var port = Random.Shared.Next(12_000, 32_000);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one.
            }
        }
    }

    /// <summary>Ends the process at once, as a power cut would.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>Makes the process stand still, in the middle of whatever it does.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public Task PauseAsync() => SignalAsync("-STOP");

    /// <summary>Lets it go on.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    public Task ResumeAsync() => SignalAsync("-CONT");

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"kill {signal} {Id} failed.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Running)
        {
            await KillAsync();
        }

        _process.Dispose();
    }

    private static async Task<bool> AnswersAsync(Uri url)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, url.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {url.AbsolutePath} HTTP/1.1\r\nHost: {url.Authority}\r\nConnection: close\r\n\r\n"));
            var head = new byte[12];
            return await socket.ReceiveAsync(head) == head.Length && head.AsSpan(9).SequenceEqual("200"u8);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Take(string? line)
    {
        lock (_output)
        {
            if (line is not null && _output.Length < 1_000_000)
            {
                _output.AppendLine(line);
            }
        }
    }
}
