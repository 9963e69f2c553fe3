using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>The API's description is complete, true and the one that is committed.</summary>
public sealed class OpenApiTests(OpenApiTests.WithHistory shared) : IClassFixture<OpenApiTests.WithHistory>
{
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private HttpBench Bench => shared.Bench;

    [Fact]
    public async Task The_committed_description_is_what_is_served()
    {
        var committed = await File.ReadAllTextAsync(Path.Combine(Repository(), "docs", "reference", "openapi.json"));
        var served = (await DescriptionAsync()).ToJsonString(_indented) + "\n";

        Assert.True(committed == served, "docs/reference/openapi.json is not what the server serves. When the change is meant: dotnet run eng/openapi.cs -- --update");
    }

    [Fact]
    public async Task Every_operation_of_the_native_API_is_described_whole()
    {
        var description = await DescriptionAsync();
        var tags = description["tags"]!.AsArray().Select(t => t!["name"].Text()).ToHashSet();
        HashSet<string> names = [];
        foreach (var (method, path) in Routes())
        {
            var operation = description["paths"]![path]?[method];
            var what = $"{method} {path}";
            Assert.True(operation is not null, what);
            Assert.True(operation["summary"]?.Text() is { Length: > 10 }, what);
            Assert.True(names.Add(operation["operationId"].Text()), what);
            Assert.Contains(operation["tags"]!.AsArray().Single().Text(), tags);
            Assert.All(operation["parameters"]?.AsArray() ?? [], p => Assert.True(p!["description"]?.Text() is { Length: > 5 }, $"{what}: {p["name"]}"));
            var responses = operation["responses"]!.AsObject();
            Assert.Superset(new HashSet<string> { "401", "503" }, responses.Select(r => r.Key).ToHashSet());
            Assert.Contains(responses, r => r.Key == "204" || (r.Key.StartsWith('2') && r.Value!["content"] is JsonObject { Count: > 0 }));
        }
    }

    [Fact]
    public async Task Names_are_snake_case_and_references_lead_somewhere()
    {
        var description = await DescriptionAsync();
        foreach (var (name, schema) in description["components"]!["schemas"]!.AsObject())
        {
            // The reliability assistant mixed two ways of writing, and its clients read both.
            Assert.All(schema!["properties"]?.AsObject() ?? [], p => Assert.Matches(name.StartsWith("Assistant", StringComparison.Ordinal) ? "^[a-z][A-Za-z0-9_]*$" : "^[a-z][a-z0-9_]*$", p.Key));
            Assert.DoesNotContain("Tocsin", name, StringComparison.Ordinal);
        }

        foreach (Match reference in Regex.Matches(description.ToJsonString(), "\"\\$ref\":\"#/components/schemas/(?<name>\\w+)\""))
        {
            Assert.NotNull(description["components"]!["schemas"]![reference.Groups["name"].Value]);
        }
    }

    [Fact]
    public async Task Who_may_use_it_is_described()
    {
        var description = await DescriptionAsync();
        Assert.Equal(["bearer", "header", "session"], description["components"]!["securitySchemes"]!.AsObject().Select(s => s.Key));
        Assert.Equal(3, description["security"]!.AsArray().Count);
        Assert.Empty(description["paths"]!["/in/{provider}/{key}"]!["post"]!["security"]!.AsArray());
        Assert.Contains("403", description["paths"]!["/api/v1/jobs/dead"]!["get"]!["responses"]!.AsObject().Select(r => r.Key));
        Assert.DoesNotContain("403", description["paths"]!["/api/v1/incidents"]!["get"]!["responses"]!.AsObject().Select(r => r.Key));
    }

    [Theory]
    [InlineData("/api/v1/incidents?status=all", "/api/v1/incidents")]
    [InlineData("/api/v1/incidents/1", "/api/v1/incidents/{number}")]
    [InlineData("/api/v1/alerts", "/api/v1/alerts")]
    [InlineData("/api/v1/alerts/1", "/api/v1/alerts/{id}")]
    [InlineData("/api/v1/pages", "/api/v1/pages")]
    [InlineData("/api/v1/events", "/api/v1/events")]
    [InlineData("/api/v1/oncall", "/api/v1/oncall")]
    [InlineData("/api/v1/sources", "/api/v1/sources")]
    [InlineData("/api/v1/silences", "/api/v1/silences")]
    [InlineData("/api/v1/deliveries", "/api/v1/deliveries")]
    [InlineData("/api/v1/deliveries/1", "/api/v1/deliveries/{id}")]
    [InlineData("/api/v1/keys", "/api/v1/keys")]
    [InlineData("/api/v1/version", "/api/v1/version")]
    public async Task What_is_answered_is_what_is_described(string path, string described)
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        var description = await DescriptionAsync();
        var answer = await caller.GetJsonAsync(path);

        if (answer["items"] is JsonArray items)
        {
            Assert.NotEmpty(items);
        }

        AssertFits(answer, Schema(description, described, "get", "200"), description, path);
    }

    [Theory]
    [InlineData("/api/v1/incidents/99", "/api/v1/incidents/{number}", "404")]
    [InlineData("/api/v1/incidents?limit=0", "/api/v1/incidents", "422")]
    public async Task A_refusal_is_what_is_described(string path, string described, string status)
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        using var response = await caller.GetAsync(path);
        var description = await DescriptionAsync();

        AssertFits(
            await response.JsonAsync((HttpStatusCode)int.Parse(status)), description["paths"]![described]!["get"]!["responses"]![status]!["content"]!["application/problem+json"]!["schema"]!, description, path);
    }

    /// <summary>The document as eng/openapi.cs writes it.</summary>
    private async Task<JsonObject> DescriptionAsync()
    {
        using var anybody = Bench.Anybody();
        return (await anybody.GetJsonAsync("/openapi/v1.json")).AsObject();
    }

    private IEnumerable<(string Method, string Path)> Routes() =>
        from endpoint in Bench.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = Regex.Replace("/" + endpoint.RoutePattern.RawText!.Trim('/'), @":\w+\}", "}")
        where path.StartsWith("/api/v1", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
        select (method.ToLowerInvariant(), path);

    private static JsonNode Schema(JsonNode description, string path, string method, string status) =>
        description["paths"]![path]![method]!["responses"]![status]!["content"]!["application/json"]!["schema"]!;

    /// <summary>Every value of a kind that its schema allows, every member known, none missing that is required.</summary>
    private static void AssertFits(JsonNode? value, JsonNode schema, JsonNode description, string at)
    {
        schema = Resolve(schema, value, description);
        string[] allowed = schema["type"] switch
        {
            JsonArray several => [.. several.Select(t => t.Text())],
            { } one => [one.Text()],
            null => [],
        };
        Assert.True(allowed.Length == 0 || allowed.Contains(KindOf(value)) || (KindOf(value) == "integer" && allowed.Contains("number")), $"{at} is {KindOf(value)}, described as {string.Join(" or ", allowed)}");
        switch (value)
        {
            case JsonObject members when schema["properties"] is JsonObject properties:
                Assert.All(schema["required"]?.AsArray() ?? [], name => Assert.True(members.ContainsKey(name.Text()), $"{at} lacks {name}"));
                foreach (var (name, member) in members)
                {
                    Assert.True(properties.ContainsKey(name), $"{at}.{name} is not described");
                    AssertFits(member, properties[name]!, description, $"{at}.{name}");
                }

                break;
            case JsonObject members when schema["additionalProperties"] is JsonObject ofAll:
                foreach (var (name, member) in members)
                {
                    AssertFits(member, ofAll, description, $"{at}.{name}");
                }

                break;
            case JsonArray items when schema["items"] is { } ofEach:
                foreach (var (i, item) in items.Index())
                {
                    AssertFits(item, ofEach, description, $"{at}[{i}]");
                }

                break;
        }
    }

    private static JsonNode Resolve(JsonNode schema, JsonNode? value, JsonNode description) => schema switch
    {
        _ when schema["$ref"] is { } reference => Resolve(description["components"]!["schemas"]![reference.Text().Split('/')[^1]]!, value, description),
        _ when schema["oneOf"] is JsonArray several => Resolve(several.First(s => value is null == (s!["type"]?.ToString() == "null"))!, value, description),
        _ => schema,
    };

    private static string KindOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => value.ToJsonString().Contains('.', StringComparison.Ordinal) ? "number" : "integer",
        JsonValueKind.String => "string",
        JsonValueKind.Array => "array",
        _ => "object",
    };

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Tocsin.slnx")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }

    /// <summary>Something of everything that lists show.</summary>
    public sealed class WithHistory : SharedBench
    {
        public override async Task InitializeAsync()
        {
            await base.InitializeAsync();
            using var sender = Bench.Anybody();
            await sender.FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout");
            await Bench.PagedAsync();
            await (await Bench.CallerAsync(Role.Responder)).PostAsync("/api/v1/incidents/1/acknowledge", "");
        }
    }
}
