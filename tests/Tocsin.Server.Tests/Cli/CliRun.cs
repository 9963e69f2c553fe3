using Tocsin.Cli;

namespace Tocsin.Tests.Cli;

/// <summary>One run of the real verbs, with the world around them in memory.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    /// <summary>Berlin: a zone that is not UTC shows which times were converted.</summary>
    private static readonly TimeProvider Clock = new ClockAt(FakeServer.Now, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));

    public static Task<CliRun> AgainstAsync(FakeServer server, params string[] args) => new CliWorld(server).RunAsync(args);

    internal sealed class CliWorld(FakeServer? server)
    {
        public Dictionary<string, string> Environment { get; } = server is null
            ? []
            : new() { ["TOCSIN_SERVER"] = server.Url, ["TOCSIN_TOKEN"] = FakeServer.Key };

        public string Input { get; init; } = "";

        public bool Interactive { get; init; }

        public int? Width { get; init; }

        public bool Colour { get; init; }

        public async Task<CliRun> RunAsync(params string[] args)
        {
            using var output = new StringWriter { NewLine = "\n" };
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
                Time = Clock,
            };
            var exitCode = await CommandTree.RunAsync(args, terminal, CancellationToken.None);
            return new(exitCode, output.ToString(), error.ToString());
        }
    }

    private sealed class ClockAt(DateTimeOffset now, TimeZoneInfo zone) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;

        public override TimeZoneInfo LocalTimeZone => zone;
    }
}
