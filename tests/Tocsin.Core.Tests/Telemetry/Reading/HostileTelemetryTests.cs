using System.Text;
using System.Text.Json;
using Tocsin.Telemetry;
using static Tocsin.Tests.Telemetry.Proto;

namespace Tocsin.Tests.Telemetry;

/// <summary>Whatever bytes arrive: no exception, and what is read keeps within the limits.</summary>
public sealed class HostileTelemetryTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly byte[][] Seeds =
    [
        """{"logs": [{"message": "a\u0000\ud800 é", "level": "ERROR", "timestamp": 1795258800123, "metadata": {"environment": "p", "deep": [{"x": [1, 2.5e3, null, true]}]}}], "service": "s"}"""u8.ToArray(),
        """{"metrics": [{"name": "n", "value": -1.5e3, "tags": {"a": "b", "c": {"d": 1}}, "timestamp": "2026-11-21T11:00:00+02:00"}], "snapshot": {"cpu_percent": 3, "custom_metrics": {"q": 1}}}"""u8.ToArray(),
        """["Nov 21 11:00:00 h t[1]: m", "1.2.3.4 - - [21/Nov/2026:11:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"r\" \"u\"", "<34>1 2026-11-21T11:00:00Z h a 1 I [x y=\"z\"] m", "level=info msg=\"a b\" k=v"]"""u8.ToArray(),
        """["E1121 11:00:00.123456 7 a.go:1] m", "2026/11/21 11:00:00 [error] 7#7: x, client: 1, server: s", "[Sat Nov 21 11:00:00.1 2026] [core:error] [pid 7] m", "{\"log\": \"{\\\"msg\\\": 1}\", \"stream\": \"e\"}"]"""u8.ToArray(),
        """["E, [2026-11-21T11:00:00.1 #7] ERROR -- p: m", "fail: A.B[1]\n   m\n   at x", "7:M 21 Nov 2026 11:00:00.123 # m", "2026-11-21 11:00:00.123  WARN 7 --- [t] c.C : m", "Traceback (most\n  File \"a\"\n\nE: x", "\u001b[31mred\u001b[0m"]"""u8.ToArray(),
        """{"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "s"}}]}, "scopeLogs": [{"logRecords": [{"timeUnixNano": "1", "body": {"kvlistValue": {"values": []}}, "traceId": "00"}]}]}]}"""u8.ToArray(),
        Message(Part(1, Part(1, Attribute(1, "service.name", "s")), Part(2, Part(2, Fixed(1, 5), Int(2, 17), Part(5, Part(5, Part(1, Int(3, 1)))), Attribute(6, "a", "b"), Bytes(9, new byte[16]))))),
        Message(Part(1, Part(2, Part(2, Text(1, "m"), Part(9, Int(2, 2), Part(1, Fixed(3, 1), Fixed(4, 2), Double(5, 3), Packed(6, 1, 2), Packed(7, 3)))), Part(2, Text(1, "e"), Part(10, Int(2, 1), Part(1, Zigzag(6, 40), Part(8, Zigzag(1, -900), PackedVarints(2, 1, 2, 3)))))))),
        Message(Part(1, Part(2, Part(2, Bytes(1, [.. Enumerable.Repeat((byte)1, 16)]), Bytes(2, [.. Enumerable.Repeat((byte)1, 8)]), Text(5, "n"), Fixed(7, 1), Fixed(8, ulong.MaxValue), Part(11, Text(2, "e")), Part(15, Int(3, 2)))))),
    ];

    private static readonly byte[][] Splinters =
    [
        .. new[] { "null", "1e999", "NaN", "-Infinity", "{}", "[]", "\"\"", "\"\\ud83d\"", "\\u0000", "99999999999999999999", ",", ":", "{", "}", "[", "]", "\"", "\\", "\n", "\\n\\tat a.B(", " - ", "=", "[[", "\e[", "😀", "\uFEFF" }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
    ];

    [Fact]
    public void Spoilt_bodies_never_throw()
    {
        var random = new Random(20271);
        foreach (var seed in Seeds)
        {
            for (var round = 0; round < 1_000; round++)
            {
                var body = seed.ToList();
                for (var changes = random.Next(1, 6); changes > 0; changes--)
                {
                    Spoil(body, random);
                }

                Read([.. body]);
            }
        }
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(20272);
        for (var round = 0; round < 10_000; round++)
        {
            var body = new byte[random.Next(0, 120)];
            random.NextBytes(body);
            Read(body);
        }
    }

    [Theory]
    [InlineData(65)]
    [InlineData(200_000)]
    public void What_is_nested_too_deep_is_refused(int depth)
    {
        var deep = new string('[', depth) + new string(']', depth);
        Assert.Equal(BatchFault.NotJson, LogBatchReader.Read(Encoding.UTF8.GetBytes($$"""{"logs": [{"message": "m", "metadata": {"a": {{deep}} } }]}"""), Now).Error?.Code);
        Assert.Equal(BatchFault.NotJson, MetricBatchReader.Read(Encoding.UTF8.GetBytes($$"""{"metrics": [{"name": "m", "value": 1, "tags": {"a": {{deep}} } }]}"""), Now).Error?.Code);
        Assert.Equal(BatchFault.NotJson, OtlpReader.Logs(Encoding.UTF8.GetBytes($$"""{"unknown": {{deep}} }"""), true, Now).Error?.Code);

        // A line is whatever it is.
        Assert.Single(RawBatchReader.Read(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new[] { $$"""{"message": {{deep}} }""" })), "", Now).Value!.Good);
    }

    [Fact]
    public void Long_lines_of_one_kind_of_character_take_time_in_proportion()
    {
        foreach (var c in "[{\"<= \n\t\\:-a1\e😀[")
        {
            Check(RawBatchReader.ReadText(Encoding.UTF8.GetBytes(new string(c, 300_000)), "", Now));
            Check(RawBatchReader.ReadText(Encoding.UTF8.GetBytes($"2026-11-21 11:00:00 {new string(c, 300_000)}"), "", Now));
            Check(RawBatchReader.ReadText(Encoding.UTF8.GetBytes($"level=info {string.Concat(Enumerable.Repeat($"{c}=", 100_000))}"), "", Now));
        }

        Check(RawBatchReader.ReadText(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("xerror ", 50_000))), "", Now));
        Check(RawBatchReader.ReadText(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("\tat x\n", 50_000))), "", Now));
    }

    private static void Read(byte[] body)
    {
        Check(LogBatchReader.Read(body, Now));
        Check(RawBatchReader.Read(body, "", Now));
        Check(RawBatchReader.ReadText(body, "", Now));
        Check(MetricBatchReader.Read(body, Now));
        Check(MetricBatchReader.ReadSnapshot(body, Now));
        foreach (var isJson in new[] { true, false })
        {
            Check(OtlpReader.Logs(body, isJson, Now));
            Check(OtlpReader.Metrics(body, isJson, Now));
            Check(OtlpReader.Traces(body, isJson, Now));
        }
    }

    private static void Check(Result<ReadBatch<LogLine>> read)
    {
        foreach (var line in read.Value?.Good ?? [])
        {
            Assert.True(line.Message.Length <= TelemetryLimits.Message);
            Assert.All([line.Service, line.Source, line.Environment, line.TraceId, line.SpanId], name => Assert.True(name.Length <= TelemetryLimits.Name));
            Assert.All([line.Message, line.Service, line.Source, line.Environment, line.TraceId, line.Attributes], Storable);
            Attributes(line.Attributes);
            Assert.Equal(TimeSpan.Zero, line.At.Offset);
            Assert.True(line.At.Year >= 2000 && line.At <= Now.AddDays(1));
        }
    }

    private static void Check(Result<ReadBatch<MetricSample>> read)
    {
        foreach (var sample in read.Value?.Good ?? [])
        {
            Assert.True(double.IsFinite(sample.Value) && sample.Name.Length is > 0 and <= TelemetryLimits.Name && sample.Tags.Count <= TelemetryLimits.Tags + 3);
            Assert.All([sample.Name, sample.Service, sample.Unit, .. sample.Tags.SelectMany(t => new[] { t.Key, t.Value })], Storable);
        }
    }

    private static void Check(Result<ReadBatch<TraceSpan>> read)
    {
        foreach (var span in read.Value?.Good ?? [])
        {
            Assert.True(span.TraceId.Length == 32 && span.SpanId.Length == 16 && span.Duration >= TimeSpan.Zero);
            Assert.All([span.Name, span.Service, span.StatusText, span.Attributes], Storable);
            Attributes(span.Attributes);
        }
    }

    private static void Storable(string text)
    {
        Assert.DoesNotContain('\0', text);
        Assert.Equal(text, Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
    }

    private static void Attributes(string text)
    {
        Assert.True(text.Length <= TelemetryLimits.Attributes, $"{text.Length}");
        if (text.Length > 0)
        {
            using var document = JsonDocument.Parse(text, new() { MaxDepth = 80 });
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
            Texts(document.RootElement);
        }
    }

    /// <summary>What a page would do with them.</summary>
    private static void Texts(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                Storable(value.GetString()!);
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Texts(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    Storable(member.Name);
                    Texts(member.Value);
                }

                break;
        }
    }

    private static void Spoil(List<byte> body, Random random)
    {
        var at = random.Next(body.Count + 1);
        switch (random.Next(5))
        {
            case 0 when at < body.Count:
                body[at] = (byte)random.Next(256);
                break;
            case 1 when at < body.Count:
                body.RemoveRange(at, Math.Min(random.Next(1, 12), body.Count - at));
                break;
            case 2:
                body.InsertRange(at, Splinters[random.Next(Splinters.Length)]);
                break;
            case 3 when body.Count > 0:
                body.InsertRange(at, body.GetRange(random.Next(body.Count) is var from ? from : 0, Math.Min(random.Next(1, 40), body.Count - from)));
                break;
            default:
                body.RemoveRange(at, body.Count - at);
                break;
        }
    }
}
