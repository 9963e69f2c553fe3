using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Telemetry;

namespace Tocsin.Browser.Tests;

/// <summary>Logs and metrics in a browser: followed, zoomed, read by keyboard, and all of it but the following without scripts.</summary>
[Collection(BrowserTests.Name)]
public sealed class LogPageTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task Lines_are_followed_held_while_paused_and_none_is_lost()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.LogAsync(product.Line("first"));
        await page.GotoAsync("/logs");
        await Expect(Lines(page)).ToHaveCountAsync(1);

        await page.GetByRole(AriaRole.Button, new() { Name = "Follow" }).PressAsync("Enter");
        await Expect(page.GetByText("Following.")).ToBeVisibleAsync();
        await product.LogAsync(product.Line("second\n  at somewhere", LineLevel.Error));
        await Expect(Lines(page)).ToHaveCountAsync(2);
        await Expect(Lines(page).First).ToContainTextAsync("second");

        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).PressAsync("Enter");
        await product.LogAsync(product.Line("third"), product.Line("fourth"));
        await Expect(page.GetByText("Paused. 2 new lines wait.")).ToBeVisibleAsync();
        await Expect(Lines(page)).ToHaveCountAsync(2);
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).PressAsync("Enter");
        await Expect(Lines(page)).ToHaveCountAsync(4);
        await Expect(Lines(page).First).ToContainTextAsync("fourth");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Nothing_moves_while_somebody_reads_a_line()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.LogAsync(product.Line("boom\n  at a()\n  at b()", LineLevel.Error) with { Attributes = """{"user": "u-1"}""" });
        await page.GotoAsync("/logs");
        await page.GetByRole(AriaRole.Button, new() { Name = "Follow" }).ClickAsync();
        await Expect(page.GetByText("Following.")).ToBeVisibleAsync();

        await Lines(page).First.Locator("summary").PressAsync("Enter");
        await Expect(page.GetByText("at b()")).ToBeVisibleAsync();
        await Expect(page.GetByText("u-1")).ToBeVisibleAsync();
        await product.LogAsync(product.Line("later"));
        await Expect(page.GetByText("Held while you read. 1 new line waits.")).ToBeVisibleAsync();
        await Expect(Lines(page)).ToHaveCountAsync(1);

        await page.GetByLabel("Words").FocusAsync();
        await Expect(Lines(page)).ToHaveCountAsync(2);
    }

    [BrowserFact]
    public async Task Bars_are_read_and_zoomed_by_keyboard_and_by_dragging()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.LogAsync([.. Enumerable.Range(0, 50).Select(i => product.Line($"number {i}", ago: 60 * i))]);
        await page.GotoAsync("/logs?last=1h");

        var values = page.GetByRole(AriaRole.Slider);
        await values.FocusAsync();
        await Expect(page.Locator(".readout")).ToContainTextAsync("All:");
        await values.PressAsync("ArrowLeft");
        await values.PressAsync("Shift+ArrowLeft");
        await values.PressAsync("Shift+ArrowLeft");
        await values.PressAsync("Enter");
        await page.ArrivesAtAsync(new Regex("from=.*&to="));
        await Expect(Lines(page)).Not.ToHaveCountAsync(50);

        await page.GotoAsync("/logs?last=1h&level=info");
        var box = (await page.Locator(".chart").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + 40);
        await Expect(page.Locator(".readout")).ToBeVisibleAsync();
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width * .7f), box.Y + 40);
        await page.Mouse.UpAsync();
        await page.ArrivesAtAsync(new Regex("level=info&from=.*&to="));
        await Expect(page.GetByLabel("From", new() { Exact = true })).Not.ToBeEmptyAsync();
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Lines_are_searched_narrowed_and_opened_without_scripts()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.LogAsync(product.Line("card declined", LineLevel.Error), product.Line("card accepted"), product.Line("cart emptied", service: "cart"));

        await page.GetByRole(AriaRole.Link, new() { Name = "More" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Logs" }).ClickAsync();
        await Expect(Lines(page)).ToHaveCountAsync(3);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Follow" })).ToBeHiddenAsync();
        await page.GetByLabel("Words").FillAsync("card");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(Lines(page)).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Link, new() { Name = "error", Exact = true }).ClickAsync();
        await Expect(Lines(page)).ToHaveCountAsync(1);
        await Expect(page.GetByLabel("Words")).ToHaveValueAsync("card");

        await page.Locator("summary", new() { HasText = "The same as a table" }).ClickAsync();
        await page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Link) }).GetByRole(AriaRole.Link).First.ClickAsync();
        await Expect(Lines(page)).ToHaveCountAsync(1);
        await Lines(page).Locator("summary").ClickAsync();
        await Lines(page).GetByRole(AriaRole.Link, new() { Name = "Lines around it" }).ClickAsync();
        await Expect(Lines(page)).ToHaveCountAsync(2);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "The line's address" })).ToContainTextAsync("/logs/context?id=");
    }

    [BrowserFact]
    public async Task Series_are_chosen_compared_and_zoomed()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        var now = product.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        await product.Services.GetRequiredService<MetricIntake>().StoreAsync(
            1, [.. Enumerable.Range(0, 60).SelectMany(i => new[] { "checkout", "cart" }.Select(s => new MetricSample("cpu_percent", now.AddMinutes(i - 60), 20 + i) { Service = s, Unit = "%" }))], default);

        await page.GotoAsync(Tocsin.Pages.MetricsForm.Path);
        await page.GetByLabel("Metric").FillAsync("cpu_percent");
        await page.GetByLabel("Service").SelectOptionAsync("checkout");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await Expect(page.Locator(".legend li")).ToHaveCountAsync(1);
        await page.GetByLabel("Metric").FillAsync("cpu_percent");
        await page.GetByLabel("Service").SelectOptionAsync("cart");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        await Expect(page.Locator(".legend li")).ToHaveCountAsync(2);

        var box = (await page.Locator(".plot").BoundingBoxAsync())!;
        await page.Mouse.MoveAsync(box.X + (box.Width * .4f), box.Y + 40);
        await Expect(page.Locator(".readout")).ToContainTextAsync("avg cpu_percent · cart");
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width * .6f), box.Y + 40);
        await page.Mouse.UpAsync();
        await page.ArrivesAtAsync(new Regex("from=.*&to="));
        await Expect(page.Locator(".legend li")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Link, new() { Name = "cart" }).First.ClickAsync();
        await Expect(page.Locator(".legend li")).ToHaveCountAsync(1);
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task From_a_line_to_its_trace_and_from_the_list_to_the_slowest_without_scripts_on_a_phone()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 390, height: 844, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        var now = product.Services.GetRequiredService<TimeProvider>().GetUtcNow().AddSeconds(-30);
        var trace = new string('c', 32);
        await product.Services.GetRequiredService<SpanIntake>().StoreAsync(
            1,
            [
                new(trace, "b7ad6b7169203331", "POST /pay", now, TimeSpan.FromMilliseconds(120)) { Service = "checkout", Kind = "server" },
                new(trace, "00f067aa0ba902b7", "SELECT", now.AddMilliseconds(20), TimeSpan.FromMilliseconds(90)) { ParentId = "b7ad6b7169203331", Service = "db", Failed = true, StatusText = "deadlock" },
                new(new('d', 32), "00f067aa0ba902b8", "GET /cart", now, TimeSpan.FromSeconds(2)) { Service = "cart" },
            ],
            default);
        await product.LogAsync(product.Line("card declined", LineLevel.Error) with { At = now.AddMilliseconds(60), TraceId = trace, SpanId = "00f067aa0ba902b7" });

        await page.GotoAsync("/logs");
        await Lines(page).Locator("summary").ClickAsync();
        await Lines(page).GetByRole(AriaRole.Link, new() { Name = trace }).ClickAsync();
        var rows = page.Locator(".waterfall > li");
        await Expect(rows).ToHaveCountAsync(3);
        await Expect(rows.Nth(1)).ToContainTextAsync("SELECT failed");
        await Expect(rows.Nth(2)).ToContainTextAsync("card declined");
        await rows.Nth(1).Locator("summary").ClickAsync();
        await Expect(page.GetByText("deadlock")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Traces" }).First.ClickAsync();
        var listed = page.Locator("tbody th > a");
        await Expect(listed).ToHaveTextAsync(["POST /pay", "GET /cart"]);
        await page.GetByRole(AriaRole.Link, new() { Name = "slowest" }).ClickAsync();
        await Expect(listed).ToHaveTextAsync(["GET /cart", "POST /pay"]);
        await page.GetByLabel("Longer than").FillAsync("1s");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).Last.ClickAsync();
        await Expect(listed).ToHaveTextAsync(["GET /cart"]);
        await page.GotoAsync("/traces?service=db");
        await Expect(listed).ToHaveTextAsync(["POST /pay"]);
    }

    private static ILocator Lines(IPage page) => page.Locator("#lines [data-row], ol.lines:not(#lines) [data-row]");

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
