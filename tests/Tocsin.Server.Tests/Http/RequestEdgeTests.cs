using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Whatever is sent to the native API, the sender is told what to do about it, and nothing breaks.</summary>
public sealed class RequestEdgeTests(SharedBench shared) : IClassFixture<SharedBench>
{
    private static readonly byte[] _good = """{"text": "hello", "for": "1h", "labels": {"a": "b"}, "match": ["a=b"]}"""u8.ToArray();

    private HttpBench Bench => shared.Bench;

    public static TheoryData<string, int, string> Hostile => new()
    {
        { "unknown charset", 415, "UTF-8" },
        { "utf-7", 415, "UTF-8" },
        { "utf-16", 415, "UTF-8" },
        { "not JSON by type", 415, "Content-Type" },
        { "no type", 415, "Content-Type" },
        { "not a type", 415, "Content-Type" },
        { "unknown encoding", 415, "Content-Encoding 'zstd'" },
        { "two encodings", 415, "Content-Encoding 'gzip, gzip'" },
        { "not gzip", 400, "is not gzip" },
        { "not brotli", 400, "is not br" },
        { "not deflate", 400, "is not deflate" },
        { "cut gzip", 400, "breaks off" },
        { "gzip without its end", 400, "breaks off" },
        { "cut brotli", 400, "breaks off" },
        { "cut deflate", 400, "breaks off" },
        { "gzip bomb", 413, "larger than 1048576 bytes" },
        { "brotli bomb", 413, "larger than 1048576 bytes" },
        { "too large", 413, "larger than 1048576 bytes" },
        { "too large, chunked", 413, "larger than 1048576 bytes" },
        { "empty", 400, "empty" },
        { "blank", 400, "empty" },
        { "null", 400, "empty, or null" },
        { "cut", 400, "breaks off" },
        { "more behind it", 400, "line 1, byte 3" },
        { "too deep", 400, "deeper than 64" },
        { "member twice", 400, "'a' is there twice" },
        { "member twice, escaped", 400, "'a' is there twice" },
        { "member twice, deep", 400, "'b' is there twice" },
        { "invalid UTF-8", 400, "not valid UTF-8" },
        { "invalid UTF-8 in an unknown member", 400, "not valid UTF-8" },
        { "half a character", 400, "half a character" },
        { "half a character in a name", 400, "half a character" },
        { "a NUL byte", 400, "not JSON" },
        { "list", 422, "must be an object" },
        { "text", 422, "must be an object" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_body_is_refused_with_a_reason_by_every_endpoint(string what, int status, string reason)
    {
        var caller = await Bench.PersonAsync("head", Role.Owner);
        foreach (var (method, path) in JsonPaths())
        {
            using var request = new HttpRequestMessage(new(method), path) { Content = Content(what) };
            using var response = await caller.SendAsync(request);
            await AssertProblemAsync(response, status, reason, $"{what} to {path}");
        }
    }

    [Theory]
    [InlineData("incidents/1/notes", """{"text": 5}""", "text", "must be text")]
    [InlineData("incidents/1/notes", """{"text": {}}""", "text", "must be text")]
    [InlineData("incidents/1/snooze", """{"until": "soon"}""", "until", "must be an instant")]
    [InlineData("incidents/1/snooze", """{"until": 1e999}""", "until", "must be an instant")]
    [InlineData("explain", """{"labels": {"a": 1}}""", "labels.a", "must be text")]
    [InlineData("explain", """{"labels": []}""", "labels", "must be an object")]
    [InlineData("explain", """{"incident": 99999999999999999999}""", "incident", "must be a whole number")]
    [InlineData("explain", """{"incident": 1e400}""", "incident", "must be a whole number")]
    [InlineData("explain", """{"incident": "one"}""", "incident", "must be a whole number")]
    [InlineData("silences", """{"match": "a=b"}""", "match", "must be a list")]
    [InlineData("silences", """{"match": [1]}""", "match[0]", "must be text")]
    [InlineData("silences", """{"match": ["a"], "for": "1h"}""", "match", "expected one of")]
    [InlineData("silences/preview", """{"match": ["a=b"], "ends_at": true}""", "ends_at", "must be an instant")]
    public async Task A_value_of_the_wrong_kind_is_named(string path, string body, string field, string reason)
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        using var response = await caller.PostJsonAsync($"/api/v1/{path}", body);

        var problem = await AssertProblemAsync(response, 422, reason, body);
        Assert.Equal(field, problem.GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("incidents?limit=0", "limit", "1 to 200")]
    [InlineData("incidents?limit=x", "limit", "a whole number")]
    [InlineData("incidents?limit=99999999999", "limit", "a whole number")]
    [InlineData("incidents?limit=1.5", "limit", "a whole number")]
    [InlineData("incidents?cursor=x", "cursor", "next_cursor")]
    [InlineData("incidents?status=perhaps", "status", "open, triggered")]
    [InlineData("alerts?status=1", "status", "firing, resolved")]
    [InlineData("pages?incident=one", "incident", "a whole number")]
    [InlineData("oncall?at=yesterday", "at", "an instant")]
    [InlineData("oncall?at=2026-01-05T09:00:00+01:00", "at", "%2B")]
    [InlineData("stream?last=x", "last", "a whole number")]
    [InlineData("deliveries?verdict=good", "verdict", "accepted, duplicate")]
    public async Task A_parameter_that_cannot_be_read_is_named(string path, string field, string reason)
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        using var response = await caller.GetAsync($"/api/v1/{path}");

        Assert.Equal(field, (await AssertProblemAsync(response, 422, reason, path)).GetProperty("field").GetString());
    }

    [Theory]
    [InlineData("silences", """{"match": ["a=b"], "starts_at": "9999-12-31T23:59:59Z", "for": "1d"}""")]
    [InlineData("silences", """{"match": ["a=b"], "starts_at": "0001-01-01T00:00:00Z", "ends_at": "9999-12-31T23:59:59.9999999Z"}""")]
    [InlineData("silences/preview", """{"match": ["a=b"], "starts_at": "9999-12-31T23:59:59Z", "for": "3650d"}""")]
    [InlineData("silences/preview", """{"match": null, "for": "1h"}""")]
    [InlineData("silences/preview", """{"match": [null], "for": "1h"}""")]
    [InlineData("silences", """{"match": ["a\u0000=b"], "for": "99999999999999999999d"}""")]
    [InlineData("explain", """{"labels": {"a": null}, "at": "9999-12-31T23:59:59Z"}""")]
    [InlineData("explain", """{"labels": {"": "x", "severity": "\u0000"}, "at": "0001-01-01T00:00:00Z"}""")]
    [InlineData("explain", """{"incident": -9223372036854775808}""")]
    [InlineData("incidents/1/snooze", """{"until": "9999-12-31T23:59:59.9999999-14:00"}""")]
    [InlineData("incidents/9223372036854775807/snooze", """{"for": "3650d"}""")]
    [InlineData("incidents/-1/notes", """{"text": null}""")]
    [InlineData("estate/plan", "{{{{")]
    [InlineData("estate/plan", "a: &a [*a, *a]")]
    [InlineData("estate/apply", "\u0000")]
    public async Task Odd_values_break_nothing(string path, string body)
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        using var response = await caller.PostJsonAsync($"/api/v1/{path}", body);

        Assert.True((int)response.StatusCode < 500, $"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    [Fact]
    public async Task Odd_addresses_break_nothing()
    {
        string[] odd = ["%00", "%FF%FE", "..%2F..", "%F0%9F%92%A9", new('x', 3000), "'%20OR%201=1--", "-1", "9223372036854775808", "%E2%80%AE", "null"];
        var caller = await Bench.CallerAsync(Role.Owner);
        foreach (var route in Routes().Where(r => r.Pattern.Contains('{', StringComparison.Ordinal)))
        {
            foreach (var value in odd)
            {
                var path = System.Text.RegularExpressions.Regex.Replace(route.Pattern, @"\{[^}]+\}", value);
                using var request = new HttpRequestMessage(new(route.Method), path);
                using var response = await caller.SendAsync(request);
                Assert.True((int)response.StatusCode is >= 400 and < 500, $"{(int)response.StatusCode} for {route.Method} {path}");
            }
        }
    }

    [Fact]
    public async Task A_wrong_method_is_told_the_right_one()
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        foreach (var (path, method, allowed) in ((string, string, string)[])
            [("/api/v1/incidents", "PUT", "GET"), ("/api/v1/incidents/1/acknowledge", "GET", "POST"), ("/api/v1/silences", "PATCH", "GET"), ("/api/v2/alerts", "DELETE", "POST")])
        {
            using var response = await caller.SendAsync(new(new(method), path));
            await AssertProblemAsync(response, 405, allowed, path);
            Assert.Contains(allowed, response.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task Whoever_brings_no_key_learns_nothing_of_what_is_there()
    {
        using var anybody = Bench.Anybody();
        using var wrong = Bench.Anybody();
        wrong.DefaultRequestHeaders.Add("X-API-Key", "tcn_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA000000");
        HashSet<string> bodies = [];
        foreach (var (method, path) in ((string, string)[])
        [
            ("GET", "/api/v1/incidents"), ("GET", "/api/v1/nothing"), ("GET", "/nothing"), ("DELETE", "/api/v1/incidents"), ("POST", "/api/v1/silences"),
            ("GET", "/api/v1/incidents/x"), ("GET", "/api/v2/alerts"), ("POST", "/api/v2/alerts"), ("POST", "/in/alertmanager/no-such-key-0000"), ("POST", "/in/nothing/x"), ("GET", "/-/reload"),
        ])
        {
            foreach (var caller in (HttpClient[])[anybody, wrong])
            {
                using var response = await caller.SendAsync(new(new(method), path) { Content = method == "POST" ? new StringContent("{") : null });
                await AssertProblemAsync(response, 401, "API key", path);
                Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
                bodies.Add(await response.Content.ReadAsStringAsync());
            }
        }

        Assert.Single(bodies);
    }

    [Fact]
    public async Task Another_site_cannot_use_a_persons_session()
    {
        var ana = await Bench.PersonAsync("ana", Role.Admin);
        async Task<HttpStatusCode> PostAsync(string header, string value)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/users/ana/contact/none/test");
            request.Headers.Add(header, value);
            return (await ana.SendAsync(request)).StatusCode;
        }

        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync("Origin", "https://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync("Origin", "null"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync("Sec-Fetch-Site", "cross-site"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync("Sec-Fetch-Site", "same-site"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("Sec-Fetch-Site", "same-origin"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("Origin", Bench.Url.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync("X-Anything", "a program with a cookie"));
    }

    [Fact]
    public async Task Nothing_that_needs_a_credential_is_kept_by_caches()
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        foreach (var path in (string[])["/api/v1/incidents", "/api/v1/incidents/7", "/api/v2/alerts", "/api/v2/alerts/groups", "/api/v1/version", "/account/overview", "/i/7", "/about"])
        {
            using var response = await caller.GetAsync(path);
            Assert.True(response.Headers.CacheControl?.NoStore, path);
        }
    }

    [Theory]
    [InlineData("GET", "/login", 200)]
    [InlineData("GET", "/-/healthy", 200)]
    [InlineData("GET", "/assets/none.css", 404)]
    [InlineData("GET", "/nothing", 404)]
    [InlineData("GET", "/api/v1/incidents?limit=x", 422)]
    [InlineData("POST", "/api/v1/explain", 422)]
    [InlineData("PUT", "/api/v1/version", 405)]
    [InlineData("TRACE", "/api/v1/version", 405)]
    [InlineData("GET", "/auth/me", 401)]
    [InlineData("POST", "/login", 400)]
    public async Task Every_answer_keeps_browsers_from_framing_sniffing_and_running_what_is_not_ours(string method, string path, int status)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Content = method == "POST" && path != "/login" ? new StringContent("[]", Encoding.UTF8, "application/json") : null;
        using var response = await (path == "/login" ? Bench.Anybody() : await Bench.CallerAsync(Role.Owner)).SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.All(
            ["default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'", "script-src 'self';"],
            directive => Assert.Contains(directive, policy, StringComparison.Ordinal));
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(
            ("nosniff", "same-origin", "same-origin"),
            (response.Headers.GetValues("X-Content-Type-Options").Single(), response.Headers.GetValues("Referrer-Policy").Single(), response.Headers.GetValues("Cross-Origin-Opener-Policy").Single()));
        Assert.True(response.Headers.CacheControl?.NoStore, "It is kept.");
    }

    [Theory]
    [InlineData("X-Long", 1, 40_000, 431)]
    [InlineData("X-Many", 101, 1, 431)]
    [InlineData("X-Enough", 80, 100, 401)]
    public async Task A_request_with_too_many_or_too_long_headers_is_refused(string name, int count, int length, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/incidents");
        for (var i = 0; i < count; i++)
        {
            request.Headers.Add($"{name}-{i}", new string('x', length));
        }

        using var response = await Bench.Anybody().SendAsync(request);
        await AssertProblemAsync(response, status, status == 431 ? "100 headers" : "API key", name);
    }

    [Fact]
    public async Task A_request_with_too_long_an_address_is_refused()
    {
        using var response = await Bench.Anybody().GetAsync($"/api/v1/incidents?q={new string('x', 9000)}");
        await AssertProblemAsync(response, 414, "8192 bytes", "address");
    }

    [Fact]
    public async Task HEAD_answers_as_GET_does_without_the_body_and_no_stream_stays_open()
    {
        var caller = await Bench.CallerAsync(Role.Viewer);
        foreach (var (path, status, type) in ((string, int, string)[])
            [("/api/v1/incidents", 200, "application/json"), ("/api/v1/incidents/999999", 404, "application/problem+json"), ("/api/v1/stream", 200, "text/event-stream"), ("/healthz", 200, "text/plain"), ("/api/v1/incidents/1/resolve", 405, "application/problem+json")])
        {
            using var response = await caller.SendAsync(new(HttpMethod.Head, path));
            Assert.Equal((path, status, type), (path, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("utf-7", 415)]
    [InlineData("utf-16", 415)]
    [InlineData("klingon", 415)]
    [InlineData("ISO-8859-1", 202)]
    [InlineData("\"utf-8\"", 202)]
    public async Task A_delivery_in_a_charset_that_cannot_be_read_is_refused(string charset, int status)
    {
        using var content = Body("""{"title": "charset", "severity": "info"}"""u8.ToArray(), $"application/json; charset={charset}");
        using var response = await Bench.Anybody().PostAsync($"/in/generic/{HttpBench.GenericKey}", content);
        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_delivery_that_cannot_be_read_is_a_problem_that_says_where_it_is_kept()
    {
        using var response = await Bench.Anybody().PostJsonAsync($"/in/generic/{HttpBench.GenericKey}", "{");
        var problem = await AssertProblemAsync(response, 400, "not valid JSON", "delivery");
        Assert.Equal("unparsed", problem.GetProperty("verdict").GetString());
        Assert.True(problem.GetProperty("delivery").GetInt64() > 0);
    }

    [Fact]
    public async Task Of_a_thousand_and_one_alerts_a_thousand_are_taken_and_one_is_named()
    {
        var body = $"[{string.Join(',', Enumerable.Range(0, 1001).Select(i => $$"""{"title": "many {{i}}", "severity": "info"}"""))}]";
        var answer = await Bench.Anybody().PostAsync($"/in/generic/{HttpBench.GenericKey}", body, HttpStatusCode.MultiStatus);
        Assert.Equal((1000, 1), (answer["accepted"]!.GetValue<int>(), answer["rejected"]!.GetValue<int>()));
        Assert.Contains("alert 1001", answer["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/in/generic/" + HttpBench.GenericKey)]
    [InlineData("/in/alertmanager/" + HttpBench.PrometheusKey)]
    [InlineData("/in/grafana/" + HttpBench.GrafanaKey)]
    [InlineData("/api/v2/alerts")]
    [InlineData("/api/v2/silences")]
    [InlineData("/api/v1/estate/plan")]
    public async Task A_hostile_delivery_breaks_nothing(string path)
    {
        var sender = await Bench.CallerAsync(Role.Owner);
        foreach (var what in Hostile.Select(row => (string)row[0]))
        {
            using var response = await sender.PostAsync(path, Content(what));
            Assert.True((int)response.StatusCode < 500, $"{what}: {(int)response.StatusCode}");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("identity")]
    public async Task A_packed_body_is_read(string encoding)
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        using var content = Body(encoding == "identity" ? _good : Pack(encoding, _good));
        content.Headers.ContentEncoding.Add(encoding);

        Assert.Equal(HttpStatusCode.OK, (await caller.PostAsync("/api/v1/explain", content)).StatusCode);
    }

    [Theory]
    [InlineData("application/json; charset=UTF-8")]
    [InlineData("application/json; charset=\"utf-8\"")]
    [InlineData("application/problem+json")]
    public async Task Other_names_of_JSON_are_taken(string type)
    {
        var caller = await Bench.CallerAsync(Role.Owner);
        using var content = new ByteArrayContent([0xEF, 0xBB, 0xBF, .. _good]);
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await caller.PostAsync("/api/v1/explain", content);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<JsonElement> AssertProblemAsync(HttpResponseMessage response, int status, string reason, string what)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{what}: {(int)response.StatusCode} {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.True(response.Headers.Contains("X-Request-Id"), what);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        Assert.True(problem.GetProperty("detail").GetString()!.Contains(reason, StringComparison.Ordinal), $"{what}: {text}");
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
        return problem;
    }

    /// <summary>Every address of the native API that takes JSON, found by asking the server itself.</summary>
    private IEnumerable<(string Method, string Path)> JsonPaths()
    {
        var paths = Routes().Where(r => r.Json).Select(r => (r.Method, System.Text.RegularExpressions.Regex.Replace(r.Pattern, @"\{[^}]+\}", "1"))).ToList();
        Assert.True(paths.Count >= 5, string.Join(' ', paths));
        return paths;
    }

    private IEnumerable<(string Method, string Pattern, bool Json)> Routes() =>
        from endpoint in Bench.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let pattern = "/" + endpoint.RoutePattern.RawText!.TrimStart('/')
        where pattern.StartsWith("/api/v1", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods
        let accepts = endpoint.Metadata.GetMetadata<IAcceptsMetadata>()
        select (method, pattern, accepts is not null && accepts.ContentTypes.Contains("application/json"));

    private static HttpContent Content(string what) => what switch
    {
        "unknown charset" => Body(_good, "application/json; charset=klingon"),
        "utf-7" => Body(_good, "application/json; charset=utf-7"),
        "utf-16" => Body(Encoding.Unicode.GetBytes("{}"), "application/json; charset=utf-16"),
        "not JSON by type" => Body(_good, "text/plain"),
        "no type" => Body(_good, null),
        "not a type" => Body(_good, "json"),
        "unknown encoding" => Packed(_good, "zstd"),
        "two encodings" => Packed(_good, "gzip, gzip"),
        "not gzip" => Packed(_good, "gzip"),
        "not brotli" => Packed(_good, "br"),
        "not deflate" => Packed(_good, "deflate"),
        "cut gzip" => Packed(Pack("gzip", _good)[..^20], "gzip"),
        "gzip without its end" => Packed(Pack("gzip", _good)[..^4], "gzip"),
        "cut brotli" => Packed(Pack("br", _good)[..^20], "br"),
        "cut deflate" => Packed(Pack("deflate", _good)[..^4], "deflate"),
        "gzip bomb" => Packed(Pack("gzip", new byte[4 * 1024 * 1024]), "gzip"),
        "brotli bomb" => Packed(Pack("br", new byte[4 * 1024 * 1024]), "br"),
        "too large" => Body(Encoding.UTF8.GetBytes($$"""{"text": "{{new string('x', 1024 * 1024)}}"}""")),
        "too large, chunked" => Chunked(Encoding.UTF8.GetBytes($$"""{"text": "{{new string('x', 1024 * 1024)}}"}""")),
        "empty" => Body([]),
        "blank" => Body(" \n"u8.ToArray()),
        "null" => Body("null"u8.ToArray()),
        "cut" => Body(_good[..^3]),
        "more behind it" => Body("{}}"u8.ToArray()),
        "too deep" => Body(Encoding.UTF8.GetBytes($$"""{"other": {{new string('[', 70)}}{{new string(']', 70)}}}""")),
        "member twice" => Body("""{"a": 1, "a": 2}"""u8.ToArray()),
        "member twice, escaped" => Body("""{"a": 1, "\u0061": 2}"""u8.ToArray()),
        "member twice, deep" => Body("""{"other": [{"a": 1, "b": 1}, {"a": 1, "b": 2, "b": 3}]}"""u8.ToArray()),
        "invalid UTF-8" => Body([.. "{\"text\": \""u8, 0xC3, 0x28, .. "\"}"u8]),
        "invalid UTF-8 in an unknown member" => Body([.. "{\"text\": \"a\", \"other\": \""u8, 0xFF, .. "\"}"u8]),
        "half a character" => Body("""{"other": "\ud800"}"""u8.ToArray()),
        "half a character in a name" => Body("""{"\udc00": 1}"""u8.ToArray()),
        "a NUL byte" => Body([.. "{\"text\": \""u8, 0, .. "\"}"u8]),
        "list" => Body("[]"u8.ToArray()),
        "text" => Body("\"text\""u8.ToArray()),
        _ => throw new ArgumentException(what),
    };

    private static ByteArrayContent Body(byte[] body, string? type = "application/json")
    {
        var content = new ByteArrayContent(body);
        if (type is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        return content;
    }

    private static ByteArrayContent Packed(byte[] body, string encoding)
    {
        var content = Body(body);
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return content;
    }

    private static StreamContent Chunked(byte[] body)
    {
        var content = new StreamContent(new Unseekable(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private static byte[] Pack(string encoding, byte[] body)
    {
        using var packed = new MemoryStream();
        using (Stream packer = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal),
            "br" => new BrotliStream(packed, CompressionLevel.Optimal),
            _ => new ZLibStream(packed, CompressionLevel.Optimal),
        })
        {
            packer.Write(body);
        }

        return packed.ToArray();
    }

    /// <summary>A stream of unknown length, so that the client sends chunks.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
