using System.Net;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Sources and the test buttons, by the API.</summary>
public sealed class SourceTests : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task The_first_look_at_the_metrics_counts_what_came_before_it()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=a");

        var text = await _bench.Anybody().GetStringAsync("/metrics");

        Assert.Contains("tocsin_deliveries_total{provider=\"alertmanager\",verdict=\"accepted\"}", text, StringComparison.Ordinal);
        Assert.Contains("tocsin_ingest_seconds_count ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_is_listed_with_what_it_sent_and_what_to_paste()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=a", "alertname=b");
        await _bench.Anybody().PostAsync($"/in/alertmanager/{HttpBench.PrometheusKey}", "nonsense", HttpStatusCode.BadRequest);

        var source = (await (await _bench.CallerAsync(Role.Admin)).GetJsonAsync("/api/v1/sources")).Items().Single(s => s!["name"].Text() == "prometheus")!;

        Assert.Equal("alertmanager", source["type"].Text());
        Assert.Equal($"{_bench.Url}in/alertmanager/{HttpBench.PrometheusKey}", source["url"].Text());
        Assert.Contains($"path_prefix: /in/alertmanager/{HttpBench.PrometheusKey}", source["snippet"].Text(), StringComparison.Ordinal);
        Assert.Equal((2, 1), (source["accepted"]!.GetValue<int>(), source["unparsed"]!.GetValue<int>()));
        Assert.NotNull(source["last_event_at"]);
    }

    [Theory]
    [InlineData(nameof(Role.Viewer))]
    [InlineData(nameof(Role.Responder))]
    public async Task Only_administrators_see_the_keys(string role)
    {
        var caller = await _bench.CallerAsync(Enum.Parse<Role>(role));
        var sources = (await caller.GetJsonAsync("/api/v1/sources")).ToJsonString();

        Assert.Contains("/in/alertmanager/KEY", sources, StringComparison.Ordinal);
        foreach (var key in (string[])[HttpBench.PrometheusKey, HttpBench.GrafanaKey, HttpBench.GrafanaSecret, HttpBench.GenericKey, HttpBench.OtherKey])
        {
            Assert.DoesNotContain(key, sources, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("prometheus")]
    [InlineData("grafana")]
    [InlineData("scripts")]
    public async Task The_test_of_a_source_goes_the_whole_way(string source)
    {
        var caller = await _bench.CallerAsync(Role.Responder);

        Assert.Equal("accepted", (await caller.PostAsync($"/api/v1/sources/{source}/test", ""))["verdict"].Text());
        Assert.Equal(("ana", "incident.triggered"), (await _bench.PagedAsync()) is var (phone, type, _) ? (phone, type) : default);
        Assert.Equal("accepted", (await caller.PostAsync($"/api/v1/sources/{source}/test?status=resolved", ""))["verdict"].Text());
        Assert.Equal("resolved", (await caller.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
    }

    [Fact]
    public async Task A_test_message_is_sent_now_and_the_answer_is_the_providers()
    {
        var admin = await _bench.CallerAsync(Role.Admin);

        var sent = await admin.PostAsync("/api/v1/users/bo/contact/phone/test", "");
        Assert.Equal("sent", sent["status"].Text());
        Assert.Contains("204", sent["reason"].Text(), StringComparison.Ordinal);
        Assert.Equal(("/bo", "contact.self_test"), (_bench.Phone.Deliveries[^1].Path, _bench.Phone.Deliveries[^1].Body["type"].Text()));

        Assert.Equal("sent", (await admin.PostAsync("/api/v1/channels/ops/test", ""))["status"].Text());
        Assert.Equal("/ops", _bench.Phone.Deliveries[^1].Path);

        _bench.Phone.FailNext(new FakeFault.Answer(503));
        var failed = await admin.PostAsync("/api/v1/channels/ops/test", "");
        Assert.Equal("failed", failed["status"].Text());
        Assert.Contains("503", failed["reason"].Text(), StringComparison.Ordinal);

        var refused = await admin.PostAsync("/api/v1/channels/nowhere/test", "");
        Assert.Equal("failed", refused["status"].Text());
        Assert.Contains("Outgoing", refused["reason"].Text(), StringComparison.Ordinal);
        Assert.Equal(4, (await admin.GetJsonAsync("/api/v1/events")).Items().Count(e => e!["kind"].Text().StartsWith("contact.test", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Whose_contact_may_be_tested_depends_on_the_role()
    {
        var responder = await _bench.CallerAsync(Role.Responder);

        await responder.PostAsync("/api/v1/users/ana/contact/phone/test", "", HttpStatusCode.Forbidden);
        await responder.PostAsync("/api/v1/channels/ops/test", "", HttpStatusCode.Forbidden);
        await (await _bench.CallerAsync(Role.Viewer)).PostAsync("/api/v1/sources/prometheus/test", "", HttpStatusCode.Forbidden);
        Assert.Empty(_bench.Phone.Deliveries);

        var bo = await _bench.PersonAsync("bo", Role.Responder);
        Assert.Equal("sent", (await bo.PostAsync("/api/v1/users/bo/contact/phone/test", ""))["status"].Text());
        await bo.PostAsync("/api/v1/users/ana/contact/phone/test", "", HttpStatusCode.Forbidden);
        Assert.Equal("/bo", Assert.Single(_bench.Phone.Deliveries).Path);

        var admin = await _bench.CallerAsync(Role.Admin);
        await admin.PostAsync("/api/v1/users/ana/contact/pigeon/test", "", HttpStatusCode.NotFound);
        await admin.PostAsync("/api/v1/users/nobody/contact/phone/test", "", HttpStatusCode.NotFound);
        await admin.PostAsync("/api/v1/channels/none/test", "", HttpStatusCode.NotFound);
        await admin.PostAsync("/api/v1/sources/none/test", "", HttpStatusCode.NotFound);
        await admin.PostAsync("/api/v1/sources/prometheus/test?status=perhaps", "", HttpStatusCode.UnprocessableEntity);
    }
}
