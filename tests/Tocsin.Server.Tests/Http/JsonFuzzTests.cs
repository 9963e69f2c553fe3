using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>
/// Every JSON body that the API's description has, spoilt in every way that its schema can be missed: refused with a reason, never an error of ours. What the description gains is
/// tried without a word here.
/// </summary>
public sealed class JsonFuzzTests : IAsyncLifetime
{
    private const string Deep = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]";

    // The kind of each value as schemas name it, and how it is written.
    private static readonly (string Kind, string Json)[] _values =
    [
        ("null", "null"), ("boolean", "true"), ("integer", "1"), ("integer", "-1"), ("integer", "99999999999999999999999999"), ("number", "1.5"), ("number", "1e400"),
        ("string", "\"\""), ("string", "\"text\""), ("string", "\"a\\u0000b\""), ("string", "\"\\ud83d\\ude00\\u202e\""), ("string", $"\"{new string('x', 100_000)}\""),
        ("array", "[]"), ("array", "[null]"), ("array", "[[1], {\"a\": []}]"), ("array", Deep), ("object", "{}"), ("object", "{\"\": null}"),
    ];

    private static readonly (string What, byte[] Body)[] _notObjects =
    [
        ("nothing", []), ("null", "null"u8.ToArray()), ("a list", "[]"u8.ToArray()), ("a number", "1"u8.ToArray()), ("a text", "\"text\""u8.ToArray()), ("cut", "{\"a\": "u8.ToArray()), ("two", "{}{}"u8.ToArray()),
        ("a member twice", "{\"a\": 1, \"a\": 2}"u8.ToArray()), ("a NUL byte", "{\"a\": \"\0\"}"u8.ToArray()), ("bad UTF-8", [.. "{\"a\": \""u8, 0xC3, 0x28, .. "\"}"u8]),
        ("too deep", Encoding.UTF8.GetBytes($$"""{"a": {{Deep}}}""")), ("2 MiB", Encoding.UTF8.GetBytes($$"""{"a": "{{new string('x', 2 * 1024 * 1024)}}"}""")), ("only a mark of its encoding", [0xEF, 0xBB, 0xBF]),
    ];

    private HttpBench _bench = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync();
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout,severity=critical");
        await _bench.PagedAsync();
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task A_spoilt_body_is_refused_with_a_reason_and_breaks_nothing()
    {
        var description = (await _bench.Anybody().GetJsonAsync("/openapi/v1.json")).AsObject();
        List<string> wrong = [];
        var (tried, bodies) = (0, 0);
        foreach (var (method, path, schema) in Operations(description))
        {
            bodies++;
            foreach (var (what, body, mustFail) in Spoilt(schema, description))
            {
                tried++;
                if (await FaultAsync(method, path, body, mustFail) is { } fault)
                {
                    wrong.Add($"{method} {path}, {what}: {fault}");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {tried}:\n{string.Join('\n', wrong.Take(60))}");
        Assert.True(bodies >= 8 && tried > 200, $"{bodies} bodies in {tried} forms");
        Assert.Equal(HttpStatusCode.OK, (await _bench.Anybody().GetAsync("/readyz")).StatusCode);
    }

    [Fact]
    public async Task Bodies_that_are_refused_leave_nothing_in_memory()
    {
        var big = _notObjects.Where(b => b.What is "2 MiB" or "too deep").Select(b => b.Body).ToArray();
        var caller = await _bench.CallerAsync(Role.Owner);
        async Task SendAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var content = Json(big[i % big.Length]);
                using var response = await caller.PostAsync("/api/v1/explain", content);
            }
        }

        await SendAsync(20);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await SendAsync(200);
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        // 200 MiB went by.
        Assert.True(grown < 32 * 1024 * 1024, $"{grown / 1024 / 1024} MiB more are held");
    }

    private async Task<string?> FaultAsync(string method, string path, byte[] body, bool mustFail)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = Json(body) };
        request.Headers.Add("X-API-Key", path.StartsWith("/in/", StringComparison.Ordinal) ? HttpBench.GenericKey : await OwnerAsync());
        using var response = await (_client ??= _bench.Anybody()).SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var status = (int)response.StatusCode;
        return status switch
        {
            >= 500 => $"{status} {text}",
            // What `parse` cannot read is its answer.
            < 400 => mustFail && JsonNode.Parse(text)?["accepted"]?.GetValue<bool>() != false ? $"{status}, and it was taken" : null,

            // The old surfaces say it in their own way: {"detail": …}.
            _ => response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json" && Reason(text) ? null : $"{status} without a reason: {text}",
        };
    }

    private static bool Reason(string text) => JsonNode.Parse(text) is JsonObject answer && answer["detail"] is { } detail && (detail is JsonArray { Count: > 0 } || detail.Text().Length > 5);

    private static ByteArrayContent Json(byte[] body) => new(body) { Headers = { ContentType = new("application/json") } };

    private HttpClient? _client;
    private string? _owner;

    private async Task<string> OwnerAsync() => _owner ??= await _bench.KeyAsync(Role.Owner);

    private static IEnumerable<(string Method, string Path, JsonNode? Schema)> Operations(JsonObject description) =>
        from path in description["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        let schema = (operation.Value as JsonObject)?["requestBody"]?["content"]?["application/json"]
        where schema is not null
        let filled = path.Key.Replace("{number}", "1", StringComparison.Ordinal).Replace("{group}", "acme", StringComparison.Ordinal)
            .Replace("{provider}", "generic", StringComparison.Ordinal).Replace("{key}", HttpBench.GenericKey, StringComparison.Ordinal)
            .Replace("{id}", "1", StringComparison.Ordinal).Replace("{name}", "ana", StringComparison.Ordinal)
        select (operation.Key.ToUpperInvariant(), filled, schema["schema"]);

    /// <summary>The whole as something else; then, for what has a schema, each member as each other kind, and each required one left out.</summary>
    private static IEnumerable<(string What, byte[] Body, bool MustFail)> Spoilt(JsonNode? schema, JsonObject description)
    {
        var shape = Resolve(schema, description);
        var isTyped = shape?["properties"] is JsonObject;
        foreach (var (what, body) in _notObjects)
        {
            yield return (what, body, isTyped || what is "nothing" or "cut" or "bad UTF-8" or "too deep" or "2 MiB" or "two");
        }

        if (shape?["properties"] is not JsonObject members)
        {
            foreach (var (kind, json) in _values)
            {
                yield return ($"a member that is {kind} {Short(json)}", Encoding.UTF8.GetBytes($$"""{"message": {{json}}, "email": {{json}}, "labels": {{json}}}"""), false);
            }

            yield break;
        }

        var required = shape["required"]?.AsArray().Select(r => r.Text()).ToHashSet(StringComparer.Ordinal) ?? [];
        var whole = members.ToDictionary(m => m.Key, m => Example(m.Value, description), StringComparer.Ordinal);
        foreach (var (name, member) in members)
        {
            var kinds = Kinds(member, description);
            foreach (var (kind, json) in _values)
            {
                var fits = kinds.Count == 0 || kinds.Contains(kind) || (kind == "integer" && kinds.Contains("number"));
                yield return ($"{name} as {kind} {Short(json)}", Write(whole, name, json), !fits);
            }

            if (required.Contains(name))
            {
                yield return ($"{name} left out", Write(whole, name, null), true);
            }
        }
    }

    private static byte[] Write(Dictionary<string, string> whole, string name, string? json) => Encoding.UTF8.GetBytes(
        $"{{{string.Join(", ", whole.Where(m => m.Key != name || json is not null).Select(m => $"\"{m.Key}\": {(m.Key == name ? json : m.Value)}"))}}}");

    private static HashSet<string> Kinds(JsonNode? schema, JsonObject description)
    {
        var shape = Resolve(schema, description);
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        foreach (var choice in (shape?["oneOf"] ?? shape?["anyOf"])?.AsArray() ?? [])
        {
            kinds.UnionWith(Kinds(choice, description));
        }

        switch (shape?["type"])
        {
            case JsonArray several:
                kinds.UnionWith(several.Select(t => t.Text()));
                break;
            case { } one:
                kinds.Add(one.Text());
                break;
        }

        return kinds;
    }

    private static string Example(JsonNode? schema, JsonObject description)
    {
        var (shape, kinds) = (Resolve(schema, description), Kinds(schema, description));
        return kinds.Contains("null") ? "null"
            : kinds.Contains("array") ? $"[{Example(shape?["items"], description)}]"
            : kinds.Contains("object") ? "{}"
            : kinds.Contains("boolean") ? "true"
            : kinds.Contains("integer") || kinds.Contains("number") ? "1"
            : shape?["format"]?.Text() == "date-time" ? "\"2026-01-05T09:00:00Z\""
            : "\"text\"";
    }

    private static JsonNode? Resolve(JsonNode? schema, JsonObject description) => schema?["$ref"]?.Text() is { } reference
        ? description["components"]!["schemas"]![reference[(reference.LastIndexOf('/') + 1)..]]
        : schema;

    private static string Short(string json) => json.Length <= 30 ? json : $"{json[..30]}…";
}
