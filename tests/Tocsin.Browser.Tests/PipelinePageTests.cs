using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;
using Tocsin.Demo.Fakes;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>The way of an alarm to its issue, as somebody with a browser looks at it and tries it out.</summary>
[Collection(BrowserTests.Name)]
public sealed class PipelinePageTests(BrowserFixture browser)
{
    private const string Repository = "acme/alerts";

    private static readonly string? s_pictures = Environment.GetEnvironmentVariable("TOCSIN_TEST_PICTURES");

    [BrowserFact]
    public Task The_connection_to_GitHub_is_tested_by_a_click() => TestConnectionAsync(scripts: true);

    [BrowserFact]
    public Task So_it_is_without_scripts() => TestConnectionAsync(scripts: false);

    [BrowserFact]
    public async Task A_payload_is_tried_on_the_page_of_its_source_and_nothing_comes_of_it()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/sources/grafana");

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Payload" }).FillAsync(Delivery("Queue lag"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "It would be taken." })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "What is made of it" })).ToContainTextAsync("\"fingerprints\"");
        await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Payload" })).ToHaveValueAsync(Delivery("Queue lag"));
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await PictureAsync(page, "try-360");

        await page.GetByRole(AriaRole.Textbox, new() { Name = "Payload" }).FillAsync("{ no JSON");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "It would be rejected." })).ToBeVisibleAsync();

        await page.GotoAsync("/inbox/alerts");
        await Expect(page.GetByText("None yet.")).ToBeVisibleAsync();
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task An_alert_is_found_by_its_team_and_shows_how_it_came_and_what_came_of_it()
    {
        await using var gitHub = await FakeGitHub.StartAsync(TimeProvider.System, 0, default, Repository);
        await using var product = await StartAsync(gitHub);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        foreach (var title in (string[])["Queue lag", "<img src=x onerror=alert(1)>"])
        {
            var answer = await page.APIRequest.PostAsync("/in/grafana/grafana-source-key-00000000001", new() { DataByte = Encoding.UTF8.GetBytes(Delivery(title)), Headers = [new("X-Correlation-Id", "seen-in-a-browser")] });
            Assert.Equal(202, answer.Status);
        }

        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Alerts", Exact = true }).ClickAsync();
        await page.GetByLabel("Team").FillAsync("dev-infra");
        await page.GetByLabel("Priority").SelectOptionAsync("P2");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await PictureAsync(page, "alerts-1280");
        await page.GetByLabel("Team").FillAsync("nobody");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Expect(page.GetByText("None that the filter admits.")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Show all" }).ClickAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Queue lag" }).ClickAsync();
        await Expect(page.Locator("#fingerprint")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[0-9a-f]{64}$"));
        await Expect(page.GetByText("seen-in-a-browser").First).ToBeVisibleAsync();
        await Expect(page.Locator("ol.log")).ToContainTextAsync("CREATE in acme/alerts: it fires for the first time");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download all of it" }).ClickAsync());
        Assert.Contains("Queue lag", await File.ReadAllTextAsync(await download.PathAsync()), StringComparison.Ordinal);
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await PictureAsync(page, "alert-1280");
        await page.SetViewportSizeAsync(360, 740);
        Assert.Equal(0, await page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - innerWidth)"));
        await PictureAsync(page, "alert-360");

        await page.GotoAsync("/pipeline");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "From the alert to its issue" })).ToBeVisibleAsync();
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await PictureAsync(page, "pipeline-360");
        await page.SetViewportSizeAsync(1280, 900);
        await PictureAsync(page, "pipeline-1280");
        reader.HasNoComplaints();
    }

    private async Task TestConnectionAsync(bool scripts)
    {
        await using var gitHub = await FakeGitHub.StartAsync(TimeProvider.System, 0, default, Repository);
        await using var product = await StartAsync(gitHub);
        await using var reader = await Reader.OpenAsync(browser, product, scripts: scripts);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/settings/github");

        await page.GetByRole(AriaRole.Button, new() { Name = "Test connection" }).ClickAsync();
        await Expect(page.Locator("#found")).ToContainTextAsync($"All is well in {Repository}");
        gitHub.Repository(Repository).MayWrite = false;
        await page.GetByRole(AriaRole.Button, new() { Name = "Test connection" }).ClickAsync();
        await Expect(page.Locator("#found")).ToContainTextAsync("Something is missing");
        await Expect(page.Locator("#found")).ToContainTextAsync("may not label and close issues");
        Assert.Empty(gitHub.Issues(Repository));
        if (scripts)
        {
            Assert.Empty(await Accessibility.FindingsAsync(page));
            await PictureAsync(page, "github-1280");
        }
    }

    private static Task<Product> StartAsync(FakeGitHub gitHub) => Product.StartAsync(
        phone => Estates.Acme(phone).Replace("  name: root\n", $"  name: root\n  issues: {Repository}\n", StringComparison.Ordinal),
        configure: builder =>
        {
            builder.Configuration["GitHub:BaseUrl"] = gitHub.Url.ToString();
            builder.Configuration["GitHub:Token"] = FakeGitHub.Token;
        });

    private static string Delivery(string title) => $$$"""
        {"status": "firing", "orgId": 7, "alerts": [{"status": "firing", "fingerprint": "{{{title.Length}}}adffa33fcdf37", "startsAt": "2026-01-05T09:00:00Z",
         "labels": {"alertname": "{{{title}}}", "team": "dev-infra", "priority": "P2"}, "annotations": {"description": "Jobs wait for machines."}}]}
        """;

    private static async Task PictureAsync(IPage page, string name)
    {
        if (s_pictures is not null)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(s_pictures, $"pipe-{name}.png"), FullPage = true });
        }
    }
}
