using Tocsin.Sdk;

namespace Tocsin.Pages;

public sealed class InboxFilterTests
{
    private static readonly Incident s_incident = new()
    {
        Number = 1042,
        Status = "triggered",
        Title = "Checkout error rate 12 %",
        Severity = "critical",
        Urgency = "high",
        Service = "checkout",
        Environment = "prod",
        Route = "payments-critical",
        Policy = "payments",
        GroupLabels = new Dictionary<string, string> { ["region"] = "eu-west-1" },
        CreatedAt = DateTimeOffset.UnixEpoch,
        UpdatedAt = DateTimeOffset.UnixEpoch,
        Escalation = "paging",
    };

    [Theory]
    [InlineData("severity>=warning env=prod checkout")]
    [InlineData("severity<=critical")]
    [InlineData("severity=CRITICAL")]
    [InlineData("env!=dev")]
    [InlineData("service=~\"check.*|orders\"")]
    [InlineData("service!~orders")]
    [InlineData("region=eu-west-1 \"error rate\"")]
    [InlineData("#1042")]
    [InlineData("missing=\"\"")]
    public void What_an_incident_has_finds_it(string text) => Assert.True(InboxFilter.Parse(text).Matches(s_incident));

    [Theory]
    [InlineData("severity>=warning env=dev")]
    [InlineData("severity<=warning")]
    [InlineData("service=~check")]
    [InlineData("missing=x")]
    [InlineData("latency")]
    public void One_term_that_fails_hides_it(string text) => Assert.False(InboxFilter.Parse(text).Matches(s_incident));

    [Fact]
    public void A_regular_expression_that_could_run_for_ever_is_left_out_and_said()
    {
        var filter = InboxFilter.Parse("service=~(a)\\1 env=prod");

        Assert.Contains("(a)\\1", filter.Fault, StringComparison.Ordinal);
        Assert.True(filter.Matches(s_incident));
    }

    [Fact]
    public void Comparing_anything_but_severities_is_left_out_and_said() =>
        Assert.Contains("number>=3", InboxFilter.Parse("number>=3").Fault, StringComparison.Ordinal);

    [Fact]
    public void When_nothing_is_found_the_incident_that_fails_one_term_is_named()
    {
        var near = InboxFilter.Parse("severity=critical env=dev checkout").Nearest([s_incident]);

        Assert.Equal((1042, "env=dev"), (near?.Incident.Number, near?.Term));
    }

    [Fact]
    public void Two_failing_terms_are_not_near() => Assert.Null(InboxFilter.Parse("severity=info env=dev").Nearest([s_incident]));

    [Fact]
    public void The_worst_and_oldest_that_nobody_has_come_first()
    {
        Incident Of(long number, string severity, int minute, string status = "triggered", string urgency = "high") => s_incident with
        {
            Number = number,
            Severity = severity,
            Status = status,
            Urgency = urgency,
            CreatedAt = DateTimeOffset.UnixEpoch.AddMinutes(minute),
        };

        var model = InboxModel.Of(
            "all", InboxFilter.All,
            [Of(1, "high", 1), Of(2, "critical", 3), Of(3, "critical", 2), Of(4, "critical", 0, "acknowledged"), Of(5, "warning", 0, urgency: "low")], [], _ => true);

        Assert.Equal([3, 2, 1], model.Waiting.Select(i => i.Number));
        Assert.Equal([4], model.Held.Select(i => i.Number));
        Assert.Equal([5], model.Low.Select(i => i.Number));
    }
}
