using System.Text;
using Tocsin.Alerts;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

public sealed class GrafanaTests
{
    private readonly Grafana _provider = new();

    [Fact]
    public void Every_alert_of_the_group_is_taken()
    {
        var delivery = _provider.Parsed("grafana/firing");

        Assert.Null(delivery.Note);
        Assert.Empty(delivery.Rejected);
        Assert.Equal(
            [
                ("c6eadffa33fcdf37", SignalStatus.Firing, "worker"),
                ("77aa77aa77aa77aa", SignalStatus.Firing, "mailer"),
                ("88bb88bb88bb88bb", SignalStatus.Resolved, "billing"),
            ],
            delivery.Signals.Select(s => (s.DedupKey, s.Status, s.Service!)));
    }

    [Fact]
    public void An_alert_has_all_that_Grafana_said()
    {
        var alert = _provider.Parsed("grafana/firing").Signals[0];

        Assert.Equal("The payment queue has 12 000 messages", alert.Title);
        Assert.Equal("Workers are too slow.", alert.Description);
        Assert.Equal(Severity.High, alert.Severity);
        Assert.Equal("prod", alert.Environment);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 50, 0, TimeSpan.Zero), alert.StartedAt);
        Assert.Null(alert.EndedAt);
        Assert.Null(alert.ExpiresAt);
        Assert.Equal("B=12000, C=1", alert.Value);
        Assert.Equal(["Runbook", "Dashboard", "Panel", "Silence", "Rule", "Grafana"], alert.Links.Select(l => l.Text));
        Assert.Equal("https://grafana.example/img/queue.png", Assert.Single(alert.Images).Src);
        Assert.Empty(alert.Warnings);
    }

    [Fact]
    public void An_alert_without_a_summary_has_its_rules_name_and_its_value_text()
    {
        var alert = _provider.Parsed("grafana/firing").Signals[1];

        Assert.Equal("Queue is long", alert.Title);
        Assert.Equal("[ var='B' value=900 ]", alert.Value);
        Assert.Equal(Severity.Unset, alert.Severity);
        Assert.Equal("Grafana", Assert.Single(alert.Links).Text);
    }

    [Fact]
    public void An_end_belongs_to_the_alert_that_fired()
    {
        var alert = Assert.Single(_provider.Parsed("grafana/resolved").Signals);

        Assert.Equal(SignalStatus.Resolved, alert.Status);
        Assert.Equal(_provider.Parsed("grafana/firing").Signals[0].DedupKey, alert.DedupKey);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 59, 0, TimeSpan.Zero), alert.EndedAt);
    }

    [Fact]
    public void Missing_data_and_failing_sources_name_the_rule_and_are_warnings_unless_they_say_more()
    {
        var alerts = _provider.Parsed("grafana/nodata").Signals;

        Assert.Equal(["No data: Queue is long", "Data source error: CPU"], alerts.Select(a => a.Title));
        Assert.Equal([Severity.Warning, Severity.Critical], alerts.Select(a => a.Severity));
    }

    [Fact]
    public void How_bad_missing_data_is_can_be_set()
    {
        var source = Delivery.Monitoring with { Settings = new Dictionary<string, string> { ["no_data_severity"] = "critical" } };

        Assert.Equal(Severity.Critical, _provider.Parsed("grafana/nodata", source).Signals[0].Severity);
    }

    [Fact]
    public void A_custom_payload_is_guessed_and_the_page_says_so()
    {
        var delivery = _provider.Parsed("grafana/custom");

        var alert = Assert.Single(delivery.Signals);
        Assert.Equal(("grafana-checkout-1", "Checkout has trouble", Severity.Critical), (alert.DedupKey, alert.Title, alert.Severity));
        Assert.Equal(SignalStatus.Firing, alert.Status);
        Assert.Equal("checkout", alert.Service);
        Assert.Contains("custom payload", delivery.Note, StringComparison.Ordinal);
        Assert.Contains("id from incident_id, title from text, status from event, severity from priority", delivery.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alert_with_neither_labels_nor_fingerprint_is_refused_alone()
    {
        var delivery = _provider.ParsedText("""{"alerts":[{"status":"firing"},7,{"fingerprint":"f1","status":"dancing"}],"title":"T"}""");

        Assert.Equal(["alerts[0]", "alerts[1]"], delivery.Rejected.Select(r => r.Path));
        var alert = Assert.Single(delivery.Signals);
        Assert.Equal(("f1", "T", SignalStatus.Firing), (alert.DedupKey, alert.Title, alert.Status));
        Assert.Contains("dancing", Assert.Single(alert.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_without_a_secret_admits_by_its_key_alone() => Assert.Null(_provider.Verify(Delivery.Of("{}")));

    [Fact]
    public void A_right_signature_is_admitted_and_any_other_refused()
    {
        const string signature = "28a683a6144fb7c3f590b19d8b8c9082c07af22f920df265175758c7c0a749ec";
        var source = Delivery.Monitoring with { HmacSecret = "s3cr3t" };
        Error? Verify(string body, params (string, string)[] headers) => _provider.Verify(Delivery.Of(body, source, headers));

        Assert.Null(Verify("""{"status":"firing"}""", ("X-Grafana-Alerting-Signature", signature)));
        Assert.Null(Verify("""{"status":"firing"}""", ("X-Grafana-Alerting-Signature", signature.ToUpperInvariant())));
        Assert.Equal(ErrorKind.Forbidden, Verify("""{"status":"firing"}""")?.Kind);
        Assert.NotNull(Verify("""{"status":"firing" }""", ("X-Grafana-Alerting-Signature", signature)));
        Assert.NotNull(Verify("""{"status":"firing"}""", ("X-Grafana-Alerting-Signature", signature[..^1])));
        Assert.NotNull(Verify("""{"status":"firing"}""", ("X-Grafana-Alerting-Signature", "ä")));
        Assert.NotNull(Verify("""{"status":"firing"}""", ("X-Other", signature)));
    }

    [Fact]
    public void An_empty_secret_admits_nobody() =>
        Assert.NotNull(_provider.Verify(Delivery.Of("{}", Delivery.Monitoring with { HmacSecret = "" }, ("X-Grafana-Alerting-Signature", "x"))));

    [Theory]
    [InlineData("1763672400", 0, true)]
    [InlineData("1763672400", 300, true)]
    [InlineData("1763672400", -300, true)]
    [InlineData("1763672400", 301, false)]
    [InlineData("1763672400", -301, false)]
    [InlineData("1763672401", 0, false)]
    [InlineData("", 0, false)]
    [InlineData("soon", 0, false)]
    [InlineData("9223372036854775807", 0, false)]
    public void A_signed_time_must_be_of_the_last_five_minutes(string timestamp, int ageSeconds, bool admitted)
    {
        var source = Delivery.Monitoring with
        {
            HmacSecret = "s3cr3t",
            Settings = new Dictionary<string, string> { ["hmac_header"] = "X-Sig", ["hmac_timestamp_header"] = "X-Time" },
        };
        var request = Delivery.Of(
            """{"status":"firing"}""",
            source,
            ("X-Sig", "0f6cf495f550d1e48e946d10068a1877050481ccbfc90ab545a9890cbf513499"),
            ("X-Time", timestamp)) with
        { ReceivedAt = DateTimeOffset.FromUnixTimeSeconds(1763672400 + ageSeconds) };

        Assert.Equal(admitted, _provider.Verify(request) is null);
    }

    [Theory]
    [InlineData(SignalStatus.Firing)]
    [InlineData(SignalStatus.Resolved)]
    public void Its_own_example_is_read_back(SignalStatus status)
    {
        var delivery = _provider.ParsedText(Encoding.UTF8.GetString(_provider.Example(status, Delivery.ReceivedAt).Span));

        Assert.Null(delivery.Note);
        Assert.Equal(status, Assert.Single(delivery.Signals).Status);
        Assert.Equal(PrometheusFingerprint.Text(PrometheusFingerprint.Of(delivery.Signals[0].Labels)), delivery.Signals[0].DedupKey);
        Assert.Empty(delivery.Signals[0].Warnings);
    }

    [Fact]
    public void The_snippet_leads_to_this_source_and_says_how_it_is_signed()
    {
        Assert.Contains(
            "https://tocsin.example/in/grafana/source-key-0000000000001", _provider.Snippet("https://tocsin.example", Delivery.Monitoring), StringComparison.Ordinal);
        Assert.Contains(
            "X-Grafana-Alerting-Signature",
            _provider.Snippet("https://tocsin.example", Delivery.Monitoring with { HmacSecret = "s3cr3t" }),
            StringComparison.Ordinal);
    }
}
