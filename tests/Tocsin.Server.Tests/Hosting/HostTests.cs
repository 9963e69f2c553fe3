using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Jobs;

namespace Tocsin.Tests.Hosting;

public sealed class HostTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-host-");

    [Fact]
    public async Task Two_servers_do_not_share_an_embedded_store()
    {
        await using var first = await BuildAsync(new() { Data = _folder.FullName });

        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => BuildAsync(new() { Data = _folder.FullName }));

        Assert.Contains("in use by another Tocsin", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_server_leaves_its_folder_to_the_next()
    {
        await (await BuildAsync(new() { Data = _folder.FullName })).DisposeAsync();

        await using var next = await BuildAsync(new() { Data = _folder.FullName });

        Assert.NotNull(next.Services.GetService<DataFolderLock>());
    }

    [Fact]
    public async Task A_stop_before_it_has_started_is_an_orderly_one()
    {
        await using var app = await BuildAsync(new() { Data = _folder.FullName, Urls = "http://127.0.0.1:0" });
        app.Lifetime.StopApplication();

        Assert.False(await TocsinServer.StartAsync(app, CancellationToken.None));
    }

    [Theory]
    [InlineData("api", false)]
    [InlineData("work", true)]
    [InlineData("api,work", true)]
    public async Task Only_nodes_with_the_role_work_jobs(string roles, bool works)
    {
        await using var app = await BuildAsync(new() { Data = _folder.FullName, Roles = roles });

        Assert.Equal(works, app.Services.GetServices<IHostedService>().Any(service => service is JobService));
    }

    [Fact]
    public void The_steady_clock_keeps_the_length_of_a_wait_when_its_reference_jumps_an_hour()
    {
        var clock = new SteadyClock(TimeProvider.System);
        var before = clock.GetUtcNow();

        clock.Follow(before + TimeSpan.FromHours(1), TimeSpan.FromSeconds(5));

        // Whatever little time the test itself took: the hour is not in it.
        Assert.InRange(clock.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.InRange(clock.Drift, TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(61));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task<WebApplication> BuildAsync(ServeSettings settings) => TocsinHost.BuildAsync(
        settings with { Urls = "http://127.0.0.1:0" }, builder => builder.Logging.ClearProviders(), CancellationToken.None);
}
