using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tocsin.Telemetry;

/// <summary>What a request of OTLP carries.</summary>
public enum OtlpSignal
{
    Logs,
    Metrics,
    Traces,
}

/// <summary>
/// Translates OTLP's JSON into its binary form, so that one reader understands both: identifiers as hex digits, 64-bit numbers as text or numbers,
/// enumerations by number or name.
/// </summary>
internal static class OtlpJson
{
    // A line a message: its fields as name=number:kind; a list has an asterisk, a message as kind begins with a capital.
    private const string Shapes = """
        Logs resourceLogs=1:ResourceLogs*
        ResourceLogs resource=1:Resource scopeLogs=2:ScopeLogs*
        ScopeLogs scope=1:Scope logRecords=2:LogRecord*
        LogRecord timeUnixNano=1:fixed64 severityNumber=2:enum severityText=3:text body=5:AnyValue attributes=6:KeyValue* flags=8:fixed32 traceId=9:hex spanId=10:hex observedTimeUnixNano=11:fixed64 eventName=12:text
        Resource attributes=1:KeyValue*
        Scope name=1:text version=2:text attributes=3:KeyValue*
        KeyValue key=1:text value=2:AnyValue
        AnyValue stringValue=1:text boolValue=2:bool intValue=3:int doubleValue=4:double arrayValue=5:ArrayValue kvlistValue=6:KeyValueList bytesValue=7:base64
        ArrayValue values=1:AnyValue*
        KeyValueList values=1:KeyValue*
        Metrics resourceMetrics=1:ResourceMetrics*
        ResourceMetrics resource=1:Resource scopeMetrics=2:ScopeMetrics*
        ScopeMetrics scope=1:Scope metrics=2:Metric*
        Metric name=1:text description=2:text unit=3:text gauge=5:Gauge sum=7:Sum histogram=9:Histogram exponentialHistogram=10:ExponentialHistogram summary=11:Summary
        Gauge dataPoints=1:NumberDataPoint*
        Sum dataPoints=1:NumberDataPoint* aggregationTemporality=2:enum isMonotonic=3:bool
        Histogram dataPoints=1:HistogramDataPoint* aggregationTemporality=2:enum
        ExponentialHistogram dataPoints=1:ExponentialHistogramDataPoint* aggregationTemporality=2:enum
        Summary dataPoints=1:SummaryDataPoint*
        NumberDataPoint startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 asDouble=4:double asInt=6:sfixed64 attributes=7:KeyValue* flags=8:int
        HistogramDataPoint startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 count=4:fixed64 sum=5:double bucketCounts=6:fixed64* explicitBounds=7:double* attributes=9:KeyValue* flags=10:int min=11:double max=12:double
        ExponentialHistogramDataPoint attributes=1:KeyValue* startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 count=4:fixed64 sum=5:double scale=6:sint zeroCount=7:fixed64 positive=8:Buckets negative=9:Buckets flags=10:int min=12:double max=13:double zeroThreshold=14:double
        Buckets offset=1:sint bucketCounts=2:int*
        SummaryDataPoint startTimeUnixNano=2:fixed64 timeUnixNano=3:fixed64 count=4:fixed64 sum=5:double quantileValues=6:Quantile* attributes=7:KeyValue* flags=8:int
        Quantile quantile=1:double value=2:double
        Traces resourceSpans=1:ResourceSpans*
        ResourceSpans resource=1:Resource scopeSpans=2:ScopeSpans*
        ScopeSpans scope=1:Scope spans=2:Span*
        Span traceId=1:hex spanId=2:hex parentSpanId=4:hex name=5:text kind=6:enum startTimeUnixNano=7:fixed64 endTimeUnixNano=8:fixed64 attributes=9:KeyValue* events=11:Event* status=15:Status
        Event timeUnixNano=1:fixed64 name=2:text attributes=3:KeyValue*
        Status message=2:text code=3:enum
        """;

    private static readonly FrozenDictionary<string, int> _names = Names().ToFrozenDictionary(n => n.Name, n => n.Number, StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, FrozenDictionary<string, Field>> _shapes = Shapes.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' ')).ToFrozenDictionary(parts => parts[0], parts => parts.Skip(1).Select(FieldOf).ToFrozenDictionary(f => Plain(f.Name), StringComparer.Ordinal), StringComparer.Ordinal);

    /// <returns>The same in binary form; an error when it is no such request.</returns>
    public static Result<ReadOnlyMemory<byte>> ToBinary(ReadOnlySpan<byte> body, OtlpSignal signal) => SenderJson.Read<ReadOnlyMemory<byte>>(body, json =>
    {
        var reader = new Utf8JsonReader(json, new() { MaxDepth = SenderJson.MaxDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            SenderJson.ReadToEnd(ref reader);
            return BatchFault.Of(BatchFault.NotObject, "", "The body must be an object, as OTLP's JSON has it.");
        }

        var writer = new ProtoWriter();
        try
        {
            Message(ref reader, _shapes[signal.ToString()], writer);
        }
        catch (OtlpFormatException e)
        {
            return BatchFault.Of(BatchFault.WrongValue, "", e.Message);
        }

        SenderJson.ReadToEnd(ref reader);
        return writer.Written;
    });

    private static void Message(ref Utf8JsonReader reader, FrozenDictionary<string, Field> shape, ProtoWriter writer)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isKnown = shape.TryGetValue(Plain(SenderJson.Text(ref reader, TelemetryLimits.Name)), out var field);
            reader.Read();
            if (!isKnown || reader.TokenType == JsonTokenType.Null)
            {
                reader.Skip();
            }
            else if (field!.IsList)
            {
                if (reader.TokenType != JsonTokenType.StartArray)
                {
                    throw Wrong(field, "a list");
                }

                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    Value(ref reader, field, writer);
                }
            }
            else
            {
                Value(ref reader, field, writer);
            }
        }
    }

    private static void Value(ref Utf8JsonReader reader, Field field, ProtoWriter writer)
    {
        switch (field.Kind)
        {
            case "text" when reader.TokenType == JsonTokenType.String:
                writer.Bytes(field.Number, Encoding.UTF8.GetBytes(SenderJson.Text(ref reader, int.MaxValue)));
                break;
            case "text":
                throw Wrong(field, "text");
            case "bool" when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                writer.Number(field.Number, reader.TokenType == JsonTokenType.True ? 1UL : 0);
                break;
            case "bool":
                throw Wrong(field, "true or false");
            case "hex":
                writer.Bytes(field.Number, Hex(ref reader, field));
                break;
            case "base64":
                writer.Bytes(field.Number, Base64(ref reader, field));
                break;
            case "enum" when reader.TokenType == JsonTokenType.String && _names.TryGetValue(SenderJson.Text(ref reader, TelemetryLimits.Name), out var number):
                writer.Number(field.Number, (ulong)number);
                break;
            case "int" or "enum":
                writer.Number(field.Number, Integer(ref reader, field));
                break;
            case "sint":
                var signed = (int)(long)Integer(ref reader, field);
                writer.Number(field.Number, (uint)((signed << 1) ^ (signed >> 31)));
                break;
            case "fixed32":
                writer.Fixed32(field.Number, (uint)Integer(ref reader, field));
                break;
            case "fixed64" or "sfixed64":
                writer.Fixed64(field.Number, Integer(ref reader, field));
                break;
            case "double":
                writer.Fixed64(field.Number, BitConverter.DoubleToUInt64Bits(Double(ref reader, field)));
                break;
            default:
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    throw Wrong(field, "an object");
                }

                var opened = writer.Open(field.Number);
                Message(ref reader, _shapes[field.Kind], writer);
                writer.Close(opened);
                break;
        }
    }

    private static ulong Integer(ref Utf8JsonReader reader, Field field)
    {
        var text = reader.ValueSpan;
        if (reader.TokenType is JsonTokenType.Number or JsonTokenType.String)
        {
            if (Utf8Parser.TryParse(text, out ulong number, out var used) && used == text.Length)
            {
                return number;
            }

            if (Utf8Parser.TryParse(text, out long negative, out used) && used == text.Length)
            {
                return (ulong)negative;
            }

            // Scripts write large numbers as 1.7e18.
            if (Utf8Parser.TryParse(text, out double real, out used) && used == text.Length && Math.Floor(real) == real && Math.Abs(real) < 1.8e19)
            {
                return real < 0 ? (ulong)(long)Math.Max(real, long.MinValue) : (ulong)real;
            }
        }

        throw Wrong(field, "a whole number, as text or as a number");
    }

    private static double Double(ref Utf8JsonReader reader, Field field) =>
        reader.TokenType is JsonTokenType.Number or JsonTokenType.String && double.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong(field, "a number");

    private static byte[] Hex(ref Utf8JsonReader reader, Field field)
    {
        var text = reader.ValueSpan;
        var bytes = new byte[text.Length / 2];
        return reader.TokenType == JsonTokenType.String && text.Length <= TelemetryLimits.Name && Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done ? bytes : throw Wrong(field, "hex digits");
    }

    private static byte[] Base64(ref Utf8JsonReader reader, Field field)
    {
        var text = reader.TokenType == JsonTokenType.String ? Encoding.UTF8.GetBytes(SenderJson.Text(ref reader, int.MaxValue)) : throw Wrong(field, "text in base64");
        var bytes = new byte[Base64Length(text.Length)];
        return System.Buffers.Text.Base64.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done ? bytes[..written] : throw Wrong(field, "text in base64");
    }

    private static int Base64Length(int characters) => (characters / 4 * 3) + 3;

    /// <summary>Names are camelCase; those of the binary form's description are taken as well.</summary>
    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    private static Field FieldOf(string text)
    {
        var (equals, colon) = (text.IndexOf('=', StringComparison.Ordinal), text.IndexOf(':', StringComparison.Ordinal));
        return new(text[..equals], int.Parse(text[(equals + 1)..colon], CultureInfo.InvariantCulture), text[(colon + 1)..].TrimEnd('*'), text.EndsWith('*'));
    }

    private static IEnumerable<(string Name, int Number)> Names()
    {
        string[] severities = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
        var levels = severities.SelectMany((name, i) => Enumerable.Range(0, 4).Select(n => ($"SEVERITY_NUMBER_{name}{(n > 0 ? $"{n + 1}" : "")}", (i * 4) + n + 1)));
        (string, int)[] others =
        [
            ("SEVERITY_NUMBER_UNSPECIFIED", 0), ("AGGREGATION_TEMPORALITY_UNSPECIFIED", 0), ("AGGREGATION_TEMPORALITY_DELTA", 1), ("AGGREGATION_TEMPORALITY_CUMULATIVE", 2),
            ("SPAN_KIND_UNSPECIFIED", 0), ("SPAN_KIND_INTERNAL", 1), ("SPAN_KIND_SERVER", 2), ("SPAN_KIND_CLIENT", 3), ("SPAN_KIND_PRODUCER", 4), ("SPAN_KIND_CONSUMER", 5),
            ("STATUS_CODE_UNSET", 0), ("STATUS_CODE_OK", 1), ("STATUS_CODE_ERROR", 2),
        ];
        return levels.Concat(others);
    }

    private static OtlpFormatException Wrong(Field field, string expected) => new($"'{field.Name}' must be {expected}.");

    private sealed record Field(string Name, int Number, string Kind, bool IsList);
}
