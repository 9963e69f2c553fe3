using System.Diagnostics;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>A reader that is a process of its own and prints what it reads. It is killed without a word.</summary>
internal abstract class ProcessReader(string name, CuttingRelay relay) : StreamReader(name, relay)
{
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private bool _isEnding;

    protected override Task BeginAsync(long last)
    {
        _isEnding = false;
        Start(last);
        return Task.CompletedTask;
    }

    protected override async Task EndAsync()
    {
        _isEnding = true;
        _process?.Kill();
        await _reading;
    }

    protected abstract ProcessStartInfo Command(long last);

    /// <summary>Takes one printed line; a line that the death of the process cut off does not come here.</summary>
    protected abstract void Read(string line);

    /// <summary>Before the first line of a new life.</summary>
    protected virtual void Forget()
    {
    }

    private void Start(long last)
    {
        Forget();
        var command = Command(last);
        command.UseShellExecute = false;
        command.RedirectStandardOutput = true;
        _process = Process.Start(command) ?? throw new InvalidOperationException($"{command.FileName} did not start.");
        _reading = ReadAsync(_process);
    }

    private async Task ReadAsync(Process process)
    {
        using (process)
        {
            var (rest, buffer) = ("", new char[8192]);
            while (await process.StandardOutput.ReadAsync(buffer) is > 0 and var length)
            {
                var lines = (rest + new string(buffer, 0, length)).Split('\n');
                foreach (var line in lines[..^1])
                {
                    Read(line.TrimEnd('\r'));
                }

                rest = lines[^1];
            }

            await process.WaitForExitAsync();
        }

        // It ended by itself, because its connection did: what does not come back by itself is brought back.
        if (!_isEnding)
        {
            Start(Last);
        }
    }
}
