using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>The ways in for logs and metrics, in the shapes of the reliability assistant.</summary>
public abstract class TelemetryIngestTests(IngestBench bench)
{
    private static readonly string[] _ways = ["/ingest/logs", "/ingest/logs/raw", "/ingest/metrics", "/ingest/snapshot"];

    private HttpClient Sender => bench.Sender;

    [StoreFact]
    public async Task Logs_are_stored_and_answered_as_ever()
    {
        var answer = (await Sender.PostAsync("/ingest/logs", """{"logs": [{"level": "error", "message": "Database connection timeout", "service": "api"}, {"level": "warning", "message": "High memory", "service": "api"}]}""")).AsObject();

        Assert.Equal(["status", "count", "timestamp"], answer.Select(m => m.Key));
        Assert.Equal(("accepted", 2), (answer["status"].Text(), answer["count"]!.GetValue<int>()));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$", answer["timestamp"].Text());
        Assert.Equal([("Database connection timeout", LineLevel.Error), ("High memory", LineLevel.Warning)], (await bench.LinesAsync("api")).Select(l => (l.Message, l.Level)).Order());
    }

    [StoreFact]
    public async Task A_bad_entry_is_named_and_the_good_ones_are_stored()
    {
        var answer = await Sender.PostAsync("/ingest/logs", """{"logs": [{"message": "one", "service": "bad"}, {"message": "two", "service": "bad", "level": "loud"}, {"service": "bad"}, {"message": "four", "service": "bad"}]}""");

        Assert.Equal((2, 2), (answer["count"]!.GetValue<int>(), answer["rejected_count"]!.GetValue<int>()));
        Assert.Equal([(1, "level"), (2, "message")], answer["rejected"]!.AsArray().Select(r => (r!["index"]!.GetValue<int>(), r["field"].Text())));
        Assert.All(answer["rejected"]!.AsArray(), r => Assert.NotEmpty(r!["message"].Text()));
        Assert.Equal(2, (await bench.LinesAsync("bad")).Count);
    }

    [StoreFact]
    public async Task Who_may_not_send_is_refused_before_the_body_is_read()
    {
        var anybody = bench.Bench.Anybody();
        var viewer = await bench.Bench.CallerAsync(Role.Viewer);
        foreach (var path in _ways)
        {
            Assert.NotEmpty((await anybody.PostAsync(path, "nonsense", HttpStatusCode.Unauthorized))["detail"].Text());
            Assert.NotEmpty((await viewer.PostAsync(path, "nonsense", HttpStatusCode.Forbidden))["detail"].Text());
            using var get = await Sender.GetAsync(path);
            Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await anybody.GetAsync("/debug/buffer")).StatusCode);
    }

    [StoreFact]
    public async Task A_key_is_taken_from_either_header_also_beside_a_token_that_has_ended()
    {
        var key = await bench.Bench.KeyAsync(Role.Responder);
        foreach (var (name, value) in new[] { ("X-API-Key", key), ("Authorization", $"Bearer {key}") })
        {
            using var client = bench.Bench.Anybody();
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
            Assert.Equal(1, (await client.PostAsync("/ingest/logs", """{"logs": [{"message": "m"}]}"""))["count"]!.GetValue<int>());
        }

        using var both = bench.Bench.Anybody();
        both.DefaultRequestHeaders.Add("X-API-Key", key);
        both.DefaultRequestHeaders.Add("Authorization", "Bearer of-yesterday");
        Assert.Equal(1, (await both.PostAsync("/ingest/logs", """{"logs": [{"message": "m"}]}"""))["count"]!.GetValue<int>());
    }

    [StoreFact]
    public async Task What_one_workspace_sends_no_other_has()
    {
        var other = await bench.Bench.CallerAsync(Role.Responder, "other");
        var before = (await other.GetJsonAsync("/debug/buffer"))["logs_count"]!.GetValue<int>();
        await other.PostAsync("/ingest/logs", """{"logs": [{"message": "theirs", "service": "apart"}]}""");
        await Sender.PostAsync("/ingest/logs", """{"logs": [{"message": "ours", "service": "apart"}]}""");

        Assert.Equal("ours", Assert.Single(await bench.LinesAsync("apart")).Message);
        Assert.Equal("theirs", Assert.Single(await bench.LinesAsync("apart", "other")).Message);
        Assert.Equal(before + 1, (await other.GetJsonAsync("/debug/buffer"))["logs_count"]!.GetValue<int>());
    }

    [StoreFact]
    public async Task Raw_lines_are_understood()
    {
        var body = new JsonArray(
            $$"""{"timestamp": "{{DateTimeOffset.UtcNow.AddHours(-1):yyyy-MM-ddTHH:mm:ss}}Z", "level": "ERROR", "message": "boom", "service": "raw", "logger": "own"}""",
            "Traceback (most recent call last):\n  File \"a.py\", line 1\n    f()\nValueError: bad\nnext line");
        var answer = await Sender.PostAsync("/ingest/logs/raw?source=app.log", body.ToJsonString());

        Assert.Equal(3, answer["count"]!.GetValue<int>());
        Assert.Equal("app.log", Assert.Single(await bench.LinesAsync("raw")) is var line && line.Level == LineLevel.Error ? line.Source : "");
    }

    [StoreFact]
    public async Task Lines_may_come_as_plain_text()
    {
        using var content = new StringContent("level=error service=plain msg=one\nlevel=info service=plain msg=two\n", Encoding.UTF8, "text/plain");
        using var response = await Sender.PostAsync("/ingest/logs/raw", content);

        Assert.Equal(2, (await response.JsonAsync(HttpStatusCode.OK))["count"]!.GetValue<int>());
        Assert.Equal([("one", LineLevel.Error), ("two", LineLevel.Info)], (await bench.LinesAsync("plain")).Select(l => (l.Message, l.Level)).Order());
    }

    [StoreFact]
    public async Task Metrics_are_stored()
    {
        var answer = await Sender.PostAsync("/ingest/metrics", """{"metrics": [{"name": "cpu", "value": 85.5, "unit": "%", "service": "m"}, {"name": "n", "value": 7, "service": "m", "tags": {"port": 80}}, {"value": 1}]}""");
        var samples = await bench.SamplesAsync("m");

        Assert.Equal((2, 1), (answer["count"]!.GetValue<int>(), answer["rejected_count"]!.GetValue<int>()));
        Assert.Equal((85.5, 7), (samples["cpu"].Value, samples["n{port=\"80\"}"].Value));
    }

    [StoreFact]
    public async Task A_sample_whose_clock_is_ahead_is_named_by_its_place()
    {
        var ahead = DateTimeOffset.UtcNow.AddHours(3).ToString("O", CultureInfo.InvariantCulture);
        var answer = await Sender.PostAsync("/ingest/metrics", $$"""{"metrics": [{"value": 1}, {"name": "a", "value": 1, "service": "ahead"}, {"name": "b", "value": 1, "service": "ahead", "timestamp": "{{ahead}}"}]}""");

        Assert.Equal([0, 2], answer["rejected"]!.AsArray().Select(r => r!["index"]!.GetValue<int>()));
        Assert.Equal("a", Assert.Single(await bench.SamplesAsync("ahead")).Key);
    }

    [StoreFact]
    public async Task A_snapshot_is_one_however_many_fields_it_has()
    {
        var answer = await Sender.PostAsync("/ingest/snapshot", """{"snapshot": {"cpu_percent": 85.5, "memory_percent": 72.0, "error_rate": 0.05, "latency_ms": 250, "custom_metrics": {"queue": 3}}, "service": "snap"}""");
        var samples = await bench.SamplesAsync("snap");

        Assert.Equal(1, answer["count"]!.GetValue<int>());
        Assert.Equal(["cpu_percent", "error_rate", "latency_ms", "memory_percent", "queue"], samples.Keys.Order());
        Assert.Equal(250, samples["latency_ms"].Value);
    }

    [StoreFact]
    public async Task The_buffer_tells_what_came_within_the_last_hour()
    {
        var fresh = await bench.Bench.CallerAsync(Role.Responder, "other");
        var before = await fresh.GetJsonAsync("/debug/buffer");
        var (old, late) = (DateTimeOffset.UtcNow.AddMinutes(-30), DateTimeOffset.UtcNow.AddMinutes(-5));
        await fresh.PostAsync("/ingest/logs", $$"""{"logs": [{"message": "a", "timestamp": "{{late:yyyy-MM-ddTHH:mm:ss}}"}, {"message": "b", "timestamp": "{{old:yyyy-MM-ddTHH:mm:ss}}Z"}]}""");
        await fresh.PostAsync("/ingest/snapshot", """{"snapshot": {"cpu_percent": 1}}""");
        var after = await fresh.GetJsonAsync("/debug/buffer");

        Assert.Equal(["logs_count", "metrics_count", "snapshots_count", "oldest_log", "newest_log"], after.AsObject().Select(m => m.Key));
        Assert.Equal([2, 1, 1], new[] { "logs_count", "metrics_count", "snapshots_count" }.Select(name => after[name]!.GetValue<int>() - before[name]!.GetValue<int>()));
        Assert.Equal($"{old:yyyy-MM-ddTHH:mm:ss}", after["oldest_log"].Text());
    }

    [StoreFact]
    public async Task A_body_that_is_too_large_packed_or_unpacked_is_refused_with_advice()
    {
        var large = $$"""{"logs": [{"message": "{{new string('x', IntakeDoor.MaxBodyBytes)}}"}]}""";
        using var plain = await Sender.PostJsonAsync("/ingest/logs", large);
        using var content = IngestBench.Packed(large, "gzip");
        using var packed = await Sender.PostAsync("/ingest/logs", content);

        Assert.Contains("fewer", (await plain.JsonAsync(HttpStatusCode.RequestEntityTooLarge))["detail"].Text(), StringComparison.Ordinal);
        Assert.Contains("fewer", (await packed.JsonAsync(HttpStatusCode.RequestEntityTooLarge))["detail"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task More_entries_than_a_request_may_hold_are_refused_whole()
    {
        var body = $$"""{"logs": [{{string.Join(',', Enumerable.Repeat("""{"message":"m","service":"many"}""", TelemetryLimits.Batch + 1))}}]}""";

        Assert.Contains("several", (await Sender.PostAsync("/ingest/logs", body, HttpStatusCode.RequestEntityTooLarge))["detail"].Text(), StringComparison.Ordinal);
        Assert.Empty(await bench.LinesAsync("many"));
    }

    [StoreFact]
    public async Task A_body_that_is_not_what_its_headers_say_is_refused()
    {
        using var notPacked = new StringContent("{}", Encoding.UTF8, "application/json");
        notPacked.Headers.ContentEncoding.Add("gzip");
        using var unknown = new StringContent("{}", Encoding.UTF8, "application/json");
        unknown.Headers.ContentEncoding.Add("zstd");

        Assert.NotEmpty((await (await Sender.PostAsync("/ingest/logs", notPacked)).JsonAsync(HttpStatusCode.BadRequest))["detail"].Text());
        Assert.NotEmpty((await (await Sender.PostAsync("/ingest/logs", unknown)).JsonAsync(HttpStatusCode.UnsupportedMediaType))["detail"].Text());
    }

    [StoreFact]
    public async Task What_comes_is_counted()
    {
        await Sender.PostAsync("/ingest/logs", """{"logs": [{"message": "m"}, {}]}""");
        await Sender.PostAsync("/ingest/metrics", """{"metrics": [{"name": "n", "value": 1}]}""");
        var metrics = await (await bench.Bench.CallerAsync(Role.Owner)).GetStringAsync("/metrics");

        Assert.Matches("""tocsin_telemetry_entries_total\{kind="log",verdict="accepted"\} \d""", metrics);
        Assert.Matches("""tocsin_telemetry_entries_total\{kind="log",verdict="rejected"\} \d""", metrics);
        Assert.Matches("""tocsin_telemetry_entries_total\{kind="metric",verdict="accepted"\} \d""", metrics);
    }

    [StoreFact]
    public async Task Spoilt_bodies_are_answered_and_break_nothing()
    {
        var random = new Random(20273);
        byte[] seed = Encoding.UTF8.GetBytes("""{"logs": [{"message": "m", "metadata": {"a": [1]}}], "metrics": [{"name": "n", "value": 1}], "snapshot": {"cpu_percent": 1}}""");
        foreach (var path in (string[])[.. _ways, "/v1/logs", "/v1/metrics", "/v1/traces"])
        {
            for (var round = 0; round < 60; round++)
            {
                var body = seed.ToArray();
                for (var changes = random.Next(0, 6); changes > 0; changes--)
                {
                    body[random.Next(body.Length)] = (byte)random.Next(256);
                }

                using var content = new ByteArrayContent(body[..random.Next(body.Length + 1)]);
                content.Headers.ContentType = new(path[1] == 'v' && round % 2 == 0 ? "application/x-protobuf" : "application/json");
                using var response = await Sender.PostAsync(path, content);
                Assert.True((int)response.StatusCode < 500, $"{path}: {(int)response.StatusCode} for {Convert.ToHexString(body)}");
            }
        }
    }

    public sealed class SqliteBench() : IngestBench(Engine.Sqlite);

    public sealed class PostgresBench() : IngestBench(Engine.Postgres);

    public sealed class OnSqlite(SqliteBench bench) : TelemetryIngestTests(bench), IClassFixture<SqliteBench>;

    public sealed class OnPostgres(PostgresBench bench) : TelemetryIngestTests(bench), IClassFixture<PostgresBench>;
}
