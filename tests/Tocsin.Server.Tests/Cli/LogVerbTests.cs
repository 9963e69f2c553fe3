using Tocsin.Cli;
using Tocsin.Sdk;

namespace Tocsin.Tests.Cli;

public sealed class LogVerbTests
{
    public static LogLineView Line(int minute, string level, string message) =>
        new() { Id = $"{minute:00}", At = FakeServer.Now.AddMinutes(minute - 10), Level = level, Message = message, Service = "checkout" };

    [Fact]
    public async Task Lines_are_searched_page_by_page_and_shown_in_the_order_of_time()
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.AgainstAsync(server, "logs", "refused -test", "--service", "checkout", "--level", "warning", "--since", "2h", "-n", "3");

        Assert.Equal(
            (ExitCode.Ok, """
            2026-11-23 02:53:00.000  ○ WARNING   checkout  slow
            2026-11-23 02:54:00.000  ✗ ERROR     checkout  refused
                at Pay()
            2026-11-23 02:55:00.000  ◆ CRITICAL  checkout  down

            """.ReplaceLineEndings("\n"), "there are earlier ones: -n asks for more of them\n"),
            (run.ExitCode, run.Out, run.Error));
        var asked = server.Requests.Select(r => r.Line).ToArray();
        Assert.StartsWith("GET /api/v1/logs?q=refused%20-test&level=warning&service=checkout&from=2026-11-23T00%3A02%3A00", asked[0], StringComparison.Ordinal);
        Assert.EndsWith("&limit=3", asked[0], StringComparison.Ordinal);
        Assert.EndsWith("&limit=1&after=04", asked[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kinds_of_lines_are_a_table()
    {
        await using var server = await FakeServer.StartAsync();

        var run = await CliRun.AgainstAsync(server, "logs", "--templates");

        Assert.Equal("TEMPLATE  LINES  LEVEL  SERVICE   LAST SEEN  PATTERN\n17        120    error  checkout  2 min ago  order <num> refused\n", run.Out);
    }

    [Fact]
    public async Task Lines_are_followed_over_cuts_each_once_and_whoever_reads_hears_what_was_missed()
    {
        await using var server = await FakeServer.StartAsync();
        using var ends = new CancellationTokenSource();
        await using var output = new EndingWriter(lines: 2, ends) { NewLine = "\n" };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new CliRun.CliWorld(server) { Time = new HastyTime() }.RunAsync(output, ends.Token, "logs", "--follow", "--json", "--level", "error"));

        Assert.Equal(["02", "03"], output.ToString().TrimEnd('\n').Split('\n').Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!["id"]!.GetValue<string>()));
        Assert.Contains(server.Requests, r => r.Line == "GET /api/v1/logs/tail?level=error");
    }

    [Theory]
    [InlineData("--follow", "--templates")]
    [InlineData("--since", "often")]
    [InlineData("--level", "loud")]
    [InlineData("-n", "0")]
    public async Task What_makes_no_sense_is_refused_before_anything_is_asked(params string[] args)
    {
        await using var server = await FakeServer.StartAsync();

        Assert.Equal(ExitCode.Usage, (await CliRun.AgainstAsync(server, ["logs", .. args])).ExitCode);
        Assert.Empty(server.Requests);
    }

    /// <summary>Ends the run after some lines.</summary>
    private sealed class EndingWriter(int lines, CancellationTokenSource ends) : StringWriter
    {
        private int _left = lines;

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (--_left == 0)
            {
                ends.Cancel();
            }
        }
    }
}
