using System.Diagnostics;

namespace Tocsin.Browser.Tests;

/// <summary>The product as a user runs it: an own process with an own data folder on a free port of 127.0.0.1.</summary>
public sealed class TocsinProcess : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private Process _process;
    private readonly DirectoryInfo _data;
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    private TocsinProcess(Process process, DirectoryInfo data)
    {
        _process = process;
        _data = data;
    }

    /// <summary>Where it answers.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    /// <summary>Its data folder; removed with it.</summary>
    public string Data => _data.FullName;

    /// <summary>What it printed so far on both outputs, in the order of arrival.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    /// <summary>Starts <c>tocsin serve</c> with these further arguments and waits until it says that it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not say so; the message holds what it printed.</exception>
    public static Task<TocsinProcess> StartAsync(params string[] arguments) => StartVerbAsync("serve", arguments);

    /// <summary>The same with another verb that runs a server.</summary>
    /// <exception cref="InvalidOperationException">It ended, or did not say so; the message holds what it printed.</exception>
    public static async Task<TocsinProcess> StartVerbAsync(string verb, params string[] arguments)
    {
        var data = Directory.CreateTempSubdirectory("tocsin-browser-");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "tocsin"))
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { verb, "--data", data.FullName, "--urls", "http://127.0.0.1:0" },
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var tocsin = new TocsinProcess(new() { StartInfo = start }, data);
        try
        {
            tocsin.Begin();
            await tocsin.ListenAsync();
            return tocsin;
        }
        catch (InvalidOperationException)
        {
            await tocsin.DisposeAsync();
            throw;
        }
    }

    /// <summary>The first line, printed already or from now on, that contains this text.</summary>
    /// <exception cref="InvalidOperationException">The process ended, or patience did, without one.</exception>
    public async Task<string> LineAsync(string text)
    {
        using var patience = Patience.Begin();
        for (var next = 0; ;)
        {
            Task news;
            bool ended;
            lock (_lock)
            {
                for (; next < _lines.Count; next++)
                {
                    if (_lines[next].Contains(text, StringComparison.Ordinal))
                    {
                        return _lines[next];
                    }
                }

                (news, ended) = (_news.Task, _ended);
            }

            if (ended)
            {
                throw new InvalidOperationException($"Tocsin ended before it printed '{text}':\n{Output}");
            }

            try
            {
                await news.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new InvalidOperationException($"Tocsin did not print '{text}' within {Patience.Limit.TotalSeconds} s:\n{Output}", e);
            }
        }
    }

    /// <summary>Kills it without a word and starts it again on the same data; its address is another one then.</summary>
    /// <exception cref="InvalidOperationException">It did not come back.</exception>
    public async Task KillAndRestartAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        var again = new Process { StartInfo = _process.StartInfo };
        _process.Dispose();
        _process = again;
        lock (_lock)
        {
            _lines.Clear();
            _ended = false;
        }

        Begin();
        await ListenAsync();
    }

    /// <summary>Runs another verb on the same data and waits for its end.</summary>
    /// <returns>What it printed, without the end of its line.</returns>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(_process.StartInfo.FileName, [.. arguments, "--data", _data.FullName]) { UseShellExecute = false, RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? printed.TrimEnd('\n') : throw new InvalidOperationException($"{string.Join(' ', arguments)}: exit {process.ExitCode}");
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _data.Delete(recursive: true);
    }

    private async Task ListenAsync()
    {
        var line = await LineAsync(Listening);
        Url = new(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim());
    }

    private void Begin()
    {
        _process.OutputDataReceived += (_, e) => Take(e.Data, last: e.Data is null);
        _process.ErrorDataReceived += (_, e) => Take(e.Data, last: false);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Take(string? line, bool last)
    {
        lock (_lock)
        {
            if (line is not null)
            {
                _lines.Add(line);
            }

            _ended |= last;
            _news.SetResult();
            _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
