using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Telemetry;
using static Tocsin.Tests.Telemetry.Proto;

namespace Tocsin.Tests.Telemetry;

/// <summary>Requests of OTLP written by hand, binary and JSON.</summary>
public sealed class OtlpReaderTests
{
    private const ulong At = 1_795_258_800_123_456_789;

    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Then = new DateTimeOffset(2026, 11, 21, 11, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);

    private static readonly byte[] Trace = Convert.FromHexString("5B8EFFF798038103D269B633813FC60C");
    private static readonly byte[] Span = Convert.FromHexString("EEE19B7EC3C1B174");

    private static readonly byte[] Resource = Part(
        1, Attribute(1, "service.name", "checkout"), Attribute(1, "service.namespace", "shop"), Attribute(1, "deployment.environment.name", "production"), Attribute(1, "host.name", "web1"),
        Attribute(1, "telemetry.sdk.name", "opentelemetry"), Attribute(1, "k8s.pod.name", "checkout-7"));

    [Fact]
    public void A_record_becomes_a_line()
    {
        var record = Part(
            2, Fixed(1, At), Int(2, 17), Text(3, "Error"), Part(5, Text(1, "Payment failed")), Attribute(6, "route", "/pay"), Part(6, Text(1, "n"), Part(2, Int(3, -7))),
            Attribute(6, "exception.type", "System.IO.IOException"), Attribute(6, "exception.message", "disk"), Attribute(6, "exception.stacktrace", "at A.B()\nat C.D()"),
            Bytes(9, Trace), Bytes(10, Span), Fixed(11, At + 5_000_000_000));
        var line = Assert.Single(Logs(Message(Part(1, Resource, Part(2, Part(1, Text(1, "Shop.Orders")), record)))).Good);

        Assert.Equal(("Payment failed", LineLevel.Error, Then), (line.Message, line.Level, line.At));
        Assert.Equal(("shop/checkout", "production", "Shop.Orders"), (line.Service, line.Environment, line.Source));
        Assert.Equal(("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174"), (line.TraceId, line.SpanId));
        Assert.Equal(
            """{"route":"/pay","n":-7,"exception":{"type":"System.IO.IOException","message":"disk","traceback":"at A.B()\nat C.D()"},"resource":{"host.name":"web1","k8s.pod.name":"checkout-7"}}""",
            line.Attributes);
    }

    [Theory]
    [InlineData(1, LineLevel.Debug)]
    [InlineData(8, LineLevel.Debug)]
    [InlineData(9, LineLevel.Info)]
    [InlineData(12, LineLevel.Info)]
    [InlineData(13, LineLevel.Warning)]
    [InlineData(16, LineLevel.Warning)]
    [InlineData(17, LineLevel.Error)]
    [InlineData(20, LineLevel.Error)]
    [InlineData(21, LineLevel.Critical)]
    [InlineData(24, LineLevel.Critical)]
    public void The_number_of_the_severity_is_the_level(int severity, LineLevel level) => Assert.Equal(level, Line(Int(2, severity), Text(3, "whatever")).Level);

    [Fact]
    public void Without_a_number_the_word_and_then_the_text_tell_the_level()
    {
        Assert.Equal(LineLevel.Warning, Line(Text(3, "WARN2"), Part(5, Text(1, "an error"))).Level);
        Assert.Equal(LineLevel.Error, Line(Text(3, "odd"), Part(5, Text(1, "an error"))).Level);
        Assert.Equal(LineLevel.Info, Line(Int(2, 99)).Level);
    }

    [Fact]
    public void A_time_that_is_missing_is_when_it_was_observed_and_else_now()
    {
        Assert.Equal(Then, Line(Fixed(11, At)).At);
        Assert.Equal(Now, Line(Text(3, "INFO")).At);
        Assert.Equal(Now, Line(Fixed(1, ulong.MaxValue)).At);
        Assert.Equal(Now, Line(Fixed(1, 5)).At);
    }

    [Fact]
    public void A_body_may_be_anything()
    {
        Assert.Equal("true", Line(Part(5, Int(2, 1))).Message);
        Assert.Equal("-5", Line(Part(5, Int(3, -5))).Message);
        Assert.Equal("0.25", Line(Part(5, Double(4, 0.25))).Message);
        Assert.Equal("""["a",1,null]""", Line(Part(5, Part(5, Part(1, Text(1, "a")), Part(1, Int(3, 1)), Part(1)))).Message);
        Assert.Equal("""{"k":{"x":"NaN"}}""", Line(Part(5, Part(6, Part(1, Text(1, "k"), Part(2, Part(6, Part(1, Text(1, "x"), Part(2, Double(4, double.NaN))))))))).Message);
        Assert.Equal("AQI=", Line(Part(5, Bytes(7, [1, 2]))).Message);
        Assert.Equal("payment.failed", Line(Text(12, "payment.failed")).Message);
        Assert.Equal("IOException: disk", Line(Attribute(6, "exception.type", "IOException"), Attribute(6, "exception.message", "disk")).Message);
        Assert.Equal("", Line().Message);
        Assert.Equal("caf\uFFFD\uFFFD", Line(Part(5, Bytes(1, [(byte)'c', (byte)'a', (byte)'f', 0xE9, 0]))).Message);
    }

    [Fact]
    public void A_value_that_is_nested_too_deep_ends_in_null()
    {
        var value = Text(1, "bottom");
        for (var i = 0; i < 5_000; i++)
        {
            value = Part(5, Part(1, value));
        }

        var message = Line(Part(5, value)).Message;

        Assert.Equal($"{new string('[', 20)}null{new string(']', 20)}", message);
        Assert.Equal(message, (string?)JsonNode.Parse(Line(Part(6, Text(1, "deep"), Part(2, value))).Attributes)!["deep"]!.ToJsonString());
    }

    [Fact]
    public void A_broken_record_costs_no_other()
    {
        var batch = Logs(Message(Part(1, Part(2, Part(2, Part(5, Text(1, "a"))), Bytes(2, [0x0A, 0xFF]), Part(2, Part(5, Text(1, "c")))))));

        Assert.Equal(["a", "c"], batch.Good.Select(l => l.Message));
        Assert.Equal(1, Assert.Single(batch.Rejected).Index);
    }

    [Theory]
    [InlineData("0AFF")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("0B")]
    [InlineData("00")]
    [InlineData("0A0180")]
    public void A_body_that_is_no_message_is_refused(string hex)
    {
        var body = Convert.FromHexString(hex);

        Assert.Equal(BatchFault.WrongValue, OtlpReader.Logs(body, false, Now).Error?.Code);
        Assert.Equal(BatchFault.WrongValue, OtlpReader.Metrics(body, false, Now).Error?.Code);
        Assert.Equal(BatchFault.WrongValue, OtlpReader.Traces(body, false, Now).Error?.Code);
    }

    [Fact]
    public void Nothing_and_what_is_unknown_is_an_empty_request()
    {
        Assert.Empty(Logs([]).Good);
        Assert.Empty(Logs(Message(Text(77, "later"), Int(78, 1), Fixed(79, 1), Part(1, Text(99, "x")))).Good);
    }

    [Fact]
    public void Both_forms_mean_the_same()
    {
        var binary = Assert.Single(Logs(Message(Part(1, Resource, Part(2, Part(1, Text(1, "scope")), Part(
            2, Fixed(1, At), Int(2, 17), Part(5, Text(1, "m")), Part(6, Text(1, "list"), Part(2, Part(5, Part(1, Int(3, long.MinValue)), Part(1, Double(4, 1.5)), Part(1, Int(2, 0))))),
            Bytes(9, Trace), Bytes(10, Span), Fixed(11, At)))))).Good);
        var resource = """
            {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}, {"key": "service.namespace", "value": {"stringValue": "shop"}},
             {"key": "deployment.environment.name", "value": {"stringValue": "production"}}, {"key": "host.name", "value": {"stringValue": "web1"}}, {"key": "k8s.pod.name", "value": {"stringValue": "checkout-7"}}]}
            """;
        var list = """{"arrayValue": {"values": [{"intValue": "-9223372036854775808"}, {"doubleValue": 1.5}, {"boolValue": false}]}}""";
        foreach (var (time, severity, field) in new[] { ($"\"{At}\"", "17", "timeUnixNano"), ($"{At}", "\"SEVERITY_NUMBER_ERROR\"", "time_unix_nano") })
        {
            var json = $$"""
                {"resourceLogs": [{"resource": {{resource}}, "unknown": [{"a": 1}], "scopeLogs": [{"scope": {"name": "scope"}, "logRecords": [{
                  "{{field}}": {{time}}, "severityNumber": {{severity}}, "body": {"stringValue": "m"}, "attributes": [{"key": "list", "value": {{list}} }],
                  "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "eee19b7ec3c1b174", "observedTimeUnixNano": "{{At}}", "flags": null}]}]}]}
                """;

            Assert.Equal(binary, Assert.Single(Json(json).Value!.Good));
        }
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"resourceLogs\": {}}")]
    [InlineData("{\"resourceLogs\": [1]}")]
    [InlineData("{\"resourceLogs\": [{\"scopeLogs\": [{\"logRecords\": [{\"timeUnixNano\": \"soon\"}]}]}]}")]
    [InlineData("{\"resourceLogs\": [{\"scopeLogs\": [{\"logRecords\": [{\"traceId\": \"xyz\"}]}]}]}")]
    [InlineData("{\"resourceLogs\": [{\"scopeLogs\": [{\"logRecords\": [{\"body\": {\"boolValue\": 1}}]}]}]}")]
    [InlineData("{\"resourceLogs\": [{\"scopeLogs\": [{\"logRecords\": [{\"body\": {\"bytesValue\": \"?\"}}]}]}]}")]
    [InlineData("{\"resourceLogs\": [")]
    public void JSON_that_is_no_request_is_refused(string json) => Assert.NotNull(Json(json).Error);

    [Fact]
    public void Points_become_samples()
    {
        var gauge = Part(2, Text(1, "temperature"), Text(3, "Cel"), Part(5, Part(1, Fixed(3, At), Double(4, 21.5), Attribute(7, "room", "a")), Part(1, Fixed(3, At), Fixed(6, unchecked((ulong)-3L)))));
        var sum = Part(2, Text(1, "requests"), Text(3, "1"), Part(7, Part(1, Fixed(3, At), Fixed(6, 42)), Int(2, 2), Int(3, 1)));
        var delta = Part(2, Text(1, "errors"), Part(7, Int(2, 1), Int(3, 1), Part(1, Fixed(3, At), Fixed(6, 2))));
        var updown = Part(2, Text(1, "queue"), Part(7, Int(2, 2), Part(1, Fixed(3, At), Fixed(6, 9))));
        var batch = Metrics(gauge, sum, delta, updown);

        Assert.Equal(
            [("temperature", 21.5, MetricKind.Gauge, "Cel"), ("temperature", -3, MetricKind.Gauge, "Cel"), ("requests", 42, MetricKind.Counter, "1"), ("errors", 2, MetricKind.Delta, ""), ("queue", 9, MetricKind.Gauge, "")],
            batch.Good.Select(s => (s.Name, s.Value, s.Kind, s.Unit)));
        Assert.All(batch.Good, s => Assert.Equal(("shop/checkout", Then), (s.Service, s.At)));
        Assert.Equal(LabelSet.Of(("room", "a"), ("environment", "production"), ("instance", "checkout-7")), batch.Good[0].Tags);
    }

    [Fact]
    public void A_histogram_becomes_buckets_that_add_up()
    {
        var points = Part(9, Int(2, 2), Part(1, Fixed(3, At), Fixed(4, 10), Double(5, 55.5), Packed(6, 1, 2, 3, 4), Packed(7, Bits(0.1), Bits(1), Bits(10))));
        var batch = Metrics(Part(2, Text(1, "latency"), Text(3, "s"), points));

        Assert.Equal(
            [("latency_bucket", "0.1", 1), ("latency_bucket", "1", 3), ("latency_bucket", "10", 6), ("latency_bucket", "+Inf", 10), ("latency_count", "", 10), ("latency_sum", "", 55.5)],
            batch.Good.Select(s => (s.Name, s.Tags["le"], s.Value)));
        Assert.All(batch.Good, s => Assert.Equal(MetricKind.Counter, s.Kind));
        Assert.Equal(["", "s"], batch.Good.TakeLast(2).Select(s => s.Unit));
    }

    [Fact]
    public void Buckets_of_an_exponential_histogram_are_merged_to_bounds_that_stay()
    {
        // At scale 3 eight buckets double; four of them make one of the two that are kept.
        var point = Part(
            1, Fixed(3, At), Fixed(4, 17), Double(5, 30), Zigzag(6, 3), Fixed(7, 1), Part(8, Zigzag(1, -8), PackedVarints(2, [.. Enumerable.Repeat(1UL, 16)])), Double(14, 0));
        var batch = Metrics(Part(2, Text(1, "latency"), Part(10, Int(2, 1), point)));

        Assert.Equal(
            [("0", 1), ("0.707", 5), ("1", 9), ("1.414", 13), ("2", 17), ("+Inf", 17)],
            batch.Good.Where(s => s.Name == "latency_bucket").Select(s => (s.Tags["le"][..Math.Min(5, s.Tags["le"].Length)], s.Value)));
        Assert.All(batch.Good, s => Assert.Equal(MetricKind.Delta, s.Kind));
    }

    [Fact]
    public void A_summary_becomes_its_quantiles()
    {
        var batch = Metrics(Part(2, Text(1, "rpc"), Part(11, Part(1, Fixed(3, At), Fixed(4, 5), Double(5, 12), Part(6, Double(1, 0.99), Double(2, 4)), Part(6, Double(1, 0.5), Double(2, 2))))));

        Assert.Equal([("rpc", "0.99", 4), ("rpc", "0.5", 2), ("rpc_count", "", 5), ("rpc_sum", "", 12)], batch.Good.Select(s => (s.Name, s.Tags["quantile"], s.Value)));
    }

    [Fact]
    public void A_point_that_says_nothing_is_left_out_and_one_that_cannot_be_is_named()
    {
        var batch = Metrics(
            Part(2, Text(1, "silent"), Part(5, Part(1, Int(8, 1)))),
            Part(2, Text(1, "nan"), Part(5, Part(1, Double(4, double.NaN)))),
            Part(2, Text(1, "empty"), Part(5, Part(1, Fixed(3, At)))),
            Part(2, Part(5, Part(1, Double(4, 1)))),
            Part(2, Text(1, "untold"), Part(7, Part(1, Double(4, 1)))),
            Part(2, Text(1, "uneven"), Part(9, Int(2, 2), Part(1, Packed(6, 1, 2), Packed(7, Bits(1), Bits(2))))),
            Part(2, Text(1, "falling"), Part(9, Int(2, 2), Part(1, Packed(6, 1, 2, 3), Packed(7, Bits(2), Bits(1))))),
            Part(2, Text(1, "broken"), Part(5, Bytes(1, [0x0A, 0xFF]))),
            Part(2, Text(1, "good"), Part(5, Part(1, Double(4, 1), Bytes(5, [1, 2, 3])))));

        Assert.Equal("good", Assert.Single(batch.Good).Name);
        Assert.Equal(["nan", "empty", "", "untold", "uneven", "falling", "broken"], batch.Rejected.Select(r => r.Field));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7], batch.Rejected.Select(r => r.Index));
    }

    [Fact]
    public void A_span_keeps_its_exception()
    {
        var exception = Part(11, Fixed(1, At), Text(2, "exception"), Attribute(3, "exception.type", "ValueError"), Attribute(3, "exception.message", "bad"), Attribute(3, "exception.stacktrace", "Traceback"));
        var retry = Part(11, Fixed(1, At), Text(2, "retry"), Part(3, Text(1, "n"), Part(2, Int(3, 2))));
        var span = Part(
            2, Bytes(1, Trace), Bytes(2, Span), Bytes(4, Span), Text(5, "POST /pay"), Int(6, 2), Fixed(7, At), Fixed(8, At + 1_500_000), Attribute(9, "http.route", "/pay"), exception, retry,
            Part(15, Text(2, "it broke"), Int(3, 2)));
        var read = OtlpReader.Traces(Message(Part(1, Resource, Part(2, span, Part(2, Text(5, "no ids"))))), false, Now).Value!;

        var one = Assert.Single(read.Good);
        Assert.Equal(("POST /pay", "server", true, "it broke", "shop/checkout"), (one.Name, one.Kind, one.Failed, one.StatusText, one.Service));
        Assert.Equal((Then, TimeSpan.FromMilliseconds(1.5), "eee19b7ec3c1b174"), (one.StartedAt, one.Duration, one.ParentId));
        var attributes = JsonNode.Parse(one.Attributes)!;
        Assert.Equal(("ValueError", "bad", "Traceback"), ((string?)attributes["exception"]!["type"], (string?)attributes["exception"]!["message"], (string?)attributes["exception"]!["traceback"]));
        Assert.Equal(("/pay", "production", "retry", 2), ((string?)attributes["http.route"], (string?)attributes["environment"], (string?)attributes["event.1"]!["name"], (int?)attributes["event.1"]!["n"]));
        Assert.Equal((1, "traceId"), (read.Rejected[0].Index, read.Rejected[0].Field));
    }

    [Fact]
    public void Attributes_that_do_not_fit_are_cut()
    {
        var line = Line([.. Enumerable.Range(0, 400).Select(i => Attribute(6, $"attribute-{i}", new string('"', 200)))]);

        Assert.True(line.Attributes.Length <= TelemetryLimits.Attributes, $"{line.Attributes.Length}");
        Assert.True((bool?)JsonNode.Parse(line.Attributes)!["_cut"]);
    }

    [Fact]
    public void Answers_are_in_the_form_of_the_request()
    {
        Assert.Empty(OtlpAnswer.Taken(OtlpSignal.Logs, 0, "", isJson: false));
        Assert.Equal("{}", Encoding.UTF8.GetString(OtlpAnswer.Taken(OtlpSignal.Logs, 0, "", isJson: true)));
        Assert.Equal("""{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"why"}}""", Encoding.UTF8.GetString(OtlpAnswer.Taken(OtlpSignal.Metrics, 3, "why", isJson: true)));
        Assert.Equal(
            Message(Int(1, 3), Text(2, "why")), OtlpAnswer.Taken(OtlpSignal.Traces, 3, "why", isJson: false)[5..]);
        Assert.Equal(Message(Int(1, 3), Text(2, "no")), OtlpAnswer.Refused(3, "no", isJson: false));
        Assert.Equal("""{"code":3,"message":"no"}""", Encoding.UTF8.GetString(OtlpAnswer.Refused(3, "no", isJson: true)));
    }

    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    private static LogLine Line(params byte[][] record) => Assert.Single(Logs(Message(Part(1, Part(2, Part(2, record))))).Good);

    private static ReadBatch<LogLine> Logs(byte[] body) => Good(OtlpReader.Logs(body, false, Now));

    private static ReadBatch<MetricSample> Metrics(params byte[][] metrics) => Good(OtlpReader.Metrics(Message(Part(1, Resource, Part(2, metrics))), false, Now));

    private static Result<ReadBatch<LogLine>> Json(string body) => OtlpReader.Logs(Encoding.UTF8.GetBytes(body), true, Now);

    private static ReadBatch<T> Good<T>(Result<ReadBatch<T>> read)
    {
        Assert.True(read.Ok, read.Error?.Detail);
        return read.Value;
    }
}
