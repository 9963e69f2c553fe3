using System.Text;
using Tocsin.Alerts;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

public sealed class CloudWatchTests
{
    private readonly CloudWatch _provider = new();

    [Fact]
    public void An_alarm_in_an_SNS_notification_has_what_its_description_says()
    {
        var alert = Assert.Single(_provider.Parsed("cloudwatch/alarm-sns").Signals);

        Assert.Equal("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:checkout-5xx", alert.DedupKey);
        Assert.Equal((SignalStatus.Firing, "checkout-5xx", Severity.Critical, "checkout"), (alert.Status, alert.Title, alert.Severity, alert.Service));
        Assert.Equal("Too many errors at the load balancer. LIMIT=5\n\nThreshold Crossed", alert.Description);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 55, 0, 821, TimeSpan.Zero), alert.StartedAt);
        Assert.Equal(
            "LoadBalancer=app/main/1 account=123456789012 alertname=checkout-5xx metric=HTTPCode_Target_5XX_Count namespace=AWS/ApplicationELB priority=P1 region=eu-west-1 service=checkout team=payments",
            string.Join(' ', alert.Labels.Select(l => $"{l.Key}={l.Value}")));
        Assert.Equal(["Runbook", "CloudWatch"], alert.Links.Select(l => l.Text));
        Assert.Equal("5.0", alert.Threshold);
    }

    [Fact]
    public void A_composite_alarm_has_no_trigger_and_ends_all_the_same()
    {
        var alert = Assert.Single(_provider.Parsed("cloudwatch/composite-ok").Signals);

        Assert.Equal((SignalStatus.Resolved, "all-of-checkout", "All children are OK"), (alert.Status, alert.Title, alert.Description));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 58, 0, TimeSpan.Zero), alert.EndedAt);
    }

    [Fact]
    public void EventBridge_tells_the_same_alarm()
    {
        var alert = Assert.Single(_provider.Parsed("cloudwatch/eventbridge").Signals);

        Assert.Equal(("arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu", SignalStatus.Firing, Severity.Warning), (alert.DedupKey, alert.Status, alert.Severity));
        Assert.Equal(("i-1", "us-east-1", "CPUUtilization"), (alert.Labels["InstanceId"], alert.Labels["region"], alert.Labels["metric"]));
    }

    [Theory]
    [InlineData(null, SignalStatus.Info)]
    [InlineData("ignore", SignalStatus.Info)]
    [InlineData("firing", SignalStatus.Firing)]
    [InlineData("resolved", SignalStatus.Resolved)]
    public void What_an_alarm_without_data_counts_as_is_a_setting(string? setting, SignalStatus expected)
    {
        var source = Delivery.Monitoring with { Settings = setting is null ? new Dictionary<string, string>() : new() { ["insufficient_data"] = setting } };

        var alert = Assert.Single(_provider.ParsedText("""{"AlarmName":"cpu","NewStateValue":"INSUFFICIENT_DATA","AWSAccountId":"1"}""", source).Signals);

        Assert.Equal((expected, "No data: cpu", "1//cpu"), (alert.Status, alert.Title, alert.DedupKey));
    }

    [Fact]
    public void A_request_to_be_confirmed_is_kept_and_pages_nobody()
    {
        var delivery = _provider.Parsed("cloudwatch/subscription");

        Assert.Empty(delivery.Signals);
        Assert.StartsWith("arn:aws:sns:eu-west-1:123456789012:alarms asks to send here.", delivery.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plain_SNS_message_is_an_alert_of_its_own()
    {
        var alert = Assert.Single(_provider.ParsedText("""{"Type":"Notification","TopicArn":"arn:aws:sns:eu-west-1:1:jobs","Subject":"Job failed","Message":"exit 1"}""").Signals);

        Assert.Equal(("arn:aws:sns:eu-west-1:1:jobs/Job failed", "Job failed", "exit 1", "jobs"), (alert.DedupKey, alert.Title, alert.Description, alert.Labels["topic"]));
    }

    [Fact]
    public void A_state_that_no_alarm_has_is_refused()
    {
        var result = _provider.Parse(Delivery.Of("""{"AlarmName":"cpu","NewStateValue":"MAYBE"}"""));

        Assert.Equal("The state \"MAYBE\" of an alarm is none of ALARM, OK and INSUFFICIENT_DATA.", result.Error?.Detail);
    }

    [Theory]
    [InlineData(SignalStatus.Firing)]
    [InlineData(SignalStatus.Resolved)]
    public void Its_example_is_one_alert(SignalStatus status)
    {
        var alert = Assert.Single(_provider.ParsedText(Encoding.UTF8.GetString(_provider.Example(status, Delivery.ReceivedAt).Span)).Signals);

        Assert.Equal((status, "tocsin-test", "tocsin", Severity.Warning), (alert.Status, alert.Title, alert.Service, alert.Severity));
    }
}
