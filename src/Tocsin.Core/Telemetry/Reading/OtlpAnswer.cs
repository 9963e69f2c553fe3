using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Tocsin.Telemetry;

/// <summary>What OTLP answers, in the form in which it was asked.</summary>
public static class OtlpAnswer
{
    /// <summary>All was taken, or all but so many.</summary>
    /// <param name="message">Why some were not; empty when all were.</param>
    public static byte[] Taken(OtlpSignal signal, int rejected, string message, bool isJson)
    {
        if (rejected == 0)
        {
            return isJson ? "{}"u8.ToArray() : [];
        }

        if (isJson)
        {
            return Json(json =>
            {
                json.WriteStartObject("partialSuccess");

                // 64-bit numbers are texts in this form.
                json.WriteString(signal switch { OtlpSignal.Logs => "rejectedLogRecords", OtlpSignal.Metrics => "rejectedDataPoints", _ => "rejectedSpans" }, $"{rejected}");
                json.WriteString("errorMessage", message);
                json.WriteEndObject();
            });
        }

        var writer = new ProtoWriter();
        var partial = writer.Open(1);
        writer.Number(1, (ulong)rejected);
        writer.Bytes(2, Encoding.UTF8.GetBytes(message));
        writer.Close(partial);
        return writer.Written.ToArray();
    }

    /// <summary>A refusal.</summary>
    /// <param name="code">Of gRPC's: 3 for a bad request, 8 for too much, 14 for try again.</param>
    public static byte[] Refused(int code, string message, bool isJson)
    {
        if (isJson)
        {
            return Json(json =>
            {
                json.WriteNumber("code", code);
                json.WriteString("message", message);
            });
        }

        var writer = new ProtoWriter();
        writer.Number(1, (ulong)code);
        writer.Bytes(2, Encoding.UTF8.GetBytes(message));
        return writer.Written.ToArray();
    }

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }
}
