using System.Net;
using System.Text.RegularExpressions;

namespace Tocsin.Tests.Http;

/// <summary>The page of the API's description: for people, beside the document for programs.</summary>
public sealed partial class DocsPageTests : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Every_call_and_every_shape_of_the_document_stands_on_the_page()
    {
        using var anybody = _bench.Anybody();
        var document = await anybody.GetJsonAsync("/openapi/v1.json");
        var page = await anybody.GetStringAsync("/docs");

        Assert.All(
            document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(call => $"<b>{call.Key.ToUpperInvariant()}</b> {path.Key}<")),
            call => Assert.Contains(call, page, StringComparison.Ordinal));
        Assert.All(document["components"]!["schemas"]!.AsObject(), shape => Assert.Contains($"id=\"shape-{shape.Key}\"", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_link_within_the_page_leads_somewhere_and_no_address_stands_twice()
    {
        using var anybody = _bench.Anybody();
        var page = await anybody.GetStringAsync("/docs");
        var ids = Ids().Matches(page).Select(m => m.Groups[1].Value).ToList();

        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
        Assert.All(Links().Matches(page).Select(m => m.Groups[1].Value), link => Assert.Contains(link, ids));
    }

    [Theory]
    [InlineData("/redoc", "/docs")]
    [InlineData("/openapi.json", "/openapi/v1.json")]
    public async Task An_address_that_other_servers_have_leads_to_ours(string known, string here)
    {
        using var anybody = _bench.Anybody();
        using var answer = await anybody.GetAsync(known);

        Assert.Equal((HttpStatusCode.Found, here), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    [GeneratedRegex(" id=\"([^\"]+)\"")]
    private static partial Regex Ids();

    [GeneratedRegex(" href=\"#([^\"]+)\"")]
    private static partial Regex Links();
}
