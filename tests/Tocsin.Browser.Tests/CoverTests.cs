using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>Somebody needs cover and has only a phone.</summary>
[Collection(BrowserTests.Name)]
public sealed class CoverTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task A_shift_is_covered_in_three_taps_and_taken_without_logging_in()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/oncall");
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.GetByRole(AriaRole.Link, new() { Name = "Cover me" }).First.ClickAsync();
        await page.ArrivesAtAsync(new System.Text.RegularExpressions.Regex("/cover\\?"));
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByLabel("Bo Lindqvist").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Send" }).ClickAsync();
        await page.ArrivesAtAsync("/oncall");
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Bo Lindqvist is asked");

        using var patience = Patience.Begin();
        var arrival = product.Phone.ArrivalAsync(patience.Token);
        while (product.Phone.Deliveries.All(d => d.Path != "/bo"))
        {
            await arrival;
            arrival = product.Phone.ArrivalAsync(patience.Token);
        }

        var message = product.Phone.Deliveries.First(d => d.Path == "/bo").Body["data"]!;
        Assert.StartsWith("ana asks: can you take ", message["title"]!.GetValue<string>(), StringComparison.Ordinal);

        // Bo has no session, and JavaScript is off.
        await using var bo = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false);
        await bo.Page.GotoAsync(new Uri(message["incident_url"]!.GetValue<string>()).AbsolutePath);
        await bo.Page.ReloadAsync();
        await bo.Page.GetByRole(AriaRole.Button, new() { Name = "I take it" }).ClickAsync();
        await Assertions.Expect(bo.Page.Locator("main")).ToContainTextAsync("This request is accepted");

        await page.GotoAsync("/oncall");
        await Assertions.Expect(page.GetByRole(AriaRole.Row).Nth(1)).ToContainTextAsync("Bo Lindqvist");
    }

    [BrowserFact]
    public async Task Time_off_says_where_it_leaves_nobody_and_the_gap_is_taken_with_one_press()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/me");
        var day = DateTime.UtcNow.Date.AddDays(3);
        await page.GetByLabel("From").First.FillAsync($"{day:yyyy-MM-dd}T09:00");
        await page.GetByLabel("Until").First.FillAsync($"{day.AddDays(1):yyyy-MM-dd}T09:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "I am away" }).ClickAsync();
        await page.ArrivesAtAsync(new System.Text.RegularExpressions.Regex("/me"));
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Nobody is on call then: payments-primary");

        await page.GotoAsync("/schedules/payments-primary");
        await page.GetByRole(AriaRole.Button, new() { Name = "I take it" }).First.ClickAsync();
        await page.ArrivesAtAsync("/schedules/payments-primary");
        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("You are on call.");
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.GetByRole(AriaRole.Button, new() { Name = "Make an address" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("/ical/");
    }
}
