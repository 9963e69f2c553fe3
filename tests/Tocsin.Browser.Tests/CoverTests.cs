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
        Assert.Contains("Bo Lindqvist is asked", await page.GetByRole(AriaRole.Status).First.InnerTextAsync(), StringComparison.Ordinal);

        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
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
        Assert.Contains("This request is accepted", await bo.Page.InnerTextAsync("main"), StringComparison.Ordinal);

        await page.GotoAsync("/oncall");
        Assert.Contains("Bo Lindqvist", await page.GetByRole(AriaRole.Row).Nth(1).InnerTextAsync(), StringComparison.Ordinal);
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
        Assert.Contains("Nobody is on call then: payments-primary", await page.GetByRole(AriaRole.Status).First.InnerTextAsync(), StringComparison.Ordinal);

        await page.GotoAsync("/schedules/payments-primary");
        await page.GetByRole(AriaRole.Button, new() { Name = "I take it" }).First.ClickAsync();
        await page.ArrivesAtAsync("/schedules/payments-primary");
        Assert.Contains("You are on call.", await page.GetByRole(AriaRole.Status).First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.GetByRole(AriaRole.Button, new() { Name = "Make an address" }).ClickAsync();
        Assert.Contains("/ical/", await page.InnerTextAsync("main"), StringComparison.Ordinal);
    }
}
