using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>One browser for all tests of the collection; each test opens its own context and so shares no cookies.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    // Chromium asks the network at start for things that no test needs; as root it only runs without its sandbox.
    private static readonly string[] s_arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Opens a page in a context of its own. Dispose the returned page's context to close it.</summary>
    /// <param name="width">Viewport in CSS pixels; 360 is the narrowest phone that must work.</param>
    /// <param name="height">Viewport in CSS pixels.</param>
    /// <param name="scripts">False opens the page as a browser without JavaScript.</param>
    /// <param name="dark">Whether the reader prefers dark colours.</param>
    /// <param name="touch">Whether a finger points.</param>
    /// <param name="baseUrl">What relative addresses are relative to.</param>
    public async Task<IPage> OpenAsync(int width = 1280, int height = 800, bool scripts = true, bool dark = false, Uri? baseUrl = null, bool touch = false)
    {
        var browser = _browser ?? throw new InvalidOperationException("There is no browser here.");
        var context = await browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            JavaScriptEnabled = scripts,
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            HasTouch = touch,
            BaseURL = baseUrl?.ToString(),
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
        });
        context.SetDefaultTimeout((float)Patience.Limit.TotalMilliseconds);
        return await context.NewPageAsync();
    }

    public async Task InitializeAsync()
    {
        if (BrowserSettings.Missing is not null && Environment.GetEnvironmentVariable("CI") != "true")
        {
            return;
        }

        Assertions.SetDefaultExpectTimeout((float)Patience.Limit.TotalMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = BrowserSettings.Chromium, Args = s_arguments });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class BrowserTests : ICollectionFixture<BrowserFixture>
{
    public const string Name = "browser";
}
