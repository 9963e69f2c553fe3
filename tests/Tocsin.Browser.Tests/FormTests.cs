using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Browser.Tests;

/// <summary>Forms that change things: what they show, what they refuse, and whom.</summary>
[Collection(BrowserTests.Name)]
public sealed class FormTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task Without_an_estate_the_first_account_gets_a_way_to_be_paged_and_a_source_of_each_kind()
    {
        await using var product = await Product.StartAsync(estate: null);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);

        await page.GotoAsync("/me");
        await Expect(page.GetByText("At once mail (email)").First).ToBeVisibleAsync();
        await Expect(page.Locator(".lead")).ToContainTextAsync("Europe/Berlin");

        await page.GotoAsync("/");
        var command = await page.Locator("pre").InnerTextAsync();
        var path = new Uri(command.Split(' ').First(word => word.StartsWith("http", StringComparison.Ordinal))).AbsolutePath;
        await product.SendAsync(path, """{"title": "Hello from a shell", "severity": "high", "status": "firing"}""");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Hello from a shell" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Hello from a shell" }).ClickAsync();
        await Expect(page.Locator(".log")).ToContainTextAsync("ana");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task Each_way_to_connect_a_tool_is_copied_by_itself()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/sources/prometheus");

        var first = await page.GetByRole(AriaRole.Region, new() { Name = "Configuration for Prometheus and Alertmanager, part 1" }).InnerTextAsync();
        Assert.StartsWith("# prometheus.yml", first, StringComparison.Ordinal);
        Assert.DoesNotContain("webhook_configs", first, StringComparison.Ordinal);
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "part 2" })).ToContainTextAsync("webhook_configs");
        await page.GotoAsync("/sources/grafana");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Do this" })).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task That_no_page_went_out_is_not_called_an_answer_that_did_not_come()
    {
        // The starting configuration pages by mail, and no mail server is set.
        await using var product = await Product.StartAsync(estate: null);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Send a test alert" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "A test alert" }).ClickAsync();

        await Expect(page.GetByText("nobody was reached: every page failed").First).ToBeVisibleAsync();
        await Expect(page.GetByText("user:ana could not be reached").First).ToBeVisibleAsync();
        await Expect(page.GetByText("No mail server is set").First).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task What_somebody_may_do_is_the_account_s_word_not_the_estate_s()
    {
        await using var product = await Product.StartAsync(phone => Estates.Acme(phone).Replace("role: owner", "role: responder", StringComparison.Ordinal));
        await using var reader = await Reader.OpenAsync(browser, product);
        await product.SetUpAsync(reader.Page);

        await reader.Page.GotoAsync("/me");
        await Expect(reader.Page.Locator(".lead")).ToContainTextAsync("owner in acme");
        await Expect(reader.Page.Locator(".rail a[href='/me']")).ToContainTextAsync("Ana Costa");
    }

    [BrowserFact]
    public async Task A_password_that_is_too_short_is_said_and_the_field_has_the_focus()
    {
        await using var product = await Product.StartAsync(estate: null);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await page.GotoAsync(await product.SetupLinkAsync());

        // The browser would refuse it by itself; what the server says is the question here.
        await page.EvaluateAsync("document.querySelector('form').noValidate = true");
        await page.GetByLabel("Name").FillAsync("Ana");
        await page.GetByLabel("E-mail").FillAsync(Product.Email);
        await page.GetByLabel("Password").FillAsync("short");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create and sign in" }).ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Password")).ToBeFocusedAsync();
        await Expect(page.GetByLabel("Name")).ToHaveValueAsync("Ana");
    }

    [BrowserFact]
    public async Task A_silence_shows_what_it_mutes_before_it_is_made()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product, width: 360);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Queue lag 9 min", service: "orders"));

        await page.GotoAsync("/silences");
        await page.GetByLabel("Mutes alerts with all of").FillAsync("service=~\".+\"");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it mutes" }).ClickAsync();
        await Expect(page.Locator(".preview")).ToContainTextAsync("Mutes 2 firing alerts now.");
        await Expect(page.GetByText("This mutes everything")).ToBeVisibleAsync();

        await page.GetByLabel("Mutes alerts with all of").FillAsync("service=\"orders\"");
        await page.GetByLabel("Why").FillAsync("Known, being worked on");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it mutes" }).ClickAsync();
        await Expect(page.Locator(".preview")).ToContainTextAsync("Queue lag 9 min");
        await page.GetByRole(AriaRole.Button, new() { Name = "Silence 1 alert" }).ClickAsync();
        await Expect(page.Locator(".silence")).ToContainTextAsync("Known, being worked on");

        await page.GetByRole(AriaRole.Button, new() { Name = "End it now" }).ClickAsync();
        await Expect(page.Locator(".silence")).ToContainTextAsync("expired");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_matcher_that_cannot_be_read_is_said_and_what_was_typed_stays()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/silences");
        await page.GetByLabel("Mutes alerts with all of").FillAsync("service=~\"(\"");
        await page.GetByLabel("Why").FillAsync("keep me");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show what it mutes" }).ClickAsync();

        await Expect(page.Locator("#form-fault")).ToBeVisibleAsync();
        await Expect(page.GetByLabel("Why")).ToHaveValueAsync("keep me");
        await Expect(page.GetByLabel("Mutes alerts with all of")).ToHaveValueAsync("service=~\"(\"");
    }

    [BrowserFact]
    public async Task The_test_button_of_a_source_opens_an_incident_and_resolves_it_again()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/sources/grafana");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send firing" }).ClickAsync();
        await Expect(page.GetByText("Receiving.")).ToBeVisibleAsync();
        await page.GotoAsync("/");
        await Expect(page.Locator("[data-list=waiting] [data-row], [data-list=low] [data-row]")).ToHaveCountAsync(1);

        await page.GotoAsync("/sources/grafana");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send resolved" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToContainTextAsync("Delivered");
        await page.GotoAsync("/");
        await Expect(page.Locator("[data-list=resolved]")).ToHaveCountAsync(1);
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task What_could_not_be_read_is_listed_with_its_reason_and_its_body()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        using var http = new HttpClient { BaseAddress = product.Url };
        using var body = new StringContent("<html>not json", System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(Estates.GenericPath, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);

        await page.GotoAsync("/sources/anything");
        await Expect(page.Locator(".list")).ToContainTextAsync("not readable");
        await page.GetByRole(AriaRole.Link, new() { Name = "Body of delivery" }).ClickAsync();
        await Expect(page.Locator("#body pre")).ToHaveTextAsync("<html>not json");
        await page.GetByRole(AriaRole.Button, new() { Name = "Replay it" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToContainTextAsync("Read again: unparsed");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_test_message_shows_the_provider_s_own_answer()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/channels");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test ops" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToContainTextAsync("204");
        Assert.Contains(product.Phone.Deliveries, d => d.Path == "/ops");

        await page.GotoAsync("/me");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test phone of ana" }).ClickAsync();
        await Expect(page.Locator("#toast")).ToContainTextAsync("phone took it");
        await page.ReloadAsync();
        await Expect(page.Locator(".contacts")).ToContainTextAsync("Taken.");
        reader.HasNoComplaints();
    }

    [BrowserFact]
    public async Task A_form_that_did_not_come_from_here_changes_nothing()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        await product.SetUpAsync(reader.Page);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        var request = reader.Page.APIRequest;

        var without = await request.PostAsync("/i/1/acknowledge", new() { Form = request.CreateFormData() });
        var wrong = await request.PostAsync("/i/1/acknowledge", new() { Form = request.CreateFormData().Set("form", "made-up") });
        await reader.Page.GotoAsync("/i/1");
        var token = await reader.Page.Locator("input[name=form]").First.InputValueAsync();
        var foreign = await request.PostAsync("/i/1/acknowledge", new()
        {
            Form = request.CreateFormData().Set("form", token),
            Headers = new Dictionary<string, string> { ["Sec-Fetch-Site"] = "cross-site" },
        });

        Assert.Equal((400, 400, 400), (without.Status, wrong.Status, foreign.Status));
        await Expect(reader.Page.Locator(".inc-line")).ToContainTextAsync("Triggered");
    }

    [BrowserFact]
    public async Task A_viewer_sees_everything_and_has_no_button_that_acts()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await page.Context.AddCookiesAsync([new() { Name = "tocsin", Value = (await product.SessionAsync("viewer", Role.Viewer)).Token, Url = product.Url.ToString() }]);

        foreach (var path in (string[])["/", "/i/1", "/silences", "/sources/anything", "/channels", "/users"])
        {
            await page.GotoAsync(path);

            // Trying a payload changes nothing.
            await Expect(page.Locator("button[form=act]:not(.signout), main form[method=post]:not([action$='#h-try'])")).ToHaveCountAsync(0);
        }

        await page.GotoAsync("/sources/anything");
        await Expect(page.Locator("main")).Not.ToContainTextAsync(Estates.GenericKey);
        await page.GotoAsync("/me");
        var token = await page.Locator("input[name=form]").First.InputValueAsync();
        var answer = await page.APIRequest.PostAsync("/i/1/acknowledge", new()
        {
            Form = page.APIRequest.CreateFormData().Set("form", token),
            Headers = new Dictionary<string, string> { ["Accept"] = "text/html" },
        });
        Assert.Equal(403, answer.Status);
        Assert.Contains("Not allowed", await answer.TextAsync(), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Signing_out_ends_the_session_and_signing_in_leads_back()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        var cookie = (await page.Context.CookiesAsync()).Single(c => c.Name == "tocsin");
        Assert.True(cookie is { HttpOnly: true, SameSite: SameSiteAttribute.Lax }, "The session's cookie is out of reach of scripts and of other sites.");
        await page.GotoAsync("/me");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.ArrivesAtAsync("/login");

        await page.Context.AddCookiesAsync([new() { Name = "tocsin", Value = cookie.Value, Url = product.Url.ToString() }]);
        await page.GotoAsync("/oncall");
        await page.ArrivesAtAsync("/login?next=%2Foncall");
        await page.GetByLabel("E-mail").FillAsync(Product.Email);
        await page.GetByLabel("Password").FillAsync("wrong horse");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The address or the password is wrong.");
        await page.GetByLabel("Password").FillAsync(Product.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
        await page.ArrivesAtAsync("/oncall");
    }

    [BrowserFact]
    public async Task After_login_nobody_is_led_to_another_site()
    {
        await using var product = await Product.StartAsync(Estates.Acme);
        await using var reader = await Reader.OpenAsync(browser, product);
        var page = reader.Page;
        await product.SetUpAsync(page);
        foreach (var next in (string[])["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"])
        {
            await page.GotoAsync("/login?next=" + Uri.EscapeDataString(next));
            Assert.Equal(product.Url.ToString(), page.Url);
        }
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
