using System.Diagnostics;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>A reader that is a process of its own and prints what it reads. It is killed without a word.</summary>
internal abstract class ProcessReader(string name, CuttingRelay relay) : StreamReader(name, relay)
{
    private readonly Lock _gate = new();
    private Process? _process;
    private Task _living = Task.CompletedTask;
    private bool _isEnding;

    protected override Task BeginAsync(long last)
    {
        _isEnding = false;
        _living = LiveAsync();
        return Task.CompletedTask;
    }

    protected override async Task EndAsync()
    {
        lock (_gate)
        {
            _isEnding = true;
            _process?.Kill();
        }

        await _living;
    }

    protected abstract ProcessStartInfo Command(long last);

    /// <summary>Takes one printed line; a line that the death of the process cut off does not come here.</summary>
    protected abstract void Read(string line);

    /// <summary>Before the first line of a new life.</summary>
    protected virtual void Forget()
    {
    }

    /// <summary>One process after the other: what does not come back by itself when its connection ends is brought back.</summary>
    private async Task LiveAsync()
    {
        while (Begin() is { } process)
        {
            await ReadAsync(process.StandardOutput);
            await process.WaitForExitAsync();
            lock (_gate)
            {
                _process = null;
                process.Dispose();
            }
        }
    }

    private Process? Begin()
    {
        Forget();
        var command = Command(Last);
        command.UseShellExecute = false;
        command.RedirectStandardOutput = true;
        lock (_gate)
        {
            return _process = _isEnding ? null : Process.Start(command) ?? throw new InvalidOperationException($"{command.FileName} did not start.");
        }
    }

    private async Task ReadAsync(System.IO.StreamReader output)
    {
        var (rest, buffer) = ("", new char[8192]);
        while (await output.ReadAsync(buffer) is > 0 and var length)
        {
            var lines = (rest + new string(buffer, 0, length)).Split('\n');
            foreach (var line in lines[..^1])
            {
                Read(line.TrimEnd('\r'));
            }

            rest = lines[^1];
        }
    }
}
