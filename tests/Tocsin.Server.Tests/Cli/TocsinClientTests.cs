using System.Net;
using Tocsin.Sdk;

namespace Tocsin.Tests.Cli;

public sealed class TocsinClientTests : IAsyncLifetime, IDisposable
{
    private FakeServer _server = null!;
    private readonly HttpClient _http = new();

    public async Task InitializeAsync()
    {
        _server = await FakeServer.StartAsync();
        _http.BaseAddress = new(_server.Url);
        TocsinClient.Authorize(_http, FakeServer.Key);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_long_list_is_asked_for_page_by_page_as_it_is_read()
    {
        for (var n = 1; n <= 450; n++)
        {
            _server[n] = FakeServer.Incident(n, $"Incident {n}");
        }

        var client = new TocsinClient(_http);
        var first = await client.EnumerateIncidentsAsync().Take(3).ToListAsync();
        var requestsForThree = _server.Requests.Count;
        var all = await client.EnumerateIncidentsAsync().ToListAsync();

        Assert.Equal([450, 449, 448], first.Select(incident => incident.Number));
        Assert.Equal(1, requestsForThree);
        Assert.Equal(Enumerable.Range(1, 450).Reverse().Select(n => (long)n), all.Select(incident => incident.Number));
        Assert.Equal(4, _server.Requests.Count);
    }

    [Fact]
    public async Task A_problem_becomes_an_exception_with_its_status_and_code()
    {
        var refused = await Assert.ThrowsAsync<TocsinException>(() => new TocsinClient(_http).GetIncidentAsync(7));

        Assert.Equal((HttpStatusCode.NotFound, "incident.not_found", "There is no incident '7'."), (refused.Status, refused.Code, refused.Message));
    }

    [Fact]
    public async Task An_address_with_a_path_keeps_it_and_a_busy_server_says_how_long()
    {
        using var http = new HttpClient { BaseAddress = new($"{_server.Url}/busy") };
        TocsinClient.Authorize(http, FakeServer.Key);

        var busy = await Assert.ThrowsAsync<TocsinException>(() => new TocsinClient(http).GetVersionAsync());

        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (busy.Status, busy.RetryAfter!.Value));
        Assert.Equal("GET /busy/api/v1/version", _server.Requests.Single().Line);
    }

    [Fact]
    public void A_client_without_an_address_is_a_mistake_of_its_maker()
    {
        using var http = new HttpClient();

        Assert.Throws<ArgumentException>(() => new TocsinClient(http));
    }
}
