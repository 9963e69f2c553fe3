using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>What people do, from the first start on, through the real server and a real browser.</summary>
[Collection(BrowserTests.Name)]
public sealed class JourneyTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task From_the_setup_link_to_an_incident_that_appears_by_itself()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        var page = await browser.OpenAsync(baseUrl: product.Url);
        var wrong = Watch(page);
        await product.SetUpAsync(page);

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing can reach you yet" })).ToBeVisibleAsync();
        await Expect(page.Locator("pre")).ToContainTextAsync($"{product.Url.Authority}/in/generic/{Estates.GenericKey}");

        await page.GotoAsync("/sources/anything");
        await Expect(page.GetByText("Waiting for the first event")).ToBeVisibleAsync();
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await Expect(page.GetByText("Receiving.")).ToBeVisibleAsync();

        await page.GotoAsync("/");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await product.SendAsync(Estates.GenericPath, Estates.Event("Queue lag 9 min", "high").Replace("checkout", "orders", StringComparison.Ordinal));
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Queue lag 9 min" })).ToBeVisibleAsync();
        await Expect(page.Locator("#say")).ToContainTextAsync("1 new incident");
        Assert.Empty(wrong);
        await page.Context.DisposeAsync();
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    /// <summary>Collects what the browser complains about: errors, breaches of the content security policy, failed scripts.</summary>
    internal static List<string> Watch(IPage page)
    {
        List<string> wrong = [];
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                wrong.Add($"{page.Url}: console: {message.Text}");
            }
        };
        page.PageError += (_, error) => wrong.Add($"{page.Url}: script: {error}");
        return wrong;
    }
}
