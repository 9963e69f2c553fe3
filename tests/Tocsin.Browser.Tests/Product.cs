using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Telemetry;

namespace Tocsin.Browser.Tests;

/// <summary>The whole server on a free port of 127.0.0.1 with a data folder of its own, and a first administrator where one is wanted.</summary>
internal sealed class Product : IAsyncDisposable
{
    public const string Email = "ana@acme.example";
    public const string Password = "correct horse battery";

    private readonly DirectoryInfo _data;
    private readonly WebApplication _app;

    private Product(DirectoryInfo data, WebApplication app, FakeWebhook phone) => (_data, _app, Phone) = (data, app, phone);

    /// <summary>Everybody's phone: what was sent to people and channels.</summary>
    public FakeWebhook Phone { get; }

    public Uri Url { get; private set; } = new("http://127.0.0.1/");

    public IServiceProvider Services => _app.Services;

    /// <param name="estate">YAML, given the address of the phone; null: nothing is configured.</param>
    /// <param name="allow">What else may be called, as host:port.</param>
    /// <param name="registration">Who may make an account.</param>
    /// <param name="configure">A last word on the settings.</param>
    public static async Task<Product> StartAsync(Func<Uri, string>? estate, string? allow = null, string registration = "Closed", Action<WebApplicationBuilder>? configure = null)
    {
        var phone = await FakeWebhook.StartAsync(TimeProvider.System);
        var data = Directory.CreateTempSubdirectory("tocsin-pages-");
        var file = Path.Combine(data.FullName, "estate.yaml");
        if (estate is not null)
        {
            await File.WriteAllTextAsync(file, estate(phone.Url));
        }

        var settings = new ServeSettings { Data = Path.Combine(data.FullName, "data"), Urls = "http://127.0.0.1:0", Estate = estate is null ? null : file };
        var product = new Product(data, await TocsinHost.BuildAsync(
            settings,
            b =>
            {
                (b.Configuration["Outgoing:Allow"], b.Configuration["Accounts:Registration"]) = ($"{phone.HostAndPort},{allow}", registration);
                configure?.Invoke(b);
            },
            CancellationToken.None), phone);
        await product._app.StartAsync();
        product.Url = new(product.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return product;
    }

    /// <summary>The address that the console prints at the first start.</summary>
    public async Task<string> SetupLinkAsync() =>
        $"/setup/{await Services.GetRequiredService<Setup>().SetupLinkAsync(CancellationToken.None) ?? throw new InvalidOperationException("There is an account already.")}";

    /// <summary>Makes the first account through its page; the browser is signed in afterwards.</summary>
    public async Task SetUpAsync(IPage page)
    {
        await page.GotoAsync(await SetupLinkAsync());
        await page.GetByLabel("Name").FillAsync("Ana");
        await page.GetByLabel("E-mail").FillAsync(Email);
        await page.GetByLabel("Password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Create and sign in" }).ClickAsync();
        await page.ArrivesAtAsync("/");
    }

    /// <summary>A session of a member of that name and role, as a login would begin it; the member is made if there is none.</summary>
    /// <returns>The token, and the member's id as addresses have it.</returns>
    public Task<(string Token, string Id)> SessionAsync(string name, Role role)
    {
        var (accounts, now) = (Services.GetRequiredService<AccountStore>(), Services.GetRequiredService<TimeProvider>().GetUtcNow());
        return Services.GetRequiredService<Database>().WriteAsync(
            async tx =>
            {
                var email = $"{name}@acme.example";
                var person = await accounts.NewPersonAsync(tx, email, null, emailProved: true, now) ?? (await accounts.FindPersonAsync(tx, email))!.Id;
                await accounts.JoinAsync(tx, 1, person, name, role, now);
                var token = await accounts.BeginSessionAsync(tx, 1, person, new(LoginFacts.Web, "password", "127.0.0.1", "Firefox/128.0"), now, TimeSpan.FromHours(1));
                return (token, Services.GetRequiredService<AccountIds>().Of(person).ToString());
            },
            CancellationToken.None);
    }

    /// <summary>Lets time pass at once for everything in the server that looks at the clock.</summary>
    public void Pass(TimeSpan time)
    {
        var clock = Services.GetRequiredService<SteadyClock>();
        clock.StartAt(clock.GetUtcNow() + time);
    }

    /// <summary>Sends a body to a source as a tool would.</summary>
    public async Task SendAsync(string path, string body)
    {
        using var http = new HttpClient { BaseAddress = Url };
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(path, content);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
    }

    /// <summary>A line of that age, in seconds.</summary>
    public LogLine Line(string message, LineLevel level = LineLevel.Info, string service = "checkout", double ago = 1) =>
        new(Services.GetRequiredService<TimeProvider>().GetUtcNow().AddSeconds(-ago), level, message) { Service = service };

    /// <summary>Stores lines as a sender's request would.</summary>
    public Task LogAsync(params LogLine[] lines) => Services.GetRequiredService<LogIntake>().StoreAsync(1, lines, CancellationToken.None);

    /// <summary>The path of the signed page in the first message to somebody; waits for that message.</summary>
    public async Task<string> ActionLinkAsync(string person)
    {
        using var patience = Patience.Begin();
        while (true)
        {
            var next = Phone.ArrivalAsync(patience.Token);
            if (Phone.Deliveries.FirstOrDefault(d => d.Path == $"/{person}") is { } delivery)
            {
                return new Uri(delivery.Body["data"]!["action_url"]!.GetValue<string>()).AbsolutePath;
            }

            await next;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Phone.DisposeAsync();
        _data.Delete(recursive: true);
    }
}
