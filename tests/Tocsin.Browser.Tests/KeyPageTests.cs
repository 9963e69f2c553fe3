using System.Net;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>API keys, made and ended by a person with a browser.</summary>
[Collection(BrowserTests.Name)]
public sealed class KeyPageTests(BrowserFixture browser)
{
    [BrowserFact]
    public Task A_key_is_made_shown_once_rotated_and_revoked() => LiveAsync(scripts: true);

    [BrowserFact]
    public Task So_it_is_without_scripts() => LiveAsync(scripts: false);

    private async Task LiveAsync(bool scripts)
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, scripts: scripts);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/keys");

        await page.GetByLabel("What it is for").FillAsync("deploy");
        await page.GetByLabel("Role").SelectOptionAsync("responder");
        await page.GetByLabel("respond", new() { Exact = true }).CheckAsync();
        await page.GetByLabel("Ends after").SelectOptionAsync("30d");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        var first = await KeyAsync(page);
        if (scripts)
        {
            Assert.Empty(await Accessibility.FindingsAsync(page));
        }

        Assert.Equal(HttpStatusCode.OK, await UseAsync(product, first));
        await Expect(page.Locator("li.card").First).ToContainTextAsync("responder · respond");

        await page.GotoAsync("/keys");
        Assert.DoesNotContain(first, await page.ContentAsync(), StringComparison.Ordinal);
        await page.GetByRole(AriaRole.Button, new() { Name = "Rotate deploy" }).ClickAsync();
        var second = await KeyAsync(page);
        Assert.NotEqual(first, second);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await UseAsync(product, first), await UseAsync(product, second)));
        await Expect(page.Locator("li.card").Filter(new() { HasText = "rotated" })).ToHaveCountAsync(1);

        await page.GotoAsync("/keys");
        await page.GetByRole(AriaRole.Button, new() { Name = "Revoke deploy" }).First.ClickAsync();
        await Expect(page.GetByText("is revoked: refused everywhere").First).ToBeVisibleAsync();
        await Expect(page.Locator("li.card").Filter(new() { HasText = "revoked" })).ToHaveCountAsync(1);

        await page.GetByLabel("What it is for").FillAsync("   ");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        await Expect(page.Locator("#form-fault")).ToContainTextAsync("Say what the key is for");
        if (scripts)
        {
            Assert.Empty(await Accessibility.FindingsAsync(page));
        }
    }

    private static async Task<string> KeyAsync(IPage page)
    {
        var key = await page.GetByRole(AriaRole.Region, new() { Name = "The new key" }).InnerTextAsync();
        Assert.Matches("^tcn_[0-9A-Za-z]{38}$", key.Trim());
        return key.Trim();
    }

    private static async Task<HttpStatusCode> UseAsync(Product product, string key)
    {
        using var http = new HttpClient { BaseAddress = product.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/version");
        request.Headers.Authorization = new("Bearer", key);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }
}
