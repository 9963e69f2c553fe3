using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Tocsin.Demo.Fakes;
using static Microsoft.Playwright.Assertions;

namespace Tocsin.Browser.Tests;

/// <summary>
/// A browser as a device, in a real one. Chromium without a screen reaches no push service, so what subscribes is a fake one, and what it decrypts is
/// handed to the service worker as the browser would hand it over.
/// </summary>
[Collection(BrowserTests.Name)]
public sealed class DeviceTests(BrowserFixture browser)
{
    private const string Subscribe = """
        const made = text => { const json = JSON.parse(text); return { endpoint: json.endpoint, options: {}, toJSON: () => json, unsubscribe: async () => true }; };
        PushManager.prototype.getSubscription = async () => localStorage.made ? made(localStorage.made) : null;
        PushManager.prototype.subscribe = async ({ applicationServerKey }) => made(localStorage.made = await window.pushSubscribe(applicationServerKey));
        """;

    private const string Shown = "async tag => (await self.registration.getNotifications()).map(n => JSON.stringify({title: n.title, body: n.body, tag: n.tag, stays: n.requireInteraction, quiet: n.silent, actions: n.actions.map(a => a.action)}))";

    [BrowserFact]
    public async Task A_browser_is_registered_rings_acknowledges_and_is_quiet_again()
    {
        await using var push = await FakePush.StartAsync(TimeProvider.System);
        await using var product = await Product.StartAsync(RungByPush, push.HostAndPort);
        await using var phone = await PhoneAsync(product, push);
        var (page, worker) = (phone.Page, phone.Worker);

        // The test rang, and the answer is kept.
        var test = await phone.DeliverAsync(push, 0);
        Assert.Equal("test", test["kind"]!.GetValue<string>());
        Assert.Contains("Test from Tocsin", Assert.Single(await ShownAsync(worker))["title"]!.GetValue<string>(), StringComparison.Ordinal);
        await page.ReloadAsync();
        await Expect(page.GetByText("this one")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Yes, it rang" }).ClickAsync();
        await Expect(page.GetByText("Good. It is noted.")).ToBeVisibleAsync();
        Assert.Empty(await Accessibility.FindingsAsync(page));

        // A page stays on the screen until somebody acts, with a button.
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        await phone.DeliverAsync(push, 1);
        var shown = (await ShownAsync(worker)).Single(n => n["stays"]!.GetValue<bool>());
        Assert.Equal(("""["ack","open"]""", false), (shown["actions"]!.ToJsonString(), shown["quiet"]!.GetValue<bool>()));

        // The session is over, as after two weeks on a bedside table; the button works all the same.
        await page.Context.ClearCookiesAsync();
        await ClickAsync(worker, "ack");
        var after = (await ShownAsync(worker)).Single(n => n["tag"]!.GetValue<string>() == shown["tag"]!.GetValue<string>());
        Assert.Equal(("◐ #1", "You have #1. Nobody else is paged.", false, true), (after["title"]!.GetValue<string>(), after["body"]!.GetValue<string>(), after["stays"]!.GetValue<bool>(), after["quiet"]!.GetValue<bool>()));

        // The news comes as a message too, and takes the same place.
        await phone.DeliverAsync(push, 2);
        Assert.Contains("has it", (await ShownAsync(worker)).Single(n => n["tag"]!.GetValue<string>() == shown["tag"]!.GetValue<string>())["title"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task Without_a_network_the_truth_is_said_and_the_acknowledgement_is_sent_later()
    {
        await using var push = await FakePush.StartAsync(TimeProvider.System);
        await using var product = await Product.StartAsync(RungByPush, push.HostAndPort);
        await using var phone = await PhoneAsync(product, push);
        var (page, worker) = (phone.Page, phone.Worker);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        var message = await phone.DeliverAsync(push, 1);
        await page.GotoAsync("/i/1");

        await page.Context.SetOfflineAsync(true);
        await ClickAsync(worker, "ack");
        Assert.Contains(await ShownAsync(worker), n => n["title"]!.GetValue<string>() == "… #1: no network, will send" && n["body"]!.GetValue<string>().Contains("Escalation goes on", StringComparison.Ordinal));

        // What was seen before is there, as it was; the rest says what is so.
        await page.ReloadAsync();
        await Expect(page.GetByText("No network. This is how it was at")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Checkout error rate 12 %" })).ToBeVisibleAsync();
        await page.GotoAsync("/oncall");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "No network" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "#1" })).ToBeVisibleAsync();

        await page.Context.SetOfflineAsync(false);
        await page.GotoAsync("/i/1");
        await Expect(page.GetByText("You have it").Or(page.GetByText("acknowledged")).First).ToBeVisibleAsync();
        Assert.NotNull(message["ack"]);
    }

    [BrowserFact]
    public async Task The_plain_form_of_the_link_is_sent_later_too()
    {
        await using var push = await FakePush.StartAsync(TimeProvider.System);
        await using var product = await Product.StartAsync(RungByPush, push.HostAndPort);
        await using var phone = await PhoneAsync(product, push);
        var page = phone.Page;
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %"));
        var link = (await phone.DeliverAsync(push, 1))["ack"]!.GetValue<string>();
        await page.GotoAsync(link);

        await page.Context.SetOfflineAsync(true);
        await page.GetByRole(AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Will send" })).ToBeVisibleAsync();
        await Expect(page.GetByText("Escalation goes on until then")).ToBeVisibleAsync();

        await page.Context.SetOfflineAsync(false);
        // What waits is sent beside the page that is opened, not before it.
        using var patience = Patience.Begin();
        while (!patience.IsCancellationRequested && !await page.GetByText("You have #1").IsVisibleAsync())
        {
            await page.GotoAsync("/");
            await page.GotoAsync(link);
        }

        await Expect(page.GetByText("You have #1")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task The_app_can_be_installed_and_its_page_fits_a_phone()
    {
        await using var product = await Product.StartAsync(RungByPush);
        var page = await browser.OpenAsync(width: 360, height: 740, dark: true, baseUrl: product.Url);
        await using var context = page.Context;
        List<string> complaints = [];
        page.Console += (_, message) => complaints.AddRange(message.Type == "error" ? [message.Text] : []);
        await product.SetUpAsync(page);
        await page.GotoAsync("/me/devices");

        var session = await context.NewCDPSessionAsync(page);
        var manifest = (await session.SendAsync("Page.getAppManifest"))!.Value;
        Assert.Empty(manifest.GetProperty("errors").EnumerateArray());
        Assert.Contains("\"standalone\"", manifest.GetProperty("data").GetString(), StringComparison.Ordinal);
        var missing = (await session.SendAsync("Page.getInstallabilityErrors"))!.Value.GetProperty("installabilityErrors").EnumerateArray().Select(e => e.GetProperty("errorId").GetString());

        // Each test has a private window of its own, where nothing is ever installed.
        Assert.Equal(["in-incognito"], missing);
        await Expect(page.GetByRole(AriaRole.Img, new() { Name = "QR code with the address of this page" })).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<int>("document.documentElement.scrollWidth") <= 360);
        Assert.Empty(await Accessibility.FindingsAsync(page));
        Assert.Empty(complaints);
        if (Environment.GetEnvironmentVariable("TOCSIN_SHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "devices-360-dark.png"), FullPage = true });
        }
    }

    private static string RungByPush(Uri phone) => Estates.Acme(phone).Replace("high: [{after: 0s, via: phone}", "high: [{after: 0s, via: push}", StringComparison.Ordinal);

    /// <summary>Signs in on a browser that may show notifications, and registers it.</summary>
    private async Task<Phone> PhoneAsync(Product product, FakePush push)
    {
        var page = await browser.OpenAsync(width: 360, height: 740, baseUrl: product.Url);
        await page.Context.GrantPermissionsAsync(["notifications"]);
        await page.ExposeFunctionAsync<string, string>("pushSubscribe", key => push.Subscribe(key).ToJsonString());
        await page.AddInitScriptAsync(Subscribe);
        var session = await page.Context.NewCDPSessionAsync(page);
        var registration = new TaskCompletionSource<string>();
        session.Event("ServiceWorker.workerRegistrationUpdated").OnEvent += (_, e) =>
        {
            foreach (var found in e!.Value.GetProperty("registrations").EnumerateArray())
            {
                registration.TrySetResult(found.GetProperty("registrationId").GetString()!);
            }
        };
        await session.SendAsync("ServiceWorker.enable");
        await product.SetUpAsync(page);
        await page.GotoAsync("/me/devices");
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Pixel 8");
        await page.GetByRole(AriaRole.Button, new() { Name = "Register and send a test" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Yes, it rang" })).ToBeVisibleAsync();
        return new(page, await Worker.AttachAsync(page), session, await registration.Task.WaitAsync(Patience.Limit), product.Url.GetLeftPart(UriPartial.Authority));
    }

    private static async Task<List<JsonNode>> ShownAsync(Worker worker) => [.. (await worker.EvaluateAsync<string[]>(Shown, "")).Select(text => JsonNode.Parse(text)!)];

    /// <summary>Presses a button of the notification that asks for it, and waits until the press is dealt with.</summary>
    private static Task ClickAsync(Worker worker, string action) => worker.EvaluateAsync<object>(
        """
        async action => {
          const notification = (await self.registration.getNotifications()).find(n => n.actions.some(a => a.action === action));
          const press = new NotificationEvent("notificationclick", { notification, action });
          let done;
          press.waitUntil = work => done = work;
          self.dispatchEvent(press);
          await done;
        }
        """,
        action);

    private sealed record Phone(IPage Page, Worker Worker, ICDPSession Session, string Registration, string Origin) : IAsyncDisposable
    {
        /// <summary>Hands over what the push service has, and waits until it is shown.</summary>
        public async Task<JsonObject> DeliverAsync(FakePush push, int place)
        {
            using var patience = Patience.Begin();
            while (push.Messages.Count <= place)
            {
                await push.ArrivalAsync(patience.Token);
            }

            var message = push.Messages[place].Json;
            await Session.SendAsync("ServiceWorker.deliverPushMessage", new() { ["origin"] = Origin, ["registrationId"] = Registration, ["data"] = message.ToJsonString() });
            await Worker.EvaluateAsync<object>(
                "async at => { while (!(await self.registration.getNotifications()).some(n => n.data?.at === at)) await new Promise(r => setTimeout(r, 20)); }", message["at"]!.GetValue<long>());
            return message;
        }

        public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
    }

    /// <summary>The service worker, as a developer's tools see it: this driver has no face for it.</summary>
    private sealed class Worker(ICDPSession session, string target)
    {
        private int _asked;

        public static async Task<Worker> AttachAsync(IPage page)
        {
            var session = await page.Context.Browser!.NewBrowserCDPSessionAsync();
            var targets = (await session.SendAsync("Target.getTargets"))!.Value.GetProperty("targetInfos").EnumerateArray();
            var found = targets.Single(t => t.GetProperty("type").GetString() == "service_worker" && t.GetProperty("url").GetString()!.StartsWith(new Uri(page.Url).GetLeftPart(UriPartial.Authority), StringComparison.Ordinal));
            var attached = await session.SendAsync("Target.attachToTarget", new() { ["targetId"] = found.GetProperty("targetId").GetString()!, ["flatten"] = false });
            return new(session, attached!.Value.GetProperty("sessionId").GetString()!);
        }

        /// <summary>Calls a function with one argument in the worker, and waits for what it promises.</summary>
        public async Task<T> EvaluateAsync<T>(string function, object argument)
        {
            var id = ++_asked;
            var answer = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
            void Take(object? sender, JsonElement? e)
            {
                var message = JsonDocument.Parse(e!.Value.GetProperty("message").GetString()!).RootElement;
                if (e.Value.GetProperty("sessionId").GetString() == target && message.TryGetProperty("id", out var of) && of.GetInt32() == id)
                {
                    answer.TrySetResult(message);
                }
            }

            var events = session.Event("Target.receivedMessageFromTarget");
            events.OnEvent += Take;
            var ask = new { id, method = "Runtime.evaluate", @params = new { expression = $"({function})({JsonSerializer.Serialize(argument)})", awaitPromise = true, returnByValue = true } };
            await session.SendAsync("Target.sendMessageToTarget", new() { ["sessionId"] = target, ["message"] = JsonSerializer.Serialize(ask) });
            var said = await answer.Task.WaitAsync(Patience.Limit);
            events.OnEvent -= Take;
            Assert.False(said.TryGetProperty("error", out _) || said.GetProperty("result").TryGetProperty("exceptionDetails", out _), said.GetRawText());
            return said.GetProperty("result").GetProperty("result").TryGetProperty("value", out var value) ? value.Deserialize<T>()! : default!;
        }
    }
}
