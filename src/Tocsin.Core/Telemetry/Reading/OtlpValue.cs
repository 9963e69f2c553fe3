using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tocsin.Telemetry;

/// <summary>Reads OTLP's values of any kind, and attributes, which are names with such values.</summary>
internal static class OtlpValue
{
    private const int MostNested = 20;

    private static readonly JsonWriterOptions _options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>One attribute.</summary>
    /// <param name="value">A value of any kind; empty: none.</param>
    public static string KeyValue(ReadOnlySpan<byte> pair, NamePool names, out ReadOnlySpan<byte> value)
    {
        var reader = new ProtoReader(pair);
        var key = "";
        value = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    key = names.Of(reader.Bytes());
                    break;
                case 2:
                    value = reader.Bytes();
                    break;
            }
        }

        return key;
    }

    /// <summary>As text: what is no text is written as in JSON.</summary>
    public static string Text(ReadOnlySpan<byte> value, int limit)
    {
        var reader = new ProtoReader(value);
        var text = "";
        while (reader.Next())
        {
            text = reader.Field switch
            {
                1 => Fit(reader.Bytes(), limit),
                2 => reader.Number() != 0 ? "true" : "false",
                3 => ((long)reader.Number()).ToString(CultureInfo.InvariantCulture),
                4 => reader.Double().ToString("R", CultureInfo.InvariantCulture),
                5 or 6 => Fit(Json(value), limit),
                7 => FittedText.Fit(Convert.ToBase64String(reader.Bytes()), limit),
                _ => text,
            };
        }

        return text;
    }

    /// <summary>As a member of attributes.</summary>
    public static void Write(string name, ReadOnlySpan<byte> value, AttributeWriter attributes)
    {
        var reader = new ProtoReader(value);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    attributes.Text(name, Fit(reader.Bytes(), TelemetryLimits.Attributes));
                    return;
                case 2:
                    attributes.Flag(name, reader.Number() != 0);
                    return;
                case 3:
                    attributes.Number(name, (long)reader.Number());
                    return;
                case 4:
                    attributes.Number(name, reader.Double());
                    return;
                case 5 or 6:
                    attributes.Raw(name, Json(value));
                    return;
                case 7:
                    attributes.Text(name, Fit(Encoding.ASCII.GetBytes(Convert.ToBase64String(reader.Bytes())), TelemetryLimits.Attributes));
                    return;
            }
        }
    }

    /// <summary>UTF-8 as the sender wrote it, as a text that can be stored.</summary>
    public static string Fit(ReadOnlySpan<byte> utf8, int limit)
    {
        if (utf8.Length <= 256)
        {
            Span<char> few = stackalloc char[256];
            return FittedText.Fit(few[..Encoding.UTF8.GetChars(utf8, few)], limit);
        }

        var chars = ArrayPool<char>.Shared.Rent(utf8.Length);
        var text = FittedText.Fit(chars.AsSpan(0, Encoding.UTF8.GetChars(utf8, chars)), limit);
        ArrayPool<char>.Shared.Return(chars);
        return text;
    }

    private static ReadOnlySpan<byte> Json(ReadOnlySpan<byte> value)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, _options))
        {
            Json(value, json, 0);
        }

        return bytes.WrittenSpan;
    }

    private static void Json(ReadOnlySpan<byte> value, Utf8JsonWriter json, int depth)
    {
        var reader = new ProtoReader(value);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    json.WriteStringValue(Fit(reader.Bytes(), TelemetryLimits.Message));
                    return;
                case 2:
                    json.WriteBooleanValue(reader.Number() != 0);
                    return;
                case 3:
                    json.WriteNumberValue((long)reader.Number());
                    return;
                case 4 when reader.Double() is var number:
                    if (double.IsFinite(number))
                    {
                        json.WriteNumberValue(number);
                    }
                    else
                    {
                        json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                    }

                    return;
                case 5 when depth < MostNested:
                    json.WriteStartArray();
                    for (var items = new ProtoReader(reader.Bytes()); items.Next();)
                    {
                        Json(items.Bytes(), json, depth + 1);
                    }

                    json.WriteEndArray();
                    return;
                case 6 when depth < MostNested:
                    json.WriteStartObject();
                    for (var pairs = new ProtoReader(reader.Bytes()); pairs.Next();)
                    {
                        json.WritePropertyName(KeyValue(pairs.Bytes(), new NamePool(), out var inner));
                        Json(inner, json, depth + 1);
                    }

                    json.WriteEndObject();
                    return;
                case 7:
                    json.WriteBase64StringValue(reader.Bytes());
                    return;
            }
        }

        json.WriteNullValue();
    }
}
