using System.Net;
using System.Net.Sockets;
using Tocsin.Tests.Outgoing;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class ExitCodeTests : IAsyncLifetime
{
    private FakeServer _server = null!;

    public async Task InitializeAsync() => _server = await FakeServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task No_server_is_3()
    {
        using var port = new ClosedPort();

        var run = await new CliWorld(null).RunAsync("incidents", "--server", $"http://127.0.0.1:{port.Number}");

        Assert.Equal((3, ""), (run.ExitCode, run.Out));
        Assert.Contains("error: no server answered", run.Error, StringComparison.Ordinal);
        Assert.Contains("hint: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hint_names_the_verb_as_it_was_typed()
    {
        var alone = await AgainstAsync(_server, "ack");
        var below = await AgainstAsync(_server, "incidents", "ack");

        Assert.EndsWith("hint: tocsin ack --help shows what it takes\n", alone.Error, StringComparison.Ordinal);
        Assert.EndsWith("hint: tocsin incidents ack --help shows what it takes\n", below.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_1_and_says_how_to_give_another()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var folder = Directory.CreateTempSubdirectory("tocsin-taken-");
        try
        {
            var run = await new CliWorld(null).RunAsync("serve", "--data", folder.FullName, "--urls", $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}");

            Assert.Equal((1, ""), (run.ExitCode, run.Out));
            Assert.Contains("address already in use", run.Error, StringComparison.Ordinal);
            Assert.EndsWith("hint: another program listens there; give another address with --urls\n", run.Error, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_wrong_key_is_4_and_says_how_to_get_a_right_one()
    {
        var run = await AgainstAsync(_server, "incidents", "--token", "wrong");

        Assert.Equal((4, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("error: the server does not accept this key", run.Error, StringComparison.Ordinal);
        Assert.Contains("tocsin key create", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_that_takes_no_more_is_1_and_one_line()
    {
        using var full = new FullDisk();

        var run = await new CliWorld(_server).RunAsync(full, CancellationToken.None, "incidents");

        Assert.Equal((1, "error: No space left on device\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task A_server_without_TLS_asked_with_it_is_3_and_says_so()
    {
        var run = await AgainstAsync(_server, "incidents", "--server", _server.Url.Replace("http:", "https:", StringComparison.Ordinal));

        Assert.Equal(3, run.ExitCode);
        Assert.DoesNotContain("inner exception", run.Error, StringComparison.Ordinal);
        Assert.Contains("http://", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_work_now_is_3_and_says_when_to_come_back()
    {
        var run = await AgainstAsync(_server, "incidents", "--server", $"{_server.Url}/busy");

        Assert.Equal((3, "error: The database does not answer.\nhint: try again in 5 s\n"), (run.ExitCode, run.Error));
    }

    [Fact]
    public async Task Something_else_behind_the_address_is_refused_not_misread()
    {
        var other = await AgainstAsync(_server, "incidents", "--server", $"{_server.Url}/other");
        var moved = await AgainstAsync(_server, "incidents", "--server", $"{_server.Url}/moved/");
        var empty = await AgainstAsync(_server, "show", "1", "--server", $"{_server.Url}/empty");

        Assert.Equal([4, 4, 4], [other.ExitCode, moved.ExitCode, empty.ExitCode]);
        Assert.Contains("did not answer as Tocsin does", empty.Error, StringComparison.Ordinal);
        Assert.Contains("did not answer as Tocsin does", other.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_server.Requests, request => request.Line.Contains("elsewhere", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tocsin incidents", "incdents")]
    [InlineData("tocsin silence expire", "silence", "exipre", "s-1")]
    [InlineData("tocsin incidents --status", "incidents", "--statsu", "open")]
    public async Task A_slip_of_a_name_is_recognised(string meant, params string[] args)
    {
        var run = await AgainstAsync(_server, args);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"hint: did you mean {meant}?", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("incdents")]
    [InlineData("incidents", "--status", "opne")]
    [InlineData("incidents", "--limit", "0")]
    [InlineData("ack")]
    [InlineData("ack", "x")]
    [InlineData("show", "1", "2")]
    [InlineData("silence")]
    [InlineData("completion", "tcsh")]
    [InlineData("oncall", "--at", "yesterday")]
    [InlineData("explain", "c", "-l", "a=b")]
    [InlineData("incidents", "--limit", "x")]
    [InlineData("incidents", "--server", "localhost:8080")]
    public async Task A_wrong_command_line_is_2_and_asks_no_server(params string[] args)
    {
        var run = await AgainstAsync(_server, args);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("\nhint: ", run.Error, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Theory]
    [InlineData("serve", "--roles", "nothing")]
    [InlineData("serve", "--urls", "nowhere")]
    [InlineData("serve", "--database", "nonsense")]
    [InlineData("key", "create", "--name", "ci", "--database", "nonsense")]
    [InlineData("demo", "--urls", "nowhere")]
    public async Task Settings_that_cannot_be_used_are_5(params string[] args)
    {
        var data = Path.Combine(Path.GetTempPath(), $"tocsin-settings-{Guid.NewGuid():N}");

        var run = await new CliWorld(null).RunAsync([.. args, "--data", data]);

        Assert.Equal(5, run.ExitCode);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    private sealed class FullDisk : StringWriter
    {
        public override void WriteLine(string? value) => throw new IOException("No space left on device");
    }
}
