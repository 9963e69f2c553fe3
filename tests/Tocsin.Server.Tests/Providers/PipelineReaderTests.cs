using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Providers;
using static Tocsin.Tests.Providers.PipelineBench;

namespace Tocsin.Tests.Providers;

public sealed class PipelineReaderTests
{
    [Theory]
    [InlineData("", "not_json_object")]
    [InlineData("{", "not_json_object")]
    [InlineData("null", "not_json_object")]
    [InlineData("7", "not_json_object")]
    [InlineData("true", "not_json_object")]
    [InlineData("\"text\"", "not_json_object")]
    [InlineData("[]", "unknown_source")]
    [InlineData("[{\"AlarmName\":\"a\",\"NewStateValue\":\"OK\"}]", "unknown_source")]
    [InlineData("{}", "unknown_source")]
    [InlineData("{\"hello\":\"x\"}", "unknown_source")]
    [InlineData("{\"AlarmName\":\"a\"}", "unknown_source")]
    [InlineData("{\"AlarmName\":\"\",\"NewStateValue\":\"OK\"}", "unknown_source")]
    [InlineData("{\"alerts\":null,\"status\":\"\",\"orgId\":0}", "unknown_source")]
    [InlineData("{\"Type\":\"Notification\",\"Message\":\"a text\"}", "unknown_source")]
    [InlineData("{\"Type\":\"Notification\",\"Message\":\"{}\"}", "unknown_source")]
    public void What_is_none_of_the_three_is_rejected_with_its_kind(string body, string kind) =>
        Assert.Equal(kind, Assert.Single(Parse(body).Errors!).Kind);

    [Fact]
    public void The_shape_tells_the_source_inside_an_envelope_too()
    {
        Assert.Equal("cloudwatch", Parse(Alarm().ToJsonString()).Source);
        Assert.Equal("cloudwatch", Parse(Sns(Alarm()).ToJsonString()).Source);
        Assert.Equal("grafana", Parse(Webhook(GrafanaAlert()).ToJsonString()).Source);
        Assert.Equal("grafana", Parse(Sns(Webhook(GrafanaAlert())).ToJsonString()).Source);
        Assert.Equal("normalized", Parse(Event().ToJsonString()).Source);
        Assert.Equal("normalized", Parse(Sns(Event()).ToJsonString()).Source);
        Assert.Equal("grafana", Parse(Alarm(members: ("status", "firing")).ToJsonString()).Source);
    }

    [Fact]
    public void What_is_said_explicitly_comes_before_the_shape() => Assert.Equal(
        "missing:title missing:state", string.Join(' ', Parse(Event().ToJsonString(), source: "cloudwatch").Errors!.Select(e => $"{e.Kind}:{e.Field}")));

    [Fact]
    public void The_order_of_members_does_not_matter()
    {
        var random = new Random(7);
        var alarm = Alarm("TEAM=a|PRIORITY=P1|Text");
        var expected = Parse(alarm.ToJsonString());
        for (var i = 0; i < 200; i++)
        {
            var names = alarm.Select(m => m.Key).ToArray();
            random.Shuffle(names);
            var shuffled = new JsonObject(names.Select(name => KeyValuePair.Create(name, alarm[name]?.DeepClone())));

            Assert.Equal(expected.Fingerprints, Parse(shuffled.ToJsonString()).Fingerprints);
        }
    }

    [Fact]
    public void Nothing_that_is_said_makes_it_throw_and_what_leaves_is_always_valid()
    {
        string[] names = ["AlarmName", "NewStateValue", "AlarmDescription", "StateChangeTime", "AlarmArn", "alerts", "status", "labels", "annotations", "title", "teams", "priority", "schema_version", "identity", "links", "Type", "Message"];
        JsonNode?[] values = [null, true, 0, 1e300, "", "P1", "TEAM=a|PRIORITY=P1", "firing", "ALARM", "Notification", "\uD800\u0000", new string('x', 5000), "{\"AlarmName\":1}", new JsonArray(null, new JsonObject()), new JsonObject { ["team"] = "a", ["priority"] = "1" }];
        var random = new Random(11);
        for (var i = 0; i < 1500; i++)
        {
            var body = new JsonObject();
            for (var members = random.Next(9); members > 0; members--)
            {
                body[names[random.Next(names.Length)]] = values[random.Next(values.Length)]?.DeepClone();
            }

            foreach (var source in new[] { "auto", "cloudwatch", "grafana", "normalized", "alert-pipeline", "generic" })
            {
                var parsed = Parse(body.ToJsonString(), strict: i % 2 == 0, source);
                Assert.True(parsed.Accepted || parsed.Errors!.Count > 0);
                Assert.All(parsed.Events ?? [], e => Assert.True(Parse(CanonicalJson(e), source: "normalized").Accepted, body.ToJsonString()));
            }
        }
    }

    [Theory]
    [InlineData("<script>alert(1)</script> & \"x\" 'y'")]
    [InlineData("@everyone [a](javascript:x) ![](https://evil.example/x.png)")]
    [InlineData("\u202Etxt.exe \u0007")]
    public void Hostile_text_stays_text(string text)
    {
        var alert = One(Alarm("TEAM=a|PRIORITY=P1", ("AlarmName", text), ("NewStateReason", text)));

        Assert.Equal(PipelineText.Trim(text), alert.Title);
        Assert.Equal(PipelineText.Clean(text, 1000), alert.Reason);
    }

    [Fact]
    public void A_body_of_a_mebibyte_is_read()
    {
        var body = Alarm("TEAM=a|PRIORITY=P1", ("NewStateReason", new string('r', 1024 * 1024))).ToJsonString();

        Assert.Equal(1000, Assert.Single(Parse(body).Events!).Reason!.Length);
        Assert.Equal("not_json_object", Assert.Single(Parse(new string('[', 1024 * 1024)).Errors!).Kind);
    }

    [Fact]
    public void A_strict_source_rejects_and_another_one_pages_all_the_same()
    {
        var body = Alarm("no team").ToJsonString();
        var cloudWatch = new CloudWatch();

        var plain = Assert.Single(cloudWatch.ParsedText(body).Signals);
        Assert.Equal((SignalStatus.Firing, null, 0), (plain.Status, plain.Canonical, plain.Warnings.Count));

        var strict = cloudWatch.Parse(Delivery.Of(body, Delivery.Monitoring with { Settings = new Dictionary<string, string> { ["strict"] = "true" } }));
        Assert.StartsWith("There is no priority in AlarmDescription", strict.Error!.Detail, StringComparison.Ordinal);

        var helped = Delivery.Monitoring with { Settings = new Dictionary<string, string> { ["team"] = "infra", ["priority"] = "P3" } };
        var signal = Assert.Single(cloudWatch.ParsedText(body, helped).Signals);
        Assert.Equal(("infra", 3, "infra", "P3"), (signal.Canonical!.Teams[0], signal.Canonical.Priority, signal.Labels["team"], signal.Labels["priority"]));
    }

    [Fact]
    public void Each_alert_of_a_group_has_its_own_event_and_a_strict_source_rejects_only_the_bad_ones()
    {
        var body = Webhook(GrafanaAlert(), GrafanaAlert(("labels", new JsonObject { ["alertname"] = "B" }))).ToJsonString();
        var grafana = new Grafana();

        var plain = grafana.ParsedText(body).Signals;
        Assert.Equal(["dev-infra", null], plain.Select(s => s.Canonical?.Teams[0]));

        var strict = grafana.ParsedText(body, Delivery.Monitoring with { Settings = new Dictionary<string, string> { ["strict"] = "true" } });
        Assert.Equal(("Lag", "alerts[1]"), (Assert.Single(strict.Signals).Canonical!.Title, Assert.Single(strict.Rejected).Path));
    }

    [Fact]
    public void The_pipelines_source_takes_all_three_kinds_and_gives_each_an_event()
    {
        var source = Delivery.Monitoring with { Type = AlertPipeline.Id };
        var pipeline = new AlertPipeline();

        foreach (var body in new[] { Alarm(null), Sns(Alarm(null)), Webhook(GrafanaAlert(("labels", new JsonObject { ["alertname"] = "B" }))), Sns(Webhook(GrafanaAlert())), Event(), Sns(Event()) })
        {
            var signal = Assert.Single(pipeline.ParsedText(body.ToJsonString(), source).Signals);
            Assert.Equal(SignalStatus.Firing, signal.Status);
            Assert.NotNull(signal.Canonical);
            Assert.NotEmpty(signal.Labels["team"]);
        }

        Assert.Equal("unknown_source", pipeline.Parse(Delivery.Of("{}", source)).Error!.Code);
    }

    [Fact]
    public void Alerts_of_other_sources_have_an_event_if_they_name_a_team_and_a_priority()
    {
        var signal = new Signal
        {
            DedupKey = "a/1",
            Status = SignalStatus.Resolved,
            Title = "Disk full",
            EndedAt = Delivery.ReceivedAt.AddMinutes(-1),
            Labels = LabelSet.Of(("team", "Storage"), ("priority", "2")),
            Links = [new("Runbook", "https://wiki.example/disk")],
        };

        var derived = PipelineSignal.Derive(signal, "alertmanager", Delivery.ReceivedAt)!;

        Assert.Equal(("alertmanager", CanonicalState.Resolved, 2, "storage", "a/1"), (derived.Source, derived.State, derived.Priority, derived.Teams[0], derived.AlarmId));
        Assert.Equal((Delivery.ReceivedAt.AddMinutes(-1), "https://wiki.example/disk"), (derived.OccurredAt, derived.RunbookUrl));
        Assert.Null(PipelineSignal.Derive(signal with { Labels = LabelSet.Of(("team", "x")) }, "alertmanager", Delivery.ReceivedAt));
        Assert.Null(PipelineSignal.Derive(signal with { Labels = LabelSet.Of(("priority", "P1")) }, "alertmanager", Delivery.ReceivedAt));
        Assert.Null(PipelineSignal.Derive(signal with { Status = SignalStatus.Info }, "alertmanager", Delivery.ReceivedAt));
    }

    internal static string CanonicalJson(Tocsin.Sdk.CanonicalAlert e) => System.Text.Json.JsonSerializer.Serialize(e, Tocsin.Sdk.WireJson.Default.CanonicalAlert);
}
