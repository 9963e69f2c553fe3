using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>What the alert server's addresses take and refuse, row by row.</summary>
public sealed class AlertServerRefusalTests(AlertServerRefusalTests.Shared shared) : IClassFixture<AlertServerRefusalTests.Shared>
{
    private HttpBench Bench => shared.Bench;

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"message":"plain"}""")]
    [InlineData("""{"level":"info"}""")]
    [InlineData("""{"a":"text","b":7,"c":-1.5e300,"d":true,"e":false}""")]
    [InlineData("""{"n":123456789012345678901234567890}""")]
    [InlineData("""{"metadata":{"deep":{"list":[1,null,{"x":[]}]}}}""")]
    [InlineData("""{"labels":{"host":"db1"},"message":7}""")]
    public async Task It_is_stored_and_answered_as_it_came(string body)
    {
        var key = await Bench.CallerAsync(Role.Publisher);
        foreach (var (method, path) in ((string, string)[])[("PUT", "/alerts"), ("POST", "/alerts"), ("PUT", "/alerts/any%20group%C3%A4"), ("POST", "/alerts/x.y-z_1:2")])
        {
            Assert.Equal($$"""{"status":"alert stored","alert":{{body}}}""", await AlertServerTests.SendAsync(key, method, path, body));
        }
    }

    [Theory]
    [InlineData("", "body", "empty")]
    [InlineData("  ", "body", "empty")]
    [InlineData("[]", "body", "object")]
    [InlineData("7", "body", "object")]
    [InlineData("null", "body", "object")]
    [InlineData("{", "body", "JSON")]
    [InlineData("""{"a":NaN}""", "body", "JSON")]
    [InlineData("""{"a":1,"a":2}""", "body", "twice")]
    [InlineData("""{"a":"\ud800"}""", "body", "half")]
    [InlineData("""{"a":null}""", "body/a", "null")]
    [InlineData("""{"tags":["x"]}""", "body/tags", "list")]
    [InlineData("""{"level":"fatal"}""", "body/level", "info, warn or error")]
    [InlineData("""{"level":"ERROR"}""", "body/level", "info, warn or error")]
    [InlineData("""{"level":3}""", "body/level", "info, warn or error")]
    public async Task It_is_refused_with_the_place_at_fault(string body, string place, string reason)
    {
        var key = await Bench.CallerAsync(Role.Publisher);

        var answer = JsonNode.Parse(await AlertServerTests.SendAsync(key, "PUT", "/alerts/refused", body, HttpStatusCode.UnprocessableEntity))!;

        var fault = Assert.Single(answer["detail"]!.AsArray())!;
        Assert.Equal(place, string.Join('/', fault["loc"]!.AsArray().Select(l => l!.GetValue<string>())));
        Assert.Contains(reason, fault["msg"].Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF_8_and_nesting_without_end_are_refused()
    {
        var key = await Bench.CallerAsync(Role.Publisher);
        foreach (var body in (byte[][])[[.. "{\"a\":\""u8, 0xFF, .. "\"}"u8], Encoding.ASCII.GetBytes($"{{\"a\":{string.Concat(Enumerable.Repeat("{\"a\":", 200))}1{new string('}', 201)}")])
        {
            using var response = await key.PutAsync("/alerts/refused", new ByteArrayContent(body));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("%00")]
    [InlineData("a%0Ab")]
    [InlineData("%20a")]
    [InlineData("a%E2%80%AEb")]
    public async Task A_groups_name_can_be_shown(string group)
    {
        var key = await Bench.CallerAsync(Role.Publisher);

        using var response = await key.PutAsync($"/alerts/{group}", new StringContent("{}"));

        Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.UnprocessableEntity, HttpStatusCode.BadRequest]);
    }

    [Fact]
    public async Task A_groups_name_has_an_end()
    {
        var key = await Bench.CallerAsync(Role.Publisher);

        await AlertServerTests.SendAsync(key, "PUT", $"/alerts/{new string('g', 100)}", "{}");
        await AlertServerTests.SendAsync(key, "PUT", $"/alerts/{new string('g', 101)}", "{}", HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task An_alert_that_is_too_large_is_refused_before_it_is_read()
    {
        var key = await Bench.CallerAsync(Role.Publisher);

        await AlertServerTests.SendAsync(key, "PUT", "/alerts", $$"""{"a":"{{new string('x', 64 * 1024)}}"}""", HttpStatusCode.RequestEntityTooLarge);
        await AlertServerTests.SendAsync(key, "PUT", "/alerts", $$"""{"a":"{{new string('x', 60 * 1024)}}"}""");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer")]
    [InlineData("Bearer nonsense")]
    [InlineData("Bearer tcn_0000000000000000000000000000000000000000")]
    [InlineData("Bearer YWxpY2U6AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer ~~~=+/")]
    [InlineData("Digest x")]
    public async Task Whoever_has_no_key_that_is_known_is_asked_for_one(string? authorization)
    {
        using var anybody = Bench.Anybody();
        foreach (var (method, path) in ((string, string)[])[("GET", "/alerts"), ("PUT", "/alerts"), ("POST", "/alerts/a"), ("GET", "/alerts/a"), ("GET", "/nowhere"), ("GET", "/alerts?token=nonsense"), ("DELETE", "/alerts")])
        {
            using var request = new HttpRequestMessage(new(method), path);
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            using var response = await anybody.SendAsync(request);

            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
        }
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("bearer")]
    public async Task A_key_is_taken_from_the_header(string scheme)
    {
        using var anybody = Bench.Anybody();
        anybody.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(scheme, await Bench.KeyAsync(Role.Publisher));

        await AlertServerTests.SendAsync(anybody, "PUT", "/alerts", "{}");
    }

    [Fact]
    public async Task A_key_is_taken_from_the_address_where_there_is_no_header()
    {
        var key = await Bench.KeyAsync(Role.Publisher);
        using var anybody = Bench.Anybody();
        using var ear = await AlertServerTests.ListenAsync(anybody, $"/alerts/token?level=error&token={key}");

        await AlertServerTests.SendAsync(anybody, "PUT", $"/alerts/token?token={key}", """{"message":"not chosen","level":"info"}""");
        await AlertServerTests.SendAsync(anybody, "PUT", $"/alerts/token?token={key}", """{"message":"chosen","level":"error"}""");

        Assert.Equal("chosen", await ear.MessageAsync());
        anybody.DefaultRequestHeaders.Authorization = new("Bearer", "nonsense");
        await AlertServerTests.SendAsync(anybody, "PUT", $"/alerts/token?token={key}", "{}", HttpStatusCode.Unauthorized);

        using var elsewhere = Bench.Anybody();
        using var refused = await elsewhere.GetAsync($"/api/v1/version?token={key}");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Who_may_do_what_follows_from_the_key()
    {
        var (publisher, viewer, responder) = (await Bench.CallerAsync(Role.Publisher), await Bench.CallerAsync(Role.Viewer), await Bench.CallerAsync(Role.Responder));

        await AlertServerTests.SendAsync(publisher, "PUT", "/alerts/roles", """{"message":"heard"}""");
        await AlertServerTests.SendAsync(responder, "PUT", "/alerts/others", "{}");
        await AlertServerTests.SendAsync(viewer, "PUT", "/alerts/roles", "{}", HttpStatusCode.Forbidden);
        foreach (var caller in (HttpClient[])[publisher, viewer, responder])
        {
            using var ear = await AlertServerTests.ListenAsync(caller, "/alerts/roles");
            Assert.Equal("heard", await ear.MessageAsync());
        }

        foreach (var path in (string[])["/api/v1/incidents", "/api/v1/stream", "/api/v1/events", "/api/v2/alerts", "/api/v1/version"])
        {
            using var refused = await publisher.GetAsync(path);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        using var post = await publisher.PostJsonAsync("/api/v2/alerts", "[]");
        Assert.Equal(HttpStatusCode.Forbidden, post.StatusCode);
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_publish_with_a_persons_session()
    {
        var person = await Bench.PersonAsync("ana", Role.Responder);
        await AlertServerTests.SendAsync(person, "PUT", "/alerts", "{}");

        person.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");

        await AlertServerTests.SendAsync(person, "POST", "/alerts", "{}", HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("DELETE", "/alerts")]
    [InlineData("PATCH", "/alerts/a")]
    public async Task Other_methods_are_told_the_right_ones(string method, string path)
    {
        var key = await Bench.CallerAsync(Role.Viewer);

        using var response = await key.SendAsync(new(new(method), path));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Superset(new HashSet<string> { "GET", "POST", "PUT" }, response.Content.Headers.Allow.ToHashSet());
    }

    [Fact]
    public async Task A_browser_that_wants_a_page_gets_one_and_the_address_loses_its_key()
    {
        using var anybody = Bench.Anybody();
        anybody.DefaultRequestHeaders.Add("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        var key = await Bench.KeyAsync(Role.Viewer);

        using var known = await anybody.GetAsync($"/alerts/a%20b?token={key}");
        using var unknown = await anybody.GetAsync("/alerts?token=secret-secret&level=error");

        Assert.Equal((HttpStatusCode.Found, "/live?group=a%20b"), (known.StatusCode, known.Headers.Location!.OriginalString));
        Assert.Equal((HttpStatusCode.Found, "/login?next=%2Falerts%3Flevel%3Derror"), (unknown.StatusCode, unknown.Headers.Location!.OriginalString));
    }

    [Fact]
    public async Task Whoever_wants_no_stream_is_told_what_there_is()
    {
        var key = await Bench.CallerAsync(Role.Viewer);
        key.DefaultRequestHeaders.Add("Accept", "application/json");

        using var response = await key.GetAsync("/alerts");

        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
    }

    [Fact]
    public async Task HEAD_ends_at_once()
    {
        var key = await Bench.CallerAsync(Role.Viewer);

        using var response = await key.SendAsync(new(HttpMethod.Head, "/alerts"));

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task Health_needs_no_key()
    {
        using var anybody = Bench.Anybody();

        using var response = await anybody.GetAsync("/health");

        Assert.Equal(("application/json", """{"status":"ok"}"""), (response.Content.Headers.ContentType!.MediaType, await response.Content.ReadAsStringAsync()));
    }

    public sealed class Shared : SharedBench;
}
