using Tocsin.Cli;

namespace Tocsin.Tests.Cli;

/// <summary>One run of the real verbs, with the world around them in memory.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    /// <summary>Berlin: a zone that is not UTC shows which times were converted.</summary>
    private static readonly TimeProvider Clock = new ClockAt(FakeServer.Now, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));

    public static Task<CliRun> AgainstAsync(FakeServer server, params string[] args) => new CliWorld(server).RunAsync(args);

    internal sealed class CliWorld(string? url, string? key)
    {
        public CliWorld(FakeServer? server)
            : this(server?.Url, FakeServer.Key)
        {
        }

        public Dictionary<string, string> Environment { get; } = url is null || key is null
            ? []
            : new() { ["TOCSIN_SERVER"] = url, ["TOCSIN_TOKEN"] = key };

        public TimeProvider Time { get; init; } = Clock;

        public string Input { get; init; } = "";

        public bool Interactive { get; init; }

        public int? Width { get; init; }

        public bool Colour { get; init; }

        public async Task<CliRun> RunAsync(params string[] args)
        {
            using var output = new StringWriter { NewLine = "\n" };
            return await RunAsync(output, CancellationToken.None, args);
        }

        public async Task<CliRun> RunAsync(StringWriter output, CancellationToken ct, params string[] args)
        {
            using var error = new StringWriter { NewLine = "\n" };
            using var input = new StringReader(Input);
            var terminal = new Terminal
            {
                Out = output,
                Error = error,
                In = input,
                Interactive = Interactive,
                Colour = Colour,
                Width = Width,
                Environment = Environment.GetValueOrDefault,
                Time = Time,
            };
            var exitCode = await CommandTree.RunAsync(args, terminal, ct);
            return new(exitCode, output.ToString(), error.ToString());
        }
    }

    private sealed class ClockAt(DateTimeOffset now, TimeZoneInfo zone) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override TimeZoneInfo LocalTimeZone => zone;
    }
}
