using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tocsin.Estate;

/// <summary>The stored form of an object: JSON text, keys in the order of the file, references unfilled.</summary>
internal static class EstateJson
{
    private static readonly JsonDocumentOptions ReadOptions = new() { MaxDepth = EstateYamlReader.MaxDepth, AllowDuplicateProperties = false };

    private static readonly JsonWriterOptions WriteOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the text that <see cref="Read(string, Mark)"/> reads back to the same content.</summary>
    public static string Write(EstateNode node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriteOptions))
        {
            Write(writer, node);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Reads a stored body.</summary>
    /// <param name="mark">Where the object comes from; every node gets it, since JSON is not what people wrote.</param>
    /// <exception cref="JsonException">The text is not what <see cref="Write(EstateNode)"/> writes.</exception>
    public static EstateMap Read(string json, Mark mark)
    {
        using var document = JsonDocument.Parse(json, ReadOptions);
        return Read(document.RootElement, mark) as EstateMap ?? throw new JsonException("A stored object is a JSON object.");
    }

    private static EstateNode? Read(JsonElement element, Mark mark) => element.ValueKind switch
    {
        JsonValueKind.Object => new EstateMap(
            [
                .. element.EnumerateObject()
                    .Select(p => (p.Name, Value: Read(p.Value, mark)))
                    .Where(p => p.Value is not null)
                    .Select(p => new EstateEntry(p.Name, mark, p.Value!)),
            ],
            mark),
        JsonValueKind.Array => new EstateList([.. element.EnumerateArray().Select(e => Read(e, mark)).OfType<EstateNode>()], mark),
        JsonValueKind.String => new EstateScalar(element.GetString()!, mark),
        JsonValueKind.Null => null,
        _ => new EstateScalar(element.GetRawText(), mark, isLiteral: true),
    };

    private static void Write(Utf8JsonWriter writer, EstateNode node)
    {
        switch (node)
        {
            case EstateScalar { IsLiteral: true } scalar:
                writer.WriteRawValue(scalar.Written);
                break;
            case EstateScalar scalar:
                writer.WriteStringValue(scalar.Written);
                break;
            case EstateList list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case EstateMap map:
                writer.WriteStartObject();
                foreach (var entry in map.Entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
