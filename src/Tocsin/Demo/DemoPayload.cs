using System.Text.Json.Nodes;

namespace Tocsin.Demo;

/// <summary>What the demo's tools would send about an alert.</summary>
internal static class DemoPayload
{
    /// <summary>Prometheus would send its alerts again and again; the demo's are good for a week.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromDays(7);

    /// <param name="endedAt">Null: it fires.</param>
    public static byte[] Of(DemoAlert alert, DateTimeOffset startedAt, DateTimeOffset? endedAt)
    {
        JsonNode body = alert.Source switch
        {
            "prometheus" => Prometheus(alert, startedAt, endedAt),
            "grafana" => Grafana(alert, startedAt, endedAt),
            _ => Script(alert, startedAt, endedAt),
        };
        return System.Text.Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    private static JsonArray Prometheus(DemoAlert alert, DateTimeOffset startedAt, DateTimeOffset? endedAt) =>
    [
        new JsonObject
        {
            ["labels"] = Labels(alert),
            ["annotations"] = Annotations(alert),
            ["startsAt"] = Text(startedAt),
            ["endsAt"] = Text(endedAt ?? startedAt + Lasting),
            ["generatorURL"] = $"https://prometheus.shop.example/graph?g0.expr={alert.Name}",
        },
    ];

    private static JsonObject Grafana(DemoAlert alert, DateTimeOffset startedAt, DateTimeOffset? endedAt) => new()
    {
        ["receiver"] = "tocsin",
        ["status"] = endedAt is null ? "firing" : "resolved",
        ["orgId"] = 1,
        ["alerts"] = new JsonArray(new JsonObject
        {
            ["status"] = endedAt is null ? "firing" : "resolved",
            ["labels"] = PipelineLabels(alert),
            ["annotations"] = Annotations(alert),
            ["startsAt"] = Text(startedAt),
            ["endsAt"] = endedAt is { } at ? Text(at) : "0001-01-01T00:00:00Z",
            ["generatorURL"] = $"https://grafana.shop.example/alerting/{alert.Name}",
            ["dashboardURL"] = $"https://grafana.shop.example/d/{alert.Service}",
            ["fingerprint"] = $"{alert.Name}-{alert.Service}-{alert.Instance}",
        }),
        ["groupLabels"] = new JsonObject { ["alertname"] = alert.Name },
        ["commonLabels"] = Labels(alert),
        ["commonAnnotations"] = Annotations(alert),
        ["externalURL"] = "https://grafana.shop.example/",
        ["version"] = "1",
        ["title"] = alert.Title,
        ["state"] = endedAt is null ? "alerting" : "ok",
    };

    private static JsonObject Script(DemoAlert alert, DateTimeOffset startedAt, DateTimeOffset? endedAt) => new()
    {
        ["title"] = alert.Title,
        ["description"] = alert.Description,
        ["status"] = endedAt is null ? "firing" : "resolved",
        ["dedupKey"] = $"{alert.Name}/{alert.Service}/{alert.Instance}",
        ["severity"] = alert.Severity,
        ["service"] = alert.Service,
        ["labels"] = Labels(alert),
        ["startedAt"] = Text(startedAt),
        ["endedAt"] = endedAt is { } at ? Text(at) : null,
    };

    /// <summary>With a team and a priority, so that the alarm gets an issue.</summary>
    private static JsonObject PipelineLabels(DemoAlert alert)
    {
        var labels = Labels(alert);
        labels["team"] = "storefront";
        labels["priority"] = alert.Severity switch { "critical" => "P1", "high" => "P2", _ => "P3" };
        return labels;
    }

    private static JsonObject Labels(DemoAlert alert)
    {
        var labels = new JsonObject
        {
            ["alertname"] = alert.Name,
            ["service"] = alert.Service,
            ["severity"] = alert.Severity,
            ["env"] = "prod",
        };
        if (alert.Instance.Length > 0)
        {
            labels["instance"] = alert.Instance;
        }

        return labels;
    }

    private static JsonObject Annotations(DemoAlert alert)
    {
        var annotations = new JsonObject { ["summary"] = alert.Title };
        if (alert.Description.Length > 0)
        {
            annotations["description"] = alert.Description;
        }

        return annotations;
    }

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
}
