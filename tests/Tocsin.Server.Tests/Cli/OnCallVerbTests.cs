using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Tests.Http;
using Tocsin.Tests.Identity;
using Tocsin.Workspaces;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Cli;

/// <summary>The verbs of covers, requests, time off and calendars, of mutes, and the questions of explain, against the server itself.</summary>
public abstract partial class OnCallVerbTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private CliWorld _admin = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Server:PublicUrl"] = "https://tocsin.test");
        _admin = World(await _bench.KeyAsync(Role.Admin));
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_cover_is_entered_listed_and_taken_back()
    {
        var made = await _admin.RunAsync("oncall", "cover", "add", "primary", "--from", "2d", "--to", "3d", "--user", "bo", "--instead-of", "ana", "--reason", "Concert");
        var listed = await _admin.RunAsync("oncall", "cover", "ls", "primary");
        var gone = await _admin.RunAsync("oncall", "cover", "rm", "primary", "1");
        var empty = await _admin.RunAsync("oncall", "cover", "ls", "primary");
        var missing = await _admin.RunAsync("oncall", "cover", "rm", "primary", "99");

        Assert.Matches("^override 1: .+: bo instead of ana. Nobody else changes.\n$", made.Out);
        Assert.Matches("1 +bo +ana .+ pending +key:Admin +Concert\n", listed.Out);
        Assert.Matches("^override 1 taken back: .+: ana instead of bo. Nobody else changes.\n$", gone.Out);
        Assert.Equal("No overrides.\n", empty.Out);
        Assert.Equal((4, "error: There is no override '99'.\n"), (missing.ExitCode, missing.Error));
    }

    [StoreFact]
    public async Task A_request_for_cover_is_between_people()
    {
        var (ana, bo) = (World(await SessionAsync("ana")), World(await SessionAsync("bo")));
        var asked = await ana.RunAsync("oncall", "swap", "ask", "primary", "--from", "2d", "--to", "3d", "--ask", "bo", "--reason", "Concert");
        var listed = await bo.RunAsync("oncall", "swap", "ls");
        var taken = await bo.RunAsync("oncall", "swap", "accept", "1");
        var late = await bo.RunAsync("oncall", "swap", "decline", "1");
        var byKey = await _admin.RunAsync("oncall", "swap", "accept", "1");
        await ana.RunAsync("oncall", "swap", "ask", "primary", "--from", "4d", "--to", "5d");
        var withdrawn = await ana.RunAsync("oncall", "swap", "withdraw", "2");

        Assert.Matches("^request 1: bo is asked until .+; you stay on call until somebody says yes\n$", asked.Out);
        Assert.Matches("1 +primary +ana +bo .+ open +Concert\n", listed.Out);
        Assert.Matches("^request 1 is accepted: .+ bo instead of ana. Nobody else changes.\n$", taken.Out);
        Assert.Equal((4, 4), (late.ExitCode, byKey.ExitCode));
        Assert.Equal("request 2 is withdrawn\n", withdrawn.Out);
    }

    [StoreFact]
    public async Task Time_off_is_entered_with_the_gap_that_it_leaves_listed_and_taken_back()
    {
        var made = await _admin.RunAsync("oncall", "away", "add", "--from", "2d", "--to", "3d", "--user", "ana", "--reason", "Holidays");
        var listed = await _admin.RunAsync("oncall", "away", "ls");
        var gone = await _admin.RunAsync("oncall", "away", "rm", "1");
        var empty = await _admin.RunAsync("oncall", "away", "ls");
        var turned = await _admin.RunAsync("oncall", "away", "add", "--from", "3d", "--to", "2d", "--user", "ana");

        Assert.Matches("^time off 1: ana is away .+ to .+\n! nobody is on call for primary .+ to .+\n$", made.Out);
        Assert.Matches("1 +ana .+ pending +Holidays\n", listed.Out);
        Assert.Equal(("time off 1 taken back\n", "Nobody is away.\n"), (gone.Out, empty.Out));
        Assert.Equal((4, "error: It must end after it begins.\n"), (turned.ExitCode, turned.Error));
    }

    [StoreFact]
    public async Task A_calendar_address_is_shown_once_listed_without_its_secret_and_ended()
    {
        var made = await _admin.RunAsync("oncall", "calendar", "renew", "schedule", "primary");
        var listed = await _admin.RunAsync("oncall", "calendar", "ls");
        var address = new Uri(made.Out.Trim()).AbsolutePath;
        Assert.Contains("BEGIN:VCALENDAR", await _bench.Anybody().GetStringAsync(address), StringComparison.Ordinal);
        var ended = await _admin.RunAsync("oncall", "calendar", "revoke", "schedule", "primary");

        Assert.Matches("^https://tocsin.test/ical/.+\\.ics\n$", made.Out);
        Assert.Contains("It is not shown again.", made.Error, StringComparison.Ordinal);
        Assert.Matches("schedule +primary +key:Admin .+ never\n", listed.Out);
        Assert.Equal((0, "the address no longer works\n"), (ended.ExitCode, ended.Error));
        Assert.Equal("No calendar addresses.\n", (await _admin.RunAsync("oncall", "calendar", "ls")).Out);
        Assert.Equal(2, (await _admin.RunAsync("oncall", "calendar", "renew", "team", "payments")).ExitCode);
    }

    [StoreFact]
    public async Task Maintenance_is_planned_listed_extended_and_ended()
    {
        var dry = await _admin.RunAsync("maintenance", "add", "--service", "checkout", "--for", "2h", "--comment", "Upgrade", "--dry-run");
        var made = await _admin.RunAsync("maintenance", "add", "--service", "checkout", "--for", "2h", "--comment", "Upgrade");
        var id = Id().Match(made.Out).Groups["id"].Value;
        var listed = await _admin.RunAsync("maintenance", "ls");
        var longer = await _admin.RunAsync("maintenance", "extend", id, "--for", "1h");
        var ended = await _admin.RunAsync("maintenance", "expire", id);

        Assert.StartsWith("would mute nothing that fires now\n", dry.Out, StringComparison.Ordinal);
        Assert.Matches("^maintenance .+ until .+; mutes nothing that fires now\n$", made.Out);
        Assert.Matches($"{id} .+ active .+ key:Admin +service checkout +Upgrade\n", listed.Out);
        Assert.StartsWith($"maintenance {id} now ends ", longer.Out, StringComparison.Ordinal);
        Assert.Equal((0, $"maintenance {id} has ended\n"), (ended.ExitCode, ended.Error));
        Assert.DoesNotContain("active", (await _admin.RunAsync("maintenance", "ls")).Out, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_silence_is_extended_and_neither_kind_goes_without_an_end_or_a_reason()
    {
        var made = await _admin.RunAsync("silence", "add", "service=checkout", "--for", "1h", "--comment", "Deploy");
        var id = Id().Match(made.Out).Groups["id"].Value;
        var longer = await _admin.RunAsync("silence", "extend", id, "--for", "1h");
        var endless = await _admin.RunAsync("silence", "add", "service=checkout", "--comment", "Deploy");
        var mute = await _admin.RunAsync("silence", "add", "service=checkout", "--for", "1h");
        var unknown = await _admin.RunAsync("silence", "extend", "nowhere", "--for", "1h");

        Assert.StartsWith($"silence {id} now ends ", longer.Out, StringComparison.Ordinal);
        Assert.Equal([2, 4, 4], new[] { endless, mute, unknown }.Select(run => run.ExitCode));
    }

    [StoreFact]
    public async Task Why_somebody_was_not_paged_is_asked_of_labels_an_alert_an_incident_and_a_span()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Db,service=checkout,severity=critical");
        await _bench.PagedAsync();
        var alert = (await (await _bench.CallerAsync(Role.Viewer)).GetJsonAsync("/api/v1/alerts")).Items().Single()!["id"]!.ToString();

        var labels = await _admin.RunAsync("explain", "-l", "severity=info", "--why-not", "ana");
        var stored = await _admin.RunAsync("explain", "--alert", alert, "--why-not", "bo");
        var incident = await _admin.RunAsync("explain", "1", "--why-not", "ana");
        var span = await _admin.RunAsync("explain", "--why-not", "bo", "--from", DateTimeOffset.UtcNow.AddHours(-1).ToString("O"));
        var nobody = await _admin.RunAsync("explain", "1", "--why-not", "zed");

        Assert.Contains("WHY NOT\nnot routed: route root/information leads to policy none, which pages nobody\n", labels.Out, StringComparison.Ordinal);
        Assert.All(new[] { stored, incident, span }, run => Assert.StartsWith("WHY NOT\n", run.Out, StringComparison.Ordinal));
        Assert.Contains("#1 ", stored.Out, StringComparison.Ordinal);
        Assert.Contains("paged: ", incident.Out, StringComparison.Ordinal);
        Assert.Contains("#1 ", span.Out, StringComparison.Ordinal);
        Assert.Equal((4, "error: There is no user 'zed'.\n"), (nobody.ExitCode, nobody.Error));
    }

    [StoreFact]
    public async Task A_payload_is_explained_with_what_was_read_from_it()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """{"title": "Disk full", "severity": "critical", "labels": {"service": "checkout"}}""");
        var read = await _admin.RunAsync("explain", "--payload", file, "--source", "scripts");
        var unnamed = await _admin.RunAsync("explain", "--payload", file);
        File.Delete(file);
        var missing = await _admin.RunAsync("explain", "--payload", file, "--source", "scripts");

        Assert.Contains("Disk full\n", read.Out, StringComparison.Ordinal);
        Assert.Contains("POLICY payments (high urgency, by route root)", read.Out, StringComparison.Ordinal);
        Assert.Equal([4, 2], new[] { unnamed, missing }.Select(run => run.ExitCode));
    }

    [StoreFact]
    public async Task Where_no_restore_holds_jobs_back_there_is_nothing_to_replay()
    {
        var run = await _admin.RunAsync("jobs", "replay", "--held", "--json");

        Assert.Equal((0, "{\n  \"replayed\": []\n}\n"), (run.ExitCode, run.Out));
    }

    [GeneratedRegex("^(silence|maintenance) (?<id>\\S+) until")]
    private static partial Regex Id();

    private CliWorld World(string key) => new(_bench.Url.AbsoluteUri, key) { Time = TimeProvider.System };

    /// <summary>The token of a login, which counts as the person.</summary>
    private Task<string> SessionAsync(string user) => _bench.Service<Database>().WriteAsync(
        async tx =>
        {
            var (accounts, workspace) = (_bench.Service<AccountStore>(), (await _bench.Service<WorkspaceStore>().FindAsync(tx, "acme"))!);
            var account = await accounts.MemberAsync(tx, workspace.Id, $"{user}@acme.test", user, Role.Responder);
            return await accounts.BeginSessionAsync(tx, workspace.Id, account, new(LoginFacts.Token, "password", "127.0.0.1", ""), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
        },
        default);

    public sealed class OnSqlite() : OnCallVerbTests(Engine.Sqlite);

    public sealed class OnPostgres() : OnCallVerbTests(Engine.Postgres);
}
