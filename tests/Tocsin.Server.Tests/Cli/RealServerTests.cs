using System.Text.Json;
using Tocsin.Sdk;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

/// <summary>The verbs against the server itself.</summary>
public sealed class RealServerTests : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("tocsin-serve-").FullName;
    private ServeRun _server = null!;
    private CliWorld _cli = null!;

    public async Task InitializeAsync()
    {
        var estate = Path.Combine(_data, "estate.yaml");
        await File.WriteAllTextAsync(
            estate,
            """
            apiVersion: tocsin/v1
            workspace: acme
            users:
              - {name: ana, time_zone: Europe/Berlin, contact: [{name: mail, type: email, address: ana@example.test}], notify: {high: [{after: 0s, via: mail}]}}
            teams: [{name: shop, members: [ana]}]
            schedules: [{name: primary, team: shop, time_zone: Europe/Berlin, rotations: [{name: weekly, users: [ana], start: 2026-01-05T09:00, every: 1w}]}]
            policies: [{name: shop, steps: [{notify: ["schedule:primary"], wait: 5m}]}]
            sources:
              - {name: prometheus, type: alertmanager, key: prometheus-key-000001}
              - {name: scripts, type: generic, key: scripts-key-00000001}
            route: {name: root, policy: shop, group_by: [alertname, service], group_wait: 0s}
            """);
        _server = await ServeRun.StartAsync("serve", "--data", Data, "--estate", estate);
        var key = await new CliWorld(null).RunAsync("key", "create", "--data", Data, "--name", "test");
        _cli = new(_server.Url, key.Out.TrimEnd()) { Time = TimeProvider.System };
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private string Data => Path.Combine(_data, "store");

    [Fact]
    public async Task The_server_says_where_it_listens_and_stops_in_order()
    {
        var run = await _server.StopAsync();

        Assert.Equal(0, run.ExitCode);
        Assert.EndsWith($"Now listening on: {_server.Url}\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("/setup/", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alert_goes_from_the_shell_to_an_incident_and_back()
    {
        var byKey = await _cli.RunAsync("send", "--title", "Disk full", "--severity", "critical", "-l", "service=checkout");
        var bySource = await _cli.RunAsync("send", "--title", "Queue stuck", "-l", "service=mail", "--source-key", "scripts-key-00000001");
        var listed = JsonSerializer.Deserialize((await _cli.RunAsync("incidents", "--json")).Out, WireJson.Default.PageIncident)!.Items;

        Assert.Equal([0, 0], [byKey.ExitCode, bySource.ExitCode]);
        Assert.Equal([(2, "Queue stuck", "high"), (1, "Disk full", "critical")], listed.Select(i => ((int)i.Number, i.Title, i.Severity)));

        var acked = await _cli.RunAsync("ack", "1");
        var again = await _cli.RunAsync("send", "--title", "Disk full", "--severity", "critical", "-l", "service=checkout", "--resolve");
        var ended = await _cli.RunAsync("send", "--title", "Queue stuck", "-l", "service=mail", "--source-key", "scripts-key-00000001", "--resolve");
        var resolved = JsonSerializer.Deserialize((await _cli.RunAsync("incidents", "--status", "resolved", "--json")).Out, WireJson.Default.PageIncident)!.Items;

        Assert.Equal("#1  ◐ acknowledged  Disk full\n", acked.Out);
        Assert.Equal([0, 0], [again.ExitCode, ended.ExitCode]);
        Assert.Equal([2, 1], resolved.Select(i => (int)i.Number));
    }

    [Fact]
    public async Task What_was_done_stands_in_the_timeline_with_the_key_that_did_it()
    {
        await _cli.RunAsync("send", "--title", "Disk full");
        await _cli.RunAsync("note", "1", "looking", "into", "it");
        await _cli.RunAsync("snooze", "1", "--for", "1h");

        var sheet = await _cli.RunAsync("show", "1");
        var explained = await _cli.RunAsync("explain", "1");

        Assert.Contains("z snoozed", sheet.Out, StringComparison.Ordinal);
        Assert.Contains("key:test", sheet.Out, StringComparison.Ordinal);
        Assert.Contains("looking into it", sheet.Out, StringComparison.Ordinal);
        Assert.StartsWith("From the record of what happened:", explained.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silences_mute_and_end()
    {
        var added = await _cli.RunAsync("silence", "add", "service=checkout", "--for", "2h", "-m", "deploy", "--json");
        await _cli.RunAsync("send", "--title", "Disk full", "-l", "service=checkout");
        var muted = await _cli.RunAsync("incidents");
        var id = JsonSerializer.Deserialize(added.Out, WireJson.Default.SilenceView)!.Id;
        var ended = await _cli.RunAsync("silence", "expire", id);

        Assert.Equal("No open incidents.\n", muted.Out);
        Assert.Equal(0, ended.ExitCode);
    }

    [Fact]
    public async Task Refusals_of_the_server_are_4_with_its_own_words()
    {
        var missing = await _cli.RunAsync("show", "99");
        var matcher = await _cli.RunAsync("silence", "add", "no matcher", "--for", "1h");
        var viewerKey = await new CliWorld(null).RunAsync("key", "create", "--data", Data, "--name", "screen", "--role", "viewer");
        var viewer = await new CliWorld(_server.Url, viewerKey.Out.TrimEnd()).RunAsync("send", "--title", "x");

        Assert.Equal([4, 4, 4], [missing.ExitCode, matcher.ExitCode, viewer.ExitCode]);
        Assert.Equal("error: There is no incident '99'.\n", missing.Error);
        Assert.Contains("hint: `tocsin key create --role", viewer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_of_what_is_quiet_say_so()
    {
        Assert.Equal("No open incidents.\n", (await _cli.RunAsync("incidents")).Out);
        Assert.Equal("No silences.\n", (await _cli.RunAsync("silence", "ls")).Out);
        Assert.Equal("No dead jobs.\n", (await _cli.RunAsync("jobs", "dead")).Out);
        Assert.Equal("No deliveries.\n", (await _cli.RunAsync("deliveries", "ls")).Out);
        Assert.Contains("primary   shop  ana", (await _cli.RunAsync("oncall")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_is_followed_live_and_resumed_without_a_gap()
    {
        using var http = new HttpClient { BaseAddress = new(_server.Url) };
        TocsinClient.Authorize(http, _cli.Environment["TOCSIN_TOKEN"]);
        var client = new TocsinClient(http);
        await _cli.RunAsync("send", "--title", "Disk full");
        var seen = await client.EnumerateEventsAsync().Select(e => e.Seq).ToListAsync();
        await using var live = client.FollowEventsAsync(seen[^1]).GetAsyncEnumerator();

        foreach (var seq in seen.AsEnumerable().Reverse().Skip(1))
        {
            Assert.True(await live.MoveNextAsync());
            Assert.Equal(seq, live.Current.Seq);
        }

        var next = live.MoveNextAsync();
        await _cli.RunAsync("note", "1", "looking");

        Assert.True(await next);
        Assert.Equal("incident.note_added", live.Current.Kind);
    }

    [Fact]
    public async Task An_estate_is_planned_applied_and_read_back()
    {
        await using var server = await ServeRun.StartAsync("serve", "--data", Path.Combine(_data, "other"));
        var key = await new CliWorld(null).RunAsync("key", "create", "--data", Path.Combine(_data, "other"), "--name", "test");
        var file = Path.Combine(_data, "new.yaml");
        await File.WriteAllTextAsync(
            file,
            """
            apiVersion: tocsin/v1
            users: [{name: bo, time_zone: Europe/Berlin}]
            schedules: [{name: night, time_zone: Europe/Berlin, rotations: [{name: weekly, users: [bo], start: 2026-01-05T09:00, every: 1w}]}]
            policies: [{name: shop, steps: [{notify: ["schedule:night"], wait: 5m}]}]
            route: {name: root, policy: shop}
            """);
        var cli = new CliWorld(server.Url, key.Out.TrimEnd()) { Time = TimeProvider.System };

        var planned = await cli.RunAsync("apply", file, "--dry-run");
        var before = await cli.RunAsync("oncall");
        var applied = await cli.RunAsync("apply", file, "--yes");
        var after = await cli.RunAsync("oncall");
        var again = await cli.RunAsync("apply", file, "--yes");
        var exported = await cli.RunAsync("export");
        var roundTrip = await new CliWorld(server.Url, key.Out.TrimEnd()) { Input = exported.Out }.RunAsync("apply", "-");

        Assert.Contains("+ create user bo", planned.Out, StringComparison.Ordinal);
        Assert.Equal("There are no schedules.\n", before.Out);
        Assert.Equal(0, applied.ExitCode);
        Assert.Contains("night", after.Out, StringComparison.Ordinal);
        Assert.EndsWith("is already as the files say.\n", again.Out, StringComparison.Ordinal);
        Assert.EndsWith("is already as the files say.\n", roundTrip.Out, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "apiVersion: tocsin/v1\npolicies: [{name: shop, steps: [{notify: [\"user:nobody\"], wait: 5m}]}]\n");
        var faulty = await cli.RunAsync("apply", file, "--yes");

        Assert.Equal(5, faulty.ExitCode);
        Assert.StartsWith($"error: {file}:2:", faulty.Error, StringComparison.Ordinal);
    }
}
