using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Telemetry;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>A detector from its first idea to its end, on a telephone whose browser runs no script.</summary>
[Collection(BrowserTests.Name)]
public sealed class DetectorFormTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task A_metric_is_watched_from_the_explorer_and_found_out_and_the_detector_quietened_without_scripts()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await MeasureAsync(product, 120, i => i is > 70 and < 90 ? 900 : 12);

        await page.GotoAsync("/metrics-explorer?m=avg(queue_depth)%7Bservice%3D%22checkout%22%7D&last=6h");
        await page.GetByRole(AriaRole.Link, new() { Name = "Watch this" }).ClickAsync();
        await Expect(page.GetByLabel("Metric", new() { Exact = true })).ToHaveValueAsync("queue_depth");
        await Expect(page.GetByLabel("Words")).Not.ToBeVisibleAsync();
        await page.GetByLabel("Too high above").FillAsync("much");
        await LookAsync(page, "Show what it means");
        await Expect(page.Locator("#above-fault")).ToContainTextAsync("a number from");
        await Expect(page.GetByLabel("Too high above")).ToHaveValueAsync("much");
        await page.GetByLabel("Too high above").FillAsync("500");
        await LookAsync(page, "Show what it means");
        await Expect(page.GetByText("It would have spoken 1 time in the last 7 days, here.")).ToBeVisibleAsync();
        await Expect(page.Locator("svg.plot")).ToBeVisibleAsync();
        await LookAsync(page, "Save");
        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("checkout-queue_depth is saved.");

        // Now it goes wrong in earnest.
        product.Pass(TimeSpan.FromMinutes(10));
        await MeasureAsync(product, 9, _ => 900);
        await product.Services.GetRequiredService<DetectorRunner>().TurnAsync(CancellationToken.None);
        await page.GotoAsync("/detectors");
        await Expect(page.Locator("#f-1")).ToContainTextAsync("queue_depth above 500");
        await page.GotoAsync("/i/1");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("checkout-queue_depth");
        await Expect(page.Locator(".finding").GetByText("now 900")).ToBeVisibleAsync();
        await StaysWithinAsync(page);
        await page.GetByRole(AriaRole.Link, new() { Name = "Metrics then" }).First.ClickAsync();
        await Expect(page.Locator("svg.plot")).ToBeVisibleAsync();
        await page.GoBackAsync();

        await page.GetByText("Was it of no use?").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Switch it off for checkout" }).ClickAsync();
        await Expect(page.GetByLabel("It is on")).Not.ToBeCheckedAsync();
        await LookAsync(page, "Show what it means");
        await Expect(page.GetByText("enabled: added false")).ToBeVisibleAsync();
        await LookAsync(page, "Save");
        await page.GotoAsync("/detectors");
        await Expect(page.GetByText("Off: query finds nothing of checkout.")).ToBeVisibleAsync();

        await LookAsync(page, "Switch on checkout-queue_depth");
        await Expect(page.GetByText("The metric queue_depth above 500 for 5 min, of checkout.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Change checkout-queue_depth" }).ClickAsync();
        await page.GetByText("Remove it").ClickAsync();
        await LookAsync(page, "Remove checkout-queue_depth");
        await page.GotoAsync("/detectors");
        await Expect(page.GetByText("Set up here")).ToHaveCountAsync(0);
        reader.HasNoComplaints("422");
    }

    [BrowserFact]
    public async Task The_form_can_be_read_by_everybody_and_is_filled_in_by_keyboard()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await MeasureAsync(product, 120, i => i is > 70 and < 90 ? 900 : 12);
        await page.GotoAsync("/detectors");
        await page.GetByRole(AriaRole.Link, new() { Name = "New detector" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "query", Exact = true }).ClickAsync();
        await page.GetByLabel("a metric").CheckAsync();
        await page.GetByLabel("Metric", new() { Exact = true }).FillAsync("queue_depth");
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.GetByLabel("Too high above").FillAsync("500");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "What it means" })).ToBeFocusedAsync();
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.ArrivesAtAsync(new Regex("/detectors/history"));
        Assert.Empty(await Accessibility.FindingsAsync(page));
        reader.HasNoComplaints();
    }

    /// <summary>Presses a button, after which the page is no wider than its screen.</summary>
    private static async Task LookAsync(IPage page, string button)
    {
        await page.GetByRole(AriaRole.Button, new() { Name = button }).ClickAsync();
        await StaysWithinAsync(page);
    }

    private static async Task StaysWithinAsync(IPage page) => Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, 360);

    private static Task MeasureAsync(Product product, int minutes, Func<int, double> value)
    {
        var now = product.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        return product.Services.GetRequiredService<MetricIntake>().StoreAsync(
            1, [.. Enumerable.Range(0, minutes).Select(i => new MetricSample("queue_depth", now.AddMinutes(i - minutes), value(i)) { Service = "checkout" })], CancellationToken.None);
    }
}
