using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Routing;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>Metrics are stored, packed and read, on either engine.</summary>
public abstract class MetricStoreTests(Engine engine)
{
    [StoreFact]
    public async Task What_was_answered_is_read_back_before_and_after_packing_and_by_a_new_process()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        var stored = await bench.StoreAsync(bench.Sample("cpu", 0, 1.5), bench.Sample("cpu", 10, 2), bench.Sample("cpu", 20, 3));
        Assert.Equal((3, 0), (stored.Stored, stored.Refused.Count));

        (double, double)[] expected = [(0, 1.5), (10, 2), (20, 3)];
        Assert.Equal(expected, await bench.PointsAsync("cpu"));

        await bench.PackAsync();
        Assert.Equal(expected, await bench.PointsAsync("cpu"));

        await bench.RestartAsync();
        await bench.StoreAsync(bench.Sample("cpu", 30, 4));
        Assert.Equal(expected.Append((30, 4)), await bench.PointsAsync("cpu"));
        Assert.Equal(1, await bench.CountAsync("metric_series"));
    }

    [StoreFact]
    public async Task Late_and_repeated_samples_come_into_order_and_the_last_word_counts()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(bench.Sample("cpu", 20, 3), bench.Sample("cpu", 0, 1), bench.Sample("cpu", 0, 7));
        await bench.PackAsync();
        await bench.StoreAsync(bench.Sample("cpu", 10, 2), bench.Sample("cpu", 20, 4));
        Assert.Equal([(0, 7), (10, 2), (20, 4)], await bench.PointsAsync("cpu"));

        await bench.PackAsync();
        await bench.StoreAsync(bench.Sample("cpu", 10, 5));
        Assert.Equal([(0, 7), (10, 5), (20, 4)], await bench.PointsAsync("cpu"));

        await bench.PackAsync();
        Assert.Equal([(0, 7), (10, 5), (20, 4)], await bench.PointsAsync("cpu"));
        Assert.Equal(1, await bench.CountAsync("metric_chunk"));
    }

    [StoreFact]
    public async Task A_sample_that_corrects_one_of_a_chunk_that_grows_no_more_still_counts()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync([.. Enumerable.Range(0, MetricPacker.FullChunk).Select(i => bench.Sample("cpu", i, i))]);
        await bench.PackAsync();
        await bench.StoreAsync(bench.Sample("cpu", 5, -5), bench.Sample("cpu", MetricPacker.FullChunk, 1));
        await bench.PackAsync();

        var points = await bench.PointsAsync("cpu");
        Assert.Equal(MetricPacker.FullChunk + 1, points.Length);
        Assert.Equal((5, -5), points[5]);
        Assert.Equal(2, await bench.CountAsync("metric_chunk"));

        // The correction is in the chunk that grows; when that is full too, it is still the later one.
        await bench.StoreAsync([.. Enumerable.Range(1_000, MetricPacker.FullChunk).Select(i => bench.Sample("cpu", i, i))]);
        await bench.PackAsync();
        Assert.Equal((5, -5), (await bench.PointsAsync("cpu"))[5]);
    }

    [StoreFact]
    public async Task Samples_of_months_are_found_in_their_spans()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        double[] hours = [-24 * 90, -24 * 3 - 0.001, -24 * 3, -4, -0.5, 0];
        await bench.StoreAsync([.. hours.Select((h, i) => bench.Sample("cpu", h * 3600, i))]);
        await bench.PackAsync();

        Assert.Equal(hours.Select((h, i) => (h * 3600, (double)i)), await bench.PointsAsync("cpu"));
        var some = Assert.Single(await bench.Node.Query.ReadAsync(1, new() { Name = "cpu" }, VirtualClock.Start.AddDays(-3), VirtualClock.Start.AddMinutes(-30), 10, default)).Points;
        Assert.Equal([2, 3], some.Select(p => p.Value));
    }

    [StoreFact]
    public async Task Packing_that_ends_before_its_commit_loses_and_doubles_nothing()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(bench.Sample("cpu", 0, 1));
        await bench.PackAsync();
        await bench.StoreAsync(bench.Sample("cpu", 10, 2));

        var breaks = new InterruptedDatabase(bench.Database) { AfterRead = () => throw new StoreUnavailableException("The process ends here.") };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => bench.Node.Packing(breaks, bench).PackAsync(1, default));
        await bench.RestartAsync();

        Assert.Equal([(0, 1), (10, 2)], await bench.PointsAsync("cpu"));
        await bench.PackAsync();
        Assert.Equal([(0, 1), (10, 2)], await bench.PointsAsync("cpu"));
    }

    [StoreFact]
    public async Task Packing_that_ends_after_its_commit_loses_and_doubles_nothing()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(bench.Sample("cpu", 0, 1), bench.Sample("cpu", 10, 2));

        var breaks = new InterruptedDatabase(bench.Database) { AfterWrite = () => throw new StoreUnavailableException("The answer is lost.") };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => bench.Node.Packing(breaks, bench).PackAsync(1, default));

        Assert.False(await bench.Node.Packer.PackAsync(1, default));
        Assert.Equal([(0, 1), (10, 2)], await bench.PointsAsync("cpu"));
    }

    [StoreFact]
    public async Task Of_two_nodes_that_pack_the_same_heads_one_does_it()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(bench.Sample("cpu", 0, 1));
        var other = new InterruptedDatabase(bench.Database);
        other.AfterRead = async () =>
        {
            // While this node has read and not yet written, the other packs these and what came after.
            other.AfterRead = null;
            await bench.PackAsync();
            await bench.StoreAsync(bench.Sample("cpu", 10, 2));
            await bench.PackAsync();
        };

        Assert.False(await bench.Node.Packing(other, bench).PackAsync(1, default));
        Assert.Equal([(0, 1), (10, 2)], await bench.PointsAsync("cpu"));
    }

    [StoreFact]
    public async Task Heads_wait_for_more_of_their_series_but_not_for_long()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(bench.Sample("cpu", 0, 1));
        await bench.Node.Packer.TurnAsync(default);
        Assert.Equal(1, await bench.CountAsync("metric_head"));

        bench.Clock.Advance(MetricPacker.Patience);
        await bench.Node.Packer.TurnAsync(default);
        Assert.Equal((0, 1), (await bench.CountAsync("metric_head"), await bench.CountAsync("metric_chunk")));
    }

    [StoreFact]
    public async Task New_series_beyond_the_bound_are_refused_by_name_and_known_ones_are_not()
    {
        await using var bench = await MetricBench.OpenAsync(engine, new() { MaxSeries = 100 });
        await bench.StoreAsync([.. Enumerable.Range(0, 99).Select(i => bench.Sample("cpu", 0, i, tags: ("host", $"h{i}")))]);

        var stored = await bench.StoreAsync(bench.Sample("a", 1, 1), bench.Sample("b", 1, 1), bench.Sample("cpu", 1, 1, tags: ("host", "h3")), bench.Sample("c", 1, 1));

        Assert.Equal(2, stored.Stored);
        Assert.Equal([1, 3], stored.Refused.Select(r => r.Index));
        Assert.Contains("100 series", stored.Refused[0].Reason, StringComparison.Ordinal);
        Assert.Equal(100, await bench.CountAsync("metric_series"));

        // The bound holds for a process that starts anew, and for each workspace by itself.
        await bench.RestartAsync();
        Assert.Equal(0, (await bench.StoreAsync(bench.Sample("b", 2, 1))).Stored);
        Assert.Equal(1, (await bench.Node.Intake.StoreAsync(2, [bench.Sample("b", 2, 1)], default)).Stored);
    }

    [StoreFact]
    public async Task A_sample_of_a_clock_that_is_ahead_is_refused_by_name()
    {
        await using var bench = await MetricBench.OpenAsync(engine);

        var stored = await bench.StoreAsync(bench.Sample("cpu", 3600, 1), bench.Sample("cpu", 3601, 2));

        Assert.Equal((1, 1), (stored.Stored, Assert.Single(stored.Refused).Index));
        Assert.Equal([(3600, 1)], await bench.PointsAsync("cpu"));
    }

    [StoreFact]
    public async Task What_is_older_than_metrics_are_kept_goes_and_is_not_taken_again()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(bench.Sample("old", -86_400, 1), bench.Sample("cpu", -86_400, 2), bench.Sample("cpu", 0, 3));
        await bench.PackAsync();
        bench.Clock.Advance(TimeSpan.FromDays(99.5));

        await bench.Node.Keeper.TurnAsync(default);

        Assert.Equal([(0, 3)], await bench.PointsAsync("cpu"));
        Assert.Equal("cpu", Assert.Single(await bench.Node.Query.SeriesAsync(1, new(), 10, default)).Name);
        var late = await bench.StoreAsync(bench.Sample("cpu", -86_400, 2), bench.Sample("cpu", -40_000, 4));
        Assert.Equal((1, 0), (late.Stored, Assert.Single(late.Refused).Index));

        // A series that was forgotten may come back, also to a process that remembers it.
        await bench.StoreAsync(bench.Sample("old", 86_400, 5));
        Assert.Equal([(86_400, 5)], await bench.PointsAsync("old"));
        await bench.RestartAsync();
        Assert.Equal([(86_400, 5)], await bench.PointsAsync("old"));
    }

    [StoreFact]
    public async Task A_series_that_was_forgotten_makes_room_for_another()
    {
        await using var bench = await MetricBench.OpenAsync(engine, new() { MaxSeries = 100 });
        await bench.StoreAsync([.. Enumerable.Range(0, 100).Select(i => bench.Sample($"m{i}", 0, i))]);
        Assert.Equal(0, (await bench.StoreAsync(bench.Sample("new", 0, 1))).Stored);
        bench.Clock.Advance(TimeSpan.FromDays(101));

        await bench.Node.Keeper.TurnAsync(default);

        Assert.Equal(1, (await bench.StoreAsync(bench.Sample("new", 86_400 * 101, 1))).Stored);
    }

    [StoreFact]
    public async Task Hostile_names_and_tags_are_stored_as_the_store_can_hold_them_and_stay_one_series()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        const string Odd = "a'; DROP TABLE metric_series; --\0\uD800%_\"\n";
        for (var i = 0; i < 3; i++)
        {
            await bench.StoreAsync(bench.Sample(Odd, i, i, Odd, (Odd, Odd)));
            await bench.RestartAsync();
        }

        var series = Assert.Single(await bench.Node.Query.SeriesAsync(1, new(), 10, default));
        var clean = Odd.Replace('\0', '\uFFFD').Replace('\uD800', '\uFFFD');
        Assert.Equal((clean, clean, LabelSet.Of((clean, clean))), (series.Name, series.Service, series.Tags));
        Assert.Equal([(0, 0), (1, 1), (2, 2)], await bench.PointsAsync(clean));
    }

    [StoreFact]
    public async Task Series_differ_by_name_service_and_tags_and_are_found_by_each()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(
            bench.Sample("cpu", 0, 1, "web", ("host", "a")), bench.Sample("cpu", 0, 2, "web", ("host", "b")), bench.Sample("cpu", 0, 3, "db", ("host", "a")),
            bench.Sample("mem", 0, 4, "web"), bench.Sample("cpu", 0, 5));

        Assert.Equal(5, (await bench.Node.Query.SeriesAsync(1, new(), 10, default)).Count);
        Assert.Equal(2, (await bench.Node.Query.SeriesAsync(1, new(), 2, default)).Count);
        Assert.Equal([5, 3, 1, 2], await ValuesAsync(bench, new() { Name = "cpu" }));
        Assert.Equal([1, 2, 4], (await ValuesAsync(bench, new() { Service = "web" })).Order());
        Assert.Equal([5], await ValuesAsync(bench, new() { Service = "" }));
        Assert.Equal([1, 3], (await ValuesAsync(bench, new() { Tags = [new("host", MatchOp.Equal, "a")] })).Order());
        Assert.Equal([2], await ValuesAsync(bench, new() { Name = "cpu", Service = "web", Tags = [new("host", MatchOp.Regex, "[b-z]")] }));
        Assert.Equal([4, 5], (await ValuesAsync(bench, new() { Tags = [new("host", MatchOp.Equal, "")] })).Order());
        Assert.Empty(await bench.Node.Query.SeriesAsync(2, new(), 10, default));
    }

    [StoreFact]
    public async Task A_series_says_when_it_was_seen_last_and_what_its_newest_sample_says_of_it()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        await bench.StoreAsync(bench.Sample("requests", 0, 1));
        await bench.StoreAsync(bench.Sample("requests", 90, 2) with { Kind = MetricKind.Counter, Unit = "1" });
        await bench.StoreAsync(bench.Sample("requests", 100, 2) with { Kind = MetricKind.Counter, Unit = "1" });

        var series = Assert.Single(await bench.Node.Query.SeriesAsync(1, new(), 10, default));
        Assert.Equal((MetricKind.Counter, "1", VirtualClock.Start.AddSeconds(100)), (series.Kind, series.Unit, series.LastAt));

        // Another node knows what the row says, which is at most a minute behind.
        var other = Assert.Single(await (await bench.AddNodeAsync()).Query.SeriesAsync(1, new(), 10, default));
        Assert.Equal((MetricKind.Counter, "1", VirtualClock.Start.AddSeconds(90)), (other.Kind, other.Unit, other.LastAt));
    }

    [StoreFact]
    public async Task Steps_of_a_counter_go_across_heads_chunks_and_spans_and_see_its_reset()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        const int start = -3600 * 9;
        for (var i = 0; i < 3; i++)
        {
            // Two per second; the process starts anew in the middle.
            await bench.StoreAsync([.. Enumerable.Range(i * 180, 180).Select(n => bench.Sample("requests", start + (n * 60), n < 300 ? 1_000 + (n * 120) : (n - 300) * 120) with { Kind = MetricKind.Counter })]);
            if (i < 2)
            {
                await bench.PackAsync();
            }
        }

        var rates = Assert.Single(await bench.Node.Query.RangeAsync(
            1, new() { Name = "requests" }, VirtualClock.Start.AddSeconds(start), VirtualClock.Start, TimeSpan.FromHours(1), Aggregation.Rate, 10, default)).Points;

        // At the reset, what one minute brought is not seen.
        Assert.Equal([2, 2, 2, 2, 2, 2, 2, 2], rates.Where((_, hour) => hour != 4).Select(r => Math.Round(r.Value, 12)));
        Assert.Equal(2 - (2 / 60.0), rates[4].Value, 12);
        Assert.Equal(Enumerable.Range(0, 9).Select(h => VirtualClock.Start.AddHours(h - 9)), rates.Select(r => r.At));
    }

    [StoreFact]
    public async Task Many_requests_at_once_are_each_answered_after_their_own_samples_are_durable()
    {
        await using var bench = await MetricBench.OpenAsync(engine);
        var requests = Enumerable.Range(0, 200).Select(i => bench.StoreAsync([.. Enumerable.Range(0, 20).Select(s => bench.Sample($"m{s}", i - 300, i))])).ToArray();

        Assert.All(await Task.WhenAll(requests), stored => Assert.Equal(20, stored.Stored));

        await bench.RestartAsync();
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (i - 300.0, (double)i)), await bench.PointsAsync("m7"));
        Assert.InRange(await bench.CountAsync("metric_head"), 1, 200);
        Assert.Equal(20, await bench.CountAsync("metric_series"));
    }

    private static async Task<IEnumerable<double>> ValuesAsync(MetricBench bench, SeriesFilter filter) =>
        (await bench.Node.Query.ReadAsync(1, filter, VirtualClock.Start, VirtualClock.Start.AddSeconds(1), 100, default)).Select(s => Assert.Single(s.Points).Value);

    public sealed class OnSqlite() : MetricStoreTests(Engine.Sqlite);

    public sealed class OnPostgres() : MetricStoreTests(Engine.Postgres);
}
