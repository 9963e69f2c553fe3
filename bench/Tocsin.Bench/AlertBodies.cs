using System.Globalization;
using System.Text;

namespace Tocsin.Bench;

/// <summary>Requests as the tools send them; no two alerts are the same.</summary>
internal static class AlertBodies
{
    /// <summary>In all requests of one case together: more than any cache of short texts remembers.</summary>
    public const int Alerts = 32_000;

    /// <summary>What Prometheus posts.</summary>
    public static byte[][] Alertmanager(int alerts) => Requests("[", alerts, Prometheus, "]");

    /// <summary>What Alertmanager and, but for a few members, Grafana post.</summary>
    public static byte[][] Webhook(int alerts) => Requests(
        """{"receiver":"tocsin","status":"firing","alerts":[""",
        alerts,
        i => Prometheus(i).Replace("\"startsAt\"", $"\"status\":\"firing\",\"fingerprint\":\"{i:x16}\",\"startsAt\"", StringComparison.Ordinal),
        """],"groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://am.example:9093","version":"4","truncatedAlerts":0}""");

    public static byte[][] Generic(int alerts) => Requests("[", alerts, i => $$"""
        {"dedupKey":"checkout/{{i}}","status":"firing","title":"Checkout {{i}} answers with errors","severity":"critical","service":"checkout",
        "labels":{"region":"eu-central-1","instance":"{{Instance(i)}}"},"description":"More than 5 % of the requests failed over five minutes."}
        """, "]");

    private static string Prometheus(int i) => $$"""
        {"annotations":{"description":"More than 5 % of the requests failed over five minutes.","summary":"{{Instance(i)}} answers with errors"
        },"endsAt":"2026-03-01T12:04:00.123456789Z","startsAt":"2026-03-01T11:50:00.123456789Z"
        ,"generatorURL":"http://prometheus.example:9090/graph?g0.expr=errors&g0.tab=1","labels":{"alertname":"HighErrorRate{{i % 40}}"
        ,"cluster":"prod-7","instance":"{{Instance(i)}}","job":"checkout","region":"eu-central-1","service":"checkout","severity":"critical"
        } }
        """;

    private static string Instance(int i) => string.Create(CultureInfo.InvariantCulture, $"10.{i / 65536}.{i / 256 % 256}.{i % 256}:9100");

    private static byte[][] Requests(string start, int alerts, Func<int, string> alert, string end) =>
    [
        .. Enumerable.Range(0, Alerts).Select(alert).Select(a => a.ReplaceLineEndings("")).Chunk(alerts).Where(chunk => chunk.Length == alerts)
            .Select(chunk => Encoding.UTF8.GetBytes(start + string.Join(',', chunk) + end)),
    ];
}
