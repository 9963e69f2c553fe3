using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>Every page in every state that matters: accessible in both themes, no wider than a narrow phone, no errors in the console.</summary>
[Collection(BrowserTests.Name)]
public sealed class GalleryTests(BrowserFixture browser)
{
    /// <summary>A folder for pictures of all pages, for whoever wants to look at them; unset: none are taken.</summary>
    private static readonly string? s_pictures = Environment.GetEnvironmentVariable("TOCSIN_TEST_PICTURES");

    [BrowserFact]
    public Task Every_page_is_in_order_on_a_phone_in_the_dark() => LookAsync(360, 740, dark: true);

    [BrowserFact]
    public Task Every_page_is_in_order_on_a_phone_in_daylight() => LookAsync(360, 740, dark: false);

    [BrowserFact]
    public Task Every_page_is_in_order_on_a_tablet() => LookAsync(900, 1000, dark: false);

    [BrowserFact]
    public Task Every_page_is_in_order_on_a_desk_in_the_dark() => LookAsync(1280, 900, dark: true);

    [BrowserFact]
    public Task Every_page_is_in_order_on_a_desk_in_daylight() => LookAsync(1280, 900, dark: false);

    private async Task LookAsync(int width, int height, bool dark)
    {
        await using var gallery = await Gallery.OpenAsync();
        var page = await browser.OpenAsync(width, height, dark: dark, baseUrl: gallery.Url);
        var wrong = new List<string>();
        var story = "";
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                wrong.Add($"{story}: console: {message.Text}");
            }
        };
        page.PageError += (_, error) => wrong.Add($"{story}: script: {error}");
        foreach (var name in Gallery.Stories)
        {
            story = name;
            await page.GotoAsync("/" + name);
            wrong.AddRange((await Accessibility.FindingsAsync(page)).Select(f => $"{name}: {f}"));
            var wide = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            if (wide > width)
            {
                wrong.Add($"{name}: {wide} px wide on a screen of {width} px");
            }

            if (s_pictures is not null)
            {
                await page.ScreenshotAsync(new() { Path = Path.Combine(s_pictures, $"{name}-{width}-{(dark ? "dark" : "light")}.png"), FullPage = true });
            }
        }

        await page.Context.DisposeAsync();
        Assert.True(wrong.Count == 0, string.Join("\n", wrong.Distinct()));
    }
}
