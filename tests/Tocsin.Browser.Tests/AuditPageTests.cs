using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Browser.Tests;

/// <summary>The page that says who did what.</summary>
[Collection(BrowserTests.Name)]
public sealed class AuditPageTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task What_somebody_did_is_found_verified_and_exported()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await page.APIRequest.PostAsync("/api/v1/incidents/1/acknowledge");

        await page.GotoAsync("/");
        await page.GetByRole(AriaRole.Link, new() { Name = "Audit" }).ClickAsync();
        await Expect(Entries(page).First).ToContainTextAsync("acknowledged by");
        await Expect(Entries(page).First).ToContainTextAsync("from 127.0.0.1");

        await page.GetByLabel("What", new() { Exact = true }).FillAsync("setup.*");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await Expect(Entries(page)).ToHaveCountAsync(1);
        await Expect(Entries(page)).ToContainTextAsync("the setup link");

        await page.GetByRole(AriaRole.Link, new() { Name = "Show all" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify the chain now" }).ClickAsync();
        await Expect(page.GetByText(new Regex("^.*Sound: [0-9]+ entries looked at"))).ToBeVisibleAsync();

        var waiting = page.WaitForDownloadAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Export" }).ClickAsync();
        await using var file = await (await waiting).CreateReadStreamAsync();
        var (verdict, end) = await AuditExport.VerifyAsync(file, [], default);
        Assert.Empty(verdict.Faults);
        Assert.Equal(verdict.Count, end!.Seq);
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_chain_that_was_tampered_with_is_said_to_be_not_sound_without_scripts_too()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, scripts: false);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.Services.GetRequiredService<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE audit SET actor = 'user:bo' WHERE action = 'setup.completed'"), default);

        await page.GotoAsync("/audit");
        await page.GetByRole(AriaRole.Button, new() { Name = "Verify the chain now" }).ClickAsync();

        await Expect(page.Locator("[data-fault]")).ToContainTextAsync(new Regex("Not sound: entry [0-9]+ was altered"));
    }

    [BrowserFact]
    public async Task Old_entries_are_on_further_pages_and_the_installation_has_a_tab()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.Services.GetRequiredService<Database>().WriteAsync(
            async tx =>
            {
                for (var i = 0; i < 60; i++)
                {
                    await product.Services.GetRequiredService<AuditTrail>().RecordAsync(tx, 1, new("key:ci", "test.done", $"n/{i}", "something was done"));
                }
            },
            default);

        await page.GotoAsync("/audit?actor=key:*");
        await Expect(Entries(page)).ToHaveCountAsync(50);
        await page.GetByRole(AriaRole.Link, new() { Name = "Older entries" }).ClickAsync();
        await Expect(Entries(page)).ToHaveCountAsync(10);
        await page.GetByRole(AriaRole.Link, new() { Name = "Installation" }).ClickAsync();
        await Expect(page.GetByText("started, roles api,work")).ToBeVisibleAsync();
    }

    private static ILocator Entries(IPage page) => page.Locator("ol.log li:not(.day)");

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
