using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Data;
using Tocsin.Identity;

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

    [BrowserFact]
    public async Task A_form_that_asks_who_it_is_comes_back_as_it_was_typed_and_one_press_sends_it()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var owner = await Reader.OpenAsync(browser, product, scripts: false);
        await product.SetUpAsync(owner.Page);
        product.Pass(TimeSpan.FromMinutes(11));
        await owner.Page.GotoAsync("/members");
        await owner.Page.GetByLabel("E-mail").FillAsync("dee@acme.example");
        await owner.Page.GetByLabel("Role", new() { Exact = true }).SelectOptionAsync("admin");
        await owner.Page.GetByLabel("Is the user").SelectOptionAsync("bo");
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true }).ClickAsync();
        await ConfirmAsync(owner.Page, "/members");
        await Expect(owner.Page.GetByLabel("E-mail")).ToHaveValueAsync("dee@acme.example");
        await Expect(owner.Page.GetByLabel("Role", new() { Exact = true })).ToHaveValueAsync("admin");
        await Expect(owner.Page.GetByLabel("Is the user")).ToHaveValueAsync("bo");
        await owner.Page.Keyboard.PressAsync("Enter");
        await Expect(owner.Page.GetByText("Hand this link over to dee@acme.example")).ToBeVisibleAsync();

        product.Pass(TimeSpan.FromMinutes(11));
        await owner.Page.GotoAsync("/keys");
        await owner.Page.GetByLabel("What it is for").FillAsync("nightly import");
        await owner.Page.GetByLabel("configure").CheckAsync();
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        await ConfirmAsync(owner.Page, "/keys");
        await Expect(owner.Page.GetByLabel("What it is for")).ToHaveValueAsync("nightly import");
        await Expect(owner.Page.GetByLabel("configure")).ToBeCheckedAsync();
        await owner.Page.Keyboard.PressAsync("Enter");
        await Expect(owner.Page.GetByText("Copy it now")).ToBeVisibleAsync();
        owner.HasNoComplaints();
    }

    [BrowserFact]
    public async Task An_administrator_ends_the_sessions_of_a_member_and_takes_lost_factors_away_and_makes_a_link_each_with_a_proof()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var owner = await Reader.OpenAsync(browser, product);
        await product.SetUpAsync(owner.Page);
        await using var guest = await Reader.OpenAsync(browser, product, scripts: false);
        var (token, id) = await product.SessionAsync("bo", Role.Responder);
        await product.Services.GetRequiredService<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE person SET totp_secret = 'sealed:1:x', totp_confirmed_at = 1, totp_last_step = 0 WHERE email LIKE 'bo@%'"), default);
        await guest.Page.Context.AddCookiesAsync([new() { Name = "tocsin", Value = token, Url = product.Url.ToString() }]);
        await guest.Page.GotoAsync("/members");
        await Expect(guest.Page.GetByText("Sessions, second factors, access")).ToHaveCountAsync(0);
        product.Pass(TimeSpan.FromMinutes(11));

        await owner.Page.GotoAsync("/members");
        await owner.Page.Locator("#m-bo").GetByRole(AriaRole.Link, new() { Name = "Sessions, second factors, access of bo" }).ClickAsync();
        await Expect(owner.Page.Locator("#sessions tbody tr")).ToHaveCountAsync(1);
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "End all sessions of bo" }).ClickAsync();
        await ConfirmAsync(owner.Page, $"/members/{id}");
        await Expect(owner.Page.GetByRole(AriaRole.Button, new() { Name = "End all sessions of bo" })).ToBeFocusedAsync();
        await owner.Page.Keyboard.PressAsync("Enter");
        await Expect(owner.Page.GetByText("Nowhere, in this workspace.")).ToBeVisibleAsync();
        await guest.Page.GotoAsync("/members");
        await guest.Page.ArrivesAtAsync("/login?next=%2Fmembers");

        product.Pass(TimeSpan.FromMinutes(11));
        await owner.Page.GotoAsync($"/members/{id}");
        await owner.Page.GetByText("Take lost factors away").ClickAsync();
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Take the second factors of bo away" }).ClickAsync();
        await ConfirmAsync(owner.Page, $"/members/{id}");
        await owner.Page.Keyboard.PressAsync("Enter");
        await Expect(owner.Page.Locator("[data-notice]")).ToContainTextAsync("bo signs in with the password alone now.");
        await Expect(owner.Page.GetByText("Take lost factors away")).ToHaveCountAsync(0);

        product.Pass(TimeSpan.FromMinutes(11));
        await owner.Page.GotoAsync("/members");
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Link for a new password of bo" }).ClickAsync();
        await ConfirmAsync(owner.Page, "/members");
        await owner.Page.Keyboard.PressAsync("Enter");
        await Expect(owner.Page.GetByText("Hand this link over; it sets a new password once")).ToBeVisibleAsync();
        owner.HasNoComplaints();
    }

    [BrowserFact]
    public async Task An_owner_asks_for_a_second_factor_and_members_are_led_to_set_one_up()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var owner = await Reader.OpenAsync(browser, product, scripts: false);
        await product.SetUpAsync(owner.Page);
        await using var guest = await Reader.OpenAsync(browser, product, scripts: false);
        await guest.Page.Context.AddCookiesAsync([new() { Name = "tocsin", Value = (await product.SessionAsync("bo", Role.Admin)).Token, Url = product.Url.ToString() }]);

        await owner.Page.GotoAsync("/members");
        await owner.Page.GetByRole(AriaRole.Link, new() { Name = "Signing in" }).ClickAsync();
        await owner.Page.GetByLabel("Administrators and owners").First.CheckAsync();
        await owner.Page.GetByLabel("Owners only").CheckAsync();
        await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await Expect(owner.Page.Locator("[data-notice]")).ToContainTextAsync("That holds from now on.");
        await Expect(owner.Page.GetByLabel("Owners only")).ToBeCheckedAsync();

        await guest.Page.GotoAsync("/settings/sign-in");
        await Expect(guest.Page.GetByText("Owners change this.")).ToBeVisibleAsync();
        await guest.Page.GotoAsync("/members");
        await Expect(guest.Page.GetByText("Only owners invite here.")).ToBeVisibleAsync();
        await guest.Page.GotoAsync("/keys");
        await guest.Page.GetByLabel("What it is for").FillAsync("nightly import");
        await guest.Page.GetByRole(AriaRole.Button, new() { Name = "Make the key" }).ClickAsync();
        await guest.Page.ArrivesAtAsync("/me/second-factor");
        owner.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Anybody_registers_where_that_is_open_and_gets_a_workspace_of_his_own()
    {
        await using var product = await Product.StartAsync(Estates.Acme, registration: "Open");
        await using var newcomer = await Reader.OpenAsync(browser, product, scripts: false);
        var page = newcomer.Page;
        await page.GotoAsync("/login");
        await page.GetByRole(AriaRole.Link, new() { Name = "Make an account" }).ClickAsync();
        await page.ArrivesAtAsync("/register");
        await page.GetByLabel("E-mail").FillAsync("dee@example.test");
        await page.GetByLabel("New password").FillAsync("passwordpassword");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await Expect(page.GetByText("words that are tried first")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("E-mail")).ToHaveValueAsync("dee@example.test");
        await page.GetByLabel("New password").FillAsync(Product.Password + " of dee");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make the account" }).ClickAsync();
        await page.ArrivesAtAsync("/");
        await page.GotoAsync("/members");
        await Expect(page.Locator("#m-dee")).ToContainTextAsync("owner · you");
        await page.GotoAsync("/services/checkout");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Not here" })).ToBeVisibleAsync();
        await page.GotoAsync("/register");
        await page.ArrivesAtAsync("/");
        newcomer.HasNoComplaints(except: "4");
    }

    [BrowserFact]
    public async Task Where_registration_is_closed_or_by_invitation_there_is_no_page_for_it_but_the_invitations_own()
    {
        foreach (var rule in (string[])["Closed", "Invitation"])
        {
            await using var product = await Product.StartAsync(Estates.Acme, registration: rule);
            await using var owner = await Reader.OpenAsync(browser, product, scripts: false);
            await product.SetUpAsync(owner.Page);
            await owner.Page.GotoAsync("/members");
            await owner.Page.GetByLabel("E-mail").FillAsync("dee@acme.example");
            await owner.Page.GetByRole(AriaRole.Button, new() { Name = "Invite", Exact = true }).ClickAsync();
            var link = new Uri((await owner.Page.Locator("#main pre").First.TextContentAsync())!.Trim()).AbsolutePath;

            await using var stranger = await Reader.OpenAsync(browser, product, scripts: false);
            await stranger.Page.GotoAsync("/login");
            await Expect(stranger.Page.Locator("a[href='/register']")).ToHaveCountAsync(0);
            Assert.Equal(404, (await stranger.Page.GotoAsync("/register"))!.Status);
            await stranger.Page.GotoAsync(link);
            await stranger.Page.GetByLabel("New password").FillAsync(Product.Password + " of dee");
            await stranger.Page.GetByRole(AriaRole.Button, new() { Name = "Create the account and join" }).ClickAsync();
            await stranger.Page.ArrivesAtAsync("/");
        }
    }

    private static async Task ConfirmAsync(IPage page, string back)
    {
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Product.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm", Exact = true }).ClickAsync();
        await page.ArrivesAtAsync(back);
        await Expect(page.Locator("[data-notice]")).ToContainTextAsync("Confirmed. Now do it once more.");
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
