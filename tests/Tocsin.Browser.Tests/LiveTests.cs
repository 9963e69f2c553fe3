using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>Pages that stay fresh: over several tabs, over a cut line, and over a lost answer.</summary>
[Collection(BrowserTests.Name)]
public sealed class LiveTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task Two_tabs_share_one_stream_and_the_second_goes_on_when_the_first_is_closed()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        List<string> streams = [];
        reader.Page.Context.Request += (_, request) =>
        {
            if (request.Url.Contains("/api/v1/stream", StringComparison.Ordinal))
            {
                lock (streams)
                {
                    streams.Add(request.Url);
                }
            }
        };
        await product.SetUpAsync(reader.Page);
        await Expect(reader.Page.Locator("#conn")).ToHaveTextAsync("live");
        var second = await reader.Page.Context.NewPageAsync();
        await second.GotoAsync("/");
        await Expect(second.Locator("#conn")).ToHaveTextAsync("live");
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await Expect(reader.Page.GetByRole(AriaRole.Link, new() { Name = "First" })).ToBeVisibleAsync();
        await Expect(second.GetByRole(AriaRole.Link, new() { Name = "First" })).ToBeVisibleAsync();
        Assert.Single(streams);

        await reader.Page.CloseAsync();
        await product.SendAsync(Estates.GenericPath, Estates.Event("Second", service: "orders"));
        await Expect(second.GetByRole(AriaRole.Link, new() { Name = "Second" })).ToBeVisibleAsync();
        Assert.Equal(2, streams.Count);
    }

    [BrowserFact]
    public async Task When_the_stream_is_cut_the_page_says_so_and_asks_by_itself()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.RouteAsync("**/api/v1/stream*", route => route.AbortAsync());
        await page.GotoAsync("/");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("reconnecting…");
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "First" })).ToBeVisibleAsync();

        await page.UnrouteAllAsync();
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
    }

    [BrowserFact]
    public async Task An_acknowledgement_that_met_no_network_is_sent_when_it_is_back()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await page.RouteAsync("**/i/1/acknowledge", route => route.AbortAsync());
        await page.GotoAsync("/i/1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToContainTextAsync("Escalation goes on until then");
        await Expect(page.Locator(".inc-line")).ToContainTextAsync("Triggered");

        await page.UnrouteAllAsync();
        await Expect(page.GetByText("You have this")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_note_that_met_no_network_is_not_sent_twice_and_stays_in_its_box()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await page.RouteAsync("**/i/1/notes", route => route.AbortAsync());
        await page.GotoAsync("/i/1");
        await page.GetByLabel("Note").FillAsync("Looking at it");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();

        await Expect(page.Locator("#toast")).ToContainTextAsync("try again");
        await Expect(page.GetByLabel("Note")).ToHaveValueAsync("Looking at it");
    }

    [BrowserFact]
    public async Task A_page_to_the_reader_sounds_in_an_open_tab_unless_it_is_muted()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await page.AddInitScriptAsync("window.rang = 0; window.AudioContext = class extends AudioContext { constructor() { super(); window.rang++; } };");
        await product.SetUpAsync(page);
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await page.Locator("main").ClickAsync(new() { Position = new() { X = 5, Y = 5 } });
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await Expect(page.Locator("#alarm")).ToContainTextAsync("You are being paged: #1 First.");
        Assert.Equal(1, await page.EvaluateAsync<int>("window.rang"));

        await page.GotoAsync("/me");
        await page.GetByLabel("Muted").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("Saved for this browser.")).ToBeVisibleAsync();
        await page.GotoAsync("/");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await page.Locator("main").ClickAsync(new() { Position = new() { X = 5, Y = 5 } });
        await product.SendAsync(Estates.GenericPath, Estates.Event("Second", service: "orders"));
        await Expect(page.Locator("#alarm")).ToContainTextAsync("You are being paged: #2 Second.");
        Assert.Equal(0, await page.EvaluateAsync<int>("window.rang"));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task What_somebody_is_typing_survives_what_others_do()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await page.GotoAsync("/i/1");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await page.Locator(".alert summary").ClickAsync();
        await page.GetByLabel("Note").FillAsync("Half a sen");

        await product.SendAsync(Estates.GenericPath, Estates.Event("First", status: "resolved"));
        await Expect(page.Locator(".inc-line")).ToContainTextAsync("Resolved");
        await Expect(page.GetByLabel("Note")).ToHaveValueAsync("Half a sen");
        await Expect(page.GetByLabel("Note")).ToBeFocusedAsync();
        await Expect(page.Locator(".alert-body")).ToBeVisibleAsync();
        await Expect(page.Locator("#say")).ToContainTextAsync("Resolved");
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
