using System.Text.Json;
using Tocsin.Sdk;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class KeyVerbTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-key-").FullName;
    private readonly CliWorld _world = new(null);

    private string Data => Path.Combine(_root, "data");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_key_can_be_made_before_the_first_start_and_is_printed_alone()
    {
        var run = await _world.RunAsync("key", "create", "--data", Data, "--name", "ci", "--role", "viewer", "--workspace", "acme");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches("^tcn_[0-9A-Za-z]{38}\n$", run.Out);
    }

    [Fact]
    public async Task Keys_are_listed_without_themselves_and_revoked_once()
    {
        var key = (await _world.RunAsync("key", "create", "--data", Data, "--name", "ci")).Out.TrimEnd();
        await _world.RunAsync("key", "create", "--data", Data, "--name", "screen", "--role", "viewer");

        var revoked = await _world.RunAsync("key", "revoke", "1", "--data", Data);
        var twice = await _world.RunAsync("key", "revoke", "1", "--data", Data);
        var missing = await _world.RunAsync("key", "revoke", "9", "--data", Data);
        var list = await _world.RunAsync("key", "list", "--data", Data);
        var json = await _world.RunAsync("key", "list", "--data", Data, "--json");

        Assert.Equal([0, 4, 4], new[] { revoked, twice, missing }.Select(run => run.ExitCode));
        Assert.DoesNotContain(key, list.Out + json.Out, StringComparison.Ordinal);
        Assert.Contains("✗ revoked", list.Out, StringComparison.Ordinal);
        Assert.Equal(
            [("ci", "admin", true), ("screen", "viewer", false)],
            JsonSerializer.Deserialize(json.Out, WireJson.Default.PageKeyView)!.Items.Select(k => (k.Name, k.Role, k.RevokedAt is not null)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public async Task A_key_without_a_name_is_not_made(string name)
    {
        var run = await _world.RunAsync("key", "create", "--data", Data, "--name", name);

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_script_gets_the_key_with_its_number_and_what_it_revoked()
    {
        var made = JsonDocument.Parse((await _world.RunAsync("key", "create", "--data", Data, "--name", " ci ", "--role", "viewer", "--json")).Out).RootElement;
        var revoked = await _world.RunAsync("key", "revoke", made.GetProperty("id").GetRawText(), "--data", Data, "--json");

        Assert.Equal(("ci", "viewer", "default"), (made.GetProperty("name").GetString(), made.GetProperty("role").GetString(), made.GetProperty("workspace").GetString()));
        Assert.StartsWith("tcn_", made.GetProperty("key").GetString(), StringComparison.Ordinal);
        Assert.NotNull(Assert.Single(JsonSerializer.Deserialize(revoked.Out, WireJson.Default.PageKeyView)!.Items).RevokedAt);
    }

    [Fact]
    public async Task A_workspace_that_is_not_there_is_not_made_beside_others()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci", "--workspace", "acme");

        var run = await _world.RunAsync("key", "create", "--data", Data, "--name", "ci", "--workspace", "acm");

        Assert.Equal((4, "", "error: there is no workspace 'acm'\nhint: there are: acme\n"), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public async Task Listing_makes_no_database()
    {
        var run = await _world.RunAsync("key", "list", "--data", Data);

        Assert.Equal(1, run.ExitCode);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_6()
    {
        await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        await using (var database = new Tocsin.Data.SqliteDatabase(Path.Combine(Data, "tocsin.db")))
        {
            await database.WriteAsync(tx => tx.ExecuteAsync("INSERT INTO schema_version (version, applied_at) VALUES (9999, 0)"), CancellationToken.None);
        }

        var key = await _world.RunAsync("key", "create", "--data", Data, "--name", "ci");
        var serve = await _world.RunAsync("serve", "--data", Data, "--urls", "http://127.0.0.1:0");

        Assert.Equal([6, 6], [key.ExitCode, serve.ExitCode]);
        Assert.Contains("Start the newer version", key.Error, StringComparison.Ordinal);
    }
}
