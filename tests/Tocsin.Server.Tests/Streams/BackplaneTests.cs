using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Tocsin.Data;
using Tocsin.Doctor;
using Tocsin.Hosting;
using Tocsin.Jobs;
using Tocsin.Operations;
using Tocsin.Streams.Backplanes;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Streams;

/// <summary>Two nodes on one PostgreSQL: what one commits, the other hears of, by either backplane, also when that is killed under load.</summary>
public sealed class BackplaneTests
{
    private static readonly Dictionary<string, string?> OnPostgres = new() { ["Backplane:Kind"] = "Postgres" };

    [PostgresFact]
    public async Task What_one_node_commits_the_other_hears_of_by_PostgreSQL()
    {
        await using var cluster = await Cluster.StartAsync(2, OnPostgres);
        await Cluster.CarriesAsync(cluster[0], cluster[1]);

        await Cluster.PublishAsync(cluster[0], "ops", "hello");

        Assert.Equal("hello", Assert.Single(await Cluster.UntilAsync(cluster[1], "ops", 1)).Reason);
    }

    [RedisFact]
    public async Task What_one_node_commits_the_other_hears_of_by_Redis()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(2, On(redis));
        await Cluster.CarriesAsync(cluster[0], cluster[1]);

        await Cluster.PublishAsync(cluster[0], "ops", "hello");

        Assert.Equal("hello", Assert.Single(await Cluster.UntilAsync(cluster[1], "ops", 1)).Reason);
    }

    [PostgresFact]
    public async Task A_stream_misses_nothing_while_the_listening_connections_are_killed_under_load()
    {
        await using var cluster = await Cluster.StartAsync(2, OnPostgres);
        await Cluster.CarriesAsync(cluster[0], cluster[1]);
        await Cluster.CarriesAsync(cluster[1], cluster[0]);

        var killed = 0L;
        await FollowAsync(cluster, 600, async published => killed += published % 20 == 0 ? await KillListenersAsync(cluster) : 0);

        Assert.True(killed >= 2, $"{killed} connections were killed.");

        await Cluster.CarriesAsync(cluster[0], cluster[1]);
        await Cluster.CarriesAsync(cluster[1], cluster[0]);
    }

    [RedisFact]
    public async Task A_stream_misses_nothing_while_Redis_is_killed_and_comes_back_under_load()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(2, On(redis));
        await Cluster.CarriesAsync(cluster[0], cluster[1]);

        await FollowAsync(cluster, 600, async published =>
        {
            switch (published)
            {
                case 100 or 350:
                    await redis.KillAsync();
                    break;
                case 250 or 500:
                    await redis.RunAsync();
                    break;
            }
        });

        await Cluster.CarriesAsync(cluster[0], cluster[1]);
        await Cluster.CarriesAsync(cluster[1], cluster[0]);
    }

    [RedisFact]
    public async Task A_server_starts_without_its_Redis_and_finds_it_later()
    {
        await using var redis = RedisServer.Later();
        await using var cluster = await Cluster.StartAsync(2, On(redis));
        await Cluster.PublishAsync(cluster[0], "ops", "alone");
        Assert.Contains("tocsin_backplane_connected 0", Metrics(cluster), StringComparison.Ordinal);

        await redis.RunAsync();

        await Cluster.CarriesAsync(cluster[0], cluster[1]);
        await Cluster.PublishAsync(cluster[0], "ops", "together");
        Assert.Equal(["alone", "together"], (await Cluster.UntilAsync(cluster[1], "ops", 2)).Select(l => l.Reason));
    }

    [RedisFact]
    public async Task An_alert_of_another_program_becomes_one_line_however_many_nodes_hear_it()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(3, On(redis));
        await Cluster.CarriesAsync(cluster[0], cluster[1]);
        await Cluster.CarriesAsync(cluster[0], cluster[2]);
        await Cluster.CarriesAsync(cluster[1], cluster[0]);

        // Every third is equal to those before it: as often as it is said, it is heard.
        await using (var other = await RedisTalk.OpenAsync(redis.Port))
        {
            for (var i = 0; i < 300; i++)
            {
                Assert.Equal("3", await other.AskAsync("PUBLISH", "alerts_channel-ops", $$$"""{"data": {"message": "{{{(i % 3 == 0 ? "again" : i)}}}"}, "timestamp": "2026-01-02T03:04:05+00:00"}"""));
            }

            await other.AskAsync("PUBLISH", "alerts_channel-ops", "no alert");
            await other.AskAsync("PUBLISH", "alerts_channel-last", """{"data": {"message": "last"}}""");
        }

        foreach (var node in (int[])[0, 1, 2])
        {
            await Cluster.UntilAsync(cluster[node], "last", 1);
        }

        // All that any node still holds of these is settled before what it hears later.
        await Cluster.PublishForeignAsync(redis, "end");
        await Cluster.UntilAsync(cluster[0], "end", 1);
        var lines = await Cluster.LinesAsync(cluster[0], "ops");
        Assert.Equal((300, 100, 200), (lines.Count, lines.Count(l => l.Reason == "again"), lines.Where(l => l.Reason != "again").Select(l => l.Reason).Distinct().Count()));
    }

    [RedisFact]
    public async Task An_alert_of_another_program_is_routed_where_a_source_names_its_group()
    {
        await using var redis = await RedisServer.StartAsync();
        using var estate = new TemporaryFile(
            """
            apiVersion: tocsin/v1
            workspace: acme
            sources: [{name: live, type: stream, key: live-source-key-0000000001, groups: ops}]
            route: {name: root, policy: none}
            """);
        await using var cluster = await Cluster.StartAsync(2, new(On(redis)) { ["Server:Estate"] = estate.Path });
        await Cluster.CarriesAsync(cluster[0], cluster[1]);

        await Cluster.PublishForeignAsync(redis, "heard-only");
        await Cluster.PublishForeignAsync(redis, "ops");

        using var caller = await Cluster.CallerAsync(cluster[0]);
        var alerts = await HttpBench.UntilAsync(caller, "/api/v1/alerts", page => page.Items().Count > 0);
        Assert.Equal("of ops", Assert.Single(alerts.Items())!["title"].Text());
    }

    [RedisFact]
    public async Task Other_programs_hear_what_is_published_here_once_and_find_the_newest()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(2, On(redis));
        await Cluster.CarriesAsync(cluster[0], cluster[1]);
        await using var other = await RedisTalk.OpenAsync(redis.Port);
        await other.AskAsync("SUBSCRIBE", "alerts_channel-ops");

        await Cluster.PublishAsync(cluster[0], "ops", "first");
        var first = await other.ReadAsync();
        await Cluster.PublishAsync(cluster[1], "ops", "second");
        var second = await other.ReadAsync();

        Assert.StartsWith("""message alerts_channel-ops {"data":{"message":"first"},"timestamp":"2026-01-02T03:04:05.000000+00:00",""", first, StringComparison.Ordinal);
        Assert.Contains("second", second, StringComparison.Ordinal);
        Assert.Equal(second, $"message alerts_channel-ops {await redis.SayAsync("GET", "latest_alert-ops")}");
        Assert.InRange(int.Parse(await redis.SayAsync("TTL", "latest_alert-ops"), System.Globalization.CultureInfo.InvariantCulture), 1800 - Patience.Limit.TotalSeconds, 1800);
        Assert.Equal(["first", "second"], (await Cluster.LinesAsync(cluster[0], "ops")).Select(l => l.Reason));
    }

    [RedisFact]
    public async Task Alerts_published_while_Redis_is_away_reach_other_programs_when_it_is_back()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(1, On(redis), Engine.Sqlite);
        await Cluster.PublishAsync(cluster[0], "ops", "before");
        await redis.KillAsync();

        await Cluster.PublishAsync(cluster[0], "ops", "meanwhile");
        await redis.RunAsync();

        await using var other = await RedisTalk.OpenAsync(redis.Port);
        while (!(await other.AskAsync("GET", "latest_alert-ops")).Contains("meanwhile", StringComparison.Ordinal))
        {
            // Redis's own wait: nothing comes, so each look ends after a tenth of a second.
            await other.AskAsync("BLPOP", "nothing", "0.1");
        }
    }

    [RedisFact]
    public async Task Doctor_says_whether_Redis_carries()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var cluster = await Cluster.StartAsync(1, new() { ["Backplane:Kind"] = "None" }, Engine.Sqlite);
        BackplaneOptions options = new() { RedisHost = "127.0.0.1", RedisPort = redis.Port };

        var up = await CheckAsync(options, cluster, "");
        await redis.KillAsync();
        var down = await CheckAsync(options, cluster, "");

        Assert.Equal((Verdict.Ok, Verdict.Warning), (up.Verdict, down.Verdict));
    }

    [PostgresFact]
    public async Task Doctor_says_whether_PostgreSQL_carries()
    {
        await using var cluster = await Cluster.StartAsync(1, OnPostgres);

        var finding = await CheckAsync(new(), cluster, cluster.Address);

        Assert.Equal((Verdict.Ok, "backplane"), (finding.Verdict, finding.Check));
        Assert.StartsWith("PostgreSQL: there and back in ", finding.Text, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task A_job_that_is_due_on_a_node_that_works_none_is_another_nodes_at_once()
    {
        Dictionary<string, string?> lazy = new(OnPostgres) { ["Jobs:Poll"] = "00:00:05" };
        var neverPolls = new NeverLater(TimeSpan.FromSeconds(4));
        await using var cluster = await Cluster.StartAsync(0, lazy);
        var asking = await cluster.AddAsync(lazy, "api");
        var worked = new TaskCompletionSource();
        var working = await cluster.AddAsync(lazy, "work", services => services
            .AddSingleton(_ => new SteadyClock(neverPolls, MachineMoment.ThisBoot))
            .AddSingleton<IJobHandler>(provider => new Probe(provider, worked)));
        await Cluster.CarriesAsync(asking, working);

        await Cluster.EnqueueAsync(asking, Probe.JobKind);

        await worked.Task.WaitAsync(Patience.Limit);
    }

    [Theory]
    [InlineData(BackplaneKind.Auto, "", "", BackplaneKind.None)]
    [InlineData(BackplaneKind.Auto, "", "postgres://db/tocsin", BackplaneKind.Postgres)]
    [InlineData(BackplaneKind.Auto, "cache", "postgres://db/tocsin", BackplaneKind.Redis)]
    [InlineData(BackplaneKind.None, "cache", "postgres://db/tocsin", BackplaneKind.None)]
    [InlineData(BackplaneKind.Postgres, "cache", "postgres://db/tocsin", BackplaneKind.Postgres)]
    public void The_settings_choose(BackplaneKind kind, string redis, string database, BackplaneKind expected) =>
        Assert.Equal(expected, BackplaneSetup.Choose(new() { Kind = kind, RedisHost = redis }, new() { Database = database }));

    [Theory]
    [InlineData("Redis", "Backplane:Kind is Redis, which needs RedisHost")]
    [InlineData("Postgres", "Backplane:Kind is Postgres, which needs a PostgreSQL in Server:Database")]
    public void What_is_chosen_must_be_there(string kind, string fault)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create<string, string?>("Backplane:Kind", kind)]).Build();

        Assert.StartsWith(fault, Assert.Single(SettingsFaults.Find(settings)), StringComparison.Ordinal);
    }

    /// <summary>A clock whose timers never ring when they are set for so long or longer: what happens all the same was not left to a poll.</summary>
    private sealed class NeverLater(TimeSpan than) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(base.CreateTimer(callback, state, Cut(dueTime), Cut(period)), Cut);

        private TimeSpan Cut(TimeSpan time) => time >= than ? Timeout.InfiniteTimeSpan : time;

        private sealed class Timer(ITimer timer, Func<TimeSpan, TimeSpan> cut) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(cut(dueTime), cut(period));

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }

    private sealed class TemporaryFile : IDisposable
    {
        public TemporaryFile(string text) => File.WriteAllText(Path, text);

        public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tocsin-{Guid.NewGuid():N}.yaml");

        public void Dispose() => File.Delete(Path);
    }

    /// <summary>A job that tells the test that it is worked.</summary>
    private sealed class Probe(IServiceProvider node, TaskCompletionSource worked) : IJobHandler
    {
        public const string JobKind = "probe";

        public string Kind => JobKind;

        public async Task RunAsync(LeasedJob job, CancellationToken ct)
        {
            await node.GetRequiredService<Database>().WriteAsync(tx => node.GetRequiredService<JobStore>().CompleteAsync(tx, job), ct);
            worked.SetResult();
        }
    }

    private static Task<Finding> CheckAsync(BackplaneOptions options, Cluster cluster, string database) => BackplaneChecks.RunAsync(
        options, new() { Database = database }, cluster[0].Services.GetRequiredService<Database>(), TimeProvider.System, default);

    private static Dictionary<string, string?> On(RedisServer redis) => new() { ["Backplane:RedisHost"] = "127.0.0.1", ["Backplane:RedisPort"] = $"{redis.Port}" };

    private static string Metrics(Cluster cluster) => cluster[0].Services.GetRequiredService<PrometheusText>().Render();

    /// <summary>Publishes on the first node what a subscriber of the second must see, whole and in order.</summary>
    private static async Task FollowAsync(Cluster cluster, int alerts, Func<int, Task> after)
    {
        using var patience = Patience.Begin();
        using var caller = await Cluster.CallerAsync(cluster[1]);
        var begin = (await Cluster.LinesAsync(cluster[0], "warm-up"))[^1].Seq;
        await using var stream = await caller.GetStreamAsync($"/api/v1/stream?last={begin}", patience.Token);
        using var reader = new StreamReader(stream);
        var reading = ReadAsync();
        for (var i = 1; i <= alerts; i++)
        {
            await Cluster.PublishAsync(cluster[0], "load", $"{i}");
            await after(i);
        }

        var expected = await Cluster.LinesAsync(cluster[0], "load");
        Assert.Equal(alerts, expected.Count);
        Assert.Equal(expected.Select(l => $"{l.Seq}"), await reading);

        async Task<List<string>> ReadAsync()
        {
            List<string> ids = [];
            string? id = null;
            while (ids.Count < alerts && await reader.ReadLineAsync(patience.Token) is { } line)
            {
                id = line.StartsWith("id: ", StringComparison.Ordinal) ? line[4..] : id;
                if (line.StartsWith("data: ", StringComparison.Ordinal) && line.Contains("stream/load", StringComparison.Ordinal))
                {
                    ids.Add(await IdAsync(id, reader, patience.Token));
                }
            }

            return ids;
        }
    }

    /// <summary>The id may stand before or after the data of its event.</summary>
    private static async Task<string> IdAsync(string? before, StreamReader reader, CancellationToken ct)
    {
        var id = before;
        while (await reader.ReadLineAsync(ct) is { Length: > 0 } line)
        {
            id = line.StartsWith("id: ", StringComparison.Ordinal) ? line[4..] : id;
        }

        return id!;
    }

    private static async Task<long> KillListenersAsync(Cluster cluster)
    {
        await using var source = NpgsqlDataSource.Create(cluster.Address);
        await using var command = source.CreateCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'tocsin-backplane' AND datname = current_database() AND query = $1");
        command.Parameters.Add(new() { Value = $"LISTEN tocsin_{Tocsin.Data.StableHash.Of("backplane", "public"):x16}" });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
