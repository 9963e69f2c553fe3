using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Tests.Providers;

/// <summary>Payloads of the alert pipeline's senders, and what is made of them at noon on 1 March 2026.</summary>
internal static class PipelineBench
{
    private static readonly PayloadTrial _trial = new(new([new CloudWatch(), new Grafana(), new Normalized(), new AlertPipeline(), new Generic()]));

    public static ParsedPayload Parse(string payload, bool strict = true, string source = "auto") => Parse(Encoding.UTF8.GetBytes(payload), strict, source);

    public static ParsedPayload Parse(byte[] payload, bool strict = true, string source = "auto")
    {
        var result = _trial.Run(payload, source, strict, Delivery.ReceivedAt);
        Assert.True(result.Ok, result.Error?.Detail);
        return result.Value;
    }

    /// <summary>The one event of a payload that is taken.</summary>
    public static CanonicalAlert One(JsonNode payload, bool strict = true)
    {
        var parsed = Parse(payload.ToJsonString(), strict);
        Assert.True(parsed.Accepted, parsed.Errors?[0].Message);
        return Assert.Single(parsed.Events!);
    }

    /// <summary>Kind and field of each reason for which a payload is rejected.</summary>
    public static string Faults(JsonNode payload)
    {
        var parsed = Parse(payload.ToJsonString());
        Assert.Equal((false, null), (parsed.Accepted, parsed.Events));
        return string.Join(' ', parsed.Errors!.Select(e => $"{e.Kind}:{e.Field}"));
    }

    public static JsonObject Alarm(string? description = "TEAM=dev-infra | PRIORITY=P1", params (string Name, JsonNode? Value)[] members)
    {
        var alarm = new JsonObject
        {
            ["AlarmName"] = "cpu",
            ["AlarmDescription"] = description,
            ["AWSAccountId"] = "123456789012",
            ["NewStateValue"] = "ALARM",
            ["NewStateReason"] = "Threshold Crossed",
            ["StateChangeTime"] = "2026-03-01T11:55:00.131+0000",
            ["AlarmArn"] = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu",
        };
        return alarm.With(members);
    }

    public static JsonObject Sns(JsonNode message) => new()
    {
        ["Type"] = "Notification",
        ["MessageId"] = "m-1",
        ["TopicArn"] = "arn:aws:sns:us-east-1:123456789012:alerts",
        ["Message"] = message.ToJsonString(),
    };

    public static JsonObject GrafanaAlert(params (string Name, JsonNode? Value)[] members) => new JsonObject
    {
        ["status"] = "firing",
        ["labels"] = new JsonObject { ["alertname"] = "Lag", ["team"] = "dev-infra", ["priority"] = "P2" },
        ["annotations"] = new JsonObject { ["description"] = "It lags.", ["summary"] = "Lag" },
        ["startsAt"] = "2026-03-01T11:50:00Z",
        ["endsAt"] = "0001-01-01T00:00:00Z",
        ["fingerprint"] = "57c6d9296de2ad39",
    }.With(members);

    public static JsonObject Webhook(params JsonObject[] alerts) => new()
    {
        ["receiver"] = "tocsin",
        ["status"] = "firing",
        ["alerts"] = new JsonArray([.. alerts]),
        ["groupLabels"] = new JsonObject { ["alertname"] = "Group" },
        ["commonLabels"] = new JsonObject { ["team"] = "common", ["priority"] = "P3", ["alertname"] = "Common" },
        ["commonAnnotations"] = new JsonObject { ["summary"] = "Common summary" },
        ["orgId"] = 7,
        ["title"] = "The title",
        ["state"] = "alerting",
    };

    public static JsonObject Event(params (string Name, JsonNode? Value)[] members) => new JsonObject
    {
        ["schema_version"] = 1,
        ["source"] = "custom",
        ["state"] = "FIRING",
        ["title"] = "Disk full",
        ["priority"] = "P1",
        ["occurred_at"] = "2026-03-01T11:55:00+01:00",
        ["teams"] = new JsonArray("Dev_Infra"),
        ["identity"] = new JsonObject(),
        ["links"] = new JsonObject(),
    }.With(members);

    /// <summary>The same with other members; one of value <see cref="Nothing"/> is taken out.</summary>
    public static JsonObject With(this JsonObject node, params (string Name, JsonNode? Value)[] members)
    {
        foreach (var (name, value) in members)
        {
            if (ReferenceEquals(value, Nothing))
            {
                node.Remove(name);
            }
            else
            {
                node[name] = value;
            }
        }

        return node;
    }

    public static readonly JsonNode Nothing = JsonValue.Create("(nothing)")!;
}
