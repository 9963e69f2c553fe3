using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Data;
using Tocsin.Incidents;

namespace Tocsin.Browser.Tests;

/// <summary>Times are on the reader's wall clock: the estate's word first, then the browser's. The browser of these tests is in Berlin.</summary>
[Collection(BrowserTests.Name)]
public sealed class ZoneTests(BrowserFixture browser)
{
    private const string AtHome = "Europe/Berlin";
    private const string Declared = "    time_zone: Europe/Berlin\n    role: owner";

    [BrowserFact]
    public async Task Somebody_whose_zone_the_estate_names_reads_times_there_wherever_the_browser_is()
    {
        await using var product = await Product.StartAsync(phone => Estates.Acme(phone).Replace(Declared, "    time_zone: Asia/Tokyo\n    role: owner", StringComparison.Ordinal));
        await using var reader = await OpenIncidentAsync(product);

        Assert.Equal(await ClockAsync(product, "Asia/Tokyo"), await StartedAsync(reader));
        Assert.Equal("Asia/Tokyo", await reader.Page.Locator("#zone").InnerTextAsync());
    }

    [BrowserFact]
    public async Task Somebody_whose_zone_nobody_named_reads_times_in_the_browser_s()
    {
        await using var product = await Product.StartAsync(WithoutZone);
        await using var reader = await OpenIncidentAsync(product);

        Assert.Equal(await ClockAsync(product, AtHome), await StartedAsync(reader));
        var html = await (await reader.Page.APIRequest.GetAsync("/i/1")).TextAsync();
        Assert.Contains($">{await ClockAsync(product, AtHome)}</time>", html, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task A_browser_that_moved_mends_what_the_server_wrote()
    {
        await using var product = await Product.StartAsync(WithoutZone);
        await using var reader = await OpenIncidentAsync(product);
        await reader.Page.Context.AddCookiesAsync([new() { Name = "tocsin-zone", Value = "Asia/Tokyo", Url = product.Url.ToString() }]);
        await reader.Page.ReloadAsync();

        await Assertions.Expect(reader.Page.Locator(".inc-facts time").First).ToHaveTextAsync(await ClockAsync(product, AtHome));
        await Assertions.Expect(reader.Page.Locator("#zone")).ToHaveTextAsync(AtHome);
        var title = await reader.Page.Locator(".inc-facts time").First.GetAttributeAsync("title");
        Assert.EndsWith(" UTC", title, StringComparison.Ordinal);
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task The_page_behind_a_link_is_on_the_clock_of_whoever_was_paged()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false);

        await reader.Page.GotoAsync(await product.ActionLinkAsync("ana"));
        await Assertions.Expect(reader.Page.Locator("header")).ToContainTextAsync($"since {await ClockAsync(product, AtHome)} ·");
    }

    private static string WithoutZone(Uri phone) => Estates.Acme(phone).Replace(Declared, "    role: owner", StringComparison.Ordinal);

    private async Task<Reader> OpenIncidentAsync(Product product)
    {
        var reader = await Reader.OpenAsync(browser, product);
        await product.SetUpAsync(reader.Page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await reader.Page.GotoAsync("/i/1");
        return reader;
    }

    private static async Task<string> StartedAsync(Reader reader) => await reader.Page.Locator(".inc-facts time").First.InnerTextAsync();

    private static async Task<string> ClockAsync(Product product, string zone)
    {
        var incidents = product.Services.GetRequiredService<IncidentStore>();
        var incident = await product.Services.GetRequiredService<Database>().ReadAsync(s => incidents.FindAsync(s, 1, 1), CancellationToken.None);
        return TimeZoneInfo.ConvertTime(incident!.CreatedAt, TimeZoneInfo.FindSystemTimeZoneById(zone)).ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
    }
}
