using Tocsin.Data;
using Tocsin.Telemetry;
using static Tocsin.Tests.Telemetry.Lines;

namespace Tocsin.Tests.Telemetry;

/// <summary>Small blocks become large ones; nobody who searches notices.</summary>
public abstract class LogMergeTests(Engine engine)
{
    [StoreFact]
    public async Task A_trickle_of_single_lines_ends_in_few_blocks_and_every_line_keeps_its_id()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        for (var i = 0; i < 70; i++)
        {
            await node.StoreAsync(At(i, $"line {i} of the trickle", service: $"s{i % 3}"));
        }

        var before = await node.AllAsync(Ever);
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        await node.Merger.TurnAsync(default);

        Assert.Equal(70, before.Count);
        Assert.Equal(before, await node.AllAsync(Ever));
        Assert.InRange(await node.BlocksAsync(), 1, 14);
        Assert.Equal(before.Where(f => f.Line.Service == "s1"), await node.AllAsync(Ever with { Service = "s1" }));

        // When the hour is over, one block is left.
        bench.Clock.Advance(TimeSpan.FromHours(2));
        await node.Merger.TurnAsync(default);
        Assert.Equal((1, 1), (await node.BlocksAsync(), await node.BlocksAsync("state = 2 AND words IS NOT NULL")));
        Assert.Equal(before, await node.AllAsync(Ever));
    }

    [StoreFact]
    public async Task What_was_merged_is_found_by_the_same_words_as_before()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var random = new Random(7);
        for (var i = 0; i < 40; i++)
        {
            await node.StoreAsync(Random(random, 10, spreadSeconds: 7_000));
        }

        string[] texts = ["payment", "timeout", "timeoutexception", "exception", "id", "\"user_id checkout\"", "déjà", "客", "server", "o7", "time*", "-retry payment", $"{3:x32}"];
        Dictionary<string, List<FoundLine>> before = [];
        foreach (var text in texts)
        {
            before[text] = await node.AllAsync(Ever with { Text = text });
        }

        bench.Clock.Advance(TimeSpan.FromHours(5));
        await node.Merger.TurnAsync(default);

        Assert.Equal(2, await node.BlocksAsync("words IS NOT NULL"));
        foreach (var text in texts)
        {
            Assert.NotEmpty(before[text]);
            Assert.Equal(before[text], await node.AllAsync(Ever with { Text = text }));
        }

        Assert.Empty(await node.FindAsync("neverwritten"));
    }

    [StoreFact]
    public async Task A_merge_that_is_cut_off_before_its_commit_changes_nothing()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        for (var i = 0; i < 20; i++)
        {
            await node.StoreAsync(At(i, $"line {i}"));
        }

        var before = await node.AllAsync(Ever);
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        node.Cut.CutsOff = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.Merger.TurnAsync(default));
        Assert.Equal(20, await node.BlocksAsync());
        Assert.Equal(before, await node.AllAsync(Ever));

        node.Cut.CutsOff = false;
        await node.Merger.TurnAsync(default);
        Assert.True(await node.BlocksAsync() < 20);
        Assert.Equal(before, await node.AllAsync(Ever));
    }

    [StoreFact]
    public async Task A_commit_that_is_cut_off_stores_neither_lines_nor_counts()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await node.StoreAsync(At(0, "kept"));
        node.Cut.CutsOff = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.StoreAsync(At(1, "lost")));
        node.Cut.CutsOff = false;

        Assert.Equal(["kept"], await node.FindAsync(""));
        Assert.Equal(1, (await node.Rates.ReadAsync(LogNode.Workspace, Ever.From, Ever.To, default)).Sum(r => r.Count));
        Assert.Equal(["kept"], (await node.Templates.ListAsync(LogNode.Workspace, null, default)).Select(t => t.Pattern));

        await node.StoreAsync(At(1, "lost"));
        Assert.Equal(["lost", "kept"], await node.FindAsync(""));
        Assert.Equal(2, (await node.Templates.ListAsync(LogNode.Workspace, "shop", default)).Sum(t => t.Count));
    }

    [StoreFact]
    public async Task Two_nodes_that_merge_the_same_blocks_lose_and_double_nothing()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var other = engine == Engine.Postgres ? await bench.AddAsync() : node;
        for (var i = 0; i < 40; i++)
        {
            await (i % 2 == 0 ? node : other).StoreAsync(At(i, $"line {i}"));
        }

        var before = await node.AllAsync(Ever);
        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        await Task.WhenAll(node.Merger.TurnAsync(default), other == node ? Task.CompletedTask : other.Merger.TurnAsync(default));

        Assert.Equal(40, before.Count);
        Assert.Equal(before, await node.AllAsync(Ever));
        Assert.Equal(before, await other.AllAsync(Ever));
    }

    [StoreFact]
    public async Task A_search_goes_on_where_it_was_while_its_blocks_are_merged()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        for (var i = 0; i < 64; i++)
        {
            await node.StoreAsync(At(i * 7 % 64, $"line {i}"), At(i, $"again {i}"));
        }

        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        List<FoundLine> found = [];
        var page = await node.Search.SearchAsync(LogNode.Workspace, Ever, 30, null, default);
        found.AddRange(page.Lines);

        // Between listing blocks and reading them, too.
        var merged = false;
        node.Cut.AfterRead = async () =>
        {
            if (!merged)
            {
                merged = true;
                await node.Merger.TurnAsync(default);
            }
        };
        while (page.Next is { } next)
        {
            page = await node.Search.SearchAsync(LogNode.Workspace, Ever, 30, next, default);
            found.AddRange(page.Lines);
        }

        Assert.True(merged);
        Assert.Equal(128, found.Select(f => f.Id).Distinct().Count());
        Assert.Equal(await node.AllAsync(Ever), found);
    }

    public sealed class OnSqlite() : LogMergeTests(Engine.Sqlite);

    public sealed class OnPostgres() : LogMergeTests(Engine.Postgres);
}
