using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Streams;

/// <summary>A store that goes away under subscribers, and comes back.</summary>
public sealed class StoreAwayTests
{
    [PostgresFact]
    public async Task A_subscriber_keeps_its_connection_while_the_store_is_away_and_then_hears_what_it_missed()
    {
        await using var cluster = await Cluster.StartAsync(1, []);
        await using var door = new StoreDoor(cluster.Address);
        var other = cluster[0];
        var node = await cluster.AddAsync([], database: door.Address);
        using var publisher = await CallerAsync(node, Role.Publisher);
        using var reader = await CallerAsync(node, Role.Viewer);
        using var live = await StreamReaderOf.OpenAsync(reader, "/alerts/ops");
        using var catchingUp = await StreamReaderOf.OpenAsync(reader, "/alerts/ops", lastEventId: 0);
        Assert.Equal(HttpStatusCode.OK, await PublishAsync(publisher, 0));
        await live.NextEventAsync();

        for (var round = 0; round < 3; round++)
        {
            door.Shut();
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await PublishAsync(publisher, -1));
            using (var refused = await reader.GetAsync("/alerts/ops"))
            {
                Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (refused.StatusCode, refused.Headers.RetryAfter is not null));
            }

            // The other node still has it; what is published there is what the subscriber misses.
            foreach (var _ in Enumerable.Range(0, 700))
            {
                await Cluster.PublishAsync(other, "ops", "missed");
            }

            door.Open();
            var expected = (await Cluster.LinesAsync(other, "ops")).ConvertAll(line => line.Seq);
            Assert.Equal(expected[^700..], await live.SeqsAsync(700));
        }

        var all = (await Cluster.LinesAsync(other, "ops")).ConvertAll(line => line.Seq);
        Assert.Equal(2101, all.Count);
        Assert.Equal(all, await catchingUp.SeqsAsync(2101));
    }

    private static async Task<HttpStatusCode> PublishAsync(HttpClient publisher, int n)
    {
        using var body = new StringContent($$"""{"message":"{{n}}"}""");
        using var answer = await publisher.PutAsync("/alerts/ops", body);
        return answer.StatusCode;
    }

    private static async Task<HttpClient> CallerAsync(WebApplication node, Role role)
    {
        var key = await node.Services.GetRequiredService<Database>().WriteAsync(
            tx => node.Services.GetRequiredService<ApiKeyStore>().CreateAsync(tx, 1, $"{role}", role, DateTimeOffset.UtcNow), default);
        return new() { BaseAddress = new(node.Urls.First()), DefaultRequestHeaders = { { "Authorization", $"Bearer {key}" } } };
    }
}
