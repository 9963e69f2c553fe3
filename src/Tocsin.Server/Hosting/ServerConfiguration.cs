using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Tocsin.Hosting;

/// <summary>Where settings come from, weakest first: appsettings.json, tocsin.yaml, environment, command line.</summary>
internal static class ServerConfiguration
{
    public const string EnvironmentPrefix = "Tocsin__";

    private const string YamlFile = "tocsin.yaml";

    /// <exception cref="OptionsValidationException">A file of settings cannot be read; the failure says where.</exception>
    public static void Add(IConfigurationBuilder configuration, ServeSettings settings)
    {
        try
        {
            configuration.AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true);
            if (File.Exists(YamlFile))
            {
                configuration.Add(new NamedSettingsSource($"set in {YamlFile}", Yaml(YamlFile)));
            }
        }
        catch (InvalidDataException e)
        {
            throw Unreadable("appsettings.json", e.InnerException?.InnerException?.Message ?? e.InnerException?.Message ?? e.Message);
        }
        catch (YamlException e)
        {
            throw Unreadable($"{YamlFile}:{e.Start.Line}:{e.Start.Column}", e.Message);
        }

        configuration.Add(new NamedSettingsSource("set by an environment variable of a system that Tocsin replaces", WellKnown()));
        configuration.AddEnvironmentVariables(EnvironmentPrefix);
        configuration.Add(new NamedSettingsSource("set on the command line", CommandLine(settings)));
    }

    private static OptionsValidationException Unreadable(string place, string why) =>
        new("settings", typeof(ServerOptions), [$"{place} cannot be read: {why}"]);

    private static IEnumerable<KeyValuePair<string, string?>> CommandLine(ServeSettings settings)
    {
        (string Key, string? Value)[] given =
        [
            ("Server:Data", settings.Data), ("Server:Urls", settings.Urls), ("Server:Database", settings.Database),
            ("Server:Estate", settings.Estate), ("Server:Roles", settings.Roles),
        ];
        return given.Where(g => g.Value is not null).Select(g => KeyValuePair.Create(g.Key, g.Value));
    }

    /// <summary>Names that people's environments have already, where the first that is set counts.</summary>
    private static readonly (string Setting, string[] Names)[] _wellKnown =
    [
        ("Ai:WatsonxApiKey", ["WATSONX_API_KEY"]),
        ("Ai:WatsonxUrl", ["WATSONX_URL", "WATSONX_AGENT_URL"]),
    ];

    private static string? OfEnvironment(string[] names) => names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));

    /// <summary>Names that people's environments have already.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> WellKnown()
    {
        foreach (var (setting, names) in _wellKnown)
        {
            if (OfEnvironment(names) is { } value)
            {
                yield return new(setting, value);
            }
        }

        // In seconds, as the reliability assistant counted; what is no number is a fault that names the setting.
        if (OfEnvironment(["MONITORING_INTERVAL"]) is { } interval)
        {
            yield return new("Ai:Every", double.TryParse(interval, System.Globalization.CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Clamp(seconds, 60, 86_400)).ToString() : interval);
        }

        if (Environment.GetEnvironmentVariable("DATABASE_URL") is { Length: > 0 } database)
        {
            yield return new("Server:Database", database);
        }

        if (Environment.GetEnvironmentVariable("REDIS_HOST") is { Length: > 0 } redis)
        {
            yield return new("Backplane:RedisHost", redis);
        }

        if (Environment.GetEnvironmentVariable("REDIS_PORT") is { Length: > 0 } port)
        {
            yield return new("Backplane:RedisPort", port);
        }

        if (Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } otlp)
        {
            yield return new("Otlp:Endpoint", otlp);
        }

        if (Environment.GetEnvironmentVariable("STAGE") is { Length: > 0 } stage)
        {
            yield return new("Server:Stage", stage);
        }

        if (Environment.GetEnvironmentVariable("SESSION_TOKEN_EXPIRE_HOURS") is { Length: > 0 } hours)
        {
            yield return new("Accounts:TokenHours", hours);
        }

        if (Environment.GetEnvironmentVariable("ADMIN_API_KEY") is { Length: > 0 } adminKey)
        {
            yield return new("Keys:AdminKey", adminKey);
        }

        if (Environment.GetEnvironmentVariable("MAX_API_KEYS_PER_USER") is { Length: > 0 } mostKeys)
        {
            yield return new("Keys:MaxPerAccount", mostKeys);
        }

        if (Environment.GetEnvironmentVariable("AUTH_STORE_DIR") is { Length: > 0 } keys)
        {
            yield return new("AlertServer:KeyFolder", keys);
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

/// <summary>Settings from a place that can be named when one of them is wrong.</summary>
internal sealed class NamedSettingsSource(string name, IEnumerable<KeyValuePair<string, string?>> pairs) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) => new NamedSettings(name, new() { InitialData = pairs });
}

internal sealed class NamedSettings(string name, MemoryConfigurationSource source) : MemoryConfigurationProvider(source)
{
    public string Name { get; } = name;
}
