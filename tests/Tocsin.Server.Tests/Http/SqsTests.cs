using Microsoft.AspNetCore.Builder;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Issues;
using Tocsin.Providers;
using Tocsin.Tests.Providers;

namespace Tocsin.Tests.Http;

/// <summary>A queue that is polled: what is stored is deleted, what is not comes again.</summary>
public abstract class SqsTests(Engine engine) : IAsyncLifetime
{
    private FakeSqs _sqs = null!;
    private HttpBench _bench = null!;
    private HttpClient _reader = null!;

    public async Task InitializeAsync()
    {
        _sqs = await FakeSqs.StartAsync(TimeProvider.System);
        _bench = await HttpBench.StartAsync(engine);
        await _bench.EditEstateAsync(
            "sources:\n",
            $$"""
            sources:
              - {name: queue, type: sqs, key: sqs-source-key-000000001, strict: true, queue_url: "{{_sqs.Address}}", region: {{FakeSqs.Region}}, wait: 2, visibility: 10,
                 access_key_id: {{FakeSqs.Key.Id}}, secret_access_key: {{FakeSqs.Key.Secret}}}

            """);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _sqs.DisposeAsync();
    }

    [StoreFact]
    public async Task What_is_on_the_queue_is_taken_in_order_and_deleted_when_it_is_stored()
    {
        _sqs.Send(
            PipelineBench.Alarm("TEAM=a|PRIORITY=P1").ToJsonString(),
            PipelineBench.Sns(PipelineBench.Webhook(PipelineBench.GrafanaAlert())).ToJsonString(),
            PipelineBench.Event().ToJsonString());
        await StartAsync();

        await _sqs.UntilAsync(s => s.Bodies.Count == 0);

        Assert.Equal(["Disk full", "Lag", "cpu"], (await _reader.GetJsonAsync("/api/v1/alerts")).Items().Select(a => a!["title"].Text()));
        Assert.Single(_sqs.Calls, "DeleteMessageBatch");
        _sqs.Send(PipelineBench.Event(("state", "RESOLVED")).ToJsonString());
        await _sqs.UntilAsync(s => s.Bodies.Count == 0);
        Assert.Equal("resolved", (await _reader.GetJsonAsync("/api/v1/alerts")).Items().First()!["status"].Text());
    }

    [StoreFact]
    public async Task What_is_rejected_is_kept_once_and_left_to_the_redrive_policy_and_costs_the_others_nothing()
    {
        _sqs.MostReceives = 2;
        _sqs.Send("""{"hello": "world"}""", PipelineBench.Event().ToJsonString());
        await StartAsync();
        await _sqs.UntilAsync(s => s.Bodies.Count == 1);

        for (var i = 0; i < 2; i++)
        {
            var before = _sqs.Calls.Count(c => c == "ReceiveMessage");
            _sqs.ShowAll();
            await _sqs.UntilAsync(s => s.Calls.Count(c => c == "ReceiveMessage") > before);
        }

        await _sqs.UntilAsync(s => s.Dead.Count == 1);
        Assert.Single((await _reader.GetJsonAsync("/api/v1/rejected")).Items());
        Assert.Single((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
    }

    [StoreFact]
    public async Task A_queue_that_fails_is_asked_again_and_a_deletion_that_failed_makes_no_second_alert()
    {
        _sqs.FailNext(new FakeFault.Answer(500));
        _sqs.FailNext(new FakeFault.Garbage());
        _sqs.Send(PipelineBench.Event().ToJsonString());
        await StartAsync();
        await _sqs.UntilAsync(s => s.Bodies.Count == 0);

        Assert.Single((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
    }

    [StoreFact]
    public async Task Whatever_the_queue_answers_each_message_is_taken_once()
    {
        foreach (var fault in (string[])["429", "503", "half", "reset"])
        {
            _sqs.FailNext(FakeFault.Parse(fault, "1")!);
        }

        _sqs.FailNext(new FakeFault.Slow(TimeSpan.FromMilliseconds(200)));
        _sqs.Send(PipelineBench.Event().ToJsonString(), PipelineBench.Event(("title", "Another")).ToJsonString());
        await StartAsync();
        await _sqs.UntilAsync(s => s.Bodies.Count == 0);

        Assert.Equal(2, (await _reader.GetJsonAsync("/api/v1/alerts")).Items().Count);
        Assert.Empty((await _reader.GetJsonAsync("/api/v1/rejected")).Items());
    }

    [StoreFact]
    public async Task While_a_message_is_being_stored_it_is_kept_hidden_however_long_that_takes()
    {
        await StartAsync();
        var (held, stored) = (new TaskCompletionSource(), new TaskCompletionSource());
        var holding = _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                // Whoever stores an alert waits for this.
                foreach (var workspace in await tx.QueryAsync("SELECT id FROM workspace", static row => row.GetInt64(0)))
                {
                    await tx.LockWorkspaceAsync(workspace);
                }

                held.SetResult();
                await stored.Task;
            },
            default);
        await held.Task;
        _sqs.Send(PipelineBench.Event().ToJsonString());

        await _sqs.UntilAsync(s => s.Calls.Contains("ChangeMessageVisibilityBatch"));
        Assert.Single(_sqs.Bodies);
        stored.SetResult();
        await holding;
        await _sqs.UntilAsync(s => s.Bodies.Count == 0);
        Assert.Single((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
    }

    [StoreFact]
    public async Task The_depth_of_the_queue_and_of_its_dead_letters_is_counted_shown_and_an_alarm()
    {
        _sqs.Bury("one", "two");
        await StartAsync();
        var (depths, watch) = (_bench.Service<QueueDepths>(), _bench.Service<PipelineWatch>());
        await LookAsync(depths, watch);

        var health = await _reader.GetJsonAsync("/api/v1/pipeline/health");
        var queue = Assert.Single(health["queues"]!.AsArray())!;
        Assert.Equal(("queue", 0, 2), (queue["source"].Text(), (int)queue["messages"]!, (int)queue["dead_letters"]!));
        Assert.Equal("alarm", health["status"].Text());
        Assert.Contains((await _reader.GetJsonAsync("/api/v1/alerts")).Items(), a => a!["title"].Text() == "Messages of polled queues are dead letters");
        var metrics = await _reader.GetStringAsync("/metrics");
        Assert.Contains("tocsin_rejected_deliveries{workspace=\"acme\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("tocsin_dead_jobs{workspace=\"acme\"} 0\n", metrics, StringComparison.Ordinal);
        Assert.Contains("tocsin_queue_dead_letters{workspace=\"acme\",source=\"queue\"} 2\n", metrics, StringComparison.Ordinal);

        _sqs.ShowsDead = false;
        await LookAsync(depths, watch);
        queue = (await _reader.GetJsonAsync("/api/v1/pipeline/health"))["queues"]![0]!;
        Assert.Null(queue["dead_letters"]);
        Assert.Contains("AccessDenied", queue["fault"].Text(), StringComparison.Ordinal);
        _sqs.Redrives = false;
        await LookAsync(depths, watch);
        Assert.Contains("no dead letter queue", (await _reader.GetJsonAsync("/api/v1/pipeline/health"))["queues"]![0]!["fault"].Text(), StringComparison.Ordinal);
        Assert.Contains((await _reader.GetJsonAsync("/api/v1/alerts?status=resolved")).Items(), a => a!["title"].Text() == "Messages of polled queues are dead letters");
    }

    private protected FakeSqs Queue => _sqs;

    private protected HttpBench Bench => _bench;

    private protected HttpClient Viewer => _reader;

    private async Task LookAsync(QueueDepths depths, PipelineWatch watch)
    {
        _bench.Pass(TimeSpan.FromSeconds(31));
        await depths.TurnAsync(default);
        await watch.TurnAsync(default);
    }

    private protected void Configure(WebApplicationBuilder builder) => builder.Configuration["Outgoing:Allow"] += $",{_sqs.HostAndPort}";

    private protected async Task StartAsync()
    {
        await _bench.RestartAsync(Configure);
        _reader = await _bench.CallerAsync(Role.Viewer);
    }
}

public sealed class SqsOnSqlite() : SqsTests(Engine.Sqlite);

public sealed class SqsOnPostgres() : SqsTests(Engine.Postgres)
{
    /// <summary>Only on a store that several nodes share.</summary>
    [StoreFact]
    public async Task When_one_of_two_nodes_stops_the_other_goes_on_asking_and_nothing_is_taken_twice()
    {
        await StartAsync();
        var other = await Bench.AddNodeAsync(Configure);
        Queue.Send(PipelineBench.Event().ToJsonString());
        await Queue.UntilAsync(q => q.Bodies.Count == 0);

        // Whichever of both asks now, one of these stops takes it away from it.
        await Bench.StopAsync();
        Queue.Send(PipelineBench.Event(("title", "Second")).ToJsonString());
        await Queue.UntilAsync(q => q.Bodies.Count == 0);
        await other.StopAsync();
        await other.DisposeAsync();
        await StartAsync();
        Queue.Send(PipelineBench.Event(("title", "Third")).ToJsonString());
        await Queue.UntilAsync(q => q.Bodies.Count == 0);

        Assert.Equal(["Third", "Second", "Disk full"], (await Viewer.GetJsonAsync("/api/v1/alerts")).Items().Select(a => a!["title"].Text()));
        Assert.Equal(3, (await Viewer.GetJsonAsync("/api/v1/deliveries?verdict=accepted")).Items().Count);
    }
}

public sealed class SignatureV4Tests
{
    [Fact]
    public void The_published_example_comes_out()
    {
        SortedDictionary<string, string> headers = new(StringComparer.Ordinal) { ["host"] = "example.amazonaws.com", ["x-amz-date"] = "20150830T123600Z" };

        Assert.EndsWith(
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            SignatureV4.Authorization("GET", "/", headers, [], FakeSqs.Key, "us-east-1", "service", "20150830T123600Z"),
            StringComparison.Ordinal);
    }
}
