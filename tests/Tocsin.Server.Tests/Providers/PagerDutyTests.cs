using System.Text;
using Tocsin.Alerts;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

public sealed class PagerDutyTests
{
    private readonly PagerDuty _provider = new();

    [Fact]
    public void A_trigger_has_all_that_was_sent()
    {
        var alert = Assert.Single(_provider.Parsed("pagerduty/trigger").Signals);

        Assert.Equal(("samplekey", SignalStatus.Firing, "Replication lag on db1 is 90 s", Severity.Critical), (alert.DedupKey, alert.Status, alert.Title, alert.Severity));
        Assert.Equal("class=lag component=postgres group=prod severity=critical source=db1.example", string.Join(' ', alert.Labels.Select(l => $"{l.Key}={l.Value}")));
        Assert.Equal(("90", "Replica db1b is behind.", "prod"), (alert.Annotations["lag"], alert.Description, alert.Environment));
        Assert.Equal(["Runbook", "Nagios"], alert.Links.Select(l => l.Text));
        Assert.Equal("https://img.example/1.png", Assert.Single(alert.Images).Src);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 40, 0, TimeSpan.Zero), alert.StartedAt);
    }

    [Fact]
    public void Equal_events_without_a_key_have_the_same()
    {
        const string Event = """{"event_action":"ACTION","payload":{"summary":"Disk full","source":"web1"}}""";
        string Key(string action) => Assert.Single(_provider.ParsedText(Event.Replace("ACTION", action, StringComparison.Ordinal)).Signals).DedupKey;

        Assert.Equal("web1/Disk full", Key("trigger"));
        Assert.Equal(Key("trigger"), Key("resolve"));
    }

    [Theory]
    [InlineData("""{"event_action":"trigger","payload":{"source":"a"}}""", "A trigger needs payload.summary: what is wrong, in a line.")]
    [InlineData("""{"event_action":"resolve"}""", "resolve needs dedup_key: which event it speaks of.")]
    [InlineData("""{"event_action":"boom"}""", "event_action is \"boom\"; use trigger, acknowledge or resolve.")]
    [InlineData("""{"event_type":"trigger","incident_key":"a"}""", "A trigger needs description: what is wrong, in a line.")]
    [InlineData("""{"event_type":"resolve"}""", "resolve needs incident_key: which event it speaks of.")]
    [InlineData("{}", "Send event_action: trigger, acknowledge or resolve.")]
    public void What_is_missing_is_named(string body, string expected) => Assert.Equal(expected, _provider.Parse(Delivery.Of(body)).Error?.Detail);

    [Theory]
    [InlineData(SignalStatus.Firing)]
    [InlineData(SignalStatus.Resolved)]
    public void Its_example_is_one_alert(SignalStatus status) =>
        Assert.Equal(status, Assert.Single(_provider.ParsedText(Encoding.UTF8.GetString(_provider.Example(status, Delivery.ReceivedAt).Span)).Signals).Status);
}
