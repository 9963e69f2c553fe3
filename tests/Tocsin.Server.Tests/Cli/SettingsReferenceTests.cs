using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Hosting;
using Tocsin.Outgoing;

namespace Tocsin.Tests.Cli;

/// <summary>The page about settings is drawn from the classes that hold them: name, kind, range, default, and what is written there about each.</summary>
public sealed partial class SettingsReferenceTests
{
    private static readonly string Page = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/reference/settings.md"));

    private static readonly XElement Comments = XDocument.Load(Path.ChangeExtension(typeof(ServerOptions).Assembly.Location, ".xml")).Root!.Element("members")!;

    private static readonly SettingsSection[] Sections =
        [.. new ServiceCollection().AddSettings().AddOutgoing().Where(s => s.ImplementationInstance is SettingsSection).Select(s => (SettingsSection)s.ImplementationInstance!)];

    [Fact]
    public async Task The_tables_of_settings_are_drawn_from_their_classes()
    {
        var page = await File.ReadAllTextAsync(Page);
        var drawn = Tables().Replace(page, match => Table(Assert.Single(Sections, s => s.Name == match.Groups["name"].Value)));
        if (Environment.GetEnvironmentVariable("TOCSIN_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Page, drawn);
            page = drawn;
        }

        Assert.True(page == drawn, "docs/reference/settings.md is out of date. Write it again: TOCSIN_WRITE_DOCS=1 dotnet test tests/Tocsin.Server.Tests --filter FullyQualifiedName~SettingsReference");
        Assert.Equal(Sections.Select(s => s.Name).Order(StringComparer.Ordinal), Tables().Matches(page).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal));
    }

    private static string Table(SettingsSection section)
    {
        var text = new StringBuilder($"<!-- settings {section.Name} -->\n\n{Words($"T:{section.Options.FullName}")}\n\n");
        text.Append("| setting | value | default | meaning |\n|---|---|---|---|\n");
        var defaults = Activator.CreateInstance(section.Options)!;
        foreach (var property in section.Options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            var meaning = Words($"P:{section.Options.FullName}.{property.Name}");
            Assert.True(meaning.Length > 0, $"{section.Name}:{property.Name} has no words in its class.");
            text.Append(CultureInfo.InvariantCulture, $"| `{section.Name}:{property.Name}` | {Value(property)} | {Default(property.GetValue(defaults))} | {meaning.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.Append("\n<!-- end -->").ToString();
    }

    private static string Value(PropertyInfo property)
    {
        var kind = property.PropertyType == typeof(TimeSpan) ? "span" : property.PropertyType == typeof(string) ? "text" : property.PropertyType.IsEnum
            ? string.Join(", ", Enum.GetNames(property.PropertyType).Select(name => $"`{name}`")) : property.PropertyType == typeof(bool) ? "`true`, `false`" : "number";
        return property.GetCustomAttribute<RangeAttribute>() is { } range
            ? string.Create(CultureInfo.InvariantCulture, $"{kind}, `{range.Minimum}` to `{range.Maximum}`") : kind;
    }

    private static string Default(object? value) => value switch
    {
        null or "" => "none",
        TimeSpan span => $"`{span.ToString(span.Milliseconds == 0 ? "hh\\:mm\\:ss" : "hh\\:mm\\:ss\\.fff", CultureInfo.InvariantCulture)}`",
        _ => string.Create(CultureInfo.InvariantCulture, $"`{value}`"),
    };

    /// <summary>The summary as Markdown on one line.</summary>
    private static string Words(string member)
    {
        var summary = Comments.Elements("member").FirstOrDefault(m => m.Attribute("name")!.Value == member)?.Element("summary");
        var text = string.Concat(summary?.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
            XText plain => plain.Value,
            _ => "",
        }) ?? []);
        return Blanks().Replace(text, " ").Trim();
    }

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex("<!-- settings (?<name>[A-Za-z:]+) -->.*?<!-- end -->", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Tables();

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex Blanks();
}
