using System.Net;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>What a request must look like, and how one is refused that does not; the store has no part in it.</summary>
public sealed class IngestFormTests(IngestFormTests.SqliteBench bench) : IClassFixture<IngestFormTests.SqliteBench>
{
    [Theory]
    [InlineData("/ingest/logs", """{"logs": [{"message": 1}]}""", "body,logs,0,message")]
    [InlineData("/ingest/logs", """{"logs": 1}""", "body,logs")]
    [InlineData("/ingest/logs", "{}", "body,logs")]
    [InlineData("/ingest/logs", "[]", "body")]
    [InlineData("/ingest/logs", "", "body")]
    [InlineData("/ingest/logs", "{", "body")]
    [InlineData("/ingest/logs/raw", "{}", "body")]
    [InlineData("/ingest/logs/raw", "[1]", "body,0")]
    [InlineData("/ingest/metrics", """{"metrics": [{"name": "n", "value": "x"}]}""", "body,metrics,0,value")]
    [InlineData("/ingest/metrics", """{"metrics": {}}""", "body,metrics")]
    [InlineData("/ingest/snapshot", "{}", "body,snapshot")]
    [InlineData("/ingest/snapshot", """{"snapshot": {"cpu_percent": "x"}}""", "body,snapshot,cpu_percent")]
    public async Task What_holds_nothing_good_is_refused_with_the_places_at_fault(string path, string body, string place)
    {
        var detail = Assert.Single((await bench.Sender.PostAsync(path, body, HttpStatusCode.UnprocessableEntity))["detail"]!.AsArray())!;

        Assert.Equal(place, string.Join(',', detail["loc"]!.AsArray().Select(l => $"{l}")));
        Assert.Equal(["type", "loc", "msg", "input"], detail.AsObject().Select(m => m.Key));
    }

    [Theory]
    [InlineData("/ingest/logs", """{"logs": []}""", 0)]
    [InlineData("/ingest/logs/raw", "[]", 0)]
    [InlineData("/ingest/metrics", """{"metrics": []}""", 0)]
    [InlineData("/ingest/snapshot", """{"snapshot": {}}""", 1)]
    public async Task Nothing_is_fine(string path, string body, int count) => Assert.Equal(count, (await bench.Sender.PostAsync(path, body))["count"]!.GetValue<int>());

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_body_may_be_packed(string encoding)
    {
        var service = $"packed-{encoding}";
        using var content = IngestBench.Packed($$"""{"logs": [{"message": "m", "service": "{{service}}"}]}""", encoding);
        using var response = await bench.Sender.PostAsync("/ingest/logs", content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(await bench.LinesAsync(service));
    }

    [Theory]
    [InlineData("application/x-protobuf", "not a message", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "not JSON", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "[]", HttpStatusCode.BadRequest)]
    [InlineData("text/plain", "{}", HttpStatusCode.UnsupportedMediaType)]
    public async Task What_is_no_request_is_refused_in_its_own_form_and_never_worth_sending_again(string type, string body, HttpStatusCode expected)
    {
        foreach (var path in new[] { "/v1/logs", "/v1/metrics", "/v1/traces" })
        {
            using var content = new StringContent(body) { Headers = { ContentType = new(type) } };
            using var response = await bench.Sender.PostAsync(path, content);

            Assert.Equal((expected, type == "application/x-protobuf" ? type : "application/json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
            Assert.Null(response.Headers.RetryAfter);
            Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync());
        }
    }

    public sealed class SqliteBench() : IngestBench(Engine.Sqlite);
}
