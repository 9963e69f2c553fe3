using System.Text;
using System.Text.RegularExpressions;

namespace Tocsin.Estate;

/// <summary>Draws the lists of keys in the reference page from the table.</summary>
internal static partial class EstateReference
{
    /// <summary>
    /// The page with each list between <c>&lt;!-- keys ID --&gt;</c> and <c>&lt;!-- end --&gt;</c> drawn anew. ID is that of a shape,
    /// or <c>types notifier</c> and <c>types source</c> for the settings of providers.
    /// </summary>
    /// <exception cref="KeyNotFoundException">The page asks for a shape that is not in the table.</exception>
    public static string Fill(string page, EstateProviders providers)
    {
        var shapes = new Dictionary<string, MapShape>(StringComparer.Ordinal);
        foreach (var kind in EstateTable.Kinds.Append(EstateTable.RootRoute))
        {
            Collect(kind.Shape, shapes);
        }

        return Lists().Replace(page, match => $"<!-- keys {match.Groups["id"].Value} -->\n\n{List(match.Groups["id"].Value, shapes, providers)}\n<!-- end -->");
    }

    private static string List(string id, Dictionary<string, MapShape> shapes, EstateProviders providers) => id switch
    {
        "document" => Keys(EstateTable.Head),
        "types notifier" => Types(ProviderPort.Notifier, providers),
        "types source" => Types(ProviderPort.Source, providers),
        _ => Keys(shapes[id].Fields),
    };

    private static string Keys(IEnumerable<EstateField> fields)
    {
        var text = new StringBuilder("| key | value | meaning |\n|---|---|---|\n");
        foreach (var field in fields)
        {
            var names = field.Alias is null ? $"`{field.Key}`" : $"`{field.Key}` or `{field.Alias}`";
            text.Append("| ").Append(names).Append(field.Required ? " (required)" : "").Append(" | ").Append(Cell(Value(field.Shape))).Append(" | ").Append(Cell(field.Help)).Append(" |\n");
        }

        return text.ToString();
    }

    private static string Types(ProviderPort port, EstateProviders providers)
    {
        var text = new StringBuilder("| type | key | meaning |\n|---|---|---|\n");
        foreach (var info in providers.Of(port).OrderBy(i => i.Id, StringComparer.Ordinal))
        {
            foreach (var setting in info.Settings)
            {
                var marks = (setting.Required, setting.Secret) switch
                {
                    (true, true) => " (required, secret)",
                    (true, false) => " (required)",
                    (false, true) => " (secret)",
                    _ => "",
                };
                text.Append("| `").Append(info.Id).Append("` | `").Append(setting.Key).Append('`').Append(marks).Append(" | ").Append(Cell(setting.Help)).Append(" |\n");
            }

            if (info.Settings.Count == 0)
            {
                text.Append("| `").Append(info.Id).Append("` | | |\n");
            }
        }

        return text.ToString();
    }

    private static string Value(EstateShape shape) => shape switch
    {
        ScalarShape s => s.Says,
        ListShape s => $"a list of {s.Items}",
        MapShape s => s.Says,
        TextsShape s => s.Says,
        _ => "",
    };

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static void Collect(MapShape shape, Dictionary<string, MapShape> into)
    {
        if (into.TryAdd(shape.Id, shape))
        {
            foreach (var inner in shape.Fields.Select(f => f.Shape is ListShape list ? list.Item : f.Shape).OfType<MapShape>())
            {
                Collect(inner, into);
            }
        }
    }

    [GeneratedRegex("<!-- keys (?<id>[a-z_ ]+) -->.*?<!-- end -->", RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Lists();
}
