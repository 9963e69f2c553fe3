using System.Text.Json.Nodes;
using Tocsin.Providers;
using static Tocsin.Tests.Providers.PipelineBench;

namespace Tocsin.Tests.Providers;

public sealed class PipelineGrafanaTests
{
    [Fact]
    public void Every_alert_of_the_group_becomes_an_event()
    {
        var parsed = Parse(Webhook(GrafanaAlert(), GrafanaAlert(("fingerprint", "other")), GrafanaAlert(("status", "resolved"), ("endsAt", "2026-03-01T11:58:00Z"))).ToJsonString());

        Assert.Equal(["57c6d9296de2ad39", "other", "57c6d9296de2ad39"], parsed.Events!.Select(e => e.Identity.AlarmId));
        Assert.Equal(["FIRING", "FIRING", "RESOLVED"], parsed.Events!.Select(e => e.State));
        Assert.Equal(parsed.Fingerprints![0], parsed.Fingerprints[2]);
        Assert.NotEqual(parsed.Fingerprints[0], parsed.Fingerprints[1]);
        Assert.Equal("account_id=7|alarm_id=57c6d9296de2ad39|source=grafana|title=lag", parsed.FingerprintInputs![0]);
    }

    [Fact]
    public void An_alert_has_what_its_annotations_and_labels_say()
    {
        var alert = One(Webhook(GrafanaAlert(
            ("valueString", "[ var='B' labels={host=a} value=93.2 ], [ var='C' labels={host=a} value=1 ]"),
            ("generatorURL", "https://g.example/rule?a=1&b=2"), ("silenceURL", "https://g.example/silence"), ("dashboardURL", ""), ("panelURL", "https://g.example/panel"))));

        Assert.Equal(("Lag", "FIRING", "P2", "It lags.", "Lag", "[host=a] B=93.2, C=1"), (alert.Title, alert.State, alert.Priority, alert.Description, alert.Summary, alert.Reason));
        Assert.Equal(("2026-03-01T11:50:00.000Z", "7"), (alert.OccurredAt, alert.Identity.AccountId));
        Assert.Equal(new(null, "https://g.example/panel", "https://g.example/rule?a=1&b=2", "https://g.example/silence"), alert.Links);
    }

    [Fact]
    public void An_end_carries_the_time_at_which_it_ended()
    {
        Assert.Equal("2026-03-01T11:58:00.000Z", One(Webhook(GrafanaAlert(("status", "resolved"), ("endsAt", "2026-03-01T11:58:00Z")))).OccurredAt);
        Assert.Equal("2026-03-01T11:50:00.000Z", One(Webhook(GrafanaAlert(("status", "resolved")))).OccurredAt);
        Assert.Equal("2026-03-01T12:00:00.000Z", One(Webhook(GrafanaAlert(("startsAt", "")))).OccurredAt);
    }

    [Theory]
    [InlineData("""{"rulename":"R","alertname":"A"}""", "R")]
    [InlineData("""{"rulename":"","alertname":" A "}""", "A")]
    [InlineData("{}", "Group")]
    public void The_title_is_the_first_that_is_not_empty(string labels, string expected)
    {
        var all = JsonNode.Parse(labels)!.AsObject().With(("team", "a"), ("priority", "1"));

        Assert.Equal(expected, One(Webhook(GrafanaAlert(("labels", all)))).Title);
        Assert.Equal("The title", One(Webhook(GrafanaAlert(("labels", new JsonObject { ["team"] = "a", ["priority"] = "1" }))).With(("groupLabels", Nothing))).Title);
    }

    [Theory]
    [InlineData("firing", "FIRING")]
    [InlineData("Alerting", "FIRING")]
    [InlineData("RESOLVED", "RESOLVED")]
    [InlineData("ok", "RESOLVED")]
    [InlineData("", "FIRING")]
    public void The_alerts_own_status_decides(string status, string expected) => Assert.Equal(expected, One(Webhook(GrafanaAlert(("status", status)))).State);

    [Fact]
    public void A_status_that_is_not_known_is_a_fault() => Assert.Equal("invalid:state", Faults(Webhook(GrafanaAlert(("status", "paused")))));

    [Theory]
    [InlineData("""{"priority":"P0"}""", """{"priority":"P1","team":"t"}""", "P0", "t")]
    [InlineData("""{"PRIORITY":"P0","Team":"x"}""", """{"priority":"P1","teams":"t"}""", "P0", "x")]
    [InlineData("""{"team":"x"}""", """{"priority":"P1","teams":"t,u"}""", "P1", "x")]
    [InlineData("""{"teams":"x, y","team":"z"}""", """{"priority":"P1"}""", "P1", "x,y")]
    [InlineData("""{"priority":null}""", """{"priority":"P1","team":"t"}""", "P1", "t")]
    [InlineData("""{"priority":2}""", """{"team":"t"}""", "P2", "t")]
    [InlineData("""{"priority":"P1"}""", """{"teams":["a","b"]}""", "P1", "a,b")]
    public void Annotations_come_before_labels(string annotations, string labels, string priority, string teams)
    {
        var alert = One(Webhook(GrafanaAlert(("annotations", JsonNode.Parse(annotations)), ("labels", JsonNode.Parse(labels)!.AsObject().With(("alertname", "A"))))));

        Assert.Equal((priority, teams), (alert.Priority, string.Join(',', alert.Teams)));
    }

    [Fact]
    public void An_odd_spelling_is_not_looked_for() => Assert.Equal(
        "missing:teams", Faults(Webhook(GrafanaAlert(("labels", new JsonObject { ["alertname"] = "A", ["tEaM"] = "t", ["priority"] = "P1" })))));

    [Fact]
    public void An_empty_text_counts_as_found_where_it_is_strict_and_only_there()
    {
        var annotations = new JsonObject { ["team"] = "" };

        Assert.Equal("missing:teams", Faults(Webhook(GrafanaAlert(("annotations", annotations.DeepClone())))));
        Assert.Equal(["dev-infra"], One(Webhook(GrafanaAlert(("annotations", annotations))), strict: false).Teams);
    }

    [Fact]
    public void Common_labels_stand_in_only_for_labels_that_are_not_there()
    {
        var alert = One(Webhook(GrafanaAlert(("labels", Nothing), ("annotations", Nothing))));

        Assert.Equal(("Common", "P3", "common", "Common summary"), (alert.Title, alert.Priority, alert.Teams[0], alert.Summary));
        Assert.Equal("missing:priority missing:teams", Faults(Webhook(GrafanaAlert(("labels", new JsonObject())))));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("null")]
    [InlineData("7")]
    public void An_envelope_without_alerts_is_an_alert_itself(string alerts)
    {
        var alert = One(Webhook().With(("alerts", JsonNode.Parse(alerts)), ("rule_id", "r-1")));

        Assert.Equal(("FIRING", "Common", "P3", "common", "r-1"), (alert.State, alert.Title, alert.Priority, alert.Teams[0], alert.Identity.AlarmId));
    }

    [Theory]
    [InlineData("[ var='B' labels={a=b, c=d} value=1 ]", "[a=b, c=d] B=1")]
    [InlineData("[ var=B labels={a=b} value=1 ], [ var=C labels={a=c} value=2 ], [ var=D labels={a=b} value=3 ]", "[a=b] B=1, D=3; [a=c] C=2")]
    [InlineData("[ var=B value=1 ] [ var=C value=2 ]", "B=1, C=2")]
    [InlineData("[ metric='foo' labels={} value=10 ]", "[ metric='foo' labels={} value=10 ]")]
    [InlineData("plain", "plain")]
    [InlineData(null, null)]
    public void Values_are_written_for_people(string? text, string? expected) => Assert.Equal(expected, PipelineGrafana.Values(text));

    [Fact]
    public void One_bad_alert_costs_only_itself()
    {
        var parsed = Parse(Webhook(GrafanaAlert(), GrafanaAlert(("status", "paused"))).ToJsonString());

        Assert.True(parsed.Accepted);
        Assert.Single(parsed.Events!);
        Assert.StartsWith("alerts[1]: ", Assert.Single(parsed.Errors!).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_test_button_is_noted_and_no_event()
    {
        var test = GrafanaAlert(("labels", new JsonObject { ["alertname"] = "TestAlert", ["instance"] = "Grafana" }), ("annotations", new JsonObject { ["summary"] = "Notification test" }));
        var parsed = Parse(Webhook(test).ToJsonString());

        Assert.True(parsed.Accepted);
        Assert.Empty(parsed.Events!);
        Assert.Contains("test button", Assert.Single(parsed.Warnings!), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("critical", "P1")]
    [InlineData("high", "P2")]
    [InlineData("warning", "P3")]
    [InlineData("", "P2")]
    public void A_lenient_reader_takes_the_priority_from_the_severity(string severity, string expected)
    {
        var labels = new JsonObject { ["alertname"] = "A", ["team"] = "t", ["severity"] = severity };

        Assert.Equal(expected, One(Webhook(GrafanaAlert(("labels", labels))), strict: false).Priority);
    }

    [Fact]
    public void What_is_longer_than_the_schema_allows_is_cut()
    {
        var alert = One(Webhook(GrafanaAlert(("annotations", new JsonObject { ["description"] = new string('d', 2000), ["summary"] = new string('s', 2000) }), ("valueString", new string('v', 2000)))));

        Assert.Equal((1500, 1000, 500), (alert.Description!.Length, alert.Summary!.Length, alert.Reason!.Length));
    }
}
