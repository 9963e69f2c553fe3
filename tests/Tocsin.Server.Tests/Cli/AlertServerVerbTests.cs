using System.Text.Json;
using Tocsin.Sdk;
using Tocsin.Tests.Http;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class AlertServerVerbTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-key-").FullName;
    private readonly CliWorld _world = new(null);

    private string Data => Path.Combine(_root, "data");

    private string AuthFile => Path.Combine(_root, "auth.json");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("-u")]
    [InlineData("--username")]
    public async Task The_second_line_is_a_key_that_may_publish_and_each_call_makes_one_more(string option)
    {
        var first = await _world.RunAsync("create-api-key", option, "alice", "--data", Data);
        var second = await _world.RunAsync("create-api-key", option, "alice", "--data", Data);

        Assert.Equal((0, ""), (first.ExitCode, first.Error));
        Assert.Matches("^[^\n]+alice[^\n]+\ntcn_[0-9A-Za-z]{38}\n$", first.Out);
        Assert.NotEqual(first.Out, second.Out);
        Assert.Equal([("alice", "publisher"), ("alice", "publisher")], await KeysAsync());
    }

    [Theory]
    [InlineData]
    [InlineData("-u")]
    [InlineData("-u", "  ")]
    public async Task Without_a_name_no_key_is_made(params string[] rest)
    {
        var run = await _world.RunAsync(["create-api-key", "--data", Data, .. rest]);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task The_keys_of_a_file_are_taken_over_once()
    {
        await File.WriteAllTextAsync(AuthFile, AlertServerFile.Of(("alice", [AlertServerFile.Key("alice"), AlertServerFile.Key("alice")]), ("bob", [AlertServerFile.Key("bob")])));

        var first = await _world.RunAsync("import", "alert-server", AuthFile, "--data", Data);
        var again = await _world.RunAsync("import", "alert-server", AuthFile, "--data", Data, "--role", "responder");

        Assert.Equal((0, "3 keys of 2 users: 3 taken over, 0 known already\n", ""), (first.ExitCode, first.Out, first.Error));
        Assert.Equal((0, "3 keys of 2 users: 0 taken over, 3 known already\n"), (again.ExitCode, again.Out));
        Assert.Equal([("alice", "publisher"), ("alice", "publisher"), ("bob", "publisher")], await KeysAsync());
    }

    [Theory]
    [InlineData("{", "not JSON")]
    [InlineData("{}", "users")]
    [InlineData("""{"users": {"7": {"username": "", "api_keys": []}}}""", "users.7")]
    [InlineData("""{"users": {"1": {"username": "a", "api_keys": [{"id": "x", "salt": "00", "hash": "00"}]}}}""", "users.1.api_keys.0")]
    public async Task A_file_with_a_fault_is_taken_over_not_at_all(string file, string place)
    {
        await File.WriteAllTextAsync(AuthFile, file);

        var run = await _world.RunAsync("import", "alert-server", AuthFile, "--data", Data);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(place, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told()
    {
        var run = await _world.RunAsync("import", "alert-server", AuthFile, "--data", Data);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("auth.json", run.Error, StringComparison.Ordinal);
    }

    private async Task<IEnumerable<(string Name, string Role)>> KeysAsync()
    {
        var list = await _world.RunAsync("key", "list", "--data", Data, "--json");
        return JsonSerializer.Deserialize(list.Out, WireJson.Default.PageKeyView)!.Items.Select(k => (k.Name, k.Role));
    }
}
