using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Tocsin.Load;

/// <summary>
/// What is measured, the same for every target: 10 000 series, of 50 metrics of 25 processes of each of 8 services; every 10 seconds one sample of each.
/// Sample number n is of series n modulo 10 000.
/// </summary>
public static class MetricSeries
{
    public const int Count = Services * Instances * Names;
    public const int Names = 50;
    public const int SecondsApart = 10;

    private const int Services = 8;
    private const int Instances = 25;

    /// <summary>Of one name.</summary>
    public static int PerName => Services * Instances;

    public static string Name(int series) => string.Create(CultureInfo.InvariantCulture, $"bench_http_requests_{series % Names:00}");

    public static string Service(int series) => $"service-{series / Names / Instances}";

    public static string Instance(int series) => $"pod-{series / Names % Instances}";

    /// <summary>Hundredths, five digits: they go up and down by up to a percent or so, as loads do.</summary>
    public static int Value(int number)
    {
        var (tick, series) = Math.DivRem(number, Count);
        var noise = (uint)((tick * 73_856_093) ^ (series * 19_349_663)) % 997;
        return 30_000 + (series % 1_000 * 40) + (tick % 360 * 20) + (int)noise;
    }
}

/// <summary>A POST of samples in one of the forms that servers take.</summary>
public abstract class MetricBody : RequestBody
{
    private readonly Request[] _requests;
    private readonly long _start;

    /// <param name="write">Writes samples of so many series from one on, with room for time and value.</param>
    /// <param name="start">Of the first sample of each series, Unix seconds.</param>
    /// <param name="samples">Of one request; divides the number of series.</param>
    protected MetricBody(Uri server, string? key, string path, string contentType, Func<int, int, MetricText> write, long start, int samples)
    {
        _start = start;
        Items = samples;
        _requests = new Request[MetricSeries.Count / samples];
        for (var i = 0; i < _requests.Length; i++)
        {
            var body = write(i * samples, samples);
            var head = Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: {contentType}\r\n" + (key is null ? "" : $"Authorization: Bearer {key}\r\n")
                + $"Content-Length: {body.Length}\r\n\r\n");
            _requests[i] = new([.. head, .. body.Bytes], [.. body.Times.Select(t => t + head.Length)], [.. body.Values.Select(v => v + head.Length)]);
        }
    }

    public override int Items { get; }

    public override ReadOnlySpan<byte> With(int first)
    {
        var request = _requests[first % MetricSeries.Count / Items];
        var at = _start + (first / MetricSeries.Count * MetricSeries.SecondsApart);
        for (var i = 0; i < Items; i++)
        {
            WriteTime(request.Bytes.AsSpan(request.Times[i]), at);
            WriteValue(request.Bytes.AsSpan(request.Values[i]), MetricSeries.Value(first + i));
        }

        return request.Bytes;
    }

    protected virtual void WriteTime(Span<byte> hole, long seconds) => WriteDigits(hole[..10], seconds);

    protected virtual void WriteValue(Span<byte> hole, int hundredths)
    {
        var (whole, rest) = Math.DivRem(hundredths, 100);
        WriteDigits(hole[..3], whole);
        WriteDigits(hole.Slice(4, 2), rest);
    }

    private static void WriteDigits(Span<byte> digits, long number)
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            (number, var digit) = Math.DivRem(number, 10);
            digits[i] = (byte)('0' + digit);
        }
    }

    private sealed record Request(byte[] Bytes, int[] Times, int[] Values);
}

/// <summary>Bytes of a body, and where its times and values stand.</summary>
public sealed class MetricText
{
    private readonly List<byte> _bytes = [];
    private readonly List<int> _times = [];
    private readonly List<int> _values = [];

    public IReadOnlyList<byte> Bytes => _bytes;

    public IReadOnlyList<int> Times => _times;

    public IReadOnlyList<int> Values => _values;

    public int Length => _bytes.Count;

    public MetricText Add(string text)
    {
        _bytes.AddRange(Encoding.ASCII.GetBytes(text));
        return this;
    }

    public MetricText Time(string hole)
    {
        _times.Add(Length);
        return Add(hole);
    }

    public MetricText Value(string hole = "000.00")
    {
        _values.Add(Length);
        return Add(hole);
    }

    /// <summary>A field of the protocol buffers' wire format.</summary>
    public MetricText Field(int number, MetricText message)
    {
        Varint((number << 3) | 2);
        Varint(message.Length);
        _times.AddRange(message.Times.Select(t => t + Length));
        _values.AddRange(message.Values.Select(v => v + Length));
        _bytes.AddRange(message.Bytes);
        return this;
    }

    public MetricText Field(int number, string text) => Field(number, new MetricText().Add(text));

    /// <summary>A field of eight bytes for the time.</summary>
    public MetricText TimeBits(int number) => Bits(number, _times);

    /// <summary>A field of eight bytes for the value.</summary>
    public MetricText ValueBits(int number) => Bits(number, _values);

    private MetricText Bits(int number, List<int> holes)
    {
        Varint((number << 3) | 1);
        holes.Add(Length);
        _bytes.AddRange(new byte[8]);
        return this;
    }

    private void Varint(int value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Add((byte)(value | 0x80));
        }

        _bytes.Add((byte)value);
    }
}

/// <summary>As clients of <c>/ingest/metrics</c> send them.</summary>
public sealed class JsonMetricBody(Uri server, string key, long start, int samples) : MetricBody(server, key, "/ingest/metrics", "application/json", Write, start, samples)
{
    private static MetricText Write(int firstSeries, int count)
    {
        var body = new MetricText().Add("""{"metrics":[""");
        for (var s = firstSeries; s < firstSeries + count; s++)
        {
            body.Add(s == firstSeries ? "" : ",").Add($$"""{"name":"{{MetricSeries.Name(s)}}","value":""").Value().Add(""","timestamp":""").Time("0000000000")
                .Add($$$""","unit":"ms","service":"{{{MetricSeries.Service(s)}}}","tags":{"instance":"{{{MetricSeries.Instance(s)}}}","region":"eu-1"}}""");
        }

        return body.Add("]}");
    }
}

/// <summary>As the OpenTelemetry collector sends them, binary: a resource for each process, a metric with one data point for each name.</summary>
public sealed class OtlpMetricBody(Uri server, string key, long start, int samples) : MetricBody(server, key, "/v1/metrics", "application/x-protobuf", Write, start, samples)
{
    private static MetricText Write(int firstSeries, int count)
    {
        var body = new MetricText();
        for (var s = firstSeries; s < firstSeries + count;)
        {
            var (service, instance, scope) = (MetricSeries.Service(s), MetricSeries.Instance(s), new MetricText().Field(1, new MetricText().Field(1, "bench")));
            for (; s < firstSeries + count && MetricSeries.Instance(s) == instance; s++)
            {
                var point = new MetricText().TimeBits(3).ValueBits(4).Field(7, Attribute("region", "eu-1"));
                scope.Field(2, new MetricText().Field(1, MetricSeries.Name(s)).Field(3, "ms").Field(5, new MetricText().Field(1, point)));
            }

            var resource = new MetricText().Field(1, Attribute("service.name", service)).Field(1, Attribute("service.instance.id", instance));
            body.Field(1, new MetricText().Field(1, resource).Field(2, scope));
        }

        return body;
    }

    protected override void WriteTime(Span<byte> hole, long seconds) => BinaryPrimitives.WriteInt64LittleEndian(hole, seconds * 1_000_000_000);

    protected override void WriteValue(Span<byte> hole, int hundredths) => BinaryPrimitives.WriteDoubleLittleEndian(hole, hundredths / 100.0);

    private static MetricText Attribute(string key, string value) => new MetricText().Field(1, key).Field(2, new MetricText().Field(1, value));
}

/// <summary>In Prometheus' text form, which is what the peer reads fastest but for its own.</summary>
public sealed class TextMetricBody(Uri server, long start, int samples) : MetricBody(server, key: null, "/api/v1/import/prometheus", "text/plain", Write, start, samples)
{
    private static MetricText Write(int firstSeries, int count)
    {
        var body = new MetricText();
        for (var s = firstSeries; s < firstSeries + count; s++)
        {
            body.Add($$"""{{MetricSeries.Name(s)}}{service="{{MetricSeries.Service(s)}}",instance="{{MetricSeries.Instance(s)}}",region="eu-1"} """).Value().Add(" ").Time("0000000000").Add("000\n");
        }

        return body;
    }
}
