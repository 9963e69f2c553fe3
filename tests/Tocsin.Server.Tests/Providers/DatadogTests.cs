using System.Text;
using Tocsin.Alerts;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

public sealed class DatadogTests
{
    private readonly Datadog _provider = new();

    [Fact]
    public void A_trigger_has_all_that_the_template_says()
    {
        var alert = Assert.Single(_provider.Parsed("datadog/triggered").Signals);

        Assert.Equal(("cycle-9", SignalStatus.Firing, "Queue is long", Severity.High), (alert.DedupKey, alert.Status, alert.Title, alert.Severity));
        Assert.Equal("The queue has 900 messages.\n@webhook-tocsin", alert.Description);
        Assert.Equal(("mailer", "prod", "a1b2"), (alert.Service, alert.Environment, alert.SenderFingerprint));
        Assert.Equal("env=prod host=web1 monitor_id=4711 org=Example priority=P2 service=mailer tags=urgent", string.Join(' ', alert.Labels.Select(l => $"{l.Key}={l.Value}")));
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1772366100000), alert.StartedAt);
        Assert.Equal("https://app.datadoghq.example/monitors/4711", Assert.Single(alert.Links).Href);
        Assert.Single(alert.Images);
    }

    [Fact]
    public void A_variable_that_was_not_filled_in_is_missing_and_the_monitor_and_its_scope_are_the_key()
    {
        var alert = Assert.Single(_provider.Parsed("datadog/unfilled").Signals);

        Assert.Equal(("4711/disk:sda,host:web1", "Disk", Severity.Warning), (alert.DedupKey, alert.Title, alert.Severity));
        Assert.Null(alert.Description);
        Assert.Equal("web1", alert.Labels["host"]);
        Assert.Empty(alert.Links);
    }

    [Fact]
    public void The_names_of_SLARs_template_are_read_and_whatever_recovered_is_over()
    {
        var alert = Assert.Single(_provider.Parsed("datadog/original").Signals);

        Assert.Equal(("cyc", SignalStatus.Resolved, "CPU on web1", Severity.Critical), (alert.DedupKey, alert.Status, alert.Title, alert.Severity));
        Assert.Equal("agg-5", alert.SenderFingerprint);
    }

    [Theory]
    [InlineData("Triggered", SignalStatus.Firing)]
    [InlineData("Re-Triggered", SignalStatus.Firing)]
    [InlineData("Warn", SignalStatus.Firing)]
    [InlineData("Re-Warn", SignalStatus.Firing)]
    [InlineData("No Data", SignalStatus.Firing)]
    [InlineData("Re-No Data", SignalStatus.Firing)]
    [InlineData("Renotify", SignalStatus.Firing)]
    [InlineData("Recovered", SignalStatus.Resolved)]
    [InlineData("Warn Recovered", SignalStatus.Resolved)]
    [InlineData("No Data Recovered", SignalStatus.Resolved)]
    public void Each_transition_fires_or_ends(string transition, SignalStatus expected)
    {
        var alert = Assert.Single(_provider.ParsedText($$"""{"alert_cycle_key":"c","title":"x","transition":"{{transition}}","date":"1772366100000"}""").Signals);

        Assert.Equal(expected, alert.Status);

        // A reminder says when it reminds, not when it began.
        Assert.Equal(expected == SignalStatus.Firing && !transition.StartsWith("Re", StringComparison.Ordinal), alert.StartedAt is not null);
    }

    [Fact]
    public void Datadogs_own_body_tells_its_transition_in_the_title()
    {
        var alert = Assert.Single(_provider.ParsedText("""{"id":"1","title":"[P3] [Recovered on {host:a}] Disk on a","event_type":"query_alert_monitor","body":""}""").Signals);

        Assert.Equal((SignalStatus.Resolved, "Disk on a", Severity.Warning), (alert.Status, alert.Title, alert.Severity));
    }

    [Fact]
    public void Another_body_is_read_by_guessing()
    {
        var delivery = _provider.ParsedText("""{"name":"disk-full","message":"Disk of web1 is full"}""");

        Assert.Single(delivery.Signals);
        Assert.StartsWith("The body is not of Datadog's template", delivery.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SignalStatus.Firing)]
    [InlineData(SignalStatus.Resolved)]
    public void Its_example_is_one_alert(SignalStatus status)
    {
        var alert = Assert.Single(_provider.ParsedText(Encoding.UTF8.GetString(_provider.Example(status, Delivery.ReceivedAt).Span)).Signals);

        Assert.Equal(("tocsin-test", status, "A test alert from Datadog", "tocsin"), (alert.DedupKey, alert.Status, alert.Title, alert.Service));
    }
}
