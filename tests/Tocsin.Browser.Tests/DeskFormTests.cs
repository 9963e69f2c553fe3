using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>Forms of the escalation's desk, each filled in as somebody would: maintenance, help and hand-over, what would happen, how one is woken.</summary>
[Collection(BrowserTests.Name)]
public sealed class DeskFormTests(BrowserFixture browser)
{
    /// <summary>A folder for pictures of the pages as they are used; unset: none are taken.</summary>
    private static readonly string? s_pictures = Environment.GetEnvironmentVariable("TOCSIN_TEST_PICTURES");

    [BrowserFact]
    public async Task Maintenance_once_is_planned_after_a_look_at_what_it_mutes_and_ended_early()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));

        await page.GotoAsync("/maintenance");
        await page.GetByLabel("checkout").CheckAsync();
        await page.GetByLabel("For", new() { Exact = true }).SelectOptionAsync("2h");
        await page.GetByLabel("Why").FillAsync("Database upgrade");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it mutes" }).ClickAsync();
        await Expect(page.Locator(".preview")).ToContainTextAsync("Mutes 1 firing alert now");
        await Expect(page.GetByLabel("checkout")).ToBeCheckedAsync();
        await PictureAsync(page, "maintenance-preview");

        await page.GetByRole(AriaRole.Button, new() { Name = "Plan it" }).ClickAsync();
        await Expect(page.Locator(".silence")).ToContainTextAsync("Database upgrade");
        await Expect(page.Locator(".silence")).ToContainTextAsync("service checkout");
        await Expect(page.Locator(".silence")).ToContainTextAsync("active");

        await page.GetByRole(AriaRole.Button, new() { Name = "1 hour longer" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "End it now" }).ClickAsync();
        await Expect(page.Locator(".silence")).ToContainTextAsync("expired");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Maintenance_at_some_times_of_the_week_says_when_it_comes_next()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);

        await page.GotoAsync("/maintenance");
        await page.GetByLabel("Mutes alerts with all of").FillAsync("env=\"staging\"");
        await page.GetByLabel("For", new() { Exact = true }).SelectOptionAsync("26w");
        await page.GetByText("Only at some times of the week").ClickAsync();
        await page.GetByLabel("Sun").CheckAsync();
        await page.Locator("#from").FillAsync("02:00");
        await page.Locator("#to").FillAsync("04:00");
        await page.GetByLabel("Time zone").FillAsync("America/New_York");
        await page.GetByLabel("Why").FillAsync("Weekly patches");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it mutes" }).ClickAsync();
        await Expect(page.Locator(".preview")).ToContainTextAsync("No firing alert matches now.");
        await Expect(page.GetByLabel("Time zone")).ToHaveValueAsync("America/New_York");
        await Expect(page.Locator("#from")).ToHaveValueAsync("02:00");

        await page.GetByRole(AriaRole.Button, new() { Name = "Plan it" }).ClickAsync();
        await Expect(page.Locator(".silence")).ToContainTextAsync("Weekly patches");
        await Expect(page.Locator(".silence")).ToContainTextAsync("02:00");
        await Expect(page.Locator(".silence")).ToContainTextAsync("America/New_York");
        await PictureAsync(page, "maintenance-weekly");
        Assert.Empty(await Accessibility.FindingsAsync(page));
    }

    [BrowserFact]
    public async Task Help_is_asked_for_and_an_incident_is_handed_over()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, dark: true);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));

        await page.GotoAsync("/i/1");
        await page.GetByText("Ask for help").ClickAsync();
        await page.GetByLabel("Whom").SelectOptionAsync("user:bo");
        await page.GetByLabel("What to tell them").FillAsync("Look at the database");
        await PictureAsync(page, "ask-for-help");
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask", Exact = true }).ClickAsync();
        await Expect(page.Locator(".responders")).ToContainTextAsync("Bo Lindqvist is asked to help, asked by you");
        await product.ActionLinkAsync("bo");
        Assert.Contains("asks for your help", product.Phone.Deliveries.Last(d => d.Path == "/bo").Body["data"]!["text"]!.GetValue<string>(), StringComparison.Ordinal);

        await page.ReloadAsync();
        await page.GetByText("Hand over", new() { Exact = true }).First.ClickAsync();
        await page.GetByLabel("To", new() { Exact = true }).SelectOptionAsync("user:bo");
        await page.GetByLabel("What they should know").FillAsync("Yours from here");
        await page.GetByRole(AriaRole.Button, new() { Name = "Hand over", Exact = true }).ClickAsync();
        await Expect(page.Locator(".log")).ToContainTextAsync("hands it to user bo");
        await Expect(page.Locator(".log")).ToContainTextAsync("Yours from here");
        await PictureAsync(page, "handed-over");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task What_would_happen_says_who_when_why_not_and_who_cannot_be_reached()
    {
        await using var product = await Product.StartAsync(phone => Estates.Acme(phone).Replace(
            "role: responder\n    contact:", "role: responder\n    quiet_hours: {between: \"22:00-07:00\", time_zone: Europe/Berlin, high_too: true}\n    contact:", StringComparison.Ordinal));
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);

        await page.GotoAsync("/routing/explain");
        await page.GetByLabel("Labels of the alert").FillAsync("alertname=Slow, service=checkout, severity=critical");
        await page.Locator("#at").FillAsync("2027-02-03T03:00");
        await page.GetByLabel("Why would somebody not be paged?").SelectOptionAsync("bo");
        await page.GetByRole(AriaRole.Button, new() { Name = "Explain" }).ClickAsync();

        var steps = page.Locator("table.steps");
        await Expect(steps).ToContainTextAsync("you by phone (webhook)");
        await Expect(steps).ToContainTextAsync("Bo Lindqvist by hook (webhook) at +4:00:00 (quiet hours, 22:00-07:00 (Europe/Berlin))");
        await Expect(page.GetByText("step 2 of policy payments would page bo by hook after 4 h")).ToBeVisibleAsync();
        await Expect(page.GetByText("Nobody can reach ana by phone: no contact method rings one.")).ToBeVisibleAsync();
        await PictureAsync(page, "what-would-happen");
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.Locator("#labels").FillAsync("severity=info");
        await page.GetByRole(AriaRole.Button, new() { Name = "Explain" }).ClickAsync();
        await Expect(page.GetByText("route root/information leads to policy none, which pages nobody")).ToBeVisibleAsync();
        await page.Locator("#labels").FillAsync("no label at all");
        await page.GetByRole(AriaRole.Button, new() { Name = "Explain" }).ClickAsync();
        await Expect(page.Locator("p[role=alert]")).ToBeVisibleAsync();
        await Expect(page.Locator("#labels")).ToHaveValueAsync("no label at all");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_test_is_sent_answered_by_its_link_and_known_from_then_on()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/me");
        await Expect(page.Locator(".contacts")).ToContainTextAsync("never confirmed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test phone of ana" }).ClickAsync();
        var link = await product.ActionLinkAsync("ana");
        await Expect(page.Locator("#toast")).ToContainTextAsync("phone took it");
        await page.ReloadAsync();
        await PictureAsync(page, "me-tested");

        await using (var telephone = await Reader.OpenAsync(browser, product, width: 360, scripts: false, dark: true))
        {
            await telephone.Page.GotoAsync(link);
            await Expect(telephone.Page.GetByRole(AriaRole.Heading)).ToHaveTextAsync("A test of how you are woken");
            await PictureAsync(telephone.Page, "test");
            await telephone.Page.GetByRole(AriaRole.Button, new() { Name = "It reached me" }).ClickAsync();
            await Expect(telephone.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("phone reaches you");
        }

        await page.ReloadAsync();
        await Expect(page.Locator(".contacts")).ToContainTextAsync("worked on");

        // The other method is confirmed on the page itself.
        await page.GetByRole(AriaRole.Button, new() { Name = "Test tablet of ana" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToContainTextAsync("tablet took it");
        await page.ReloadAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "It reached me, the test by tablet" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToContainTextAsync("Thank you: tablet reaches you.");
        await page.ReloadAsync();
        await Expect(page.GetByText("never confirmed")).ToHaveCountAsync(0);
        Assert.Empty(await Accessibility.FindingsAsync(page));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Administrators_switch_the_monthly_test_on_and_a_day_that_not_every_month_has_is_refused()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/users");
        await page.GetByText("Monthly test: off").ClickAsync();
        await page.GetByLabel("Test all contact methods each month").CheckAsync();
        await page.GetByLabel("From day").FillAsync("31");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(page.GetByText("1 to 28.").First).ToBeVisibleAsync();

        await page.GotoAsync("/users");
        await page.GetByText("Monthly test: off").ClickAsync();
        await page.GetByLabel("Test all contact methods each month").CheckAsync();
        await page.GetByLabel("From day").FillAsync("28");
        await PictureAsync(page, "users-monthly-test");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GotoAsync("/users");
        await Expect(page.GetByText("Monthly test: from day 28 of each month on")).ToBeVisibleAsync();
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.GotoAsync("/me");
        await Expect(page.GetByText("from day 28 on")).ToHaveCountAsync(1);
        reader.HasNoComplaints();
    }

    private static async Task PictureAsync(IPage page, string name)
    {
        if (s_pictures is not null)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(s_pictures, $"used-{name}.png"), FullPage = true });
        }

        var wide = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(wide <= 0, $"{name} is {wide} px wider than the screen.");
    }
}
