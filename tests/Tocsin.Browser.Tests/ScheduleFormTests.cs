using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>A schedule is made with whatever somebody has: a keyboard, a finger, a browser without scripts.</summary>
[Collection(BrowserTests.Name)]
public sealed class ScheduleFormTests(BrowserFixture browser)
{
    private const int MostStops = 120;

    // What assistive technology would call the element that has the focus, as far as this page needs it.
    private const string Focused = "() => { const e = document.activeElement; return e.getAttribute('aria-label') || e.labels?.[0]?.textContent.trim() || e.textContent.trim(); }";

    // Whatever a finger aims at on the form and is smaller than WCAG 2.2 asks (2.5.8).
    private const string Small = """
        () => [...document.querySelectorAll(".schedule-form :is(button, select, input, summary)")].filter(e => e.checkVisibility() && e.type !== "hidden")
          .map(e => [e, e.type === "checkbox" ? e.closest("label") : e]).map(([e, t]) => [e, t.getBoundingClientRect()])
          .filter(([, b]) => b.width < 24 || b.height < 24).map(([e]) => e.outerHTML.slice(0, 100))
        """;

    [BrowserFact]
    public async Task A_schedule_is_made_by_keyboard_alone()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/schedules");
        await PressAsync(page, "New schedule");
        await page.ArrivesAtAsync("/new/schedule");
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await Expect(page.GetByLabel("Name")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("day-watch");
        await TabToAsync(page, "Team");
        await page.Keyboard.TypeAsync("payments");
        await PressAsync(page, "Daily");
        await Expect(page.GetByLabel("Name").Nth(1)).ToBeFocusedAsync();
        await Expect(page.GetByLabel("Turn 1", new() { Exact = true })).ToHaveValueAsync("ana");

        await PressAsync(page, "Turn 1 later");
        await Expect(page.GetByLabel("Turn 1", new() { Exact = true })).ToHaveValueAsync("bo");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Turn 2 earlier" })).ToBeFocusedAsync();

        await PressAsync(page, "Only at certain times, rotation 1");
        await Expect(page.Locator("#r0-w0-from")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("0800A");
        await TabToAsync(page, "To");

        // The browser's own field has twelve hours, whatever the page's language.
        await page.Keyboard.TypeAsync("0800P");
        await Expect(page.Locator("#r0-w0-to")).ToHaveValueAsync("20:00");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "What it means" })).ToBeFocusedAsync();
        await Expect(page.GetByText("Nobody is on call 36")).ToBeVisibleAsync();
        await Expect(page.Locator(".weeks")).ToContainTextAsync("Bo");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await TabToAsync(page, "These gaps are meant.");
        await page.Keyboard.PressAsync("Space");
        await PressAsync(page, "Save");
        await page.ArrivesAtAsync("/schedules/day-watch");
        await Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Saved.");
        await Expect(page.GetByText("Bo Lindqvist and Ana Costa take turns every day, 08:00 to 20:00")).ToBeVisibleAsync();
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_schedule_is_made_and_changed_by_touch_on_a_narrow_phone()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, touch: true);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/schedules");
        await page.GetByRole(AriaRole.Link, new() { Name = "New schedule" }).TapAsync();
        await page.GetByLabel("Name").FillAsync("phone-made");
        await page.GetByRole(AriaRole.Button, new() { Name = "Weekly" }).TapAsync();
        await Expect(page.GetByLabel("Turn 2", new() { Exact = true })).ToHaveValueAsync("bo");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove turn 1" }).TapAsync();
        await Expect(page.GetByLabel("Turn 2", new() { Exact = true })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add somebody to rotation 1" }).TapAsync();
        await page.GetByLabel("Turn 2", new() { Exact = true }).SelectOptionAsync("ana");
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn 2 earlier" }).TapAsync();
        await Expect(page.GetByLabel("Turn 1", new() { Exact = true })).ToHaveValueAsync("ana");
        Assert.Empty(await page.EvaluateAsync<string[]>(Small));
        Assert.InRange(await page.EvaluateAsync<int>("document.documentElement.scrollWidth"), 1, 360);

        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it means" }).TapAsync();
        await Expect(page.Locator(".outlook .agenda")).ToContainTextAsync("Ana Costa until ");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).TapAsync();
        await page.ArrivesAtAsync("/schedules/phone-made");

        await page.GetByRole(AriaRole.Link, new() { Name = "Edit" }).TapAsync();
        await page.ArrivesAtAsync("/schedules/phone-made/edit");
        await page.GetByLabel("Turn 1", new() { Exact = true }).SelectOptionAsync("");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it means" }).TapAsync();
        await Expect(page.Locator(".outlook .preview")).ToContainTextAsync("Bo Lindqvist instead of Ana Costa");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).TapAsync();
        await page.ArrivesAtAsync("/schedules/phone-made");
        await Expect(page.GetByText("Bo Lindqvist, always")).ToBeVisibleAsync();
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Without_scripts_the_form_works_the_same_and_what_a_file_declares_is_only_read()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/new/schedule");
        await page.GetByLabel("Name").FillAsync("plain");
        await page.GetByRole(AriaRole.Button, new() { Name = "Weekly" }).ClickAsync();
        await page.GetByLabel("Turn 1", new() { Exact = true }).PressAsync("Tab");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it means" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.ArrivesAtAsync("/schedules/plain");

        await page.GotoAsync("/schedules/payments-primary");
        await page.GetByRole(AriaRole.Link, new() { Name = "How it is made" }).ClickAsync();
        await page.ArrivesAtAsync(new Regex("/payments-primary/edit"));
        await Expect(page.GetByText("estate.yaml:")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_policy_is_a_line_of_time_from_services_and_routing()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/services");
        await page.GetByRole(AriaRole.Link, new() { Name = "payments", Exact = true }).ClickAsync();
        await page.ArrivesAtAsync("/policies#p-payments");

        var moments = page.Locator(".moments > li");
        await Expect(moments.Nth(0)).ToContainTextAsync("at once");
        await Expect(moments.Nth(0)).ToContainTextAsync("schedule payments-primary: you");
        await Expect(moments.Nth(1)).ToContainTextAsync("after 5 min");
        await Expect(moments.Nth(1)).ToContainTextAsync("again: 15 min");
        await Expect(moments.Nth(3)).ToContainTextAsync("after 20 min");
        await Expect(page.Locator(".axis > .p0, .axis > .p1")).ToHaveTextAsync(["1", "2", "1", "2"]);
        await Expect(page.GetByText("Named by the routes root and checkout.")).ToBeVisibleAsync();
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByRole(AriaRole.Link, new() { Name = "schedule payments-primary" }).Or(page.Locator(".moments a").First).First.ClickAsync();
        await page.ArrivesAtAsync("/schedules/payments-primary");
        reader.HasNoComplaints();
    }

    /// <summary>Tabs to an element of that name and presses Enter; what comes of it is the caller's to wait for.</summary>
    private static async Task PressAsync(IPage page, string name)
    {
        await TabToAsync(page, name);
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task TabToAsync(IPage page, string name)
    {
        for (var stop = 0; stop < MostStops; stop++)
        {
            if (await page.EvaluateAsync<string>(Focused) == name)
            {
                return;
            }

            await page.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"No stop of the keyboard is called {name}.");
    }
}
