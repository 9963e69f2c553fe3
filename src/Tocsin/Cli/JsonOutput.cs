using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace Tocsin.Cli;

/// <summary>The API's own shapes, indented. Letters of all scripts stay as they are; control characters never do.</summary>
internal static class JsonOutput
{
    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type)
    {
        var options = new JsonSerializerOptions(type.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };
        output.WriteLine(JsonSerializer.Serialize(value, options.GetTypeInfo(typeof(T))));
    }
}
