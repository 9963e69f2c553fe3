using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tocsin.Alerts;

/// <summary>The part of an alert that nothing is decided by: stored as one text beside the narrow columns.</summary>
internal sealed record AlertDocument
{
    public required string Source { get; init; }

    public required string DedupKey { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public LabelSet Labels { get; init; } = LabelSet.Empty;

    public LabelSet Annotations { get; init; } = LabelSet.Empty;

    public IReadOnlyList<Link>? Links { get; init; }

    public IReadOnlyList<Image>? Images { get; init; }

    public string? Value { get; init; }

    public string? Threshold { get; init; }

    public string? SenderFingerprint { get; init; }

    public static AlertDocument Of(Signal signal, string source) => new()
    {
        Source = source,
        DedupKey = signal.DedupKey,
        Title = signal.Title,
        Description = signal.Description,
        Service = signal.Service,
        Environment = signal.Environment,
        Labels = signal.Labels,
        Annotations = signal.Annotations,
        Links = signal.Links.Count == 0 ? null : signal.Links,
        Images = signal.Images.Count == 0 ? null : signal.Images,
        Value = signal.Value,
        Threshold = signal.Threshold,
        SenderFingerprint = signal.SenderFingerprint == signal.DedupKey ? null : signal.SenderFingerprint,
    };

    /// <summary>The same document always makes the same bytes: they are compared to find out whether anything changed.</summary>
    public byte[] ToUtf8()
    {
        var (bytes, json) = _pen ??= NewPen();
        bytes.ResetWrittenCount();
        json.Reset();
        Write(json);
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    public static AlertDocument FromUtf8(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, AlertJson.Default.AlertDocument)!;

    /// <summary>By hand, since every alert that comes in is written; the reading side is generated, and a test holds the two together.</summary>
    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("source"u8, Source);
        json.WriteString("dedupKey"u8, DedupKey);
        json.WriteString("title"u8, Title);
        WriteText(json, "description"u8, Description);
        WriteText(json, "service"u8, Service);
        WriteText(json, "environment"u8, Environment);
        WriteLabels(json, "labels"u8, Labels);
        WriteLabels(json, "annotations"u8, Annotations);
        WriteList(json, "links"u8, Links, static (json, link) =>
        {
            json.WriteString("text"u8, link.Text);
            json.WriteString("href"u8, link.Href);
        });
        WriteList(json, "images"u8, Images, static (json, image) =>
        {
            json.WriteString("src"u8, image.Src);
            WriteText(json, "alt"u8, image.Alt);
            WriteText(json, "href"u8, image.Href);
        });
        WriteText(json, "value"u8, Value);
        WriteText(json, "threshold"u8, Threshold);
        WriteText(json, "senderFingerprint"u8, SenderFingerprint);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteLabels(Utf8JsonWriter json, ReadOnlySpan<byte> name, LabelSet labels)
    {
        json.WriteStartObject(name);
        foreach (var (label, value) in labels.AsSpan())
        {
            json.WriteString(label, value);
        }

        json.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<T>? items, Action<Utf8JsonWriter, T> write)
    {
        if (items is null)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStartObject();
            write(json, item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Bytes, Utf8JsonWriter Json)? _pen;

    private static (ArrayBufferWriter<byte> Bytes, Utf8JsonWriter Json) NewPen()
    {
        var bytes = new ArrayBufferWriter<byte>(4096);

        // It is read by this program alone, so nothing has to be escaped for the sake of a page.
        return (bytes, new Utf8JsonWriter(bytes, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }));
    }
}

/// <summary>A document and its stored text, each made from the other when it is first asked for. Not for two threads at once.</summary>
internal sealed class AlertText
{
    private AlertDocument? _document;
    private byte[]? _utf8;

    public AlertDocument Document => _document ??= AlertDocument.FromUtf8(_utf8);

    public byte[] Utf8 => _utf8 ??= _document!.ToUtf8();

    public static AlertText Of(AlertDocument document) => new() { _document = document };

    public static AlertText Stored(byte[] utf8) => new() { _utf8 = utf8 };

    public bool IsSameAs(AlertText other) => Utf8.AsSpan().SequenceEqual(other.Utf8);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(LabelSetConverter)])]
[JsonSerializable(typeof(AlertDocument))]
internal sealed partial class AlertJson : JsonSerializerContext;

/// <summary>A label set as a JSON object.</summary>
internal sealed class LabelSetConverter : JsonConverter<LabelSet>
{
    public override LabelSet Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        List<KeyValuePair<string, string>> pairs = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            pairs.Add(new(name, reader.GetString() ?? ""));
        }

        return LabelSet.FromOwned([.. pairs]);
    }

    public override void Write(Utf8JsonWriter writer, LabelSet value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, text) in value.AsSpan())
        {
            writer.WriteString(name, text);
        }

        writer.WriteEndObject();
    }
}
