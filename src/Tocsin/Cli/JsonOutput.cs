using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Tocsin.Sdk;

namespace Tocsin.Cli;

/// <summary>The API's own shapes, indented. Letters of all scripts stay as they are; control characters never do.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new(WireJson.Default.Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type) =>
        output.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Options.GetTypeInfo(type.Type)));
}
