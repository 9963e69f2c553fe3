using Tocsin.Demo.Fakes;
using Tocsin.Identity;
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
              - {name: queue, type: sqs, key: sqs-source-key-000000001, strict: true, queue_url: "{{_sqs.Address}}", region: {{FakeSqs.Region}}, wait: 2,
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

    private async Task StartAsync()
    {
        await _bench.RestartAsync(builder => builder.Configuration["Outgoing:Allow"] += $",{_sqs.HostAndPort}");
        _reader = await _bench.CallerAsync(Role.Viewer);
    }
}

public sealed class SqsOnSqlite() : SqsTests(Engine.Sqlite);

public sealed class SqsOnPostgres() : SqsTests(Engine.Postgres);

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
