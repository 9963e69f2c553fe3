using System.Collections.Concurrent;
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

    private static readonly ConcurrentDictionary<JsonSerializerOptions, JsonSerializerOptions> OneLine = new();

    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type)
    {
        var options = new JsonSerializerOptions(type.Options) { WriteIndented = true, Encoder = Encoder };
        output.WriteLine(JsonSerializer.Serialize(value, options.GetTypeInfo(typeof(T))));
    }

    /// <summary>One object on one line, for streams of them.</summary>
    public static void WriteLine<T>(TextWriter output, T value, JsonTypeInfo<T> type)
    {
        var options = OneLine.GetOrAdd(type.Options, static own => new(own) { WriteIndented = false, Encoder = Encoder });
        output.WriteLine(JsonSerializer.Serialize(value, options.GetTypeInfo(typeof(T))));
    }

    /// <summary>JSON that has no record of its own.</summary>
    public static void Write(TextWriter output, JsonNode node) =>
        output.WriteLine(node.ToJsonString(new() { WriteIndented = true, Encoder = Encoder }));
}
