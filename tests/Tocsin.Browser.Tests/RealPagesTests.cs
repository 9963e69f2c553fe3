using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Telemetry;

namespace Tocsin.Browser.Tests;

/// <summary>Every page of the real server, filled: accessible, narrow enough, without complaints of the browser, and light enough for a bad network.</summary>
[Collection(BrowserTests.Name)]
public sealed class RealPagesTests(BrowserFixture browser)
{
    private static readonly string? s_pictures = Environment.GetEnvironmentVariable("TOCSIN_TEST_PICTURES");

    private static readonly string[] s_pages =
    [
        "/", "/?view=mine", "/?q=nothing+env!%3Dprod", "/i/1", "/i/2", "/i/4", "/i/1/explain", "/oncall", "/schedules", "/schedules/payments-primary", "/schedules/platform", "/schedules/platform?weeks=2&from=2026-10-19", "/schedules/platform/override", "/schedules/platform/edit", "/new/schedule", "/policies", "/services", "/services/checkout", "/live", "/live?kind=incident.*&subject=incident%2F1", "/live?match=env%3D~(",
        "/detectors", "/new/detector", "/new/detector?type=query&about=metric&metric=cpu_percent&above=20", "/new/detector?type=slo", "/detectors/history?detector=error-burst", "/detectors/history?detector=threshold&preview=yes&settings=latency_ms%3A+100", "/detectors/history?detector=slo&preview=yes&settings=loud", "/logs", "/logs?q=declined&level=error&service=checkout&last=24h", "/logs?q=%22open", "/logs/templates", "/metrics-explorer", "/metrics-explorer?m=avg(cpu_percent)&m=max(latency_ms)%7Bservice%3D%22checkout%22%7D&last=6h",
        "/routing", "/routing/explain?labels=service%3Dcheckout%2Cseverity%3Dcritical&at=2026-11-23T03%3A00", "/silences", "/reports", "/reports?view=people&last=7d", "/reports?view=fairness&from=2026-11-01&to=2099-01-01", "/reports?view=fairness&team=payments", "/reports?view=noise", "/reports?from=yesterday",
        "/sources", "/sources/anything",
        "/sources/anything?delivery=1", "/channels", "/users", "/teams", "/members", "/settings/sign-in", "/settings/github", "/inbox/alerts", "/inbox/alerts?team=payments&state=firing", "/inbox/alerts/1", "/pipeline", "/keys", "/audit", "/audit?action=login.*&result=ok&since=2026-01-01", "/audit?since=yesterday", "/audit?chain=installation", "/me", "/about", "/docs", "/i/999",
    ];

    // Somebody put a stack trace into a summary: it must not push a page wider than the screen.
    private const string LongTitle = "java.lang.IllegalStateException at com.acme.payments.checkout.CardTokeniser$RetryingTokeniser.tokeniseOrFallBack(CardTokeniser.java:214)";

    [BrowserFact]
    public Task Every_page_is_in_order_on_a_phone_in_the_dark() => LookAsync(360, 740, dark: true, scripts: true);

    [BrowserFact]
    public Task Every_page_is_in_order_on_a_desk_in_daylight() => LookAsync(1280, 900, dark: false, scripts: true);

    // WCAG 1.4.10: as wide as a desk's screen magnified four times.
    [BrowserFact]
    public Task Every_page_is_in_order_at_320_pixels() => LookAsync(320, 640, dark: false, scripts: true);

    [BrowserFact]
    public async Task The_phone_path_is_light()
    {
        await using var product = await FilledAsync();
        await using var reader = await Reader.OpenAsync(browser, product, width: 360, height: 740);
        await product.SetUpAsync(reader.Page);
        foreach (var path in (string[])["/", "/i/1"])
        {
            var answer = await reader.Page.APIRequest.GetAsync(path);
            var html = await answer.TextAsync();
            var (styles, scripts) = (await WireAsync(product, html, ".css"), await WireAsync(product, html, ".js"));
            Assert.True(html.Length + styles <= 30 * 1024, $"{path}: {html.Length} bytes of HTML and {styles} of CSS, at most 30 KB.");
            Assert.InRange(scripts, 1, 15 * 1024);
        }
    }

    [BrowserFact]
    public async Task The_page_behind_a_link_at_night_is_two_small_files()
    {
        await using var product = await FilledAsync();
        using var http = new HttpClient { BaseAddress = product.Url };
        var html = await http.GetStringAsync(await product.ActionLinkAsync("ana"));
        var css = await http.GetByteArrayAsync(html[html.IndexOf("/assets/", StringComparison.Ordinal)..].Split('"')[0]);

        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.True(html.Length + css.Length < 10 * 1024, $"{html.Length} bytes of HTML and {css.Length} of CSS, uncompressed, must be below 10 KB.");
    }

    [BrowserFact]
    public async Task What_is_not_there_is_a_page_for_people_and_a_problem_for_programs()
    {
        await using var product = await FilledAsync();
        await using var reader = await Reader.OpenAsync(browser, product);
        await product.SetUpAsync(reader.Page);

        var page = await reader.Page.GotoAsync("/no/such/page");
        Assert.Equal(404, page!.Status);
        Assert.Equal("Not here", await reader.Page.GetByRole(Microsoft.Playwright.AriaRole.Heading).First.InnerTextAsync());
        var api = await reader.Page.APIRequest.GetAsync("/api/v1/no-such-thing");
        Assert.Equal("application/problem+json", api.Headers["content-type"].Split(';')[0]);
    }

    [BrowserFact]
    public async Task Stylesheets_and_scripts_are_kept_for_a_year_and_pages_not_at_all()
    {
        await using var product = await FilledAsync();
        using var http = new HttpClient(new HttpClientHandler { AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = product.Url };
        var html = await http.GetStringAsync("/login");
        using var request = new HttpRequestMessage(HttpMethod.Get, html[html.IndexOf("/assets/tocsin", StringComparison.Ordinal)..].Split('"')[0]);
        request.Headers.Add("Accept-Encoding", "br");
        using var css = await http.SendAsync(request);
        using var page = await http.GetAsync("/login");

        Assert.Equal("public, max-age=31536000, immutable", css.Headers.CacheControl!.ToString());
        Assert.Equal("br", css.Content.Headers.ContentEncoding.Single());
        Assert.True(page.Headers.CacheControl!.NoStore);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    private async Task LookAsync(int width, int height, bool dark, bool scripts)
    {
        await using var product = await FilledAsync();
        await using var reader = await Reader.OpenAsync(browser, product, width, height, scripts, dark);
        var page = reader.Page;
        await product.SetUpAsync(page);
        await page.GotoAsync("/i/2");
        await page.GetByRole(Microsoft.Playwright.AriaRole.Button, new() { Name = "Acknowledge" }).ClickAsync();
        await Microsoft.Playwright.Assertions.Expect(page.GetByText("You have this")).ToBeVisibleAsync();

        List<string> wrong = [];
        foreach (var path in s_pages)
        {
            var answer = await page.GotoAsync(path);
            if (answer!.Status != (path == "/i/999" ? 404 : 200))
            {
                wrong.Add($"{path}: {answer.Status}");
            }

            wrong.AddRange((await Accessibility.FindingsAsync(page)).Select(f => $"{path}: {f}"));
            var wide = await page.EvaluateAsync<int>("document.documentElement.scrollWidth");
            if (wide > width)
            {
                wrong.Add($"{path}: {wide} px wide on a screen of {width} px");
            }

            if (s_pictures is { Length: > 0 })
            {
                var name = string.Concat(path.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-'));
                await page.ScreenshotAsync(new() { Path = Path.Combine(s_pictures, $"real{name}-{width}.png"), FullPage = true });
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        reader.HasNoComplaints(except: "404");
    }

    /// <summary>A server that has received two alerts, one resolution and one body that nobody can read.</summary>
    private static async Task<Product> FilledAsync()
    {
        var product = await Product.StartAsync(Estates.Acme);
        await product.SendAsync(Estates.GenericPath, Estates.Event("Checkout error rate 12 %", description: "More than **2 %** of requests fail.\n\n- card payments\n- vouchers"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Queue lag 9 min on orders-consumer", "high", service: "orders"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Login latency p99 4.2 s", "warning", service: "auth"));
        await product.SendAsync(Estates.GenericPath, Estates.Event(LongTitle, "warning", service: "card-tokeniser-gateway-eu-west-1-canary"));
        await product.SendAsync(Estates.GenericPath, Estates.Event("Login latency p99 4.2 s", "warning", "resolved", service: "auth"));
        await product.LogAsync([.. Enumerable.Range(0, 60).Select(i => product.Line(i % 9 == 0 ? $"payment {i} was declined by issuer-{i % 3}" : $"GET /cart/{i} 200 in {i} ms", i % 9 == 0 ? LineLevel.Error : LineLevel.Info, ago: 50 * i))]);
        await product.LogAsync(product.Line($"{LongTitle}\n    at {LongTitle}", LineLevel.Critical) with { Attributes = """{"user": "u-4711", "http": {"path": "/pay?<b>"}}""", TraceId = new('a', 32), Environment = "production", Source = LongTitle });
        var now = product.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        await product.Services.GetRequiredService<MetricIntake>().StoreAsync(
            1, [.. Enumerable.Range(0, 300).Where(i => i is < 200 or > 220).SelectMany(i => (MetricSample[])[new("cpu_percent", now.AddMinutes(-i), 40 + (20 * Math.Sin(i / 20.0))) { Service = "checkout", Unit = "%" }, new("latency_ms", now.AddMinutes(-i), 120 + i) { Service = "checkout", Unit = "ms" }])], CancellationToken.None);
        using var http = new HttpClient { BaseAddress = product.Url };
        using var body = new StringContent("<html>", System.Text.Encoding.UTF8, "application/json");
        (await http.PostAsync(Estates.GenericPath, body)).Dispose();
        return product;
    }

    /// <summary>Bytes on the wire of a page's files of that kind, with an empty cache.</summary>
    private static async Task<int> WireAsync(Product product, string html, string kind)
    {
        using var http = new HttpClient(new HttpClientHandler { AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = product.Url };
        http.DefaultRequestHeaders.Add("Accept-Encoding", "br");
        var sum = 0;
        foreach (var path in html.Split('"').Where(p => p.StartsWith("/assets/", StringComparison.Ordinal) && p.EndsWith(kind, StringComparison.Ordinal)))
        {
            sum += (await http.GetByteArrayAsync(path)).Length;
        }

        return sum;
    }
}
