using System.Globalization;
using System.Text;

namespace Tocsin.Load;

/// <summary>A POST of some alerts to <c>/api/v2/alerts</c>. A page that holds the mark and number can be matched to its alert.</summary>
public sealed class AlertBody : NumberedBody
{
    /// <param name="alerts">How many alerts a request carries.</param>
    /// <param name="names">Over how many values of <c>alertname</c> they are spread, by number.</param>
    public AlertBody(Uri server, string? key, int alerts, int names, string severity = "critical")
        : base(server, "/api/v2/alerts", key, Text(alerts, names, severity), alerts)
    {
    }

    private static string Text(int alerts, int names, string severity)
    {
        var body = new StringBuilder("[");
        for (var i = 0; i < alerts; i++)
        {
            body.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""
                {"labels":{"alertname":"HighErrorRate{{i % names:000}}","instance":"{{Mark}}{{Hole}}","job":"checkout","service":"checkout","severity":"{{severity}}","region":"eu-central-1","cluster":"prod-7"},"annotations":{"summary":"{{Mark}}{{Hole}} answers with errors","description":"More than 5 % of the requests failed over five minutes."},"generatorURL":"http://prometheus.example.test/graph?g0.expr=errors"}
                """);
        }

        return body.Append(']').ToString();
    }
}
