using System.Text;

namespace Tocsin.Tests.Cli;

/// <summary>The real server, started by its own verb on a free port of loopback.</summary>
internal sealed class ServeRun : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Watched _output = new();
    private Task<CliRun> _running = null!;

    public string Url { get; private set; } = "";

    public string Output => _output.ToString();

    public static async Task<ServeRun> StartAsync(params string[] args)
    {
        var run = new ServeRun();
        run._running = new CliRun.CliWorld(null).RunAsync(run._output, run._stop.Token, [.. args, "--urls", "http://127.0.0.1:0"]);
        if (await Task.WhenAny(run._output.Listening, run._running) == run._running)
        {
            throw new InvalidOperationException($"The server did not start: {(await run._running).Error}");
        }

        run.Url = await run._output.Listening;
        return run;
    }

    public async Task<CliRun> StopAsync()
    {
        await _stop.CancelAsync();
        return await _running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _output.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>Completes when the line is written that says that the server is ready.</summary>
    private sealed class Watched : StringWriter
    {
        private const string Ready = "Now listening on: ";

        private readonly TaskCompletionSource<string> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Watched() => NewLine = "\n";

        public Task<string> Listening => _listening.Task;

        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            Look(value);
        }

        public override async Task WriteLineAsync(string? value)
        {
            await base.WriteLineAsync(value);
            Look(value);
        }

        private void Look(string? value)
        {
            if (value?.StartsWith(Ready, StringComparison.Ordinal) is true)
            {
                _listening.TrySetResult(value[Ready.Length..]);
            }
        }
    }
}
