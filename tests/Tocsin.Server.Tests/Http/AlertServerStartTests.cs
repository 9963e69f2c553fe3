using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Tocsin.Hosting;

namespace Tocsin.Tests.Http;

/// <summary>A server that is started where an alert server was.</summary>
public sealed class AlertServerStartTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tocsin-keys-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task The_keys_in_its_folder_work_from_the_first_start_on_and_new_ones_from_the_next()
    {
        var (first, second) = (AlertServerFile.Key("alice"), AlertServerFile.Key("bob"));
        await File.WriteAllTextAsync(Path.Combine(_root, "auth.json"), AlertServerFile.Of(("alice", [first])));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (await PublishAsync(first), await PublishAsync(second)));

        await File.WriteAllTextAsync(Path.Combine(_root, "auth.json"), AlertServerFile.Of(("alice", [first]), ("bob", [second])));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await PublishAsync(first), await PublishAsync(second)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"users": {"1": {"username": "alice"}}}""")]
    [InlineData("""{"users": {"1": {"username": "alice", "api_keys": [{"id": "a", "salt": "b", "hash": "zz"}]}}}""")]
    public async Task A_file_that_cannot_be_read_keeps_nothing_from_starting(string? file)
    {
        if (file is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(_root, "auth.json"), file);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, await PublishAsync(AlertServerFile.Key("alice")));
    }

    /// <summary>Starts a server, publishes, and stops it.</summary>
    private async Task<HttpStatusCode> PublishAsync(string key)
    {
        await using var app = await TocsinHost.BuildAsync(
            new() { Data = Path.Combine(_root, "data"), Urls = "http://127.0.0.1:0" },
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Configuration["AlertServer:KeyFolder"] = _root;
            },
            default);
        await app.StartAsync();
        using var client = new HttpClient { BaseAddress = new(app.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        using var response = await client.PutAsync("/alerts", new StringContent("{}"));
        await app.StopAsync();
        return response.StatusCode;
    }
}
