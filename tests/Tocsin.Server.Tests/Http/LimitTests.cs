using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Whoever sends too much is told so before anything is done, and nothing that was taken is lost by it.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private const int Most = 500;

    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task A_source_that_sends_too_much_is_refused_and_each_2xx_was_stored()
    {
        await LimitAsync("SourcePerSecond");
        var sender = _bench.Anybody();

        var (taken, refusal) = await UntilRefusedAsync(i => sender.PostJsonAsync($"/in/generic/{HttpBench.GenericKey}", $$"""{"title": "a{{i}}", "dedup_key": "a{{i}}"}"""));

        await AssertRefusalAsync(refusal);
        Assert.InRange(taken, 10, Most);
        var reader = await _bench.PersonAsync("ana", Role.Viewer);
        Assert.Equal(taken, (await reader.GetJsonAsync("/api/v1/sources")).Items().Single(s => s!["name"].Text() == "scripts")!["accepted"]!.GetValue<int>());

        // Others are not counted with it, and it may go on when time has passed.
        await sender.FireAsync(HttpBench.PrometheusKey, "alertname=other");
        _bench.Pass(TimeSpan.FromSeconds(2));
        using var later = await sender.PostJsonAsync($"/in/generic/{HttpBench.GenericKey}", """{"title": "later"}""");
        Assert.Equal(HttpStatusCode.Accepted, later.StatusCode);
    }

    [Theory]
    [InlineData("/in/alertmanager/" + HttpBench.PrometheusKey)]
    [InlineData("/in/alertmanager/" + HttpBench.PrometheusKey + "/api/v2/alerts")]
    [InlineData("/api/v2/alerts")]
    public async Task Every_way_in_of_a_source_is_counted(string path)
    {
        await LimitAsync("SourcePerSecond");
        var sender = _bench.Anybody();
        sender.DefaultRequestHeaders.Authorization = new("Bearer", HttpBench.PrometheusKey);

        var (_, refusal) = await UntilRefusedAsync(_ => sender.PostJsonAsync(path, """[{"labels": {"alertname": "x"}}]"""));

        await AssertRefusalAsync(refusal);
    }

    [Fact]
    public async Task A_key_and_a_person_are_counted_apart()
    {
        await LimitAsync("KeyPerSecond", "PersonPerSecond");
        var (key, person) = (await _bench.CallerAsync(Role.Viewer), await _bench.PersonAsync("ana", Role.Viewer));

        var (_, refusal) = await UntilRefusedAsync(_ => key.GetAsync("/api/v1/version"));
        await AssertRefusalAsync(refusal);
        await person.GetJsonAsync("/api/v1/version");
        await (await _bench.CallerAsync(Role.Viewer)).GetJsonAsync("/api/v1/version");

        using var page = new HttpRequestMessage(HttpMethod.Get, "/");
        var (_, shown) = await UntilRefusedAsync(_ =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/about");
            request.Headers.Accept.ParseAdd("text/html");
            return person.SendAsync(request);
        });
        Assert.Equal(("text/html", true), (shown.Content.Headers.ContentType!.MediaType, shown.Headers.RetryAfter!.Delta > TimeSpan.Zero));
    }

    [Fact]
    public async Task Wrong_keys_are_refused_unread_after_a_while_and_people_from_there_are_not()
    {
        await LimitAsync("AddressPerSecond");
        var (stranger, person) = (_bench.Anybody(), await _bench.PersonAsync("ana", Role.Viewer));

        var (_, refusal) = await UntilRefusedAsync(_ =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/version");
            request.Headers.Add("X-API-Key", ApiKeyText.New());
            return stranger.SendAsync(request);
        });

        await AssertRefusalAsync(refusal);
        await person.GetJsonAsync("/api/v1/version");
    }

    [Fact]
    public async Task Health_probes_are_never_refused()
    {
        await LimitAsync("AddressPerSecond");
        var stranger = _bench.Anybody();
        await AssertRefusalAsync((await UntilRefusedAsync(_ => stranger.GetAsync("/login"))).Refusal);

        foreach (var path in (string[])["/healthz", "/health/live", "/-/healthy", "/health", "/readyz", "/health/ready", "/-/ready"])
        {
            for (var i = 0; i < 15; i++)
            {
                using var response = await stranger.GetAsync(path);
                Assert.NotEqual(HttpStatusCode.TooManyRequests, response.StatusCode);
            }
        }
    }

    private Task LimitAsync(params string[] settings) => _bench.RestartAsync(builder =>
    {
        foreach (var setting in settings)
        {
            builder.Configuration[$"Limits:{setting}"] = "1";
        }
    });

    private static async Task<(int Taken, HttpResponseMessage Refusal)> UntilRefusedAsync(Func<int, Task<HttpResponseMessage>> send)
    {
        for (var i = 0; i < Most; i++)
        {
            var response = await send(i);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return (i, response);
            }

            response.Dispose();
        }

        throw new Xunit.Sdk.XunitException($"None of {Most} was refused.");
    }

    private static async Task AssertRefusalAsync(HttpResponseMessage refusal)
    {
        Assert.InRange(refusal.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        if (refusal.Content.Headers.ContentType!.MediaType == "application/problem+json")
        {
            Assert.Equal("limit.requests", JsonNode.Parse(await refusal.Content.ReadAsStringAsync())!["title"].Text());
        }
    }
}
