using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;

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

    public string ToJson() => JsonSerializer.Serialize(this, AlertJson.Default.AlertDocument);

    public static AlertDocument FromJson(string json) => JsonSerializer.Deserialize(json, AlertJson.Default.AlertDocument)!;
}

/// <summary>A document and its stored text, each made from the other when it is first asked for. Not for two threads at once.</summary>
internal sealed class AlertText
{
    private AlertDocument? _document;
    private string? _json;

    public AlertDocument Document => _document ??= AlertDocument.FromJson(_json!);

    public string Json => _json ??= StorableText.Of(_document!.ToJson());

    public static AlertText Of(AlertDocument document) => new() { _document = document };

    public static AlertText Stored(string json) => new() { _json = json };
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
