using Microsoft.Extensions.Configuration;
using YamlDotNet.RepresentationModel;

namespace Tocsin.Hosting;

/// <summary>Where settings come from, weakest first: appsettings.json, tocsin.yaml, environment, command line.</summary>
internal static class ServerConfiguration
{
    private const string EnvironmentPrefix = "Tocsin__";

    public static void Add(ConfigurationManager configuration, ServeSettings settings)
    {
        configuration.AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true);
        if (File.Exists("tocsin.yaml"))
        {
            configuration.AddInMemoryCollection(Yaml("tocsin.yaml"));
        }

        configuration.AddInMemoryCollection(WellKnown());
        configuration.AddEnvironmentVariables(EnvironmentPrefix);
        configuration.AddInMemoryCollection(CommandLine(settings));
    }

    private static IEnumerable<KeyValuePair<string, string?>> CommandLine(ServeSettings settings)
    {
        (string Key, string? Value)[] given =
        [
            ("Server:Data", settings.Data), ("Server:Urls", settings.Urls), ("Server:Database", settings.Database),
            ("Server:Estate", settings.Estate), ("Server:Roles", settings.Roles),
        ];
        return given.Where(g => g.Value is not null).Select(g => KeyValuePair.Create(g.Key, g.Value));
    }

    /// <summary>Names that people's environments have already.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> WellKnown()
    {
        if (Environment.GetEnvironmentVariable("DATABASE_URL") is { Length: > 0 } database)
        {
            yield return new("Server:Database", database);
        }

        if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } otlp)
        {
            yield return new("Otlp:Endpoint", otlp);
        }
    }

    private static List<KeyValuePair<string, string?>> Yaml(string path)
    {
        using var reader = File.OpenText(path);
        var stream = new YamlStream();
        stream.Load(reader);
        List<KeyValuePair<string, string?>> pairs = [];
        if (stream.Documents is [{ RootNode: { } root }, ..])
        {
            Flatten(root, "", pairs);
        }

        return pairs;
    }

    private static void Flatten(YamlNode node, string path, List<KeyValuePair<string, string?>> pairs)
    {
        switch (node)
        {
            case YamlMappingNode map:
                foreach (var (key, value) in map.Children)
                {
                    Flatten(value, path.Length == 0 ? key.ToString() : $"{path}:{key}", pairs);
                }

                break;
            case YamlSequenceNode list:
                for (var i = 0; i < list.Children.Count; i++)
                {
                    Flatten(list.Children[i], $"{path}:{i}", pairs);
                }

                break;
            default:
                pairs.Add(new(path, ((YamlScalarNode)node).Value));
                break;
        }
    }
}
