using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Tocsin.Cli;

/// <summary>How a command ended.</summary>
/// <param name="ExitCode">Its own; 128 and the signal's number where a signal ended it; 127 or 126 where it could not be started, as a shell says it.</param>
/// <param name="Output">The end of what it printed, on both outputs, in the order of arrival.</param>
internal sealed record ChildResult(int ExitCode, string Output);

/// <summary>Runs a command as if it stood alone: its input is ours, what it prints goes on byte for byte, and signals that we get are its own.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int NotExecutable = 126;
    private const int NotFound = 127;
    private const int NoSuchFile = 2;

    /// <summary>A background process that the command leaves behind may hold its outputs open for ever.</summary>
    private static readonly TimeSpan AfterEnd = TimeSpan.FromSeconds(2);

    private readonly Terminal _terminal;
    private readonly OutputTail _tail;
    private readonly Process _process = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly Lock _gate = new();
    private bool _started;
    private bool _ended;
    private int _early;

    /// <param name="keep">Bytes of the output that are kept.</param>
    public ChildProcess(Terminal terminal, IReadOnlyList<string> command, int keep)
    {
        (_terminal, _tail) = (terminal, new(keep));
        _process.StartInfo = new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
    }

    public async Task<ChildResult> RunAsync(CancellationToken ct)
    {
        try
        {
            // The signals first: one that comes in between must not end us without the command, nor be lost to it.
            PassSignalsOn();
            _process.Start();
            lock (_gate)
            {
                _started = true;
                Send(_early);
            }
        }
        catch (Win32Exception e)
        {
            _terminal.Error.WriteLine($"tocsin: {Plain.Line(_process.StartInfo.FileName)}: {e.Message}");
            return new(e.NativeErrorCode == NoSuchFile ? NotFound : NotExecutable, e.Message);
        }

        await using var stdout = _terminal.OpenOut();
        await using var stderr = _terminal.OpenError();
        var copying = Task.WhenAll(CopyAsync(_process.StandardOutput.BaseStream, stdout, ct), CopyAsync(_process.StandardError.BaseStream, stderr, ct));
        await _process.WaitForExitAsync(ct);
        lock (_gate)
        {
            _ended = true;
        }

        await Task.WhenAny(copying, Task.Delay(AfterEnd, _terminal.Time, ct));
        return new(_process.ExitCode, _tail.ToString());
    }

    public void Dispose()
    {
        _signals.ForEach(signal => signal.Dispose());
        _process.Dispose();
    }

    private void PassSignalsOn()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var (signal, number) in ((PosixSignal, int)[])[(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15)])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;

                // What a person presses at a terminal, the terminal itself gives to the command as well.
                if (!(_terminal.Interactive && signal is PosixSignal.SIGINT or PosixSignal.SIGQUIT))
                {
                    Send(number);
                }
            }));
        }
    }

    /// <summary>Never after the end: by then the number may be another process's.</summary>
    private void Send(int signal)
    {
        lock (_gate)
        {
            if (!_started)
            {
                _early = signal;
            }
            else if (signal > 0 && !_ended && !_process.HasExited)
            {
                _ = Kill(_process.Id, signal);
            }
        }
    }

    private async Task CopyAsync(Stream from, Stream to, CancellationToken ct)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, ct) is > 0 and var read)
        {
            _tail.Add(buffer.AsSpan(0, read));
            await to.WriteAsync(buffer.AsMemory(0, read), ct);
            await to.FlushAsync(ct);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}

/// <summary>The end of an output, from the beginning of a line where there is one. Safe for several writers.</summary>
/// <param name="most">Bytes.</param>
internal sealed class OutputTail(int most)
{
    private readonly Lock _gate = new();
    private readonly byte[] _bytes = new byte[most];
    private long _total;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (bytes.Length > most)
            {
                _total += bytes.Length - most;
                bytes = bytes[^most..];
            }

            foreach (var b in bytes)
            {
                _bytes[_total++ % most] = b;
            }
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            if (_total <= most)
            {
                return Encoding.UTF8.GetString(_bytes, 0, (int)_total);
            }

            var at = (int)(_total % most);
            byte[] ordered = [.. _bytes.AsSpan(at), .. _bytes.AsSpan(0, at)];
            var line = ordered.AsSpan().IndexOf((byte)'\n') + 1;
            return Encoding.UTF8.GetString(ordered.AsSpan(line < most ? line : 0));
        }
    }
}
