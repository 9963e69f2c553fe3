using Tocsin.Sdk;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class EstateVerbTests : IAsyncLifetime
{
    private static readonly EstatePlan OneChange = new("acme", [new("update", "policy", "payments", ["steps[0].wait"])], [], [], "");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-cli-");
    private FakeServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "a.yaml"), "workspace: acme\nusers: []\n");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "b.yml"), "teams: []");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "notes.txt"), "not an estate");
    }

    public async Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        await _server.DisposeAsync();
    }

    private IEnumerable<string> Lines => _server.Requests.Select(request => request.Line);

    [Fact]
    public async Task A_folder_is_sent_as_one_text_and_applied_after_the_plan_was_shown()
    {
        _server.Plan = OneChange;

        var run = await AgainstAsync(_server, "apply", _folder.FullName, "--prune", "--yes");

        Assert.Equal((0, "~ update policy payments  (steps[0].wait)\nacme: 1 change\napplied to acme: 1 change\n"), (run.ExitCode, run.Out));
        Assert.Equal(["POST /api/v1/estate/plan?prune=true", "POST /api/v1/estate/apply?prune=true"], Lines);
        Assert.All(_server.Requests, request => Assert.Equal("workspace: acme\nusers: []\n---\nteams: []\n", request.Body));
    }

    [Fact]
    public async Task A_dry_run_changes_nothing()
    {
        _server.Plan = OneChange;

        var run = await AgainstAsync(_server, "apply", _folder.FullName, "--dry-run");

        Assert.Equal((0, "~ update policy payments  (steps[0].wait)\nacme: 1 change\n"), (run.ExitCode, run.Out));
        Assert.Equal(["POST /api/v1/estate/plan"], Lines);
    }

    [Fact]
    public async Task A_person_is_asked_and_no_answer_means_no()
    {
        _server.Plan = OneChange;

        var no = await new CliWorld(_server) { Interactive = true, Input = "\n" }.RunAsync("apply", _folder.FullName);
        var yes = await new CliWorld(_server) { Interactive = true, Input = "y\n" }.RunAsync("apply", _folder.FullName);

        Assert.Contains("Nothing was changed.", no.Error, StringComparison.Ordinal);
        Assert.EndsWith("applied to acme: 1 change\n", yes.Out, StringComparison.Ordinal);
        Assert.Single(Lines, line => line.Contains("apply", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_nobody_can_be_asked_yes_must_be_said_beforehand()
    {
        _server.Plan = OneChange;

        var run = await AgainstAsync(_server, "apply", _folder.FullName);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("hint: give --yes", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Lines, line => line.Contains("apply", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Faults_name_the_file_and_line_that_they_came_from()
    {
        _server.Plan = new("acme", [], [new(null, 4, 8, "teams", "unknown key \"membres\" (did you mean \"members\"?)")], [], "");

        var run = await AgainstAsync(_server, "apply", _folder.FullName, "--yes");

        Assert.Equal(5, run.ExitCode);
        Assert.StartsWith(
            $"error: {Path.Combine(_folder.FullName, "b.yml")}:1:8: teams: unknown key \"membres\" (did you mean \"members\"?)\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(["POST /api/v1/estate/plan"], Lines);
    }

    [Fact]
    public async Task A_fault_of_the_whole_text_names_no_line_of_it()
    {
        _server.Plan = new("acme", [], [new(null, 0, 0, "", "there is no document in it"), new(null, 1, 1, "", "not readable as YAML")], [], "");

        var run = await AgainstAsync(_server, "apply", _folder.FullName, "--yes");

        Assert.StartsWith(
            $"error: there is no document in it\nerror: {Path.Combine(_folder.FullName, "a.yaml")}:1:1: not readable as YAML\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_files_of_a_folder_are_applied_that_are_checked_and_served()
    {
        // As a mounted configuration of Kubernetes has it: the file, and behind it the folder of its version.
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "..2026"));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "..2026", "a.yaml"), "workspace: acme\nusers: []\n");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, ".draft.yaml"), "nonsense");

        await AgainstAsync(_server, "apply", _folder.FullName, "--dry-run");

        Assert.Equal("workspace: acme\nusers: []\n---\nteams: []\n", Assert.Single(_server.Requests).Body);
    }

    [Fact]
    public async Task An_export_as_JSON_is_an_estate_too()
    {
        _server.Yaml = "apiVersion: tocsin/v1\nworkspace: acme\nusers:\n  - name: ana\npolicies:\n  - name: p\n    repeat: 2\n    steps: [{notify: [user:ana]}]\n";

        var run = await AgainstAsync(_server, "export", "--json");
        var check = await new CliWorld(null) { Input = run.Out }.RunAsync("check", "-");

        Assert.Equal(2, System.Text.Json.Nodes.JsonNode.Parse(run.Out)!["policies"]![0]!["repeat"]!.GetValue<int>());
        Assert.Equal(0, check.ExitCode);
    }

    [Fact]
    public async Task An_empty_text_is_no_estate()
    {
        var run = await new CliWorld(null).RunAsync("check", "-");

        Assert.Equal(5, run.ExitCode);
        Assert.Contains("there is no document in it", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_to_do_is_not_applied()
    {
        var run = await new CliWorld(_server) { Input = "workspace: acme\n" }.RunAsync("apply", "-");

        Assert.Equal((0, "acme is already as the files say.\n"), (run.ExitCode, run.Out));
        Assert.Equal(["POST /api/v1/estate/plan"], Lines);
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_a_usage_error()
    {
        var run = await AgainstAsync(_server, "apply", Path.Combine(_folder.FullName, "missing.yaml"));

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(Lines);
    }

    [Fact]
    public async Task Export_prints_the_yaml_and_nothing_else()
    {
        var run = await AgainstAsync(_server, "export");

        Assert.Equal((0, "workspace: acme\n", ""), (run.ExitCode, run.Out, run.Error));
    }

    [Fact]
    public async Task Checking_needs_no_server_and_tells_broken_files_from_failed_tests()
    {
        const string Good = "apiVersion: tocsin/v1\nusers: [{name: ana}]\npolicies: [{name: p, steps: [{notify: ['user:ana'], wait: 5m}]}]\n";
        var file = Path.Combine(_folder.FullName, "a.yaml");
        File.Delete(Path.Combine(_folder.FullName, "b.yml"));
        await File.WriteAllTextAsync(file, Good + "route: {name: root, policy: p}\n");
        var good = await new CliWorld(null).RunAsync("check", _folder.FullName);
        await File.WriteAllTextAsync(file, Good + "route: {name: root, policy: p, tests: [{labels: {a: b}, expect: {policy: none}}]}\n");
        var failed = await new CliWorld(null).RunAsync("check", _folder.FullName);
        await File.WriteAllTextAsync(file, Good + "route: {name: root, policy: q}\n");
        var broken = await new CliWorld(null).RunAsync("check", file, "--json");

        Assert.Equal([0, 1, 5], [good.ExitCode, failed.ExitCode, broken.ExitCode]);
        Assert.StartsWith("ok: ", good.Out[good.Out.LastIndexOf("ok: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.Contains("route test failed", failed.Out, StringComparison.Ordinal);
        using var json = System.Text.Json.JsonDocument.Parse(broken.Out);
        Assert.Equal(("a.yaml", 4), (json.RootElement.GetProperty("faults")[0].GetProperty("file").GetString(), json.RootElement.GetProperty("faults")[0].GetProperty("line").GetInt32()));
    }
}
