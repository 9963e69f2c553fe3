using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Tocsin.Data;

namespace Tocsin.Streams;

/// <summary>Events as the bytes of <c>text/event-stream</c>.</summary>
internal static class StreamFrames
{
    /// <summary>After so long clients come back when they are cut.</summary>
    public static ReadOnlySpan<byte> Retry => "retry: 3000\n\n"u8;

    /// <summary>One event, with the empty line that ends it.</summary>
    public static byte[] Event(LogRow row, StreamForm form)
    {
        var frame = new ArrayBufferWriter<byte>((row.Data?.Length ?? 0) + 256);
        frame.Write("id: "u8);
        Number(frame, row.Seq);
        if (form == StreamForm.Alerts)
        {
            frame.Write("\ndata: "u8);
            OneLine(frame, row.Data ?? "{}"u8);
        }
        else
        {
            frame.Write("\nevent: "u8);
            Encoding.UTF8.GetBytes(row.Kind, frame);
            frame.Write("\ndata: "u8);
            Line(frame, row);
        }

        frame.Write("\n\n"u8);
        return frame.WrittenSpan.ToArray();
    }

    /// <summary>Says that the stream lives and how far it is, so that who resumes need not read again what was not for him.</summary>
    public static byte[] Heartbeat(StreamForm form, long seq) => form == StreamForm.Alerts
        ? ": keep-alive\n\n"u8.ToArray()
        : Encoding.UTF8.GetBytes($"id: {seq}\nevent: heartbeat\ndata: null\n\n");

    /// <summary>Says that events after the position asked for are gone, and which is the oldest that is not.</summary>
    /// <param name="resume">Who resumes after this number gets all that is left.</param>
    public static byte[] Reset(long resume, long oldest) => Encoding.UTF8.GetBytes($$"""
        id: {{resume}}
        event: reset
        data: {"oldest":{{oldest}}}


        """);

    private static void Line(ArrayBufferWriter<byte> frame, LogRow row)
    {
        using var json = new Utf8JsonWriter(frame);
        json.WriteStartObject();
        json.WriteNumber("seq"u8, row.Seq);
        json.WriteString("at"u8, Instants.FromMicros(row.At));
        json.WriteString("kind"u8, row.Kind);
        json.WriteString("subject"u8, row.Subject);
        json.WriteString("actor"u8, row.Actor);
        json.WriteString("reason"u8, row.Reason);
        json.WritePropertyName("data"u8);
        if (row.Data is { } data)
        {
            json.WriteRawValue(WithoutBreaks(data), skipInputValidation: true);
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteEndObject();
    }

    private static void OneLine(ArrayBufferWriter<byte> frame, ReadOnlySpan<byte> json) => frame.Write(WithoutBreaks(json));

    /// <summary>Between JSON's words a line's end is as good as a blank; in a frame it would end the field.</summary>
    private static ReadOnlySpan<byte> WithoutBreaks(ReadOnlySpan<byte> json)
    {
        if (json.IndexOfAny((byte)'\n', (byte)'\r') < 0)
        {
            return json;
        }

        var copy = json.ToArray();
        copy.AsSpan().Replace((byte)'\n', (byte)' ');
        copy.AsSpan().Replace((byte)'\r', (byte)' ');
        return copy;
    }

    private static void Number(ArrayBufferWriter<byte> frame, long number)
    {
        Utf8Formatter.TryFormat(number, frame.GetSpan(20), out var length);
        frame.Advance(length);
    }
}
