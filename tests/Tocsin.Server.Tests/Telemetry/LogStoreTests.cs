using Tocsin.Data;
using Tocsin.Telemetry;
using static Tocsin.Tests.Telemetry.Lines;

namespace Tocsin.Tests.Telemetry;

/// <summary>Counts, histograms, context, tails, and what hostile senders do.</summary>
public abstract class LogStoreTests(Engine engine)
{
    [StoreFact]
    public async Task Rates_and_templates_count_every_line_once()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await node.StoreAsync([.. Enumerable.Range(0, 90).Select(i => At(i, $"order {i} placed"))]);
        await node.StoreAsync(At(61, "order 91 placed"), At(62, "order 92 placed", LineLevel.Error), At(-1, "order 93 placed", service: "bank"));

        var rates = await node.Rates.ReadAsync(LogNode.Workspace, VirtualClock.Start, VirtualClock.Start.AddMinutes(2), default);
        Assert.Equal(
            [(0, "shop", LineLevel.Info, 60), (1, "shop", LineLevel.Info, 31), (1, "shop", LineLevel.Error, 1)],
            rates.Select(r => ((int)(r.Minute - VirtualClock.Start).TotalMinutes, r.Service, r.Level, (int)r.Count)));

        var templates = await node.Templates.ListAsync(LogNode.Workspace, null, default);
        Assert.Equal([91, 1, 1], templates.Select(t => t.Count));
        Assert.Equal(("order <num> placed", "order 0 placed", VirtualClock.Start, VirtualClock.Start.AddMinutes(1)), (templates[0].Pattern, templates[0].Example, templates[0].FirstSeenAt, templates[0].LastSeenAt));
        Assert.Equal(["bank"], (await node.Templates.ListAsync(LogNode.Workspace, "bank", default)).Select(t => t.Service));
        Assert.Empty(await node.Templates.ListAsync(2, null, default));
    }

    [StoreFact]
    public async Task A_histogram_counts_by_level_from_counters_and_from_lines_alike()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await node.StoreAsync([.. Enumerable.Range(0, 600).Select(i => At(i, $"order {i} placed", i % 60 == 0 ? LineLevel.Error : LineLevel.Info))]);
        var query = new LogQuery { From = VirtualClock.Start, To = VirtualClock.Start.AddMinutes(10) };

        var counted = await node.Search.HistogramAsync(LogNode.Workspace, query, 5, default);
        var read = await node.Search.HistogramAsync(LogNode.Workspace, query with { Text = "placed" }, 5, default);
        var errors = await node.Search.HistogramAsync(LogNode.Workspace, query with { Least = LineLevel.Error, Service = "shop" }, 10, default);

        Assert.Equal((TimeSpan.FromMinutes(2), true), (counted.Step, counted.Complete));
        Assert.Equal(Enumerable.Repeat((118L, 2L), 5), counted.Buckets.Select(b => (b.Counts[(int)LineLevel.Info], b.Counts[(int)LineLevel.Error])));
        Assert.Equal(counted.Buckets.Select(b => (b.At, b.Total)), read.Buckets.Select(b => (b.At, b.Total)));
        Assert.Equal(Enumerable.Repeat(1L, 10), errors.Buckets.Select(b => b.Total));
    }

    [StoreFact]
    public async Task The_context_of_a_line_is_what_its_service_said_before_and_after()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        for (var i = 0; i < 20; i++)
        {
            await node.StoreAsync(At(i, $"shop {i}"), At(i, $"bank {i}", service: "bank"));
        }

        var line = Assert.Single(await node.AllAsync(Ever with { Text = "\"shop 10\"" }));
        var context = (await node.Search.ContextAsync(LogNode.Workspace, line.Id, 3, 2, default))!;

        Assert.Equal(["shop 12", "shop 11", "shop 10", "shop 9", "shop 8", "shop 7"], context.Lines.Select(l => l.Line.Message));
        Assert.Equal(line, context.Lines[2]);
        Assert.Null(await node.Search.ContextAsync(2, line.Id, 3, 2, default));
        Assert.Null(await node.Search.ContextAsync(LogNode.Workspace, "no-id", 3, 2, default));
    }

    [StoreFact]
    public async Task Long_times_are_counted_by_hours_and_come_to_the_same()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var random = new Random(7);
        for (var i = 0; i < 4; i++)
        {
            await node.StoreAsync([.. Random(random, 300, spreadSeconds: 6 * 86_400).Select(l => l with { Message = $"line {l.Message}" })]);
        }

        foreach (var (from, to) in ((int From, int To)[])[(0, 6 * 1_440), (17, (5 * 1_440) + 221), (61, 1_500), (60, 2_941), (59, 2_940), (1, 2)])
        {
            var (start, end) = (VirtualClock.Start.AddMinutes(from), VirtualClock.Start.AddMinutes(to));
            var fine = await node.Rates.ReadAsync(LogNode.Workspace, start, end, default);
            var coarse = await node.Rates.ReadCoarselyAsync(LogNode.Workspace, start, end, default);
            Assert.Equal(Kinds(fine), Kinds(coarse));
            Assert.Equal(to - from > 2_880, coarse.Count < fine.Count);

            foreach (var query in (LogQuery[])[Ever with { From = start, To = end }, Ever with { From = start, To = end, Service = "shop", Least = LineLevel.Warning }])
            {
                var counted = await node.Search.HistogramAsync(LogNode.Workspace, query, 60, default);
                var read = await node.Search.HistogramAsync(LogNode.Workspace, query with { Text = "line" }, 60, default);
                Assert.Equal(read.Buckets.Select(b => (b.At, string.Join(' ', b.Counts))), counted.Buckets.Select(b => (b.At, string.Join(' ', b.Counts))));
            }
        }

        await node.KeepAsync(VirtualClock.Start.AddDays(LogRates.KeptDays + 3));
        Assert.InRange(await node.Telemetry.Database.ReadAsync(async session => await session.ScalarAsync("SELECT COUNT(*) FROM log_rate_hour WHERE hour < (SELECT MIN(minute) FROM log_rate) / 60") ?? 0, default), 0, 0);

        static string[] Kinds(IReadOnlyList<LogRate> rates) =>
            [.. rates.GroupBy(r => (r.Service, r.Level, r.Template)).Select(g => $"{g.Key} {g.Sum(r => r.Count)}").Order(StringComparer.Ordinal)];
    }

    [StoreFact]
    public async Task A_histogram_says_how_far_back_it_was_counted()
    {
        var (bench, node) = await LogBench.OpenAsync(engine, budget: TimeSpan.FromTicks(-1));
        await using var _ = bench;
        await node.StoreAsync(At(0, "early line"));
        await node.StoreAsync(At(7_200, "late line"));

        var counted = await node.Search.HistogramAsync(LogNode.Workspace, Ever with { Text = "line" }, 10, default);

        Assert.Equal((false, VirtualClock.Start.AddSeconds(7_200).AddMicroseconds(1)), (counted.Complete, counted.CountedFrom));
        Assert.True((await node.Search.HistogramAsync(LogNode.Workspace, Ever, 10, default)).Complete);
    }

    [StoreFact]
    public async Task A_follower_hears_what_it_asked_for_from_its_own_node_and_from_others()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var other = engine == Engine.Postgres ? await bench.AddAsync() : node;
        await node.StoreAsync(At(0, "before anybody followed"));
        await using var listener = await node.FollowAsync(Ever with { Text = "declined" });
        Assert.False(listener.Hears());

        await node.StoreAsync(At(1, "card accepted"), At(2, "card declined"));
        var line = await listener.NextAsync();
        Assert.Equal("card declined", line.Line.Message);
        Assert.Contains(line, await node.AllAsync(Ever));

        await other.StoreAsync(At(3, "transfer declined"));
        await node.TailPoll.TurnAsync(default);
        await node.TailPoll.TurnAsync(default);
        line = await listener.NextAsync();
        Assert.Equal("transfer declined", line.Line.Message);
        Assert.Contains(line, await node.AllAsync(Ever));
        Assert.False(listener.Hears());
        await node.StoreAsync(At(4, "last declined"));
        Assert.Equal("last declined", (await listener.NextAsync()).Line.Message);
        Assert.Empty(listener.Missed);
    }

    [StoreFact]
    public async Task Whoever_follows_too_slowly_is_told_how_many_lines_it_missed()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await using var listener = await node.FollowAsync(Ever);
        await node.StoreAsync([.. Enumerable.Range(0, 5_000).Select(i => At(i % 60, $"line {i}"))]);
        await node.StoreAsync(At(0, "another"));

        var heard = 0;
        while (heard == 0 || heard + listener.Missed.Sum(m => m.Missed) < 5_001)
        {
            await listener.NextAsync();
            heard++;
        }

        Assert.InRange(heard, 1, 4_999);
        Assert.Equal(5_001 - heard, listener.Missed.Sum(m => m.Missed));
    }

    [StoreFact]
    public async Task Hostile_texts_are_stored_as_they_can_be_and_found()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var text = new string('x', TelemetryLimits.Message - 7) + " needle";
        await node.StoreAsync(
            At(1, "nul\0inside") with { Service = "a\0b", Attributes = "{\"k\":\"\0\"}" }, At(2, "half \ud800 pair \udfff end"), At(3, "\u0001\u0002\u001b[31mred\u001b[0m \u202e"), At(4, text),
            At(5, "", service: "") with { TraceId = "\0" }, At(6, "%_'\";--"), At(7, "🔥🔥"));

        Assert.Equal(["🔥🔥", "%_'\";--", "", text, "\u0001\u0002\u001b[31mred\u001b[0m \u202e", "half \ufffd pair \ufffd end", "nul\ufffdinside"], await node.FindAsync(""));
        Assert.Equal([text], await node.FindAsync("needle"));
        Assert.Equal(["nul\ufffdinside"], await node.FindAsync("inside nul"));
        Assert.Equal(["half \ufffd pair \ufffd end"], await node.FindAsync("\"half \ud800 pair\""));
        Assert.Equal(["🔥🔥"], await node.FindAsync("🔥"));
        Assert.Equal(["%_'\";--"], await node.FindAsync("%_'"));
        Assert.Equal("a\ufffdb", Assert.Single(await node.AllAsync(Ever with { Service = "a\ufffdb" })).Line.Service);
        Assert.Equal(7, (await node.Rates.ReadAsync(LogNode.Workspace, Ever.From, Ever.To, default)).Sum(r => r.Count));
    }

    [StoreFact]
    public async Task Lines_from_anywhere_in_time_share_a_block()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var lines = Enumerable.Range(0, 500).Select(i => new LogLine(i == 0 ? DateTimeOffset.MinValue : i == 1 ? DateTimeOffset.MaxValue.AddDays(-1) : VirtualClock.Start.AddHours(-i), LineLevel.Info, $"line {i}")).ToArray();
        await node.StoreAsync(lines);

        Assert.InRange(await node.BlocksAsync(), 1, 9);
        var found = await node.AllAsync(new() { From = DateTimeOffset.MinValue, To = DateTimeOffset.MaxValue });
        Assert.Equal(lines.OrderByDescending(l => l.At).Select(l => l.Message), found.Select(f => f.Line.Message));
    }

    [StoreFact]
    public async Task No_search_crosses_workspaces()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await Task.WhenAll(node.StoreAsync(At(0, "mine")), node.Intake.StoreAsync(2, [At(0, "theirs")], default));

        Assert.Equal(["mine"], await node.FindAsync(""));
        Assert.Equal(["theirs"], (await node.Search.SearchAsync(2, Ever, 10, null, default)).Lines.Select(l => l.Line.Message));
        Assert.Equal(1, (await node.Rates.ReadAsync(2, Ever.From, Ever.To, default)).Sum(r => r.Count));
    }

    [StoreFact]
    public async Task A_search_whose_time_is_over_gives_what_it_has_and_goes_on()
    {
        var (bench, node) = await LogBench.OpenAsync(engine, budget: TimeSpan.FromSeconds(2));
        await using var _ = bench;
        for (var i = 0; i < 6; i++)
        {
            await node.StoreAsync(At(i * 10, $"line {i}"));
        }

        // Every look into the store takes a second.
        node.Cut.AfterRead = () =>
        {
            bench.Clock.Advance(TimeSpan.FromSeconds(1));
            return Task.CompletedTask;
        };
        List<string> found = [];
        var (pages, after) = (0, default(string));
        do
        {
            var page = await node.Search.SearchAsync(LogNode.Workspace, Ever, 100, after, default);
            Assert.Equal(page.Next is null, page.Complete);
            found.AddRange(page.Lines.Select(l => l.Line.Message));
            after = page.Next;
            pages++;
        }
        while (after is not null);

        Assert.Equal(["line 5", "line 4", "line 3", "line 2", "line 1", "line 0"], found);
        Assert.InRange(pages, 2, 6);
    }

    [StoreFact]
    public async Task What_is_too_old_goes_and_its_counts_stay()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await node.StoreAsync(At(0, "old line"));
        bench.Clock.Advance(TimeSpan.FromDays(7.5));
        await node.StoreAsync(new LogLine(bench.Clock.Now, LineLevel.Info, "new line"));

        await node.KeepAsync(bench.Clock.Now);
        Assert.Equal(["new line"], await node.FindAsync(""));
        Assert.Equal(2, (await node.Rates.ReadAsync(LogNode.Workspace, Ever.From, Ever.To, default)).Sum(r => r.Count));

        bench.Clock.Advance(TimeSpan.FromDays(34));
        await node.KeepAsync(bench.Clock.Now);
        Assert.Equal(1, (await node.Rates.ReadAsync(LogNode.Workspace, Ever.From, Ever.To, default)).Sum(r => r.Count));
        Assert.Equal(["new line"], (await node.Templates.ListAsync(LogNode.Workspace, null, default)).Select(t => t.Pattern));
    }

    [StoreFact]
    public async Task Where_no_more_kinds_of_lines_can_be_learnt_those_of_yesterday_make_room()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await node.Telemetry.Database.WriteAsync(
            tx => node.Templates.CountAsync(
                tx,
                [.. Enumerable.Range(0, ServiceTemplates.MostTemplates).Select(i => new TemplateUse(LogNode.Workspace, new(1_000 + i, "shop", LineLevel.Info, [$"kind{(char)('a' + (i / 100))}{(char)('a' + (i / 10 % 10))}{(char)('a' + (i % 10))}"], "", bench.Clock.Now), bench.Clock.Now.ToMicros(), 1))]),
            default);
        await node.StoreAsync(At(0, "the till is empty", LineLevel.Error), At(0, "open", service: "bank"));
        Assert.Contains(await node.Templates.ListAsync(LogNode.Workspace, null, default), t => t.Pattern == "(other)");

        bench.Clock.Advance(TimeSpan.FromHours(25));
        await node.StoreAsync(new LogLine(bench.Clock.Now, LineLevel.Info, "still here") { Service = "shop" });
        await node.KeepAsync(bench.Clock.Now);
        bench.Clock.Advance(TimeSpan.FromHours(25));
        await node.StoreAsync(new LogLine(bench.Clock.Now, LineLevel.Error, "the till is empty") { Service = "shop" });

        var known = await node.Templates.ListAsync(LogNode.Workspace, null, default);
        Assert.Contains(known, t => t.Pattern == "the till is empty" && t.FirstSeenAt == bench.Clock.Now);
        Assert.Contains(known, t => t.Pattern == "open");
        Assert.InRange(known.Count, 1, 5);
    }

    [StoreFact]
    public async Task When_there_is_no_room_the_oldest_lines_go_first()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await StoreNoiseAsync(node);

        var taken = await node.Room.LookAsync(default);
        Assert.InRange(taken, 1_500_000, 6_000_000);
        node.Options.Value.MaxGigabytes = taken * 0.6 / (1024 * 1024 * 1024);
        await node.Room.LookAsync(default);
        Assert.True(node.Room.IsFull);
        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => node.StoreAsync(At(200, "refused")));
        Assert.Contains("Telemetry:MaxGigabytes", refused.Message, StringComparison.Ordinal);

        await node.KeepAsync(bench.Clock.Now);

        var left = (await node.AllAsync(Ever)).ConvertAll(f => f.Line.At);
        Assert.InRange(left.Count, 10, 90);
        Assert.Equal(VirtualClock.Start.AddSeconds(99), left[0]);
        Assert.Equal(VirtualClock.Start.AddSeconds(100 - left.Count), left[^1]);
        Assert.False(node.Room.IsFull);
        await node.StoreAsync(At(200, "taken again"));
    }

    public sealed class OnSqlite() : LogStoreTests(Engine.Sqlite)
    {
        [StoreFact]
        public async Task The_file_has_a_bound_of_its_own_that_refuses_and_loses_nothing()
        {
            var (bench, node) = await LogBench.OpenAsync(Engine.Sqlite);
            await using var _ = bench;
            node.Options.Value.MaxGigabytes = 0.002;
            await node.Room.BoundAsync(default);
            var (random, stored) = (new Random(6), 0);
            var refused = await Assert.ThrowsAsync<StoreUnavailableException>(async () =>
            {
                for (; stored < 1_000; stored++)
                {
                    var noise = new byte[20_000];
                    random.NextBytes(noise);
                    await node.StoreAsync(At(stored, Convert.ToBase64String(noise)));
                }
            });

            Assert.Contains("full", refused.Message, StringComparison.Ordinal);
            Assert.InRange(stored, 30, 200);
            Assert.Equal(stored, (await node.AllAsync(Ever)).Count);
            await node.KeepAsync(bench.Clock.Now);
            await node.StoreAsync(At(2_000, "taken again"));
        }

        [StoreFact]
        public async Task While_little_of_the_disk_is_free_the_oldest_lines_go_and_the_file_does_not_grow()
        {
            var (bench, node) = await LogBench.OpenAsync(Engine.Sqlite);
            await using var _ = bench;
            node.FreeBytes = 50L << 30;
            await StoreNoiseAsync(node);
            var taken = await node.Room.LookAsync(default);
            Assert.Equal(10L << 30, node.Room.MostBytes);

            node.FreeBytes = 1 << 20;
            await node.Room.BoundAsync(default);
            var most = node.Room.MostBytes;
            Assert.InRange(most, taken, 2 * taken);
            for (var from = 100; from < 400; from += 3)
            {
                await node.KeepAsync(bench.Clock.Now);
                await StoreNoiseAsync(node, from, 3);
            }

            Assert.InRange(await node.Room.LookAsync(default), most / 2, most);
            Assert.Equal(most, node.Room.MostBytes);
            Assert.Equal(VirtualClock.Start.AddSeconds(399), (await node.AllAsync(Ever))[0].Line.At);
        }
    }

    public sealed class OnPostgres() : LogStoreTests(Engine.Postgres);

    /// <summary>Lines of 27 kB, a second apart.</summary>
    private static async Task StoreNoiseAsync(LogNode node, int from = 0, int count = 100)
    {
        var random = new Random(from);
        for (var i = from; i < from + count; i++)
        {
            var noise = new byte[20_000];
            random.NextBytes(noise);
            await node.StoreAsync(At(i, $"{i} {Convert.ToBase64String(noise)}"));
        }
    }
}
