using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>The page that shows the stream itself.</summary>
[Collection(BrowserTests.Name)]
public sealed class LivePageTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task What_happens_appears_by_itself_newest_first_and_leads_to_its_incident()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/live?kind=incident.triggered");
        await Expect(page.GetByText("Nothing like this so far")).ToBeVisibleAsync();
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");

        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await Expect(Lines(page)).ToHaveCountAsync(1);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Second", service: "orders"));
        await Expect(Lines(page)).ToHaveCountAsync(2);

        await Expect(Lines(page).First.GetByRole(AriaRole.Link, new() { Name = "#2" })).ToBeVisibleAsync();
        await Lines(page).Last.GetByRole(AriaRole.Link, new() { Name = "#1" }).ClickAsync();
        await page.ArrivesAtAsync(new Regex("/i/1#e-"));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_paused_page_stands_still_says_how_much_waits_and_goes_on_without_a_gap()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await page.GotoAsync("/live?kind=incident.triggered");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).PressAsync("Enter");
        await product.SendAsync(Estates.GenericPath, Estates.Event("Second", service: "orders"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Third", service: "search"));
        await Expect(page.Locator("#paused")).ToContainTextAsync("2");
        await Expect(Lines(page)).ToHaveCountAsync(1);
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).PressAsync("Enter");
        await Expect(Lines(page)).ToHaveCountAsync(3);
        await Expect(page.Locator("#paused")).ToBeEmptyAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task Who_walks_through_the_lines_with_the_keyboard_is_not_moved()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Second", service: "orders"));
        await page.GotoAsync("/live?kind=incident.triggered");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");

        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await Expect(Lines(page).Last.Locator("a.at")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("w");
        await product.SendAsync(Estates.GenericPath, Estates.Event("Third", service: "search"));

        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "1 new" })).ToBeVisibleAsync();
        await Expect(Lines(page)).ToHaveCountAsync(2);
        await Expect(Lines(page).Last.Locator("a.at")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("/");
        await Expect(page.GetByLabel("Kind")).ToBeFocusedAsync();
        await Expect(Lines(page)).ToHaveCountAsync(3);
    }

    [BrowserFact]
    public async Task However_long_it_stays_open_it_holds_no_more_than_its_newest_lines()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/live");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        for (var i = 1; i <= 40; i++)
        {
            await product.SendAsync(Estates.GenericPath, Estates.Event($"Number {i}", service: $"service-{i}"));
        }

        // Each of them is at least an incident, a decision and a page.
        await Expect(page.GetByText("The newest 100 lines are shown.")).ToBeVisibleAsync();
        await Expect(Lines(page)).ToHaveCountAsync(Tocsin.Pages.LiveModel.MostLines);
    }

    [BrowserFact]
    public async Task Without_scripts_it_shows_the_newest_filters_by_its_form_and_can_be_refreshed()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await page.GotoAsync("/live");
        await page.Locator("summary", new() { HasText = "Filter" }).ClickAsync();
        await page.GetByLabel("Kind").FillAsync("incident.trig*");
        await page.GetByLabel("Kind").PressAsync("Enter");
        await Expect(Lines(page)).ToHaveCountAsync(1);
        await Expect(page.GetByLabel("Kind")).ToHaveValueAsync("incident.trig*");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Pause" })).ToBeHiddenAsync();

        await product.SendAsync(Estates.GenericPath, Estates.Event("Second", service: "orders"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Refresh" }).ClickAsync();
        await Expect(Lines(page)).ToHaveCountAsync(2);

        await page.GetByLabel("Label").FillAsync("env=~(");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Expect(page.Locator(".bar.warning")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Label")).ToHaveValueAsync("env=~(");
    }

    private static ILocator Lines(IPage page) => page.Locator(".stream [data-row]");

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
