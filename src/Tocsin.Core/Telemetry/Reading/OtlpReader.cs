namespace Tocsin.Telemetry;

/// <summary>
/// Reads requests of OTLP over HTTP, binary or JSON. An entry that cannot be read is rejected by itself where its bounds are known; the index of a
/// rejected entry counts records, data points or spans in the order of the request.
/// </summary>
public static class OtlpReader
{
    internal const string BadEntry = "The entry is not in the protocol buffers' wire format.";

    /// <param name="body">Of any content.</param>
    /// <param name="isJson">Whether it is the JSON form.</param>
    /// <param name="now">The time of receipt, UTC.</param>
    /// <returns>The records; an error when the body as a whole is no such request, which is no better the next time.</returns>
    public static Result<ReadBatch<LogLine>> Logs(ReadOnlyMemory<byte> body, bool isJson, DateTimeOffset now) => Read(body, isJson, OtlpSignal.Logs, binary => new OtlpLogs(now).Read(binary));

    /// <summary>Samples; a histogram or summary becomes several, which count as one entry when it is rejected.</summary>
    /// <inheritdoc cref="Logs"/>
    public static Result<ReadBatch<MetricSample>> Metrics(ReadOnlyMemory<byte> body, bool isJson, DateTimeOffset now) => Read(body, isJson, OtlpSignal.Metrics, binary => new OtlpMetrics(now).Read(binary));

    /// <summary>Spans with their exceptions and other events.</summary>
    /// <inheritdoc cref="Logs"/>
    public static Result<ReadBatch<TraceSpan>> Traces(ReadOnlyMemory<byte> body, bool isJson, DateTimeOffset now) => Read(body, isJson, OtlpSignal.Traces, binary => new OtlpTraces(now).Read(binary));

    /// <summary>An identifier as hex digits; empty when it has another length, or is all zero, which means none.</summary>
    internal static string Id(ReadOnlySpan<byte> id, int bytes) => id.Length == bytes && id.IndexOfAnyExcept((byte)0) >= 0 ? Convert.ToHexStringLower(id) : "";

    private static Result<ReadBatch<T>> Read<T>(ReadOnlyMemory<byte> body, bool isJson, OtlpSignal signal, Func<ReadOnlySpan<byte>, ReadBatch<T>?> read)
    {
        if (isJson)
        {
            var translated = OtlpJson.ToBinary(body.Span, signal);
            if (!translated.Ok)
            {
                return translated.Error;
            }

            body = translated.Value;
        }

        try
        {
            return read(body.Span) is { } batch ? batch : BatchFault.TooManyEntries;
        }
        catch (OtlpFormatException e)
        {
            return BatchFault.Of(BatchFault.WrongValue, "", e.Message);
        }
    }
}
