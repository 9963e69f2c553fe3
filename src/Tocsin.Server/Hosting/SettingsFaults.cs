using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Estate;
using Tocsin.Outgoing;

namespace Tocsin.Hosting;

/// <summary>
/// Finds everything that is wrong with the settings before anything is built from them: names that do not exist, values of the wrong
/// kind, values out of range. Each fault names the setting and where it was set; never its value, which may be a secret.
/// </summary>
internal static class SettingsFaults
{
    /// <exception cref="OptionsValidationException">Something is wrong; the failures are all of it.</exception>
    public static void Demand(IConfigurationRoot settings)
    {
        var faults = Find(settings);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException("settings", typeof(ServerOptions), faults);
        }
    }

    public static IReadOnlyList<string> Find(IConfigurationRoot settings)
    {
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(Readable(settings, out var faults)).AddSettings().AddOutgoing().BuildServiceProvider();
        var sections = services.GetServices<SettingsSection>().ToDictionary(section => section.Options);
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (OptionsValidationException e)
        {
            faults.AddRange(e.Failures.Select(failure => Said(sections[e.OptionsType], failure, settings)));
        }
        catch (AggregateException e)
        {
            faults.AddRange(e.InnerExceptions.OfType<OptionsValidationException>()
                .SelectMany(o => o.Failures.Select(failure => Said(sections[o.OptionsType], failure, settings))));
        }

        return faults;
    }

    /// <summary>A copy of the settings without those that no option can be made of, which are faults.</summary>
    private static IConfigurationRoot Readable(IConfigurationRoot settings, out List<string> faults)
    {
        faults = [];
        var left = settings.AsEnumerable().Where(pair => pair.Value is not null).ToDictionary(StringComparer.OrdinalIgnoreCase);
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(settings).AddSettings().AddOutgoing().BuildServiceProvider();
        var sections = services.GetServices<SettingsSection>().ToList();
        faults.AddRange(UnknownSections(settings, [.. sections.Select(section => section.Name.Split(':')[0]).Distinct(), "Logging"]));
        foreach (var section in sections)
        {
            foreach (var setting in settings.GetSection(section.Name).GetChildren())
            {
                if (!sections.Exists(other => other.Name.Equals(setting.Path, StringComparison.OrdinalIgnoreCase)) && Fault(section, setting) is { } fault)
                {
                    faults.Add($"{fault} ({Origin(settings, setting.Path)})");
                    left.Remove(setting.Path);
                }
            }
        }

        return new ConfigurationBuilder().AddInMemoryCollection(left).Build();
    }

    /// <summary>Only where all names are ours: in tocsin.yaml and in variables with our prefix.</summary>
    private static IEnumerable<string> UnknownSections(IConfigurationRoot settings, IReadOnlyList<string> known)
    {
        var named = settings.Providers.OfType<NamedSettings>().SelectMany(provider => provider.GetChildKeys([], null).Select(key => (Key: key, Origin: provider.Name)));
        var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith(ServerConfiguration.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            .Select(name => (Key: name[ServerConfiguration.EnvironmentPrefix.Length..].Split("__")[0], Origin: $"set by the environment variable {name}"));
        return named.Concat(variables).Distinct()
            .Where(section => !known.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
            .Select(section => NearestName.Find(section.Key, known) is { } meant
                ? $"{section.Key} is not a section of the settings; did you mean {meant}? ({section.Origin})"
                : $"{section.Key} is not a section of the settings; there are {string.Join(", ", known)} ({section.Origin})");
    }

    private static string? Fault(SettingsSection section, IConfigurationSection setting)
    {
        var known = section.Options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite).ToList();
        if (known.Find(property => property.Name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)) is not { } property)
        {
            var meant = NearestName.Find(setting.Key, known.Select(p => p.Name));
            return $"{section.Name}:{setting.Key} is not a setting{(meant is null ? "" : $"; did you mean {section.Name}:{meant}?")}";
        }

        // A list has children instead of a value; whether its entries are good is its reader's business.
        return setting.Value is not { } text || IsReadable(property.PropertyType, text) ? null : $"{section.Name}:{property.Name} must be {Kind(property.PropertyType)}";
    }

    private static bool IsReadable(Type type, string text)
    {
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return true;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or NotSupportedException)
        {
            return false;
        }
    }

    private static string Kind(Type type) =>
        type == typeof(TimeSpan) ? "a span of time such as 00:00:30"
        : type == typeof(bool) ? "true or false"
        : type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : type == typeof(string) ? "a text"
        : "a number";

    /// <summary>The validators say "Name: The field Class.Name must be …" or "Name: …"; people know settings as Section:Name.</summary>
    private static string Said(SettingsSection section, string failure, IConfigurationRoot settings)
    {
        var property = section.Options.GetProperties().FirstOrDefault(p => failure.StartsWith($"{p.Name}: ", StringComparison.Ordinal));
        if (property is null)
        {
            return failure;
        }

        var key = $"{section.Name}:{property.Name}";
        var text = failure[(property.Name.Length + 2)..].TrimEnd('.')
            .Replace($"The field {section.Options.Name}.{property.Name} ", $"{key} ", StringComparison.Ordinal)
            .Replace($"The {section.Options.Name}.{property.Name} field ", $"{key} ", StringComparison.Ordinal);
        if (text.StartsWith($"{property.Name} ", StringComparison.Ordinal))
        {
            text = $"{section.Name}:{text}";
        }

        return $"{text} ({Origin(settings, key)})";
    }

    /// <summary>Where a setting comes from, in words: "set in tocsin.yaml", "set by the environment variable …", "not set".</summary>
    public static string Origin(IConfigurationRoot settings, string key) =>
        settings.Providers.Reverse().FirstOrDefault(provider => provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any()) switch
        {
            NamedSettings named => named.Name,
            Microsoft.Extensions.Configuration.Json.JsonConfigurationProvider json => $"set in {json.Source.Path}",
            Microsoft.Extensions.Configuration.EnvironmentVariables.EnvironmentVariablesConfigurationProvider =>
                string.Create(CultureInfo.InvariantCulture, $"set by the environment variable {ServerConfiguration.EnvironmentPrefix}{key.Replace(":", "__", StringComparison.Ordinal)}"),
            null => "not set",
            _ => "set by the program",
        };
}
