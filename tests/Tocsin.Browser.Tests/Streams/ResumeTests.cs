using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using Tocsin.Sdk;
using Xunit.Abstractions;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>
/// Four programs that share no code read one stream of the real executable, each through a network that cuts it in the middle of events, and are themselves killed
/// now and then. What each has read must be what the log holds: nothing missing, nothing twice, nothing out of order.
/// <c>TOCSIN_TEST_RESUMES</c> says how often each must have come back; 20 when it is not set.
/// </summary>
[Collection(BrowserTests.Name)]
public sealed class ResumeTests(BrowserFixture browser, ITestOutputHelper output)
{
    private const int KillEvery = 10;

    private static readonly int s_resumes =
        int.TryParse(Environment.GetEnvironmentVariable("TOCSIN_TEST_RESUMES"), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : 20;

    [BrowserFact]
    public async Task Four_clients_that_are_cut_and_killed_in_the_middle_read_what_the_log_holds()
    {
        // A minute for the start, and more than what one resume takes on a machine that does much else.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60 + (3 * s_resumes)));
        await using var tocsin = await TocsinProcess.StartAsync();
        var key = await tocsin.RunAsync("key", "create", "--name", "proof");
        using var http = new HttpClient { BaseAddress = tocsin.Url };
        TocsinClient.Authorize(http, key);
        var client = new TocsinClient(http);
        var page = await browser.OpenAsync(baseUrl: tocsin.Url);
        await SignInAsync(tocsin, page);
        var from = (await client.ListEventsAsync(limit: 1)).Items is [var newest, ..] ? newest.Seq : 0;

        List<CuttingRelay> relays = [.. Enumerable.Range(1, 4).Select(seed => new CuttingRelay(tocsin.Url, seed))];
        List<StreamReader> readers =
            [new CurlReader(relays[0], key), new NodeReader(relays[1], key), new ChromiumReader(relays[2], page.Context), new SdkReader(relays[3], key)];
        foreach (var reader in readers)
        {
            await reader.StartAsync(from);
        }

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        var publishing = PublishAsync(http, readers, enough.Token);
        await Task.WhenAll(readers.Select(reader => WearOutAsync(reader, patience.Token)));
        await enough.CancelAsync();
        var published = await publishing;

        relays.ForEach(relay => relay.CalmDown());
        var log = await client.EnumerateEventsAsync(ct: patience.Token).Where(e => e.Kind == "stream.alert" && e.Seq > from).Reverse().ToListAsync();
        Assert.Equal(published, log.Count);
        foreach (var reader in readers)
        {
            await reader.ReachAsync(log[^1].Seq, patience.Token);
            output.WriteLine($"{reader.Name}: {reader.Relay.Streams - 1} resumes, {reader.Relay.Cuts} of them cut, {reader.Kills} killed, {reader.Seen.Count} of {log.Count} events");
        }

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
        var killAt = KillEvery;
        while (reader.Relay.Streams <= s_resumes)
        {
            await reader.NewsAsync(() => false, ct);
            if (reader.Relay.Streams > killAt)
            {
                killAt = reader.Relay.Streams + KillEvery;
                await reader.KillAsync();
            }
        }
    }

    /// <summary>Publishes until it is cancelled, a little ahead of the slowest reader. Tells how many alerts the server took.</summary>
    private static async Task<int> PublishAsync(HttpClient http, IReadOnlyList<StreamReader> readers, CancellationToken ct)
    {
        var published = 0;
        while (!ct.IsCancellationRequested)
        {
            var body = new { message = $"number {published}: ünïcode, \"quotes\"\nand lines", level = (published % 3) switch { 0 => "info", 1 => "warn", _ => "error" }, number = published };
            using var answer = await http.PutAsJsonAsync($"/alerts/proof-{published % 4}", body, CancellationToken.None);
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(CancellationToken.None)}");
            published++;
            while (!ct.IsCancellationRequested && readers.MinBy(reader => reader.Seen.Count) is { } slowest && slowest.Seen.Count < published - 500)
            {
                await slowest.NewsAsync(() => false, ct).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }

        return published;
    }

    private static async Task SignInAsync(TocsinProcess tocsin, Microsoft.Playwright.IPage page)
    {
        var line = await tocsin.LineAsync("/setup/");
        await page.GotoAsync(line[line.IndexOf("/setup/", StringComparison.Ordinal)..].Trim());
        await page.GetByLabel("Name").FillAsync("Ana");
        await page.GetByLabel("E-mail").FillAsync("ana@example.test");
        await page.GetByLabel("Password").FillAsync("a password nobody guesses");
        await page.GetByLabel("Password").PressAsync("Enter");
        await page.WaitForURLAsync("/");
        await page.CloseAsync();
    }
}
