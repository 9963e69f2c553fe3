using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>A browser window on a server, which notes whatever the browser complains about.</summary>
internal sealed class Reader : IAsyncDisposable
{
    private readonly List<string> _complaints = [];

    private Reader(IPage page)
    {
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Add($"{page.Url}: console: {message.Text}");
            }
        };
        page.PageError += (_, error) => _complaints.Add($"{page.Url}: script: {error}");
    }

    public IPage Page { get; }

    public static async Task<Reader> OpenAsync(
        BrowserFixture browser, Product product, int width = 1280, int height = 800, bool scripts = true, bool dark = false, bool touch = false) =>
        new(await browser.OpenAsync(width, height, scripts, dark, product.Url, touch));

    /// <summary>No error in the console, none of a script, no breach of the content security policy.</summary>
    /// <param name="except">Complaints with this text are what the test is about.</param>
    public void HasNoComplaints(string? except = null)
    {
        var left = _complaints.Where(c => except is null || !c.Contains(except, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(left.Count == 0, string.Join('\n', left));
    }

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
