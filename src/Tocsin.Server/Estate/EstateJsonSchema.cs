using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tocsin.Estate;

/// <summary>The JSON schema (draft 7, which editors know) of an estate file, drawn from <see cref="EstateTable"/> and the providers.</summary>
internal static class EstateJsonSchema
{
    /// <summary>Longer lists of words would bury the rest; they are checked when the estate is compiled.</summary>
    private const int MaxWords = 50;

    private const string Reference = @"\$\{";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(EstateProviders providers)
    {
        var definitions = new SortedDictionary<string, JsonNode?>(StringComparer.Ordinal);
        var properties = new JsonObject();
        foreach (var field in EstateTable.Head)
        {
            var head = Scalar((ScalarShape)field.Shape, mayRefer: false);
            head["description"] = field.Help;
            properties[field.Key] = head;
        }

        foreach (var kind in EstateTable.Kinds)
        {
            properties[kind.Section] = new JsonObject { ["type"] = "array", ["items"] = Value(kind.Shape, null, providers, definitions) };
        }

        // The root alone may do without a name, and takes everything.
        var route = EstateTable.RootRoute;
        Define(route.Shape, providers, definitions);
        var root = Map("the root of the routing tree", [.. route.Shape.Fields.Where(f => f.Key != "match").Select(f => f with { Required = false })], providers, definitions);
        properties[route.Section] = root;

        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Tocsin estate",
            ["description"] = "One document of an estate: who is on call, how alerts reach them, and where alerts come from.",
            ["type"] = "object",
            ["properties"] = properties,
            ["required"] = Strings(EstateTable.Head.Where(f => f.Required).Select(f => f.Key)),
            ["additionalProperties"] = false,
            ["definitions"] = new JsonObject(definitions),
        };
        return schema.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Value(EstateShape shape, string? help, EstateProviders providers, SortedDictionary<string, JsonNode?> definitions)
    {
        var value = shape switch
        {
            ScalarShape s => Scalar(s, mayRefer: true),
            ListShape s => List(s, providers, definitions),
            TextsShape => new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = Strings(["string", "number", "boolean"]) } },
            MapShape s => Define(s, providers, definitions),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        // Beside a reference draft 7 ignores every other key.
        if (help is not null && !value.ContainsKey("$ref"))
        {
            value["description"] = help;
        }

        return value;
    }

    private static JsonObject List(ListShape shape, EstateProviders providers, SortedDictionary<string, JsonNode?> definitions)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = Value(shape.Item, null, providers, definitions) };
        if (shape.AtLeast > 0)
        {
            list["minItems"] = shape.AtLeast;
        }

        return list;
    }

    private static JsonObject Scalar(ScalarShape shape, bool mayRefer)
    {
        var forms = new JsonArray();
        if (shape.Literal is { } literal)
        {
            forms.Add(new JsonObject { ["type"] = literal });
        }

        if (shape.Words.Count is > 0 and <= MaxWords)
        {
            forms.Add(new JsonObject { ["enum"] = Strings(shape.Words) });
            if (mayRefer)
            {
                forms.Add(new JsonObject { ["type"] = "string", ["pattern"] = Reference });
            }
        }
        else
        {
            var text = new JsonObject { ["type"] = "string" };
            if (shape.Pattern is { } pattern)
            {
                text["pattern"] = mayRefer ? $"{pattern}|{Reference}" : pattern;
            }

            forms.Add(text);
        }

        return forms is [JsonObject only] ? (JsonObject)only.DeepClone() : new JsonObject { ["anyOf"] = forms };
    }

    private static JsonObject Define(MapShape shape, EstateProviders providers, SortedDictionary<string, JsonNode?> definitions)
    {
        if (definitions.TryAdd(shape.Id, null))
        {
            definitions[shape.Id] = shape.Port == ProviderPort.None
                ? Map(shape.Says, shape.Fields, providers, definitions)
                : OfProvider(shape, providers, definitions);
        }

        return new() { ["$ref"] = $"#/definitions/{shape.Id}" };
    }

    private static JsonObject Map(string says, IReadOnlyList<EstateField> fields, EstateProviders providers, SortedDictionary<string, JsonNode?> definitions)
    {
        var map = Properties(says, fields, providers, definitions);
        map["additionalProperties"] = false;
        return map;
    }

    private static JsonObject Properties(string says, IReadOnlyList<EstateField> fields, EstateProviders providers, SortedDictionary<string, JsonNode?> definitions)
    {
        var properties = new JsonObject();
        foreach (var field in fields)
        {
            properties[field.Key] = Value(field.Shape, field.Help, providers, definitions);
            if (field.Alias is { } alias)
            {
                properties[alias] = Value(field.Shape, $"The same as {field.Key}.", providers, definitions);
            }
        }

        var map = new JsonObject { ["description"] = says, ["type"] = "object", ["properties"] = properties };
        if (fields.Where(f => f.Required).Select(f => f.Key).ToArray() is { Length: > 0 } required)
        {
            map["required"] = Strings(required);
        }

        return map;
    }

    /// <summary>The keys depend on the type: for each known one a condition with exactly its keys.</summary>
    private static JsonObject OfProvider(MapShape shape, EstateProviders providers, SortedDictionary<string, JsonNode?> definitions)
    {
        var map = Properties(shape.Says, shape.Fields, providers, definitions);
        var infos = providers.Of(shape.Port).OrderBy(i => i.Id, StringComparer.Ordinal).ToArray();
        map["properties"]!["type"] = new JsonObject
        {
            ["anyOf"] = new JsonArray(
                new JsonObject { ["enum"] = Strings(infos.Select(i => i.Id)) },
                new JsonObject { ["type"] = "string", ["pattern"] = Reference }),
        };
        map["allOf"] = new JsonArray([.. infos.Select(info => new JsonObject
        {
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["type"] = new JsonObject { ["const"] = info.Id } }, ["required"] = Strings(["type"]) },
            ["then"] = new JsonObject
            {
                ["properties"] = new JsonObject(info.Settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)new JsonObject
                {
                    ["type"] = Strings(["string", "number", "boolean"]),
                    ["description"] = s.Help,
                }))),
                ["required"] = Strings(info.Settings.Where(s => s.Required).Select(s => s.Key)),
                ["propertyNames"] = new JsonObject { ["enum"] = Strings(shape.Fields.Select(f => f.Key).Concat(info.Settings.Select(s => s.Key)).Distinct()) },
            },
        })]);
        return map;
    }

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode?)JsonValue.Create(t))]);
}
