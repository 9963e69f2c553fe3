using System.Text;
using Tocsin.Alerts;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

public sealed class AlertmanagerTests
{
    private static readonly DateTimeOffset ReceivedAt = Delivery.ReceivedAt;
    private readonly Alertmanager _provider = new();

    [Fact]
    public void What_Prometheus_posts_becomes_one_signal_an_alert()
    {
        var delivery = _provider.Parsed("alertmanager/v2-post-two");

        Assert.Empty(delivery.Rejected);
        Assert.Null(delivery.Note);
        Assert.Equal(2, delivery.Signals.Count);

        var down = delivery.Signals[0];
        Assert.Equal(SignalStatus.Firing, down.Status);
        Assert.Equal("Instance 10.20.0.4:9100 is down", down.Title);
        Assert.Equal("10.20.0.4:9100 has not answered for 3 minutes.", down.Description);
        Assert.Equal(Severity.Critical, down.Severity);
        Assert.Equal("node", down.Service);
        Assert.Equal("prod", down.Environment);
        Assert.Equal(5, down.Labels.Count);
        Assert.Equal("page", down.Labels["severity"]);
        Assert.Equal(At("11:52:30").AddTicks(1234567), down.StartedAt);
        Assert.Equal(At("12:03:00").AddMilliseconds(500), down.ExpiresAt);
        Assert.Null(down.EndedAt);
        Assert.Equal(
            [
                new("Runbook", "https://runbooks.example/instance-down"),
                new Link("Source", "http://prometheus-0.example:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"),
            ],
            down.Links);
        Assert.Empty(down.Warnings);

        var checkout = delivery.Signals[1];
        Assert.Equal(SignalStatus.Resolved, checkout.Status);
        Assert.Equal("CheckoutErrorRate", checkout.Title);
        Assert.Equal("5xx share is 4.2 %", checkout.Description);
        Assert.Equal(At("11:59:59"), checkout.EndedAt);
        Assert.Null(checkout.ExpiresAt);
        Assert.Empty(checkout.Links);
    }

    [Fact]
    public void The_key_is_Prometheus_own_fingerprint_and_empty_labels_do_not_count()
    {
        var with = _provider.ParsedText("""[{"labels":{"severity":"critical","zone":"","service":"checkout","alertname":"HighErrorRate"}}]""");
        var without = _provider.ParsedText("""[{"labels":{"alertname":"HighErrorRate","service":"checkout","severity":"critical"}}]""");

        Assert.Equal("7d2d332feada5c59", with.Signals[0].DedupKey);
        Assert.Equal("7d2d332feada5c59", without.Signals[0].DedupKey);
    }

    [Fact]
    public void Bad_elements_are_refused_one_by_one_and_the_good_go_on()
    {
        var delivery = _provider.Parsed("alertmanager/v2-post-partial-invalid");

        Assert.Equal(["Good", "AlsoGood"], delivery.Signals.Select(s => s.Title));
        Assert.Equal(["[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]"], delivery.Rejected.Select(r => r.Path));
        Assert.All(delivery.Rejected.Take(3), r => Assert.Contains("at least one label", r.Reason, StringComparison.Ordinal));
        Assert.Contains("JSON object", delivery.Rejected[3].Reason, StringComparison.Ordinal);
        Assert.Contains("endsAt is before its startsAt", delivery.Rejected[4].Reason, StringComparison.Ordinal);
        Assert.Contains("extra in labels must be text", delivery.Rejected[5].Reason, StringComparison.Ordinal);
        Assert.Contains("labels must be an object", delivery.Rejected[6].Reason, StringComparison.Ordinal);

        var odd = delivery.Signals[1];
        Assert.Equal(LabelSet.Of(("alertname", "AlsoGood"), ("shard", "7"), ("ready", "true")), odd.Labels);
        Assert.Null(odd.StartedAt);
        Assert.Equal(ReceivedAt.AddMinutes(5), odd.ExpiresAt);
        Assert.Equal(5, odd.Warnings.Count);
    }

    [Theory]
    [InlineData("", SignalStatus.Firing, 5 * 60)]
    [InlineData(""","endsAt":"0001-01-01T00:00:00Z" """, SignalStatus.Firing, 5 * 60)]
    [InlineData(""","endsAt":null""", SignalStatus.Firing, 5 * 60)]
    [InlineData(""","endsAt":"" """, SignalStatus.Firing, 5 * 60)]
    [InlineData(""","endsAt":"whenever" """, SignalStatus.Firing, 5 * 60)]
    [InlineData(""","endsAt":"2026-03-01T12:00:01Z" """, SignalStatus.Firing, 1)]
    [InlineData(""","endsAt":"2026-03-11T12:00:00Z" """, SignalStatus.Firing, 10 * 24 * 3600)]
    [InlineData(""","endsAt":"2026-03-01T12:00:00Z" """, SignalStatus.Resolved, null)]
    [InlineData(""","endsAt":"2026-03-01T11:00:00Z" """, SignalStatus.Resolved, null)]
    public void An_end_in_the_future_or_none_is_firing_until_then(string member, SignalStatus status, int? expiresInSeconds)
    {
        var signal = Assert.Single(_provider.ParsedText($$"""[{"labels":{"a":"b"}{{member}}}]""").Signals);

        Assert.Equal(status, signal.Status);
        Assert.Equal(expiresInSeconds is { } seconds ? ReceivedAt.AddSeconds(seconds) : null, signal.ExpiresAt);
    }

    [Fact]
    public void The_sources_resolve_timeout_replaces_the_default()
    {
        var source = Delivery.Monitoring with { ResolveTimeout = TimeSpan.FromMinutes(30) };

        Assert.Equal(ReceivedAt.AddMinutes(30), _provider.ParsedText("""[{"labels":{"a":"b"}}]""", source).Signals[0].ExpiresAt);
        Assert.Equal(ReceivedAt.AddMinutes(30), _provider.Parsed("alertmanager/webhook-firing", source).Signals[0].ExpiresAt);
    }

    [Fact]
    public void A_start_that_cannot_be_true_is_ignored_and_said()
    {
        var signal = _provider.ParsedText("""[{"labels":{"a":"b"},"startsAt":"2026-03-03T12:00:00Z","endsAt":"2026-03-04T12:00:00Z"}]""").Signals[0];

        Assert.Null(signal.StartedAt);
        Assert.Contains("startsAt", Assert.Single(signal.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_list_is_an_empty_delivery() => Assert.Empty(_provider.ParsedText(" [] ").Signals);

    [Fact]
    public void Each_alert_of_a_webhook_has_its_own_status()
    {
        var delivery = _provider.Parsed("alertmanager/webhook-firing");

        var (firing, resolved) = (delivery.Signals[0], delivery.Signals[1]);
        Assert.Null(delivery.Note);
        Assert.Equal(SignalStatus.Firing, firing.Status);
        Assert.Equal("7d2d332feada5c59", firing.DedupKey);
        Assert.Equal("7d2d332feada5c59", firing.SenderFingerprint);
        Assert.Null(firing.EndedAt);
        Assert.Null(firing.ExpiresAt);
        Assert.Equal("7.3 %", firing.Value);
        Assert.Equal("5 %", firing.Threshold);
        Assert.Equal(["Dashboard", "Source", "Alertmanager"], firing.Links.Select(l => l.Text));

        Assert.Equal(SignalStatus.Resolved, resolved.Status);
        Assert.Equal(At("11:55:00"), resolved.EndedAt);
        Assert.Equal("0123456789abcdef", resolved.SenderFingerprint);
        Assert.NotEqual("0123456789abcdef", resolved.DedupKey);
    }

    [Fact]
    public void An_alert_without_a_status_has_its_groups()
    {
        var signal = Assert.Single(_provider.Parsed("alertmanager/webhook-resolved").Signals);

        Assert.Equal(SignalStatus.Resolved, signal.Status);
        Assert.Equal("Disk of db1 is full", signal.Title);
        Assert.Equal(Severity.Warning, signal.Severity);
    }

    [Fact]
    public void A_truncated_webhook_says_that_absence_is_not_an_end()
    {
        var delivery = _provider.Parsed("alertmanager/webhook-truncated");

        Assert.Single(delivery.Signals);
        Assert.Contains("left out 12 alerts", delivery.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replaced_payload_is_guessed_and_the_page_says_so()
    {
        var delivery = _provider.Parsed("alertmanager/webhook-custom-payload");

        var signal = Assert.Single(delivery.Signals);
        Assert.Equal("checkout-slow", signal.DedupKey);
        Assert.Equal("Checkout is slow", signal.Title);
        Assert.Equal(Severity.Warning, signal.Severity);
        Assert.Equal("payments", signal.Labels["team"]);
        Assert.StartsWith("The body has no list of alerts", delivery.Note, StringComparison.Ordinal);
        Assert.Contains("status from state", delivery.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_webhook_without_alerts_and_a_body_that_is_no_container_are_errors()
    {
        Assert.Equal("alerts", _provider.Parse(Delivery.Of("""{"version":"4","alerts":[]}""")).Error?.Field);
        Assert.False(_provider.Parse(Delivery.Of("42")).Ok);
        Assert.False(_provider.Parse(Delivery.Of("")).Ok);
        Assert.False(_provider.Parse(Delivery.Of("[{}] []")).Ok);
        Assert.Contains("line 2, byte 3", _provider.Parse(Delivery.Of("[\n {oops}]")).Error?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Common_labels_fill_in_only_where_an_alert_has_none()
    {
        var delivery = _provider.ParsedText(
            """{"status":"firing","alerts":[{"status":"firing"},{"status":"firing","labels":{"b":"2"}}],"commonLabels":{"a":"1"}}""");

        Assert.Equal([LabelSet.Of(("a", "1")), LabelSet.Of(("b", "2"))], delivery.Signals.Select(s => s.Labels));
    }

    [Fact]
    public void More_labels_than_fit_are_cut_after_the_fingerprint_was_taken()
    {
        var labels = string.Join(',', Enumerable.Range(0, 80).Select(i => $"\"l{i:00}\":\"v\""));
        var signal = _provider.ParsedText($$$"""[{"labels":{{{{labels}}}}}]""").Signals[0];

        Assert.Equal(64, signal.Labels.Count);
        Assert.Equal(
            PrometheusFingerprint.Text(PrometheusFingerprint.Of(LabelSet.From(Enumerable.Range(0, 80).Select(i => KeyValuePair.Create($"l{i:00}", "v"))))),
            signal.DedupKey);
        Assert.Single(signal.Warnings);
    }

    [Theory]
    [InlineData(SignalStatus.Firing)]
    [InlineData(SignalStatus.Resolved)]
    public void Its_own_example_is_read_back(SignalStatus status)
    {
        var delivery = _provider.ParsedText(Encoding.UTF8.GetString(_provider.Example(status, ReceivedAt).Span));

        Assert.Equal(status, Assert.Single(delivery.Signals).Status);
        Assert.Empty(delivery.Signals[0].Warnings);
    }

    [Fact]
    public void The_snippet_leads_to_this_source()
    {
        var snippet = _provider.Snippet("https://tocsin.example:8443/base", Delivery.Monitoring);

        Assert.Contains("scheme: https", snippet, StringComparison.Ordinal);
        Assert.Contains("path_prefix: /base/in/alertmanager/source-key-0000000000001\n", snippet, StringComparison.Ordinal);
        Assert.Contains("targets: [\"tocsin.example:8443\"]", snippet, StringComparison.Ordinal);
        Assert.Contains("url: https://tocsin.example:8443/base/in/alertmanager/source-key-0000000000001\n", snippet, StringComparison.Ordinal);
    }

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-03-01T{time}Z");
}
