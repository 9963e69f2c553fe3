using Microsoft.OpenApi;

namespace Tocsin.Pages;

/// <summary>Reads the OpenAPI document into what its page shows.</summary>
internal static class DocsReader
{
    public static DocsModel Read(OpenApiDocument document)
    {
        var calls = document.Paths.SelectMany(path => path.Value.Operations!.Select(o => (Chapter: o.Value.Tags!.First().Name, Call: Call(path.Key, o.Key.Method, o.Value))));
        var byChapter = calls.ToLookup(c => c.Chapter, c => c.Call, StringComparer.Ordinal);
        return new(
            document.Info.Description ?? "",
            [.. document.Components!.SecuritySchemes!.Values.Select(s => new DocsNote(NameOf(s), s.Description ?? ""))],
            [.. document.Tags!.Select(t => new DocsChapter(t.Name!, t.Description, [.. byChapter[t.Name]])).Where(c => c.Calls.Count > 0)],
            [.. document.Components.Schemas!.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => Shape(s.Key, s.Value))]);
    }

    private static string NameOf(IOpenApiSecurityScheme scheme) => scheme.In switch
    {
        ParameterLocation.Cookie => $"Cookie {scheme.Name}",
        _ when scheme.Type == SecuritySchemeType.Http => "Authorization: Bearer KEY",
        _ => $"{scheme.Name}: KEY",
    };

    private static DocsCall Call(string path, string method, OpenApiOperation operation) =>
        new(operation.OperationId!, method, path, operation.Summary?.Replace("`", "", StringComparison.Ordinal), operation.Description, IsOpen: operation.Security?.Count == 0)
        {
            Parameters = [.. (operation.Parameters ?? []).Select(p => new DocsField(p.Name!, TypeOf(p.Schema), p.Description, p.Required, p.In?.ToString().ToLowerInvariant()))],
            Body = operation.RequestBody is { } body ? new(string.Join(", ", body.Content!.Keys), Content(body.Content), body.Description) : null,
            Answers = [.. operation.Responses!.Select(r => new DocsField(r.Key, Content(r.Value.Content), r.Value.Description))],
        };

    /// <summary>What the first media type holds; the others say the same in another form.</summary>
    private static DocsType? Content(IDictionary<string, OpenApiMediaType>? content) => content?.FirstOrDefault() switch
    {
        { Key: "text/event-stream", Value.Schema: var each } when TypeOf(each) is { } type => type with { Words = $"events of {type.Words}" },
        { Value.Schema: var schema } => TypeOf(schema),
        _ => null,
    };

    private static DocsShape Shape(string name, IOpenApiSchema schema) => new(
        name, schema.Description,
        [.. (schema.Properties ?? new Dictionary<string, IOpenApiSchema>()).Select(p => new DocsField(p.Key, TypeOf(p.Value), p.Value.Description, schema.Required?.Contains(p.Key) == true))]);

    private static DocsType? TypeOf(IOpenApiSchema? schema)
    {
        switch (schema)
        {
            case null:
                return null;
            case OpenApiSchemaReference reference:
                return new(reference.Reference.Id!, reference.Reference.Id);
            case { OneOf: { Count: > 0 } either }:
                var one = either.Select(TypeOf).FirstOrDefault(t => t?.Shape is not null) ?? TypeOf(either[0]);
                return one is null ? null : new($"null or {one.Words}", one.Shape);
            case { Items: { } items }:
                return TypeOf(items) is { } item ? new($"{Null(schema)}list of {item.Words}", item.Shape) : new($"{Null(schema)}list", null);
            case { AdditionalProperties: { } values }:
                return TypeOf(values) is { } value ? new($"{Null(schema)}object of {value.Words}", value.Shape) : new($"{Null(schema)}object", null);
            case { Enum: { Count: > 0 } words }:
                return new(string.Join(", ", words.Select(w => w?.ToString())), null);
        }

        var name = schema.Type is { } type && type != JsonSchemaType.Null ? (type & ~JsonSchemaType.Null).ToString().ToLowerInvariant() : "any value";
        return new(Null(schema) + name + (schema.Format is { } format ? $" ({format})" : ""), null);
    }

    private static string Null(IOpenApiSchema schema) => schema.Type?.HasFlag(JsonSchemaType.Null) == true ? "null or " : "";
}
