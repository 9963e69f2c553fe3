using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Jobs;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Tests.Streams;

/// <summary>Several whole servers on one store.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly List<WebApplication> _nodes = [];
    private readonly (string Address, Func<Task> Drop) _store;

    private Cluster(DirectoryInfo folder, (string Address, Func<Task> Drop) store) => (_folder, _store) = (folder, store);

    public WebApplication this[int node] => _nodes[node];

    /// <summary>The store's address.</summary>
    public string Address => _store.Address;

    public static async Task<Cluster> StartAsync(int nodes, Dictionary<string, string?> settings, Engine? engine = null)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-nodes-");
        var cluster = new Cluster(folder, await (engine ?? Engine.Postgres).AddressAsync(Path.Combine(folder.FullName, "0")));
        for (var i = 0; i < nodes; i++)
        {
            await cluster.AddAsync(settings);
        }

        return cluster;
    }

    public async Task<WebApplication> AddAsync(Dictionary<string, string?> settings, string roles = "api,work", Action<IServiceCollection>? more = null, string? database = null)
    {
        var node = await TocsinHost.BuildAsync(
            new() { Data = Path.Combine(_folder.FullName, $"{_nodes.Count}"), Urls = "http://127.0.0.1:0", Database = database ?? _store.Address, Roles = roles },
            builder =>
            {
                builder.Logging.ClearProviders();
                more?.Invoke(builder.Services);
                foreach (var (name, value) in settings)
                {
                    builder.Configuration[name] = value;
                }
            },
            default);
        await node.StartAsync();
        _nodes.Add(node);
        return node;
    }

    /// <summary>Logs a line on a node, as the publishing of an alert does.</summary>
    public static Task PublishAsync(WebApplication node, string group, string message) => node.Services.GetRequiredService<Database>().WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(1);
            await node.Services.GetRequiredService<EventLog>().AppendAsync(
                tx, 1, DateTimeOffset.UtcNow,
                [new("stream.alert", $"stream/{group}", "key:test", message, $$$"""{"data":{"message":"{{{message}}}"},"received_at":"2026-01-02T03:04:05Z"}""")]);
        },
        default);

    public static Task<List<EventView>> LinesAsync(WebApplication node, string group, long after = 0) => node.Services.GetRequiredService<Database>().ReadAsync(
        async session => (await node.Services.GetRequiredService<EventLog>().AfterAsync(session, 1, after, 100_000)).FindAll(l => l.Subject == $"stream/{group}"), default);

    /// <summary>Looks at a group's lines on a node with each change that the node hears of, until there are so many; no poll helps it.</summary>
    public static async Task<List<EventView>> UntilAsync(WebApplication node, string group, int count)
    {
        using var patience = Patience.Begin();
        while (true)
        {
            var change = node.Services.GetRequiredService<ChangeSignal>().Next(1);
            if (await LinesAsync(node, group) is var lines && lines.Count >= count)
            {
                return lines;
            }

            await change.WaitAsync(patience.Token);
        }
    }

    /// <summary>Writes until the other node hears of it: its backplane carries.</summary>
    public static async Task CarriesAsync(WebApplication from, WebApplication to)
    {
        using var patience = Patience.Begin();
        var heard = to.Services.GetRequiredService<ChangeSignal>().Next(1);
        while (!heard.IsCompleted)
        {
            await PublishAsync(from, "warm-up", "Is anybody there?");
            try
            {
                await heard.WaitAsync(TimeSpan.FromMilliseconds(200), patience.Token);
            }
            catch (TimeoutException)
            {
                // Not yet: said again.
            }
        }
    }

    /// <summary>Another program publishes an alert.</summary>
    public static async Task PublishForeignAsync(RedisServer redis, string group) =>
        await redis.SayAsync("PUBLISH", $"alerts_channel-{group}", $$$"""{"data": {"message": "of {{{group}}}"}}""");

    /// <summary>Makes a job that is due at once.</summary>
    public static Task EnqueueAsync(WebApplication node, string kind) => node.Services.GetRequiredService<Database>().WriteAsync(
        tx =>
        {
            var now = node.Services.GetRequiredService<TimeProvider>().GetUtcNow();
            return node.Services.GetRequiredService<JobStore>().EnqueueAsync(tx, [new(1, kind, "job/of-the-test", 0, now, "{}")], now);
        },
        default);

    public static async Task<HttpClient> CallerAsync(WebApplication node)
    {
        var key = await node.Services.GetRequiredService<Database>().WriteAsync(
            tx => node.Services.GetRequiredService<ApiKeyStore>().CreateAsync(tx, 1, "reader", Role.Viewer, DateTimeOffset.UtcNow), default);
        return new() { BaseAddress = new(node.Urls.First()), DefaultRequestHeaders = { { "Authorization", $"Bearer {key}" } } };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.StopAsync();
            await node.DisposeAsync();
        }

        await _store.Drop();
        _folder.Delete(recursive: true);
    }
}
