using Microsoft.Playwright;

namespace Tocsin.Browser.Tests;

/// <summary>How people come in, forget their password, and go, through the real server and a real browser, without scripts.</summary>
[Collection(BrowserTests.Name)]
public sealed class MemberPageTests(BrowserFixture browser)
{
    private const string Second = "another walk to the lake";

    [BrowserFact]
    public async Task Somebody_is_invited_joins_gets_a_role_forgets_the_password_and_is_removed()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var owner = await Reader.OpenAsync(browser, product, scripts: false);
        await product.SetUpAsync(owner.Page);
        await owner.Page.GotoAsync("/members");
        await owner.Page.GetByLabel("E-mail").FillAsync("dee@acme.example");
        await owner.Page.GetByLabel("Role", new() { Exact = true }).SelectOptionAsync("viewer");
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true }).ClickAsync();
        await Expect(owner.Page.GetByText("Hand this link over to dee@acme.example")).ToBeVisibleAsync();
        var link = new Uri((await owner.Page.Locator("#main pre").First.TextContentAsync())!.Trim()).AbsolutePath;
        await owner.Page.GotoAsync("/members");
        await Expect(owner.Page.GetByText(link)).ToHaveCountAsync(0);

        await using var guest = await Reader.OpenAsync(browser, product, scripts: false);
        await guest.Page.GotoAsync(link);
        await guest.Page.GetByLabel("New password").FillAsync("passwordpassword");
        await guest.Page.GetByRole(AriaRole.Button, new() { Name = "Create the account and join" }).ClickAsync();
        await Expect(guest.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("words that are tried first");
        await guest.Page.GetByLabel("New password").FillAsync(Product.Password + " of dee");
        await guest.Page.GetByRole(AriaRole.Button, new() { Name = "Create the account and join" }).ClickAsync();
        await guest.Page.ArrivesAtAsync("/");
        await guest.Page.GotoAsync("/members");
        await Expect(guest.Page.Locator("#m-dee")).ToContainTextAsync("viewer · you");
        await Expect(guest.Page.GetByRole(AriaRole.Heading, new() { Name = "Invite somebody" })).ToHaveCountAsync(0);
        await guest.Page.GotoAsync(link);
        await Expect(guest.Page.GetByRole(AriaRole.Heading, new() { Name = "This invitation does not work" })).ToBeVisibleAsync();

        await owner.Page.GotoAsync("/members");
        await owner.Page.GetByLabel("Role of dee", new() { Exact = true }).SelectOptionAsync("admin");
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Change the role of dee" }).ClickAsync();
        await Expect(owner.Page.Locator("[data-notice]")).ToContainTextAsync("dee is admin now.");
        await guest.Page.GotoAsync("/members");
        await Expect(guest.Page.GetByRole(AriaRole.Heading, new() { Name = "Invite somebody" })).ToBeVisibleAsync();

        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Link for a new password of dee" }).ClickAsync();
        var reset = new Uri((await owner.Page.Locator("#main pre").First.TextContentAsync())!.Trim()).AbsolutePath;
        await guest.Page.GotoAsync("/forgot");
        await Expect(guest.Page.GetByText("This Tocsin sends no mail.")).ToBeVisibleAsync();
        await guest.Page.GotoAsync(reset);
        await guest.Page.GetByLabel("New password").FillAsync(Second);
        await guest.Page.GetByRole(AriaRole.Button, new() { Name = "Set the password" }).ClickAsync();
        await Expect(guest.Page.GetByText("The new password is set.")).ToBeVisibleAsync();
        await guest.Page.GetByLabel("E-mail").FillAsync("dee@acme.example");
        await guest.Page.GetByLabel("Password", new() { Exact = true }).FillAsync(Second);
        await guest.Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await guest.Page.ArrivesAtAsync("/");

        await owner.Page.GotoAsync("/members");
        await owner.Page.Locator("#m-dee summary").ClickAsync();
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Remove dee" }).ClickAsync();
        await Expect(owner.Page.Locator("[data-notice]")).ToContainTextAsync("dee is no member any more.");
        await guest.Page.GotoAsync("/members");
        await guest.Page.ArrivesAtAsync("/login?next=%2Fmembers");
        owner.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_password_is_changed_and_another_session_ended_on_the_own_page()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        await product.SetUpAsync(reader.Page);
        await using var other = await Reader.OpenAsync(browser, product, scripts: false);
        await SignInAsync(other.Page, Product.Password);

        await reader.Page.GotoAsync("/me");
        await Expect(reader.Page.Locator("#sessions tbody tr")).ToHaveCountAsync(2);
        await reader.Page.Locator("#sessions tbody tr:not(.mine)").GetByRole(AriaRole.Button).ClickAsync();
        await Expect(reader.Page.Locator("#sessions tbody tr")).ToHaveCountAsync(1);
        await other.Page.GotoAsync("/me");
        await other.Page.ArrivesAtAsync("/login?next=%2Fme");

        await reader.Page.GetByLabel("Current password").FillAsync("not that one at all");
        await reader.Page.GetByLabel("New password").FillAsync(Second);
        await reader.Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Expect(reader.Page.Locator("[data-fault]")).ToContainTextAsync("The current password is wrong");
        await reader.Page.GetByLabel("Current password").FillAsync(Product.Password);
        await reader.Page.GetByLabel("New password").FillAsync(Second);
        await reader.Page.GetByRole(AriaRole.Button, new() { Name = "Change the password" }).ClickAsync();
        await Expect(reader.Page.Locator("[data-notice]")).ToContainTextAsync("The password is changed");
        await SignInAsync(other.Page, Second);
        reader.HasNoComplaints();
    }

    private static async Task SignInAsync(IPage page, string password)
    {
        await page.GotoAsync("/login");
        await page.GetByLabel("E-mail").FillAsync(Product.Email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.ArrivesAtAsync("/");
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
