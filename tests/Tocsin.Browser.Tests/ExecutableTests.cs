using System.Text.RegularExpressions;
namespace Tocsin.Browser.Tests;

/// <summary>The program that users start, not the library behind it: its console, its files, its first page.</summary>
[Collection(BrowserTests.Name)]
public sealed class ExecutableTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task The_link_that_the_console_prints_leads_to_the_first_account()
    {
        await using var tocsin = await TocsinProcess.StartAsync();
        var line = await tocsin.LineAsync("/setup/");
        var page = await browser.OpenAsync(width: 360, baseUrl: tocsin.Url);

        await page.GotoAsync(line[line.IndexOf("/setup/", StringComparison.Ordinal)..].Trim());

        await page.GetByLabel("Name").FillAsync("Ana");
        await page.GetByLabel("E-mail").FillAsync("ana@example.test");
        await page.GetByLabel("Password").FillAsync("a password nobody guesses");
        await page.GetByLabel("Password").PressAsync("Enter");
        await page.ArrivesAtAsync("/");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task The_demo_is_entered_by_its_link_and_one_click_removes_it()
    {
        await using var tocsin = await TocsinProcess.StartVerbAsync("demo");
        var door = await tocsin.LineAsync("/demo/enter/");
        var page = await browser.OpenAsync(baseUrl: tocsin.Url);

        await page.GotoAsync(door[door.IndexOf("/demo/enter/", StringComparison.Ordinal)..].Trim());
        await page.GetByText("This is sample data").WaitForAsync();
        Assert.True(await page.Locator("a[href^='/i/']").CountAsync() >= 3);
        var phones = await page.GetByRole(Microsoft.Playwright.AriaRole.Link, new() { Name = "fake phones" }).GetAttributeAsync("href");
        var phone = await page.Context.NewPageAsync();
        Assert.True((await phone.GotoAsync(phones!))!.Ok);

        await page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Remove it all" }).ClickAsync();

        await page.ArrivesAtAsync(new Regex("/setup/"));
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task Styles_and_scripts_come_from_the_executable_itself()
    {
        await using var tocsin = await TocsinProcess.StartAsync();
        var page = await browser.OpenAsync(baseUrl: tocsin.Url);
        List<string> asked = [];
        List<string> refused = [];
        page.Request += (_, request) => asked.Add(request.Url);
        page.Response += (_, response) =>
        {
            if (!response.Ok)
            {
                refused.Add($"{response.Status} {response.Url}");
            }
        };

        await page.GotoAsync("/login");

        Assert.Empty(refused);
        Assert.Contains(asked, url => url.EndsWith(".css", StringComparison.Ordinal));
        Assert.All(asked, url => Assert.StartsWith(tocsin.Url.ToString(), url, StringComparison.Ordinal));
        await page.Context.DisposeAsync();
    }
}
