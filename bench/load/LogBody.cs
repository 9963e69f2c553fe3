using System.Globalization;
using System.Text;

namespace Tocsin.Load;

/// <summary>A POST of some log entries to <c>/ingest/logs</c>, as a program's client sends them: eight services, eight messages, one in fifty an error.</summary>
public sealed class LogBody : NumberedBody
{
    private static readonly string[] s_messages =
    [
        "Order {0} paid in 45 ms with a card that ends in 4242", "GET /api/orders/{0} answered 200 in 12 ms", "Cache miss for key session:{0}, loading from the database",
        "Published event {0} to topic orders.paid, partition 7", "User {0} logged in from 10.1.2.3", "Job {0} finished after 3 attempts", "Refreshed token for tenant {0}",
        "Connection to payments-db refused for request {0}, retrying in 250 ms",
    ];

    public LogBody(Uri server, string key, int entries)
        : base(server, "/ingest/logs", key, Text(entries), entries)
    {
    }

    private static string Text(int entries)
    {
        var (body, now) = (new StringBuilder("""{"logs":["""), DateTimeOffset.UtcNow);
        for (var i = 0; i < entries; i++)
        {
            var message = string.Format(CultureInfo.InvariantCulture, s_messages[i % s_messages.Length], $"{Mark}{Hole}");
            body.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $$"""
                {"timestamp":"{{now.AddMilliseconds(-i):yyyy-MM-dd'T'HH:mm:ss.ffffff}}","level":"{{(i % 50 == 49 ? "error" : "info")}}","message":"{{message}}","service":"service-{{i % 8}}","source":"shop.orders","metadata":{"environment":"production","module":"orders","line":{{100 + (i % 40)}} } }
                """);
        }

        return body.Append("]}").ToString();
    }
}
