using System.Text;
using System.Text.Json;
using Tocsin.Telemetry;

namespace Tocsin.Bench;

/// <summary>From the bytes of a request to log lines and samples; a call is one of them.</summary>
internal static class TelemetryBench
{
    private const int Requests = 40;

    private static readonly DateTimeOffset _now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly string[] _lines =
    [
        """10.0.0.1 - - [01/Mar/2026:11:00:00 +0000] "GET /api/orders/17 HTTP/1.1" 200 512 "-" "curl/8.0" """, "Mar  1 11:00:00 web1 sshd[1234]: Accepted publickey for ana from 10.0.0.9",
        "2026-03-01 11:00:00,123 - shop.orders - ERROR - Payment of order 17 failed", "2026-03-01 11:00:00.123  INFO 7 --- [nio-8080-exec-1] c.e.shop.OrderService     : Order 17 paid in 45 ms",
        "time=\"2026-03-01T11:00:00Z\" level=info msg=\"order paid\" order=17 took=45ms", """{"time":"2026-03-01T11:00:00Z","level":"info","msg":"order paid","order":17,"service":"checkout"}""",
        "E0301 11:00:00.123456       7 pod_workers.go:190] \"Error syncing pod\" pod=\"default/shop\"", "a plain line that no parser knows, with nothing that is wrong in it",
    ];

    public static int Run()
    {
        Meter.Head();
        foreach (var batch in (int[])[1, 100, 1_000])
        {
            Row($"log entries, {batch} a request", batch, Logs(batch), body => LogBatchReader.Read(body, _now).Value?.Good.Count ?? 0);
        }

        Row("raw lines, 100 a request", 100, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(Enumerable.Range(0, 100).Select(i => _lines[i % _lines.Length]))), body => RawBatchReader.Read(body, "", _now).Value?.Good.Count ?? 0);
        Row("metrics, 1 000 a request", 1_000, Metrics(1_000), body => MetricBatchReader.Read(body, _now).Value?.Good.Count ?? 0);
        Row("OTLP logs as JSON, 100 a request", 100, Otlp(100), body => OtlpReader.Logs(body, true, _now).Value?.Good.Count ?? 0);
        return 0;
    }

    private static void Row(string name, int items, byte[] body, Func<byte[], int> read) => Meter.Row(name, Requests * 1_000 / items * items, () =>
    {
        var total = 0L;
        for (var i = 0; i < Requests * 1_000 / items; i++)
        {
            total += read(body);
        }

        return total == Requests * 1_000 / items * items ? total : throw new InvalidOperationException($"Only {total} were read.");
    });

    private static byte[] Logs(int count) => Encoding.UTF8.GetBytes($$"""{"logs":[{{string.Join(',', Enumerable.Range(0, count).Select(i =>
        $$"""{"timestamp":"2026-03-01T11:00:00.123456","level":"info","message":"Order {{100_000 + i}} paid in 45 ms with a card that ends in 4242","service":"service-{{i % 8}}","source":"shop.orders","metadata":{"environment":"production","module":"orders","line":142} }"""))}}]}""");

    private static byte[] Metrics(int count) => Encoding.UTF8.GetBytes($$"""{"metrics":[{{string.Join(',', Enumerable.Range(0, count).Select(i =>
        $$"""{"timestamp":"2026-03-01T11:00:00.123456","name":"request_ms","value":45.{{i}},"unit":"ms","service":"service-{{i % 8}}","tags":{"route":"/pay","method":"POST"} }"""))}}]}""");

    private static byte[] Otlp(int count) => Encoding.UTF8.GetBytes($$"""{"resourceLogs":[{"scopeLogs":[{"logRecords":[{{string.Join(',', Enumerable.Range(0, count).Select(i =>
        $$"""{"timeUnixNano":"1772362800123456789","severityNumber":9,"body":{"stringValue":"Order {{100_000 + i}} paid in 45 ms"},"attributes":[{"key":"line","value":{"intValue":"142"} }] }"""))}}]}]}]}""");
}
