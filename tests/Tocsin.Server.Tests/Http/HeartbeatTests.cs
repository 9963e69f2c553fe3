using System.Net;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>What jobs say at /hb, told over HTTP.</summary>
public abstract class HeartbeatTests(Engine engine) : IAsyncLifetime
{
    private const string Beat = $"/hb/{HttpBench.HeartbeatKey}";

    private HttpBench _bench = null!;
    private HttpClient _job = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _job = _bench.Anybody();
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_job_that_fails_pages_with_what_it_printed_until_it_goes_well()
    {
        await SayAsync(HttpMethod.Post, "/3", "disk full on /var/backups");
        Assert.Equal("incident.triggered", (await _bench.PagedAsync()).Type);
        var reader = await _bench.CallerAsync(Role.Viewer);
        var alert = Assert.Single((await reader.GetJsonAsync("/api/v1/alerts")).Items())!;
        Assert.Equal(("backup failed with exit status 3", "disk full on /var/backups", "checkout"), (alert["title"].Text(), alert["description"].Text(), alert["service"].Text()));

        await SayAsync(HttpMethod.Get, "/0");
        Assert.Equal("resolved", (await reader.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
    }

    [StoreFact]
    public async Task Each_way_to_say_that_all_is_well_counts()
    {
        await SayAsync(HttpMethod.Get, "");
        await SayAsync(HttpMethod.Head, "");
        await SayAsync(HttpMethod.Post, "", "all of it");
        await SayAsync(HttpMethod.Post, "/start");
        await SayAsync(HttpMethod.Post, "/log", "half of it");

        var source = (await (await _bench.CallerAsync(Role.Viewer)).GetJsonAsync("/api/v1/sources")).Items().Single(s => s!["name"].Text() == "backup")!;
        Assert.NotNull(source["last_event_at"]);
        Assert.Equal(30 * 86_400, source["expect_every_seconds"]!.GetValue<double>());
        Assert.EndsWith("/hb/KEY", source["url"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_replayed_failure_is_still_a_failure()
    {
        await SayAsync(HttpMethod.Post, "/fail");
        await _bench.PagedAsync();
        await SayAsync(HttpMethod.Get, "");
        var admin = await _bench.CallerAsync(Role.Admin);
        var kept = (await admin.GetJsonAsync("/api/v1/deliveries?source=backup")).Items().Last()!;

        await admin.PostAsync($"/api/v1/deliveries/{kept["id"]}/replay", "");

        Assert.Equal("triggered", (await admin.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
    }

    [StoreFact]
    public async Task What_is_no_heartbeat_is_told_so()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await _job.GetAsync($"/hb/{HttpBench.GenericKey}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _job.GetAsync("/hb/no-key-of-anybody-0000001/fail")).StatusCode);
        var word = await _job.GetAsync($"{Beat}/256");
        Assert.Equal(
            (HttpStatusCode.NotFound, "Use the address itself, or with /start, /fail, /log or an exit status from 0 to 255 behind it."), (word.StatusCode, await word.Content.ReadAsStringAsync()));
    }

    [StoreFact]
    public async Task Of_a_very_long_output_the_beginning_is_kept()
    {
        await SayAsync(HttpMethod.Post, "/1", new string('x', 3_000_000));

        var admin = await _bench.CallerAsync(Role.Admin);
        var kept = (await admin.GetJsonAsync("/api/v1/deliveries?source=backup")).Items().Single()!;
        Assert.Equal(100_000, (await admin.GetJsonAsync($"/api/v1/deliveries/{kept["id"]}"))["body"].Text().Count(c => c == 'x'));
    }

    private async Task SayAsync(HttpMethod method, string signal, string? output = null)
    {
        using var request = new HttpRequestMessage(method, Beat + signal) { Content = output is null ? null : new StringContent(output) };
        using var answer = await _job.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(method == HttpMethod.Head ? "" : "OK", await answer.Content.ReadAsStringAsync());
    }

    public sealed class OnSqlite() : HeartbeatTests(Engine.Sqlite);

    public sealed class OnPostgres() : HeartbeatTests(Engine.Postgres);
}
