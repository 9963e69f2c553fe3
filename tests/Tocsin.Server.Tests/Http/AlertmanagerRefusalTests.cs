using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Who may use the Alertmanager API, and what it answers to mistakes. Nothing here leaves a trace, so all share one server.</summary>
public sealed class AlertmanagerRefusalTests(SharedBench shared) : IClassFixture<SharedBench>
{
    private HttpBench Bench => shared.Bench;

    [Theory]
    [InlineData("filter=a", "expected one of")]
    [InlineData("filter=a%3D~%22(%22", "parenthesis")]
    [InlineData("receiver=(", "parenthesis")]
    [InlineData("active=perhaps", "active must be true or false")]
    public async Task A_bad_question_is_answered_with_a_text(string query, string expected)
    {
        var caller = await Bench.CallerAsync(Role.Viewer);
        foreach (var path in (string[])["/api/v2/alerts", "/api/v2/alerts/groups"])
        {
            using var response = await caller.GetAsync($"{path}?{query}");
            Assert.Contains(expected, (await response.JsonAsync(HttpStatusCode.BadRequest)).Text(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"matchers": [], "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z", "createdBy": "a", "comment": "b"}""", "matchers")]
    [InlineData("""{"matchers": [{"name": "a", "value": "b"}], "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z", "createdBy": "a", "comment": "b"}""", "isRegex")]
    [InlineData("""{"matchers": [{"name": "a", "value": "b", "isRegex": false}], "endsAt": "2099-01-01T00:00:00Z", "createdBy": "a", "comment": "b"}""", "startsAt")]
    [InlineData("""{"matchers": [{"name": "a", "value": "b", "isRegex": false}], "startsAt": "2026-01-02T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z", "createdBy": "a", "comment": "b"}""", "end after it starts")]
    [InlineData("""{"matchers": [{"name": "a", "value": "b", "isRegex": false}], "startsAt": "2020-01-02T00:00:00Z", "endsAt": "2020-01-03T00:00:00Z", "createdBy": "a", "comment": "b"}""", "past")]
    [InlineData("""{"matchers": [{"name": "a", "value": "b", "isRegex": "no"}], "startsAt": "2020-01-02T00:00:00Z"}""", "'matchers[0].isRegex' must be true or false")]
    [InlineData("""{"matchers": 5}""", "'matchers' must be a list")]
    [InlineData("""{"startsAt": "soon"}""", "'startsAt' must be an instant")]
    [InlineData("""{"matchers": """, "not JSON, or breaks off")]
    [InlineData("", "not JSON, or breaks off")]
    [InlineData("null", "empty")]
    public async Task A_bad_silence_is_refused_with_what_is_wrong(string body, string expected)
    {
        var caller = await Bench.CallerAsync(Role.Responder);
        using var response = await caller.PostJsonAsync("/api/v2/silences", body);
        Assert.Contains(expected, (await response.JsonAsync(HttpStatusCode.BadRequest)).Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name": "a", "value": "(", "isRegex": true}""", "parenthesis")]
    [InlineData("""{"name": "a", "value": "", "isRegex": false}""", "refuse the empty value")]
    public async Task A_matcher_that_cannot_be_used_is_refused(string matcher, string expected)
    {
        var caller = await Bench.CallerAsync(Role.Responder);
        using var response = await caller.PostJsonAsync("/api/v2/silences", SilenceText.Of(matcher));
        Assert.Contains(expected, (await response.JsonAsync(HttpStatusCode.BadRequest)).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_silence_is_404()
    {
        var caller = await Bench.CallerAsync(Role.Responder);
        foreach (var id in (string[])["7b8a3c34-0f3c-4c8e-a7a3-9b1f4e4a4b11", "not-a-uuid"])
        {
            using var read = await caller.GetAsync($"/api/v2/silence/{id}");
            using var ended = await caller.DeleteAsync($"/api/v2/silence/{id}");
            using var changed = await caller.PostJsonAsync("/api/v2/silences", SilenceText.Of("""{"name": "a", "value": "b", "isRegex": false}""", id));

            Assert.Equal((HttpStatusCode.NotFound, ""), (read.StatusCode, await read.Content.ReadAsStringAsync()));
            Assert.Equal((HttpStatusCode.NotFound, ""), (ended.StatusCode, await ended.Content.ReadAsStringAsync()));
            Assert.Contains(id, (await changed.JsonAsync(HttpStatusCode.NotFound)).Text(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_silence_of_the_estate_is_changed_in_its_file_only()
    {
        var caller = await Bench.CallerAsync(Role.Admin);
        using var ended = await caller.DeleteAsync("/api/v2/silence/planned");

        Assert.Contains("files", (await ended.JsonAsync(HttpStatusCode.Conflict)).Text(), StringComparison.Ordinal);
        Assert.Equal("active", (await caller.GetJsonAsync("/api/v2/silence/planned"))["status"]!["state"].Text());
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("X-API-Key")]
    [InlineData("Basic")]
    public async Task A_key_is_taken_in_every_form_that_clients_can_send(string form)
    {
        var key = await Bench.KeyAsync(Role.Viewer);
        using var client = Presenting(form, key);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v2/alerts")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostJsonAsync("/api/v2/silences", SilenceText.Of("""{"name": "a", "value": "b", "isRegex": false}"""))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.DeleteAsync("/api/v2/silence/planned")).StatusCode);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("X-API-Key")]
    [InlineData("Basic")]
    public async Task A_sources_key_posts_and_reads_nothing(string form)
    {
        using var client = Presenting(form, HttpBench.PrometheusKey);

        Assert.Equal(HttpStatusCode.OK, (await client.PostJsonAsync("/api/v2/alerts", "[]")).StatusCode);
        foreach (var path in (string[])["status", "receivers", "alerts", "alerts/groups", "silences", "silence/planned"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"/api/v2/{path}")).StatusCode);
        }
    }

    private HttpClient Presenting(string form, string key)
    {
        var client = Bench.Anybody();
        if (form == "X-API-Key")
        {
            client.DefaultRequestHeaders.Add(form, key);
        }
        else
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(form, form == "Basic" ? Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{key}")) : key);
        }

        return client;
    }
}
