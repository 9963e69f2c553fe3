using System.Text.Json;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>Second factors in a real browser, whose authenticator is Chromium's virtual one.</summary>
[Collection(BrowserTests.Name)]
public sealed class PasskeyTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task A_passkey_is_made_signs_in_confirms_and_goes()
    {
        await using var product = await Product.StartAsync(null);
        var page = await browser.OpenAsync(baseUrl: new($"http://localhost:{product.Url.Port}"));
        await using var context = page.Context;
        var device = await DeviceAsync(page);
        List<string> complaints = [];
        page.Console += (_, message) => complaints.AddRange(message.Type == "error" ? [message.Text] : []);
        await product.SetUpAsync(page);

        await page.GotoAsync("/me");
        await page.GetByLabel("Name of the passkey").FillAsync("Work laptop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Recovery codes" })).ToBeVisibleAsync();
        Assert.Equal(10, (await page.Locator("pre").InnerTextAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Empty(await Accessibility.FindingsAsync(page));

        await page.GotoAsync("/me");
        await Expect(page.GetByText("Work laptop")).ToBeVisibleAsync();
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.WaitForURLAsync("**/login");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" }).ClickAsync();
        await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == "/");

        await page.GotoAsync("/login/again?next=/me");
        Assert.Empty(await Accessibility.FindingsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm by passkey" }).ClickAsync();
        await page.WaitForURLAsync("**/me");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the passkey Work laptop" }).ClickAsync();
        await Expect(page.GetByText("Your password alone opens this account")).ToBeVisibleAsync();
        Assert.Empty(complaints);
        Assert.NotEmpty(device);
    }

    [BrowserFact]
    public async Task A_device_that_does_not_recognise_its_owner_signs_nobody_in_and_the_page_says_so()
    {
        await using var product = await Product.StartAsync(null);
        var page = await browser.OpenAsync(baseUrl: new($"http://localhost:{product.Url.Port}"));
        await using var context = page.Context;
        await DeviceAsync(page, verified: false);
        await product.SetUpAsync(page);

        await page.GotoAsync("/me");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" }).ClickAsync();

        await Expect(page.GetByText("Nothing was confirmed")).ToBeVisibleAsync();
        await page.ReloadAsync();
        await Expect(page.GetByText("Your password alone opens this account")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Where_passkeys_do_not_work_and_without_scripts_there_is_no_button_for_them_and_an_app_is_set_up()
    {
        await using var product = await Product.StartAsync(null);
        var page = await browser.OpenAsync(width: 360, height: 740, dark: true, scripts: false, baseUrl: product.Url);
        await using var context = page.Context;
        await product.SetUpAsync(page);

        await page.GotoAsync("/login");
        await page.GotoAsync("/me/second-factor");
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "QR code with the key" })).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 360);
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync("000000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn it on" }).ClickAsync();
        await Expect(page.GetByText("That is not the code of this key")).ToBeVisibleAsync();
        await page.GotoAsync("/me");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Add a passkey" })).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "More" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Sign in with a passkey" })).ToBeHiddenAsync();
    }

    /// <summary>Plugs a virtual device into the page's browser.</summary>
    private static async Task<string> DeviceAsync(IPage page, bool verified = true)
    {
        var session = await page.Context.NewCDPSessionAsync(page);
        await session.SendAsync("WebAuthn.enable");
        var made = await session.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = verified,
                ["automaticPresenceSimulation"] = true,
            },
        });
        return made!.Value.GetProperty("authenticatorId").GetString()!;
    }
}
