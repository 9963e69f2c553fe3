using Tocsin.Pages;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Browser.Tests;

/// <summary>Logs, patterns and measurements as the services would give them.</summary>
internal static class TelemetrySamples
{
    public const string Curl = """
        curl -H 'Authorization: Bearer YOUR_KEY' -H 'Content-Type: application/json' https://pager.acme.example/ingest/logs \
          -d '{"logs": [{"level": "error", "service": "checkout", "message": "card declined"}]}'
        """;

    private const string Trace = """
        java.lang.IllegalStateException: pool <script>alert(1)</script> is exhausted
            at com.acme.payments.checkout.CardTokeniser$RetryingTokeniser.tokeniseOrFallBack(CardTokeniser.java:214)
            at com.acme.payments.checkout.CheckoutService.pay(CheckoutService.java:88)
        Caused by: java.util.concurrent.TimeoutException: 5000 ms
            ... 37 more
        """;

    public static LogsForm Form { get; } = new(TimeWindow.Until("1h", Samples.Frame.Clock));

    public static IReadOnlyList<LogRowModel> Lines { get; } =
    [
        new("a", Line(3, LineLevel.Critical, Trace) with { Attributes = """{"user": "u-4711", "http": {"status": 500, "path": "/pay?<b>"}, "retries": 3}""", TraceId = new('a', 32), SpanId = new('b', 16) }, 3),
        new("b", Line(8, LineLevel.Error, "payment 9912 of order 18231 was declined by issuer-eu") with { Source = "payments.gateway" }, 7, IsChosen: true),
        new("c", Line(9, LineLevel.Warning, "\u202Eslow query: 1812 ms for select * from orders where customer_id = 8812 and state in ('open', 'paid', 'sent') order by created_at desc limit 50 offset 12000 /* a comment that goes on and on, so that the line is longer than any screen is wide, and must be folded */"), 4),
        new("d", Line(30, LineLevel.Info, "GET /cart 200 in 12 ms") with { Service = "cart" }, 5),
        new("e", Line(4000, LineLevel.Debug, "cache hit ratio 0.93") with { Service = "", Environment = "" }, 0),
    ];

    public static LogsModel Logs { get; } = new(Form)
    {
        Lines = Lines,
        Older = "/logs?after=x",
        Services = ["cart", "checkout", "a-service-with-a-very-long-name-in-eu-west-1-canary"],
        Histogram = [.. Enumerable.Range(0, 60).Select(i => new HistogramBucket(Form.Window.From.AddMinutes(i), Form.Window.From.AddMinutes(i + 1), [i % 7, 40 + (i % 11), i % 13 == 0 ? 12 : 1, i > 50 ? i : 0, i == 58 ? 1 : 0]))],
    };

    public static TemplatesModel Templates { get; } = new(Form)
    {
        All = 240,
        Services = Logs.Services,
        Templates =
        [
            new(3, "checkout", LineLevel.Critical, "java.lang.IllegalStateException: pool <*> is exhausted", Trace, Samples.Now.AddMinutes(-4), Samples.Now, 218, 218, true, [.. Enumerable.Range(0, 30).Select(i => i > 26 ? i * 3.0 : 0)]),
            new(7, "checkout", LineLevel.Error, "payment <*> of order <*> was declined by <*>", "payment 9912 of order 18231 was declined by issuer-eu", Samples.Now.AddDays(-40), Samples.Now, 81, 120_000, false, [.. Enumerable.Range(0, 30).Select(i => (double)(i % 5))]),
            new(5, "cart", LineLevel.Info, "GET /cart <*> in <*> ms", "GET /cart <*> in <*> ms", Samples.Now.AddDays(-40), Samples.Now, 4000, 9_000_000, false, [.. Enumerable.Repeat(133.0, 30)]),
        ],
    };

    public static MetricsModel Metrics { get; } = new(new(Form.Window) { Picks = [new("p95", "http.server.duration") { Service = "checkout" }, new("avg", "cpu_percent") { Tags = "host=~\"a.*\"" }] })
    {
        Charts =
        [
            MetricChart.Of("ms",
            [
                new("p95 http.server.duration · checkout · eu", ChartLine.Look(0), TimeSpan.FromSeconds(75), [.. Enumerable.Range(0, 120).Where(i => i is < 40 or > 55).Select(i => (Form.Window.From.AddSeconds(30 * i), 120 + (30 * Math.Sin(i / 9.0)) + (i > 100 ? 6 * (i - 100) : 0)))]),
                new("p95 http.server.duration · checkout · us", ChartLine.Look(1), TimeSpan.FromSeconds(75), [.. Enumerable.Range(0, 120).Select(i => (Form.Window.From.AddSeconds(30 * i), 90 + (20 * Math.Cos(i / 7.0))))]),
            ]),
            MetricChart.Of("%", [.. Enumerable.Range(0, 8).Select(n => new ChartLine($"avg cpu_percent · a-{n}", ChartLine.Look(n), TimeSpan.FromSeconds(75), [.. Enumerable.Range(0, 120).Select(i => (Form.Window.From.AddSeconds(30 * i), 20 + (8 * n) + (3 * Math.Sin((i + (n * 9)) / 6.0))))]))]),
        ],
        LeftOut = 3,
        Empty = ["avg(gone){service=\"checkout\"}"],
        Names = [new("http.server.duration", "ms", "gauge", 12, ["checkout", "cart", "search", "login", "mail", "stock"], Samples.Now.AddSeconds(-8)), new("cpu_percent", "%", "gauge", 8, ["checkout"], Samples.Now.AddSeconds(-8)), new("requests_total", "", "counter", 3, [], Samples.Now.AddDays(-1))],
        Services = ["cart", "checkout"],
    };

    public static IReadOnlyList<FindingView> Findings { get; } =
    [
        new(7, "error-burst", "checkout", "", "high", "checkout writes 12 times as many errors as usual", "142 errors in five minutes; at this time there are 12.\nIt began with a deploy.", ["142 errors from 02:58 to 03:03", "usually 12, at most 31, at this time of the day (7 days)", "<b>payment <*> was declined</b> makes 93 % of them"], Samples.Now.AddMinutes(-9), Samples.Now.AddMinutes(-5), null),
        new(5, "error-burst", "a-service-with-a-very-long-name-in-eu-west-1-canary", "", "warning", "more errors than usual", "", [], Samples.Now.AddDays(-2), Samples.Now.AddDays(-2), Samples.Now.AddDays(-2).AddMinutes(34)),
    ];

    public static IReadOnlyList<DetectorRuleLine> Rules { get; } =
    [
        new("checkout-errors", "error-burst", true, "A service writes far more errors than it usually does at this time, with low sensitivity, of checkout. What it finds becomes an alert of the severity high.", "detectors/payments.yaml:4"),
        new("by-hand", "error-burst", false, "Off: error-burst finds nothing of a-service-with-a-very-long-name-in-eu-west-1-canary.", null),
    ];

    public static DetectorOutlookModel Outlook { get; } = new(
        "More than 5 lines with declined -test within 5 min, of checkout. What it finds becomes an alert.", ["more_than: 3 -> 5", "text: declined -> declined -test"],
        new(Samples.Now.AddDays(-3), Samples.Now, [Findings[1], Findings[0]], true, []),
        [new("Lines within 5 minutes", "", [5], [new("lines", ChartLine.Look(0), TimeSpan.FromHours(1), [.. Enumerable.Range(0, 288).Select(i => (Samples.Now.AddDays(-3).AddMinutes(15 * i), 2 + (2 * Math.Sin(i / 20.0)) + (i > 280 ? i - 278 : 0)))])]) { Told = Findings }]);

    public static DetectorsModel Detectors { get; } = new(
        new(
        [
            new("error-burst", "A service writes far more errors than it usually does at this time", true, ["checkout-errors"], 1, Findings[0]),
            new("new-error", "A service writes an error that it never wrote before, again and again", true, [], 0, Findings[1]),
            new("threshold", "CPU, memory, latency or error rate is over its limit for five minutes", false, ["quiet"], 0, null),
            new("slo", "A service level objective loses its budget too fast", false, [], 0, null),
        ], Samples.Now.AddSeconds(-20), ["12 000 templates were too many to look at: those with the fewest lines were left out."]),
        [Findings[0]], Rules, MayConfigure: true);

    public static DetectorModel Detector { get; } = new(Detectors.Detectors.Items[0], new("error-burst", "checkout", "high", "severity: high", 3))
    {
        Rules = Rules,
        MayConfigure = true,
        History = Findings,
        Older = "/detectors/history?detector=error-burst&cursor=x",
        Services = ["cart", "checkout"],
        Outlook = Outlook,
    };

    public static DetectorEditModel DetectorEdit { get; } = new()
    {
        Stored = "checkout-declined",
        Draft = new("query") { Name = "checkout-declined", About = "lines", Values = new Dictionary<string, string> { ["service"] = "checkout", ["text"] = "declined -test", ["more_than"] = "many" } },
        Says = "A fixed question about logs or a metric is answered with yes",
        Faults = [new("more_than", "\"more_than\" is not a whole number from 0 to 1000000000."), new(null, "Nothing was saved.")],
        Meanwhile = ["text: declined -> refused"],
        LeftOut = "the environment",
        Outlook = Outlook,
        Services = Logs.Services,
        Metrics = ["cpu_percent", "http.server.duration"],
    };

    public static TracesModel Traces { get; } = new(new(Form.Window))
    {
        Services = Logs.Services,
        IsPartial = true,
        Traces =
        [
            new(new('a', 32), $"/traces/{new string('a', 32)}", "a-service-with-a-very-long-name-in-eu-west-1-canary", "POST /api/v1/orders/{order}/payments/{payment}/authorise-and-capture", Samples.Now.AddMinutes(-4), TimeSpan.FromMilliseconds(1812.4), 42, 3),
            new("odd/id", null, "", "", Samples.Now.AddMinutes(-5), TimeSpan.FromMicroseconds(840), 1, 0),
            new(new('b', 32), $"/traces/{new string('b', 32)}", "cart", "GET /cart", Samples.Now.AddMinutes(-6), TimeSpan.FromMilliseconds(12), 5, 0),
        ],
    };

    public static TraceModel OneTrace { get; } = Tree(
        [
            Span("a", "", 0, 1800, "checkout", "POST /pay") with { Kind = "server", Attributes = """{"http.route":"/pay","http.status_code":500,"long":"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz","event.0":{"name":"queued","at":"2026-11-23T02:00:00.000100Z","depth":12},"link.0":{"trace_id":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","span_id":"b7ad6b7169203331","why":"retry"}}""" },
            Span("b", "a", 20, 300, "cart", "GET /cart/{id}"),
            Span("c", "a", 340, 1400, "payments", "charge <script>alert(1)</script>") with { Failed = true, StatusText = "card declined by issuer", Attributes = """{"exception":{"type":"CardDeclined","message":"no","stacktrace":"CardDeclined: no\n  at Shop.Pay()\n  at Shop.Run()"},"resource":{"host.name":"web-1"}}""" },
            Span("d", "c", 360, 20, "db", "SELECT card"),
            Span("e", "c", 400, 1300, "a-service-with-a-very-long-name-in-eu-west-1-canary", "authorise"),
            Span("o", "gone", 900, 100, "mail", "send"),
            Span("x", "y", 950, 10, "loop", "one"),
            Span("y", "x", 955, 10, "loop", "two"),
        ],
        [(380, LineLevel.Warning, "c", "slow answer of the issuer"), (1_690, LineLevel.Error, "c", "payment 9912 of order 18231 was declined by issuer-eu, which says that the card is not to be honoured, and asks not to try again"), (5, LineLevel.Info, "", "order 18231 placed")]);

    public static TraceModel LargeTrace { get; } = Tree([Span("0", "", 0, 9_000, "checkout", "import"), .. Enumerable.Range(1, 5_000).Select(i => Span($"{i}", i <= 20 ? $"{i - 1}" : $"{i % 20}", i, 5_000 - i, $"s-{i % 14}", $"step {i}") with { Failed = i % 997 == 0 })], []);

    public static TraceModel LinesOnly { get; } = Tree([], [(0, LineLevel.Error, "", "order 18231 lost"), (30, LineLevel.Info, "q", "order 18231 found")]);

    private static TraceModel Tree(IReadOnlyList<TraceSpan> spans, (int Ms, LineLevel Level, string Span, string Text)[] lines) => TraceModel.Of(
        new('a', 32), spans,
        new([.. lines.Select((l, i) => new FoundLine($"{i}", new LogLine(new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero).AddMilliseconds(l.Ms), l.Level, l.Text) { Service = "checkout", TraceId = new('a', 32), SpanId = l.Span }, 0))], Next: null, Complete: true),
        Form with { Trace = new('a', 32) });

    private static TraceSpan Span(string id, string parent, int ms, int took, string service, string name) =>
        new(new('a', 32), id, name, new DateTimeOffset(2026, 11, 23, 2, 0, 0, TimeSpan.Zero).AddMilliseconds(ms), TimeSpan.FromMilliseconds(took)) { ParentId = parent, Service = service };

    private static LogLine Line(int secondsAgo, LineLevel level, string message) => new(Samples.Now.AddSeconds(-secondsAgo), level, message) { Service = "checkout", Environment = "production" };
}
