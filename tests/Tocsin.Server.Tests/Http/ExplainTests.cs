using System.Net;
using System.Text.Json;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>One engine answers what would happen, what happened, and why somebody was not paged.</summary>
public sealed class ExplainTests : SharedBench
{
    private HttpClient _viewer = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _viewer = await Bench.CallerAsync(Role.Viewer);
    }

    [Fact]
    public async Task A_payload_is_read_as_its_source_would_read_it()
    {
        var payload = JsonSerializer.Serialize("""[{"labels": {"alertname": "Down", "app": "checkout", "severity": "page"}}]""");
        var explained = await _viewer.PostAsync("/api/v1/explain", $$"""{"payload": {{payload}}, "source": "alertmanager"}""");

        Assert.Equal(("Down", "checkout"), (explained["alert"]!["title"].Text(), explained["alert"]!["service"].Text()));
        Assert.Contains(explained["alert"]!["notes"]!.AsArray(), n => n.Text() == "service checkout from label app");
        Assert.False(explained["recorded"]!.GetValue<bool>());

        using var unread = await _viewer.PostJsonAsync("/api/v1/explain", """{"payload": "{", "source": "alertmanager"}""");
        Assert.Equal("payload", (await unread.JsonAsync(HttpStatusCode.UnprocessableEntity))["field"].Text());
        using var unknown = await _viewer.PostJsonAsync("/api/v1/explain", """{"payload": "{}", "source": "nothing"}""");
        Assert.Equal("source", (await unknown.JsonAsync(HttpStatusCode.UnprocessableEntity))["field"].Text());
    }

    [Fact]
    public async Task Each_silence_says_whether_it_mutes_and_why_not()
    {
        var responder = await Bench.CallerAsync(Role.Responder);
        var made = await responder.PostAsync("/api/v1/silences", """{"match": ["service=\"explained\"", "env!=\"prod\""], "for": "1h", "comment": "known"}""", HttpStatusCode.Created);

        var muted = await _viewer.PostAsync("/api/v1/explain", """{"labels": {"service": "explained"}}""");
        var check = muted["mutes"]!.AsArray().Single(m => m!["name"].Text() == made["id"].Text())!;
        Assert.True(check["mutes"]!.GetValue<bool>());
        Assert.Equal(made["id"].Text(), muted["silenced_by"].Text());

        var other = await _viewer.PostAsync("/api/v1/explain", """{"labels": {"service": "explained", "env": "prod"}}""");
        check = other["mutes"]!.AsArray().Single(m => m!["name"].Text() == made["id"].Text())!;
        Assert.Equal((false, "env!=\"prod\" (env is prod)"), (check["mutes"]!.GetValue<bool>(), check["reason"].Text()));
    }

    [Fact]
    public async Task Who_would_not_be_paged_hears_why()
    {
        var bo = await _viewer.PostAsync("/api/v1/explain", """{"labels": {"alertname": "x", "severity": "critical"}, "user": "bo"}""");
        Assert.Equal("paged", bo["absences"]![0]!["verdict"].Text());
        Assert.StartsWith("step 2 of policy ", bo["absences"]![0]!["reason"].Text(), StringComparison.Ordinal);

        using var nobody = await _viewer.PostJsonAsync("/api/v1/explain", """{"labels": {"a": "b"}, "user": "nobody"}""");
        Assert.Equal(HttpStatusCode.NotFound, nobody.StatusCode);
        using var span = await _viewer.PostJsonAsync("/api/v1/explain", """{"user": "bo", "from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}""");
        Assert.Equal("to", (await span.JsonAsync(HttpStatusCode.UnprocessableEntity))["field"].Text());
        Assert.Equal("nothing_happened", (await _viewer.PostAsync("/api/v1/explain", """{"user": "bo", "from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}"""))["absences"]![0]!["verdict"].Text());
    }

    [Fact]
    public async Task What_is_explained_can_be_saved_as_a_test_that_holds()
    {
        var explained = await _viewer.PostAsync("/api/v1/explain", """{"labels": {"alertname": "x: \"y\"", "severity": "critical"}, "at": "2026-11-23T03:00:00Z"}""");

        Assert.Equal(
            """
            - labels: {alertname: "x: \"y\"", severity: critical}
              at: 2026-11-23T03:00Z
              expect: {policy: payments, first_page: ana, by: phone, within: 0s}

            """.ReplaceLineEndings("\n"),
            explained["test"].Text());
    }
}
