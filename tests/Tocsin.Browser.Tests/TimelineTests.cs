using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>A schedule's weeks: read by anybody, moved through and changed by keyboard alone.</summary>
[Collection(BrowserTests.Name)]
public sealed partial class TimelineTests(BrowserFixture browser)
{
    private const string Path = "/schedules/payments-primary";

    [BrowserFact]
    public async Task A_cursor_moves_by_hours_and_days_and_an_override_is_entered_where_it_stands_by_keyboard_alone()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync(Path);
        var told = page.Locator("#timeline-at");
        await Expect(page.Locator("#timeline-keys")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Region, new() { Name = "Timeline of payments-primary" }).FocusAsync();
        await Expect(told).ToContainTextAsync(": Ana Costa, all the time");
        var now = await MomentAsync(told);
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(now.AddHours(1), await MomentAsync(told));
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowUp");
        await page.Keyboard.PressAsync("ArrowLeft");
        Assert.Equal(now.AddDays(1), await MomentAsync(told));
        await page.Keyboard.PressAsync("t");
        Assert.Equal(now, await MomentAsync(told));
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.Keyboard.PressAsync("o");
        await page.ArrivesAtAsync(new Regex("/override\\?"));
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await Expect(page.GetByLabel("From")).ToHaveValueAsync($"{now.AddDays(1):yyyy-MM-dd'T'HH:mm}");
        await Expect(page.GetByLabel("Until")).ToHaveValueAsync($"{now.AddDays(1).AddHours(4):yyyy-MM-dd'T'HH:mm}");
        await Expect(page.GetByLabel("Person")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Bo");
        await page.GetByLabel("Why").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".preview")).ToContainTextAsync("bo instead of ana. Nobody else changes.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAtAsync(Path);
        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("bo instead of ana");

        await page.GetByRole(AriaRole.Region, new() { Name = "Timeline of payments-primary" }).FocusAsync();
        await page.Keyboard.PressAsync("Shift+ArrowRight");
        await Expect(told).ToContainTextAsync(": Bo Lindqvist, ");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAtAsync(new Regex("/override\\?"));
        await Expect(page.GetByLabel("From")).ToHaveValueAsync($"{now.AddDays(1):yyyy-MM-dd'T'HH:mm}");

        await page.GotoAsync(Path);
        await page.GetByRole(AriaRole.Region, new() { Name = "Timeline of payments-primary" }).FocusAsync();
        await page.Keyboard.PressAsync("+");
        await page.ArrivesAtAsync(new Regex("weeks=2"));
        await Expect(page.Locator(".weeks tbody")).ToHaveCountAsync(2);
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task On_a_phone_without_scripts_the_hand_offs_are_a_list_and_each_of_one_s_own_can_be_given_away()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/schedules/platform");

        await Expect(page.Locator(".weeks")).ToBeHiddenAsync();
        await Expect(page.Locator(".agenda")).ToContainTextAsync("yours: ");
        await Expect(page.Locator(".agenda")).ToContainTextAsync("nobody");
        await page.GetByRole(AriaRole.Link, new() { Name = "Cover me" }).First.ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Cover me: platform" })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Who_only_responds_puts_himself_on_call_and_is_told_how_to_ask_others()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        var page = reader.Page;
        var (token, _) = await product.SessionAsync("bo", Tocsin.Identity.Role.Responder);
        await page.Context.AddCookiesAsync([new() { Name = "tocsin", Value = token, Url = product.Url.ToString() }]);
        await page.GotoAsync($"{Path}/override");

        Assert.Equal("Bo Lindqvist", (await page.GetByLabel("Person").InnerTextAsync()).Trim());
        await Expect(page.GetByText("ask them")).ToBeVisibleAsync();
        await page.GetByLabel("Until").FillAsync("2020-01-01T00:00");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("It must end after it begins.");
        await Expect(page.GetByLabel("Until")).ToHaveValueAsync("2020-01-01T00:00");
    }

    /// <summary>The moment that the cursor says it stands on.</summary>
    private static async Task<DateTime> MomentAsync(ILocator told)
    {
        var text = Moment().Match(await told.InnerTextAsync()).Value;
        return DateTime.ParseExact($"{text[4..]} {DateTime.UtcNow.Year}", "d MMM HH:mm yyyy", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^\w{3} \d{1,2} \w{3,4} \d\d:\d\d", RegexOptions.NonBacktracking)]
    private static partial Regex Moment();
}
