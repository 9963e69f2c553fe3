using System.Diagnostics;
using System.Net;
using Tocsin.Identity;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Cli;

/// <summary><c>tocsin heartbeat exec</c> as cron runs it: the real executable around real commands, and a real server.</summary>
public sealed class HeartbeatVerbTests : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;

    private string Address => new Uri(_bench.Url, $"/hb/{HttpBench.HeartbeatKey}").AbsoluteUri;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync();
        _viewer = await _bench.CallerAsync(Role.Viewer);

        // The first request of a process may take long on a busy machine; the verb's patience is not what is tried here.
        (await _bench.Anybody().GetAsync($"{Address}/log")).EnsureSuccessStatusCode();
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task A_job_that_fails_is_an_alert_with_its_exit_code_and_what_it_printed_last_and_one_that_goes_well_ends_it()
    {
        var failed = await RunAsync(Address, "sh", "-c", "echo begins; cat; echo 'disk full' >&2; exit 3");

        Assert.Equal((3, "begins\nfrom outside\n", "disk full\n"), failed);
        var alert = Assert.Single((await _viewer.GetJsonAsync("/api/v1/alerts")).Items())!;
        Assert.Equal("backup failed with exit status 3", alert["title"].Text());
        Assert.Equal(["begins", "disk full", "from outside"], alert["description"].Text().Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));

        Assert.Equal((0, "well\n", ""), await RunAsync(Address, "echo", "well"));
        Assert.Equal("resolved", (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
        var words = (await (await _bench.CallerAsync(Role.Admin)).GetJsonAsync("/api/v1/deliveries?source=backup")).Items();
        Assert.Equal(5, words.Count);
    }

    [Fact]
    public async Task Of_much_output_all_goes_through_and_the_end_is_sent_from_the_beginning_of_a_line()
    {
        var (code, output, _) = await RunAsync(Address, "sh", "-c", "i=0; while [ $i -lt 4000 ]; do echo \"line number $i\"; i=$((i+1)); done; exit 9");

        Assert.Equal((9, 4000), (code, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
        var said = Assert.Single((await _viewer.GetJsonAsync("/api/v1/alerts")).Items())!["description"].Text();
        Assert.StartsWith("line number ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("line number 1\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_output_stays_here_when_it_is_asked_for()
    {
        Assert.Equal(4, (await RunAsync(["heartbeat", "exec", Address, "--no-output", "--", "sh", "-c", "echo secret; exit 4"])).ExitCode);

        Assert.DoesNotContain("secret", (await _viewer.GetJsonAsync("/api/v1/alerts")).ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task A_signal_is_the_commands_own_and_its_answer_to_it_is_the_exit_code(string signal)
    {
        using var process = Start(["heartbeat", "exec", Address, "--", "sh", "-c", $"trap 'echo got {signal}; exit 7' {signal}; echo ready; while :; do sleep 0.05; done"]);
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);

        Assert.Equal((7, $"got {signal}\n", ""), await EndOfAsync(process));
        Assert.Contains("exit status 7", (await _viewer.GetJsonAsync("/api/v1/alerts")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_a_signal_ends_counts_as_failed_with_the_signals_number()
    {
        Assert.Equal(128 + 9, (await RunAsync(Address, "sh", "-c", "kill -9 $$")).ExitCode);

        Assert.Contains("exit status 137", (await _viewer.GetJsonAsync("/api/v1/alerts")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_Tocsin_cannot_be_reached_the_command_runs_all_the_same_and_that_nobody_was_told_is_said()
    {
        var (code, output, error) = await RunAsync("http://127.0.0.1:1/hb/nobody", "sh", "-c", "echo works; exit 5");

        Assert.Equal((5, "works\n"), (code, output));
        Assert.Equal(
            ["tocsin: the heartbeat was not told that the command begins: no server answered", "tocsin: the heartbeat was not told that the command ended with exit code 5: no server answered"],
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line[..(line.IndexOf("answered", StringComparison.Ordinal) + "answered".Length)]));
    }

    [Fact]
    public async Task A_server_that_refuses_is_said_and_the_exit_code_is_the_commands()
    {
        var (code, _, error) = await RunAsync(new Uri(_bench.Url, "/hb/0000000000000000").AbsoluteUri, "true");

        Assert.Equal(0, code);
        Assert.Contains($"the server answered {(int)HttpStatusCode.NotFound}", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_is_not_there_is_a_failure_too()
    {
        var (code, _, error) = await RunAsync(Address, "/nowhere/backup");

        Assert.Equal(127, code);
        Assert.StartsWith("tocsin: /nowhere/backup: ", error, StringComparison.Ordinal);
        Assert.Contains("exit status 127", (await _viewer.GetJsonAsync("/api/v1/alerts")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_background_process_that_is_left_behind_holds_nothing_up()
    {
        var (code, output, _) = await RunAsync(Address, "sh", "-c", "sleep 120 & echo $!; exit 0");
        using var kill = Process.Start("kill", [output.Trim()]);
        await kill.WaitForExitAsync();

        Assert.Equal((0, 0), (code, kill.ExitCode));
    }

    [Fact]
    public async Task The_address_may_stand_in_a_variable_and_a_key_goes_to_the_server_that_is_named()
    {
        var world = new CliRun.CliWorld(null);
        world.Environment["TOCSIN_HEARTBEAT_NIGHTLY_BACKUP"] = Address;
        var byName = await world.RunAsync("heartbeat", "exec", "nightly-backup", "--", "sh", "-c", "exit 8");
        var byKey = await world.RunAsync("heartbeat", "exec", HttpBench.HeartbeatKey, "--server", _bench.Url.AbsoluteUri, "--", "true");
        var byNothing = await world.RunAsync("heartbeat", "exec", "weekly", "--", "true");

        Assert.Equal((8, 0, 2), (byName.ExitCode, byKey.ExitCode, byNothing.ExitCode));
        Assert.Equal(("", ""), (byName.Error, byKey.Error));
        Assert.Contains("TOCSIN_HEARTBEAT_WEEKLY is not set", byNothing.Error, StringComparison.Ordinal);
        Assert.Equal("resolved", (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
    }

    private static Task<(int ExitCode, string Out, string Error)> RunAsync(string address, params string[] command) => RunAsync(["heartbeat", "exec", address, "--", .. command]);

    private static async Task<(int ExitCode, string Out, string Error)> RunAsync(IEnumerable<string> arguments)
    {
        using var process = Start(arguments);
        await process.StandardInput.WriteAsync("from outside\n");
        process.StandardInput.Close();
        return await EndOfAsync(process);
    }

    private static async Task<(int ExitCode, string Out, string Error)> EndOfAsync(Process process)
    {
        using var patience = Patience.Begin();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
        await process.WaitForExitAsync(patience.Token);
        return (process.ExitCode, await output, await error);
    }

    // What a shell runs in the background, such as these tests, has INT switched off, and all that it starts.
    private static Process Start(IEnumerable<string> arguments) => Process.Start(new ProcessStartInfo("env", ["--default-signal", Path.Combine(AppContext.BaseDirectory, "tocsin"), .. arguments])
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
