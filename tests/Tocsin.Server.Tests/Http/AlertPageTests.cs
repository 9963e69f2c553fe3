using System.Net;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Alerts as people look for them and at them.</summary>
public sealed class AlertPageTests : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync();
        using var sender = _bench.Anybody();
        await sender.FireAsync(HttpBench.PrometheusKey, "alertname=disk,team=payments,priority=P1", "alertname=cpu,team=payments,priority=P2", "alertname=lag,team=web,priority=P1", "alertname=plain");
        await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", """{"title": "<b>from a script</b>", "status": "firing", "labels": {"team": "web", "priority": "P3"}, "password": "hunter2hunter2"}""", HttpStatusCode.Accepted);
        await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", """{"title": "over", "dedup_key": "over", "status": "firing", "labels": {"team": "web", "priority": "P0"}}""", HttpStatusCode.Accepted);
        await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", """{"title": "over", "dedup_key": "over", "status": "resolved", "labels": {"team": "web", "priority": "P0"}}""", HttpStatusCode.Accepted);
        _viewer = await _bench.PersonAsync("vera", Role.Viewer);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Theory]
    [InlineData("", "over,<b>from a script</b>,plain,lag,cpu,disk")]
    [InlineData("source=prometheus", "plain,lag,cpu,disk")]
    [InlineData("team=payments", "cpu,disk")]
    [InlineData("team=WEB&priority=p1", "lag")]
    [InlineData("status=resolved", "over")]
    [InlineData("status=firing&source=scripts&team=web", "<b>from a script</b>")]
    [InlineData("team=nobody", "")]
    public async Task Filters_leave_those_that_are_looked_for(string query, string titles) =>
        Assert.Equal(titles, string.Join(',', (await _viewer.GetJsonAsync($"/api/v1/alerts?{query}")).Items().Select(a => a!["title"].Text())));

    [Fact]
    public async Task A_filtered_list_is_read_in_pages()
    {
        var first = await _viewer.GetJsonAsync("/api/v1/alerts?priority=P1&limit=1");
        var second = await _viewer.GetJsonAsync($"/api/v1/alerts?priority=P1&limit=1&cursor={first["next_cursor"].Text()}");

        Assert.Equal(("lag", "disk", null), (first.Items().Single()!["title"].Text(), second.Items().Single()!["title"].Text(), second["next_cursor"]));
    }

    [Fact]
    public async Task The_list_links_to_what_is_known_of_each_and_shows_what_senders_wrote_as_text()
    {
        var list = await PageAsync("/inbox/alerts?team=web&state=firing");
        Assert.Contains("&lt;b&gt;from a script&lt;/b&gt;", list, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>from a script", list, StringComparison.Ordinal);
        Assert.DoesNotContain(">disk<", list, StringComparison.Ordinal);

        var id = await IdAsync("<b>from a script</b>");
        Assert.Contains($"href=\"/inbox/alerts/{id}\"", list, StringComparison.Ordinal);
        var detail = await PageAsync($"/inbox/alerts/{id}");
        Assert.Contains("source=generic|title=&lt;b&gt;from a script&lt;/b&gt;", detail, StringComparison.Ordinal);
        Assert.Contains("schema_version", detail, StringComparison.Ordinal);
        Assert.Contains("pages by payments", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>from a script", detail, StringComparison.Ordinal);
        var body = detail[detail.IndexOf("aria-label=\"Raw body\"", StringComparison.Ordinal)..];
        Assert.DoesNotContain("hunter2", body, StringComparison.Ordinal);
        Assert.Contains("REDACTED", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_is_taken_away_whole_without_its_secrets_and_as_nothing_that_a_browser_runs()
    {
        var id = await IdAsync("<b>from a script</b>");
        using var answer = await _viewer.GetAsync($"/inbox/alerts/{id}/body");
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(("text/plain", "attachment"), (answer.Content.Headers.ContentType!.MediaType, answer.Content.Headers.ContentDisposition!.DispositionType));
        Assert.Contains("from a script", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_body_is_shown_in_part()
    {
        using var sender = _bench.Anybody();
        await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", $$"""{"title": "long", "note": "{{new string('x', 200_000)}}end-of-it"}""", HttpStatusCode.Accepted);
        var id = await IdAsync("long");

        var detail = await PageAsync($"/inbox/alerts/{id}");
        Assert.Contains("Only its beginning is shown.", detail, StringComparison.Ordinal);
        Assert.InRange(detail.Length, 64 * 1024, 120 * 1024);
        Assert.Contains("end-of-it", await _viewer.GetStringAsync($"/inbox/alerts/{id}/body"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deliveries_that_told_of_an_alert_are_named_and_those_that_did_not_are_not()
    {
        var id = await IdAsync("over");
        var deliveries = (await _viewer.GetJsonAsync("/api/v1/deliveries?source=scripts")).Items();
        var detail = await PageAsync($"/inbox/alerts/{id}");

        Assert.Equal(2, deliveries.Count(d => detail.Contains($"?delivery={d!["id"]}#", StringComparison.Ordinal)));
        using var foreign = await _viewer.GetAsync($"/inbox/alerts/{id}/body?delivery={deliveries.Select(d => (long)d!["id"]!).Min()}");
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
    }

    [Fact]
    public async Task Nobody_sees_those_of_another_workspace()
    {
        var id = await IdAsync("disk");
        using var other = await _bench.PersonAsync("olga", Role.Owner, "other");
        foreach (var path in (string[])[$"/inbox/alerts/{id}", $"/inbox/alerts/{id}/body"])
        {
            using var answer = await other.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        using var list = await other.GetAsync("/inbox/alerts");
        Assert.DoesNotContain("disk", await list.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_of_the_pipeline_and_the_api_say_the_same_where_nothing_happened()
    {
        Assert.Contains("From the alert to its issue", await PageAsync("/pipeline"), StringComparison.Ordinal);
        var health = await _viewer.GetJsonAsync("/api/v1/pipeline/health");
        Assert.Equal(("ok", 0), (health["status"].Text(), (int)health["latency"]!["samples"]!));
        Assert.False((bool)health["github"]!["configured"]!);
    }

    private async Task<long> IdAsync(string title) => (await _viewer.GetJsonAsync("/api/v1/alerts?limit=200")).Items().Where(a => a!["title"].Text() == title).Select(a => (long)a!["id"]!).Single();

    private async Task<string> PageAsync(string path)
    {
        using var answer = await _viewer.GetAsync(path);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return text;
    }
}
