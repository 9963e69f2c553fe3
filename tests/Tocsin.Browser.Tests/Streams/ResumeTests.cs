using System.Globalization;
using Tocsin.Sdk;
using Xunit.Abstractions;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>
/// Four programs that share no code read one stream of the real executable, each through a network that cuts it in the middle of events. They are themselves killed
/// now and then, and so is the server. What each has read must be what the log holds: nothing missing, nothing twice, nothing out of order.
/// <c>TOCSIN_TEST_RESUMES</c> says how often each must have come back; 20 when it is not set.
/// </summary>
[Collection(BrowserTests.Name)]
public sealed class ResumeTests(BrowserFixture browser, ITestOutputHelper output)
{
    private const int KillReaderEvery = 10;
    private const int KillServerEvery = 100;

    private static readonly int s_resumes =
        int.TryParse(Environment.GetEnvironmentVariable("TOCSIN_TEST_RESUMES"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : 20;

    [BrowserFact]
    public async Task Four_clients_that_are_cut_and_killed_in_the_middle_read_what_the_log_holds()
    {
        // For all resumes together.
        using var patience = new CancellationTokenSource(Patience.Limit * Math.Max(2, s_resumes / 20));
        await using var tocsin = await TocsinProcess.StartAsync();
        var key = await tocsin.RunAsync("key", "create", "--name", "proof");
        var page = await browser.OpenAsync(baseUrl: tocsin.Url);
        await SignInAsync(tocsin, page);
        var from = (await LogAsync(tocsin, key, after: 0, patience.Token)) is [.., var newest] ? newest.Seq : 0;

        List<CuttingRelay> relays = [.. Enumerable.Range(1, 4).Select(seed => new CuttingRelay(tocsin.Url, seed))];
        List<StreamReader> readers =
            [new CurlReader(relays[0], key), new NodeReader(relays[1], key), new ChromiumReader(relays[2], page.Context), new SdkReader(relays[3], key)];
        foreach (var reader in readers)
        {
            await reader.StartAsync(from);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        using var publisher = new Publisher(tocsin, key, readers);
        var publishing = publisher.RunAsync(enough.Token);
        var killing = KillServerAsync(tocsin, readers, patience.Token);
        await Task.WhenAll([killing, .. readers.Select(reader => WearOutAsync(reader, patience.Token))]);
        await enough.CancelAsync();
        await publishing;

        relays.ForEach(relay => relay.CalmDown());
        var log = (await LogAsync(tocsin, key, from, patience.Token)).Where(e => e.Kind == "stream.alert").ToList();
        foreach (var reader in readers)
        {
            await reader.ReachAsync(log[^1].Seq, patience.Token);
            output.WriteLine($"{reader.Name}: {reader.Relay.Streams - 1} resumes, {reader.Relay.Cuts} of them cut, {reader.Kills} killed; {reader.Seen.Count} of {log.Count} events");
        }

        output.WriteLine($"server: killed {await killing} times; {publisher.Accepted.Count} alerts accepted, {log.Count} in the log");
        Assert.Subset(log.Select(NumberOf).ToHashSet(), publisher.Accepted.ToHashSet());
        var truth = log.Select(StreamReader.Line).ToList();
        foreach (var reader in readers)
        {
            Assert.True(reader.Relay.Streams > s_resumes, $"{reader.Name} came back {reader.Relay.Streams - 1} times.");
            Assert.Equal(truth, reader.Seen);
            await reader.DisposeAsync();
            await reader.Relay.DisposeAsync();
        }

        await page.Context.DisposeAsync();
    }

    /// <summary>Waits until a reader came back often enough, and kills it now and then.</summary>
    private static async Task WearOutAsync(StreamReader reader, CancellationToken ct)
    {
        var killAt = KillReaderEvery;
        while (reader.Relay.Streams <= s_resumes)
        {
            await reader.NewsAsync(() => false, ct);
            if (reader.Relay.Streams > killAt)
            {
                killAt = reader.Relay.Streams + KillReaderEvery;
                await reader.KillAsync();
            }
        }
    }

    /// <summary>Kills the server in the middle of all, once at least. Tells how often.</summary>
    private static async Task<int> KillServerAsync(TocsinProcess tocsin, IReadOnlyList<StreamReader> readers, CancellationToken ct)
    {
        var kills = 0;
        var first = readers[0];
        for (var at = Math.Min(s_resumes / 2, KillServerEvery); at < s_resumes; at += KillServerEvery)
        {
            while (first.Relay.Streams <= at)
            {
                await first.NewsAsync(() => false, ct);
            }

            await tocsin.KillAndRestartAsync();
            kills++;
            foreach (var reader in readers)
            {
                reader.Relay.Lead(tocsin.Url);
            }
        }

        return kills;
    }

    private static async Task<List<EventView>> LogAsync(TocsinProcess tocsin, string key, long after, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = tocsin.Url };
        TocsinClient.Authorize(http, key);
        return await new TocsinClient(http).EnumerateEventsAsync(ct: ct).TakeWhile(e => e.Seq > after).Reverse().ToListAsync(ct);
    }

    private static int NumberOf(EventView e) => e.Data!.Value.GetProperty("data").GetProperty("number").GetInt32();

    private static async Task SignInAsync(TocsinProcess tocsin, Microsoft.Playwright.IPage page)
    {
        var line = await tocsin.LineAsync("/setup/");
        await page.GotoAsync(line[line.IndexOf("/setup/", StringComparison.Ordinal)..].Trim());
        await page.GetByLabel("Name").FillAsync("Ana");
        await page.GetByLabel("E-mail").FillAsync("ana@example.test");
        await page.GetByLabel("Password").FillAsync("a password nobody guesses");
        await page.GetByLabel("Password").PressAsync("Enter");
        await page.ArrivesAtAsync("/");
        await page.CloseAsync();
    }
}
