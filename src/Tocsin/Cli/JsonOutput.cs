using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Tocsin.Cli;

/// <summary>The API's own shapes, indented. Letters of all scripts stay as they are; control characters never do.</summary>
internal static class JsonOutput
{
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.Create(UnicodeRanges.All);

    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type)
    {
        var options = new JsonSerializerOptions(type.Options) { WriteIndented = true, Encoder = Encoder };
        output.WriteLine(JsonSerializer.Serialize(value, options.GetTypeInfo(typeof(T))));
    }

    /// <summary>JSON that has no record of its own.</summary>
    public static void Write(TextWriter output, JsonNode node) =>
        output.WriteLine(node.ToJsonString(new() { WriteIndented = true, Encoder = Encoder }));
}
