using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>What floats over a page on a phone never hides what a thumb aims at.</summary>
[Collection(BrowserTests.Name)]
public sealed class PhoneTests(BrowserFixture browser)
{
    private const string OnTop = "e => { const b = e.getBoundingClientRect(); return e.contains(document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2)); }";

    // What has the focus, where it is covered, has no size or shows no ring; null where all is well.
    private const string Lost = """
        () => {
          const e = document.activeElement;
          if (e === document.body) return null;
          const b = e.getBoundingClientRect();
          const seen = [[.5, .5], [.1, .5], [.9, .5], [.5, .2], [.5, .8]]
            .map(([x, y]) => document.elementFromPoint(b.x + b.width * x, b.y + b.height * y)).some(x => x && (e.contains(x) || x.contains(e)));
          const ring = getComputedStyle(e).outlineStyle !== "none" || getComputedStyle(e, "::after").outlineStyle !== "none";
          return b.width && b.height && seen && ring ? null : `${e.outerHTML.slice(0, 120)} ${seen ? "" : "is not seen"} ${ring ? "" : "has no ring"}`;
        }
        """;

    [BrowserFact]
    public async Task The_buttons_for_what_is_selected_lie_over_the_list()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        var page = reader.Page;
        await product.SetUpAsync(page);
        foreach (var name in (string[])["First", "Second", "Third", "Fourth"])
        {
            await product.SendAsync(Estates.GenericPath, Estates.Event(name, service: name));
        }

        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Checkbox).First.CheckAsync();
        var bar = page.GetByRole(AriaRole.Group, new() { Name = "Selected incidents" });
        foreach (var name in (string[])["Acknowledge", "Resolve", "Snooze 1 h"])
        {
            Assert.True(await bar.GetByRole(AriaRole.Button, new() { Name = name }).EvaluateAsync<bool>(OnTop), $"{name} is covered.");
        }
    }

    [BrowserFact]
    public async Task On_its_side_a_phone_still_shows_what_is_broken()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 740, height: 360);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await page.GotoAsync("/i/1");

        Assert.True(await page.GetByRole(AriaRole.Heading, new() { Name = "Checkout error rate 12 %" }).EvaluateAsync<bool>(OnTop), "The title is covered.");
        Assert.True(await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).EvaluateAsync<bool>(OnTop), "The button is covered.");
    }

    [BrowserFact]
    public async Task Each_stop_of_the_keyboard_is_in_sight_and_has_a_ring()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %", description: "[Runbook](https://wiki.example/checkout)"));
        List<string> lost = [];
        foreach (var path in (string[])["/", "/i/1", "/i/1/explain", "/schedules/payments-primary", "/new/schedule", "/policies", "/silences", "/sources/anything", "/me"])
        {
            await page.GotoAsync(path);
            for (var stop = 0; stop < 60; stop++)
            {
                await page.Keyboard.PressAsync("Tab");
                if (await page.EvaluateAsync<string?>(Lost) is { } what)
                {
                    lost.Add($"{path}, stop {stop + 1}: {what}");
                }
            }
        }

        Assert.True(lost.Count == 0, string.Join('\n', lost));
    }

    [BrowserFact]
    public async Task What_was_done_is_said_beside_the_next_button_not_over_it()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await page.GotoAsync("/i/1");
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();

        await Assertions.Expect(page.Locator("#toast")).ToContainTextAsync("#1 is yours");
        await Assertions.Expect(page.GetByText("You have this")).ToBeVisibleAsync();
        foreach (var name in (string[])["Resolve", "Escalate"])
        {
            Assert.True(await page.GetByRole(AriaRole.Button, new() { Name = name }).EvaluateAsync<bool>(OnTop), $"{name} is covered.");
        }
    }
}
