namespace Tocsin.Browser.Tests;

/// <summary>The measuring tool itself: it must see what is wrong, or a green page means nothing.</summary>
[Collection(BrowserTests.Name)]
public sealed class AccessibilityTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task A_button_without_a_name_is_found()
    {
        var page = await browser.OpenAsync();
        await page.SetContentAsync(Frame("<button></button>"));

        Assert.Contains(await Accessibility.FindingsAsync(page), finding => finding.StartsWith("button-name:", StringComparison.Ordinal));
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_page_in_order_has_no_findings()
    {
        var page = await browser.OpenAsync(width: 360, dark: true);
        await page.SetContentAsync(Frame("<button>Acknowledge</button>"));

        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task A_browser_without_scripts_runs_none()
    {
        var page = await browser.OpenAsync(scripts: false);
        await page.SetContentAsync(Frame("<p>waiting</p><script>document.querySelector('p').textContent = 'ran'</script>"));

        Assert.Equal("waiting", await page.Locator("p").TextContentAsync());
        await page.Context.DisposeAsync();
    }

    private static string Frame(string content) =>
        $"<!doctype html><html lang='en'><head><title>Inbox</title></head><body><main><h1>Inbox</h1>{content}</main></body></html>";
}
