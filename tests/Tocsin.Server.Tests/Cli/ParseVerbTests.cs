using System.Text.Json.Nodes;
using Tocsin.Tests.Providers;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

public sealed class ParseVerbTests
{
    [Fact]
    public async Task The_documented_example_of_the_pipeline_is_taken_with_its_fingerprint()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file, PipelineBench.Sns(PipelineBench.Alarm("TEAM=dev-infra | PRIORITY=P1 | RUNBOOK=https://runbook.example.com\nHigh CPU usage detected on production instances.")).ToJsonString());
        var run = await new CliWorld(null).RunAsync("parse", "--source", "auto", "--strict", file);
        File.Delete(file);

        var answer = JsonNode.Parse(run.Out)!;
        Assert.Equal((0, true), (run.ExitCode, answer["accepted"]!.GetValue<bool>()));
        Assert.Equal("High CPU usage detected on production instances.", answer["events"]![0]!["description"]!.GetValue<string>());
        Assert.Equal(
            answer["fingerprints"]![0]!.GetValue<string>(),
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(answer["fingerprint_inputs"]![0]!.GetValue<string>()))));
    }

    [Fact]
    public async Task What_is_rejected_is_said_with_its_reasons_and_exit_1()
    {
        var run = await new CliWorld(null) { Input = PipelineBench.Alarm("PRIORITY=P1").ToJsonString() }.RunAsync("parse", "--strict", "-");

        var answer = JsonNode.Parse(run.Out)!;
        Assert.Equal((1, false, null), (run.ExitCode, answer["accepted"]!.GetValue<bool>(), answer["events"]));
        Assert.Equal(("missing", "teams"), (answer["errors"]![0]!["kind"]!.GetValue<string>(), answer["errors"]![0]!["field"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("nothing", "There is no type of source 'nothing'")]
    [InlineData("generic", null)]
    public async Task Any_type_of_source_can_be_named_and_no_other(string source, string? error)
    {
        var run = await new CliWorld(null) { Input = """{"title": "Disk full", "labels": {"team": "a", "priority": "P2"}}""" }.RunAsync("parse", "--source", source, "-");

        Assert.Equal(error is null ? 0 : 2, run.ExitCode);
        Assert.Contains(error ?? "\"source\": \"generic\"", error is null ? run.Out : run.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_a_mistake_of_the_command_line()
    {
        var run = await new CliWorld(null).RunAsync("parse", "/nowhere/at/all.json");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("cannot be read", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rejected_deliveries_are_listed_shown_and_replayed_like_others()
    {
        await using var server = await FakeServer.StartAsync();
        await AgainstAsync(server, "rejected", "list", "--source", "grafana");
        var replay = await AgainstAsync(server, "rejected", "replay", "3");

        Assert.Equal(0, replay.ExitCode);
        Assert.Contains("GET /api/v1/rejected?source=grafana&limit=50", server.Requests.Select(r => r.Line));
        Assert.Contains("POST /api/v1/deliveries/3/replay", server.Requests.Select(r => r.Line));
    }
}
