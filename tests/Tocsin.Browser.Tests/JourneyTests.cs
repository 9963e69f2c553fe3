using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Data;
using Tocsin.Notify;

namespace Tocsin.Browser.Tests;

/// <summary>What people do, from the first start on, through the real server and a real browser.</summary>
[Collection(BrowserTests.Name)]
public sealed class JourneyTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task From_the_setup_link_to_an_incident_that_appears_by_itself()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);

        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Nothing can reach you yet" })).ToBeVisibleAsync();
        await Expect(page.Locator("pre")).ToContainTextAsync($"{product.Url.Authority}/in/generic/{Estates.GenericKey}");

        await page.GotoAsync("/sources/anything");
        await Expect(page.GetByText("Waiting for the first event")).ToBeVisibleAsync();
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await Expect(page.GetByText("Receiving.")).ToBeVisibleAsync();

        await page.GotoAsync("/");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await product.SendAsync(Estates.GenericPath, Estates.Event("Queue lag 9 min", "high", service: "orders"));
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Queue lag 9 min" })).ToBeVisibleAsync();
        await Expect(page.Locator("#say")).ToContainTextAsync("1 new incident");
        await Expect(page.Locator("#alarm")).ToContainTextAsync("You are being paged: #2 Queue lag 9 min.");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Without_scripts_an_incident_is_acknowledged_noted_snoozed_and_resolved()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));

        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Checkout error rate 12 %" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Expect(page.GetByText("You have this")).ToBeVisibleAsync();
        await Expect(page.Locator(".log")).ToContainTextAsync("Acknowledged by ana");

        await page.GetByLabel("Note").FillAsync("The deploy of 02:51 touched it. <b>Not bold.</b>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.Locator(".log")).ToContainTextAsync("The deploy of 02:51 touched it. <b>Not bold.</b>");

        await page.GetByText("Snooze", new() { Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "1 hour" }).ClickAsync();
        await Expect(page.GetByText("Then it pages again")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Resolve" }).ClickAsync();
        await Expect(page.Locator(".inc-line")).ToContainTextAsync("Resolved");
        await page.GotoAsync("/");
        await page.GetByText("Resolved today").ClickAsync();
        await Expect(page.Locator("[data-list=resolved]")).ToContainTextAsync("Checkout error rate 12 %");
    }

    [BrowserFact]
    public async Task At_three_in_the_morning_the_keyboard_alone_acknowledges_without_login_and_without_scripts()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false, dark: true);
        var page = reader.Page;
        var link = await product.ActionLinkAsync("ana");

        await page.GotoAsync(link);
        await page.GotoAsync(link);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Checkout error rate 12 %" })).ToBeVisibleAsync();
        Assert.Equal("Triggered", await StatusAsync(product));
        var button = await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).BoundingBoxAsync();
        Assert.True(button is { Height: >= 64, Y: > 370 }, "The button is large and in the lower half, where the thumb is.");

        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("You have #1")).ToBeVisibleAsync();
        Assert.Equal("Acknowledged", await StatusAsync(product));
        Assert.EndsWith(link, page.Url, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Who_cannot_help_calls_the_next_by_the_same_link()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        var page = reader.Page;

        await page.GotoAsync(await product.ActionLinkAsync("ana"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Not me, call the next" }).ClickAsync();
        await Expect(page.Locator(".next")).ToContainTextAsync("Bo Lindqvist");
        Assert.Equal("Triggered", await StatusAsync(product));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Who_has_it_notes_snoozes_and_resolves_by_the_same_link_without_scripts()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false);
        var page = reader.Page;

        await page.GotoAsync(await product.ActionLinkAsync("ana"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await page.GetByText("Note", new() { Exact = true }).ClickAsync();
        await page.GetByLabel("For whoever reads the timeline").FillAsync("Looking at the deploy.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        await Expect(page.GetByText("The note is in the timeline.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Snooze 1 h" }).ClickAsync();
        await Expect(page.Locator(".state")).ToContainTextAsync("Then it pages again.");
        Assert.Equal("Snoozed", await StatusAsync(product));
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Resolve" }).ClickAsync();
        await Expect(page.Locator(".state")).ToContainTextAsync("Resolved");
        Assert.Equal("Resolved", await StatusAsync(product));
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_link_that_came_too_late_says_when_it_ended_and_does_nothing()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        await product.ActionLinkAsync("ana");
        var late = "/a/" + product.Services.GetRequiredService<PublicLinks>().Token(new(1, 1, DateTimeOffset.UtcNow.AddHours(-3)));

        var answer = await reader.Page.GotoAsync(late);
        Assert.Equal(410, answer!.Status);
        await Expect(reader.Page.GetByRole(AriaRole.Heading, new() { Name = "This link has ended" })).ToBeVisibleAsync();
        await Expect(reader.Page.GetByText("this one ended 3 h ago")).ToBeVisibleAsync();
        var post = await reader.Page.APIRequest.PostAsync(late, new() { Form = reader.Page.APIRequest.CreateFormData().Set("do", "acknowledge") });
        Assert.Equal(410, post.Status);
        Assert.Equal("Triggered", await StatusAsync(product));
    }

    [BrowserFact]
    public async Task Why_somebody_was_paged_names_the_step_the_schedule_and_the_person_s_own_rule()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await product.ActionLinkAsync("ana");
        await page.GotoAsync("/i/1/explain");

        await Expect(page.Locator(".lines li").First).ToContainTextAsync("Step 1 of 2 of policy payments calls schedule payments-primary: rotation weekly.");
        await Expect(page.Locator(".lines")).ToContainTextAsync("Their own rules: tablet 2 min later.");
        await Expect(page.Locator(".log")).ToContainTextAsync("Triggered by route: root → checkout");
    }

    [BrowserFact]
    public async Task A_link_with_one_letter_changed_does_nothing_and_says_so()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await using var reader = await Reader.OpenAsync(browser, product);
        var link = await product.ActionLinkAsync("ana");
        var forged = link[..^3] + (link[^3] == 'A' ? 'B' : 'A') + link[^2..];

        await reader.Page.GotoAsync(forged);
        await Expect(reader.Page.GetByRole(AriaRole.Heading, new() { Name = "This link does not work" })).ToBeVisibleAsync();
        var answer = await reader.Page.APIRequest.PostAsync(forged, new() { Form = reader.Page.APIRequest.CreateFormData().Set("do", "acknowledge") });
        Assert.Equal(404, answer.Status);
        Assert.Equal("Triggered", await StatusAsync(product));
    }

    [BrowserFact]
    public async Task The_keyboard_alone_works_the_inbox()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First", "critical"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Second", "high"));
        await page.GotoAsync("/");

        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Second" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("k");
        await page.Keyboard.PressAsync("a");
        await Expect(page.Locator("[data-list=held]")).ToContainTextAsync("First");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Second" })).ToBeFocusedAsync();

        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("/");
        await Expect(page.GetByLabel("Filter incidents")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("severity=high");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAtAsync(new Regex("[?&]q="));
        await Expect(page.Locator("[data-row]")).ToHaveCountAsync(1);

        // The page's time stands still between the two keys, however long the machine takes.
        await page.Clock.SetFixedTimeAsync(DateTime.UtcNow);
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("o");
        await page.ArrivesAtAsync("/oncall");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Every_page_and_action_is_found_by_name()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First"));
        await page.GotoAsync("/i/1");

        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("ackn");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByText("You have this")).ToBeVisibleAsync();

        await page.Keyboard.PressAsync("Control+k");
        await page.Keyboard.TypeAsync("silen");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await page.ArrivesAtAsync("/silences");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Shortcuts_can_be_switched_off()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/me");
        await page.GetByLabel("Off", new() { Exact = true }).CheckAsync();
        await page.GetByLabel("Dark").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();

        await Expect(page.GetByText("Saved for this browser.")).ToBeVisibleAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", "dark");
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Nothing_moves_under_the_finger()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("First", "high"));
        await page.GotoAsync("/");
        await Expect(page.Locator("#conn")).ToHaveTextAsync("live");
        await page.GetByRole(AriaRole.Link, new() { Name = "First" }).FocusAsync();

        // It would go above the row that has the focus.
        await product.SendAsync(Estates.GenericPath, Estates.Event("Worse", "critical", service: "orders"));
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "1 new" })).ToBeVisibleAsync();
        await Expect(page.Locator("[data-row]")).ToHaveCountAsync(1);
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "First" })).ToBeFocusedAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "1 new" }).ClickAsync();
        await Expect(page.Locator("[data-row]").First).ToContainTextAsync("Worse");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task What_senders_write_stays_text_and_calls_nobody()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        List<string> asked = [];
        page.Request += (_, request) => asked.Add(request.Url);
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event(
            "<script>document.title='owned'</script><img src=http://127.0.0.1:9/a onerror=alert(1)>",
            description: "![x](http://127.0.0.1:9/b.png) <img src=http://127.0.0.1:9/c> [go](javascript:alert(1)) <svg onload=alert(1)>"));

        foreach (var path in (string[])["/", "/i/1", "/i/1/explain", "/sources/anything?delivery=1"])
        {
            await page.GotoAsync(path);
            await Expect(page.Locator("main img, main script, main a[href^='javascript']")).ToHaveCountAsync(0);
        }

        Assert.DoesNotContain(asked, url => !url.StartsWith(product.Url.ToString(), StringComparison.Ordinal));
        reader.HasNoComplaints();
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);

    private static async Task<string> StatusAsync(Product product)
    {
        var incidents = product.Services.GetRequiredService<Incidents.IncidentStore>();
        return (await product.Services.GetRequiredService<Database>().ReadAsync(s => incidents.FindAsync(s, 1, 1), CancellationToken.None))!.Status.ToString();
    }
}
