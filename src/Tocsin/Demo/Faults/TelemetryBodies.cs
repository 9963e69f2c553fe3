using System.Buffers;
using System.Text.Json;
using Tocsin.Telemetry;

namespace Tocsin.Demo.Faults;

/// <summary>Bodies of <c>/ingest/logs</c> and <c>/ingest/metrics</c>.</summary>
internal static class TelemetryBodies
{
    public static ReadOnlyMemory<byte> Logs(IEnumerable<LogLine> lines) => List("logs", json =>
    {
        foreach (var line in lines)
        {
            json.WriteStartObject();
            json.WriteString("timestamp", line.At);
            json.WriteString("level", line.Level.ToString().ToLowerInvariant());
            json.WriteString("message", line.Message);
            json.WriteString("service", line.Service);
            json.WriteString("source", line.Source);
            json.WriteString("trace_id", line.TraceId);
            json.WriteEndObject();
        }
    });

    public static ReadOnlyMemory<byte> Metrics(IEnumerable<MadeFigures> figures) => List("metrics", json =>
    {
        foreach (var of in figures)
        {
            foreach (var (name, unit, value) in of.Metrics)
            {
                json.WriteStartObject();
                json.WriteString("name", name);
                json.WriteNumber("value", value);
                json.WriteString("timestamp", of.At);
                json.WriteString("unit", unit);
                json.WriteString("service", of.Service);
                json.WriteEndObject();
            }
        }
    });

    private static ReadOnlyMemory<byte> List(string name, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartArray(name);
            write(json);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }
}
