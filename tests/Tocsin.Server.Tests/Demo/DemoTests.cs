using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Sdk;
using Tocsin.Tests.Cli;
using Tocsin.Tests.Http;
using static Tocsin.Tests.Cli.CliRun;

namespace Tocsin.Tests.Demo;

public sealed partial class DemoTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-demo-").FullName;
    private ServeRun _demo = null!;
    private CliWorld _cli = null!;

    private string Data => Path.Combine(_root, "data");

    public async Task InitializeAsync()
    {
        _demo = await ServeRun.StartAsync("demo", "--data", Data);
        var key = await new CliWorld(null).RunAsync("key", "create", "--data", Data, "--name", "test");
        _cli = new(_demo.Url, key.Out.TrimEnd()) { Time = TimeProvider.System };
    }

    public async Task DisposeAsync()
    {
        await _demo.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_week_lies_behind_it_with_something_open_in_each_state()
    {
        var incidents = JsonSerializer.Deserialize((await _cli.RunAsync("incidents", "--status", "all", "--json", "-n", "200")).Out, WireJson.Default.PageIncident)!.Items;
        var oldest = TimeProvider.System.GetUtcNow() - incidents.Min(incident => incident.CreatedAt);

        Assert.InRange(incidents.Count, 15, 60);
        Assert.InRange(oldest.TotalDays, 6, 7.1);
        Assert.Equal(["acknowledged", "resolved", "snoozed", "triggered"], incidents.Select(incident => incident.Status).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(incidents, incident => incident.AlertCount >= 20);
        Assert.Equal("critical", incidents[0].Severity);
        Assert.NotEmpty(incidents[0].Paging);
    }

    [Fact]
    public async Task The_history_is_what_the_product_does_not_a_picture_of_it()
    {
        await using var database = new SqliteDatabase(Path.Combine(Data, "tocsin.db"));
        var soon = TimeProvider.System.GetUtcNow().AddMinutes(1).ToMicros();

        Assert.True(await CountAsync(database, "SELECT COUNT(*) FROM page WHERE status = 1") > 40);
        Assert.Equal(0, await CountAsync(database, "SELECT COUNT(*) FROM page WHERE status = 2"));
        Assert.Equal(0, await CountAsync(database, "SELECT COUNT(*) FROM job WHERE dead = 1"));

        // The key of this test's own command line was made by its clock.
        Assert.Equal(0, await CountAsync(database, $"SELECT COUNT(*) FROM event WHERE at > {soon} AND actor <> 'operator'"));
        Assert.Equal(3, await CountAsync(database, "SELECT COUNT(*) FROM estate_object WHERE kind = 'team'"));
        string[] expected =
        [
            "incident.triggered", "page.sent", "incident.acknowledged", "incident.note_added", "incident.reopened", "incident.escalated", "incident.snoozed", "alert.suppressed",
        ];
        foreach (var kind in expected)
        {
            Assert.True(await CountAsync(database, $"SELECT COUNT(*) FROM event WHERE kind = '{kind}'") > 0, kind);
        }
    }

    [Theory]
    [InlineData("memory", "critical", 45, 20)]
    [InlineData("latency", "medium", 25, 15)]
    public async Task Trouble_can_be_made_up_at_the_assistants_addresses(string kind, string severity, int logs, int metrics)
    {
        using var caller = new HttpClient { BaseAddress = new(_demo.Url) };
        TocsinClient.Authorize(caller, _cli.Environment["TOCSIN_TOKEN"]);

        var made = await caller.PostAsync($"/mock/generate-incident?incident_type={kind}", "", HttpStatusCode.OK);
        var again = await caller.PostAsync($"/mock/generate-incident?incident_type={kind}", "", HttpStatusCode.OK);
        var lines = await caller.PostAsync("/mock/generate-logs?count=30&error_rate=1&service=till", "", HttpStatusCode.OK);
        var figures = await caller.PostAsync("/mock/generate-metrics?count=7&stress_level=0.5", "", HttpStatusCode.OK);

        Assert.Equal((severity, logs, metrics), (made["severity"].Text(), made["log_count"]!.GetValue<int>(), made["metric_count"]!.GetValue<int>()));
        Assert.Equal(made["incident_id"].Text(), again["incident_id"].Text());
        Assert.Equal((30, 30), (lines["generated"]!.GetValue<int>(), lines["error_count"]!.GetValue<int>()));
        Assert.Equal((7, 0.5), (figures["generated"]!.GetValue<int>(), figures["stress_level"]!.GetValue<double>()));
        Assert.Equal(6, (await caller.GetJsonAsync("/mock/incident-types"))["types"]!.AsArray().Count);
        Assert.Contains((await caller.GetJsonAsync("/api/v1/services")).Items(), s => s!["name"].Text() == "till" && s["errors_per_minute"]!.GetValue<double>() > 0);
    }

    [Fact]
    public async Task One_click_removes_it_and_leads_to_the_setup_of_the_real_thing()
    {
        using var browser = new HttpClient(new HttpClientHandler { CookieContainer = new(), AllowAutoRedirect = true }) { BaseAddress = new(_demo.Url) };
        var door = Door().Match(_demo.Output).Value;
        using var caller = new HttpClient { BaseAddress = new(_demo.Url) };
        TocsinClient.Authorize(caller, _cli.Environment["TOCSIN_TOKEN"]);
        await caller.PostAsync("/mock/generate-incident", "", HttpStatusCode.OK);

        var inbox = await browser.GetStringAsync(door);
        using var form = new FormUrlEncodedContent([new("form", FormToken().Match(inbox).Groups["token"].Value)]);
        using var removed = await browser.PostAsync("/demo/remove", form);

        Assert.Contains("This is sample data", inbox, StringComparison.Ordinal);
        Assert.StartsWith("/setup/", removed.RequestMessage!.RequestUri!.AbsolutePath, StringComparison.Ordinal);
        await using var database = new SqliteDatabase(Path.Combine(Data, "tocsin.db"));
        foreach (var table in new[] { "incident", "alert", "page", "job", "event", "delivery", "person", "member", "api_key", "estate_object", "silence" })
        {
            Assert.Equal((table, 0), (table, await CountAsync(database, $"SELECT COUNT(*) FROM {table}")));
        }

        await using var telemetry = new SqliteDatabase(Path.Combine(Data, "telemetry.db"));
        foreach (var table in new[] { "metric_series", "metric_head", "metric_chunk", "log_template", "log_rate" })
        {
            Assert.Equal((table, 0), (table, await CountAsync(telemetry, $"SELECT COUNT(*) FROM {table}")));
        }

        // Whoever knows the demo's address must not get into what is set up after it.
        await database.WriteAsync(
            tx => tx.ExecuteAsync("INSERT INTO member (workspace_id, person_id, user_name, role, created_at) VALUES (1, 1, 'sam', 'owner', 0)"), CancellationToken.None);
        using var stale = await browser.GetAsync(door);
        Assert.Equal(HttpStatusCode.NotFound, stale.StatusCode);
    }

    [Fact]
    public async Task Somebody_can_be_told_when_nobody_answers() =>
        Assert.Contains("role: admin", (await _cli.RunAsync("export")).Out, StringComparison.Ordinal);

    [Fact]
    public async Task Without_the_printed_address_nobody_gets_in()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = new(_demo.Url) };

        using var guessed = await http.GetAsync("/demo/enter/00000000000000000000000000000000");
        using var stranger = await http.GetAsync("/api/v1/incidents");
        using var remover = await http.PostAsync("/demo/remove", null);

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], new[] { guessed, stranger, remover }.Select(response => response.StatusCode));
    }

    [Fact]
    public async Task A_second_start_goes_on_with_what_is_there()
    {
        await _cli.RunAsync("note", "1", "seen");
        await _demo.StopAsync();

        await using var again = await ServeRun.StartAsync("demo", "--data", Data);
        var sheet = await new CliWorld(again.Url, _cli.Environment["TOCSIN_TOKEN"]) { Time = TimeProvider.System }.RunAsync("show", "1");

        Assert.DoesNotContain("Making a week", again.Output, StringComparison.Ordinal);
        Assert.Contains("seen", sheet.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_was_cut_short_begins_anew()
    {
        await _demo.StopAsync();
        await using (var database = new SqliteDatabase(Path.Combine(Data, "tocsin.db")))
        {
            await database.WriteAsync(tx => tx.ExecuteAsync("DELETE FROM member"), CancellationToken.None);
            await database.WriteAsync(tx => tx.ExecuteAsync("DELETE FROM incident WHERE number > 3"), CancellationToken.None);
        }

        await using var again = await ServeRun.StartAsync("demo", "--data", Data);

        Assert.Contains("Making a week", again.Output, StringComparison.Ordinal);
        await using var remade = new SqliteDatabase(Path.Combine(Data, "tocsin.db"));
        Assert.True(await CountAsync(remade, "SELECT COUNT(*) FROM incident") > 15);
    }

    [Fact]
    public async Task A_folder_that_another_uses_is_1_as_with_serve()
    {
        var run = await new CliWorld(null).RunAsync("demo", "--data", Data);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is in use by another Tocsin", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_installation_is_left_alone()
    {
        var real = Path.Combine(_root, "real");
        await using (var server = await ServeRun.StartAsync("serve", "--data", real))
        {
            await using var database = new SqliteDatabase(Path.Combine(real, "tocsin.db"));
            await database.WriteAsync(
                tx => tx.ExecuteAsync("INSERT INTO member (workspace_id, person_id, user_name, role, created_at) VALUES (1, 1, 'sam', 'owner', 0)"), CancellationToken.None);
        }

        var run = await new CliWorld(null).RunAsync("demo", "--data", real);

        Assert.Equal(4, run.ExitCode);
        Assert.Contains("there is a real installation here", run.Error, StringComparison.Ordinal);
    }

    private static async Task<long> CountAsync(Database database, string sql) => await database.ReadAsync(session => session.ScalarAsync(sql), CancellationToken.None) ?? 0;

    [GeneratedRegex("http://[^ ]*/demo/enter/[0-9a-f]+", RegexOptions.NonBacktracking)]
    private static partial Regex Door();

    [GeneratedRegex("name=\"form\" value=\"(?<token>[^\"]+)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex FormToken();
}
