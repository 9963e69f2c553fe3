using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>Reports in a browser that runs no scripts, on a phone and on paper.</summary>
[Collection(BrowserTests.Name)]
public sealed class ReportPageTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task Before_the_first_incident_a_sample_is_shown_and_says_so()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);

        await page.GotoAsync("/reports");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Reports start after the first 7 days" })).ToBeVisibleAsync();
        await Expect(page.Locator(".sample")).ToContainTextAsync("sample");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Incidents by day" })).ToHaveCountAsync(0);
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Figures_are_found_filtered_and_taken_away_without_scripts()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Nightly import is late", service: "import"));
        await page.APIRequest.PostAsync("/api/v1/incidents/1/acknowledge");

        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "More" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Reports" }).ClickAsync();
        await Expect(Tile(page, "Incidents")).ToHaveTextAsync(new Regex("^2"));
        await Expect(Tile(page, "Time to acknowledge")).ToContainTextAsync("median of 1");
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "2 incidents from" })).ToBeVisibleAsync();

        await page.Locator("summary", new() { HasText = "Filter" }).ClickAsync();
        await page.GetByLabel("Team", new() { Exact = true }).SelectOptionAsync("payments");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Expect(Tile(page, "Incidents")).ToHaveTextAsync(new Regex("^1"));

        await page.GetByRole(AriaRole.Link, new() { Name = "Fairness" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "you" })).ToContainTextAsync("672");
        await page.GetByRole(AriaRole.Link, new() { Name = "Noise" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Checkout error rate 12 %" })).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Row).Filter(new() { HasText = "Nightly import" })).ToHaveCountAsync(0);

        var waiting = page.WaitForDownloadAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "CSV" }).ClickAsync();
        using var file = new StreamReader(await (await waiting).CreateReadStreamAsync());
        var lines = (await file.ReadToEndAsync()).Split("\r\n");
        Assert.StartsWith("Checkout error rate 12 %,checkout,anything,critical,1,", lines[1], StringComparison.Ordinal);
        Assert.Equal(("", 3), (lines[2], lines.Length));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task On_paper_there_are_only_figures()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await page.GotoAsync("/reports");

        await page.EmulateMediaAsync(new() { Media = Media.Print });

        await Expect(Tile(page, "Incidents")).ToBeVisibleAsync();
        await Expect(page.Locator(".chart")).ToBeVisibleAsync();
        foreach (var gone in (string[])[".rail", ".top", ".tabs", ".span form", "summary"])
        {
            foreach (var one in await page.Locator(gone).AllAsync())
            {
                Assert.False(await one.IsVisibleAsync(), gone);
            }
        }
    }

    private static ILocator Tile(IPage page, string name) => page.Locator(".tiles > div").Filter(new() { Has = page.Locator("dt", new() { HasTextRegex = new($"^{name}$") }) }).Locator("dd");

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
