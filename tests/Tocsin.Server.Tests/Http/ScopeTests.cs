using System.Net;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>What each scope of a key opens, and that it opens nothing else.</summary>
public sealed class ScopeTests(SharedBench shared) : IClassFixture<SharedBench>
{
    private static readonly (string Area, HttpMethod Method, string Path, string? Body)[] _areas =
    [
        ("read", HttpMethod.Get, "/api/v1/incidents", null),
        ("ingest", HttpMethod.Post, "/api/v2/alerts", "[]"),
        ("hear", HttpMethod.Get, "/alerts/info", null),
        ("publish", HttpMethod.Post, "/alerts/info", """{"a": 1}"""),
        ("respond", HttpMethod.Post, "/api/v1/incidents/4711/acknowledge", null),
        ("configure", HttpMethod.Get, "/api/v1/estate", null),
        ("administer", HttpMethod.Get, "/api/v1/jobs/dead", null),
    ];

    private HttpBench Bench => shared.Bench;

    [Theory]
    [InlineData("read", "read hear")]
    [InlineData("ingest", "ingest")]
    [InlineData("stream:read", "hear")]
    [InlineData("stream:publish", "publish")]
    [InlineData("respond", "read hear respond")]
    [InlineData("configure", "read hear configure")]
    [InlineData("admin", "read hear administer")]
    [InlineData("ingest stream:publish", "ingest publish")]
    [InlineData("", "read ingest hear publish respond configure administer")]
    [InlineData("of-a-newer-version", "")]
    public async Task A_scope_opens_what_it_says_and_nothing_else(string scopes, string opens)
    {
        var caller = await CallerAsync(scopes.Length == 0 ? null : scopes);

        List<string> open = [];
        foreach (var (area, method, path, body) in _areas)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            using var response = await caller.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (response.StatusCode != HttpStatusCode.Forbidden)
            {
                Assert.True((int)response.StatusCode < 500 && response.StatusCode != HttpStatusCode.Unauthorized, $"{area}: {response.StatusCode}");
                open.Add(area);
            }
        }

        Assert.Equal(opens, string.Join(' ', open));
    }

    [Fact]
    public async Task A_key_that_only_reads_does_not_see_the_keys_of_sources_whatever_its_role()
    {
        var text = (await (await CallerAsync("read")).GetJsonAsync("/api/v1/sources")).ToJsonString();

        Assert.DoesNotContain(HttpBench.GenericKey, text, StringComparison.Ordinal);
        Assert.Contains(HttpBench.GenericKey, (await (await CallerAsync("configure")).GetJsonAsync("/api/v1/sources")).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Scopes_are_written_in_the_fewest_words_and_read_back_as_they_were()
    {
        foreach (var word in ScopeWords.All)
        {
            var scopes = ScopeWords.Read([word]).Value;
            Assert.Equal([word], ScopeWords.Write(scopes)!);
            Assert.Equal(scopes, ScopeWords.OfStored(ScopeWords.Stored(scopes)));
        }

        Assert.Null(ScopeWords.Write(ScopeWords.Read(null).Value));
        Assert.Equal(Scopes.All, ScopeWords.OfStored(null));
        Assert.Equal("scopes", ScopeWords.Read(["read", "wirte"]).Error!.Field);
    }

    private async Task<HttpClient> CallerAsync(string? stored)
    {
        var key = await Bench.Service<Database>().WriteAsync(
            async tx =>
            {
                var acme = (await Bench.Service<WorkspaceStore>().ListAsync(tx)).Single(w => w.Name == "acme");
                var (id, text) = await Bench.Service<ApiKeyStore>().CreateAsync(tx, acme.Id, new NewApiKey("scoped", Role.Owner), DateTimeOffset.UtcNow);
                await tx.ExecuteAsync("UPDATE api_key SET scopes = @scopes WHERE id = @id", ("scopes", stored), ("id", id));
                return text;
            },
            default);
        var client = Bench.Anybody();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }
}
