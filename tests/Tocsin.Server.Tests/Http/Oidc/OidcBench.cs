using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Tests.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http.Oidc;

/// <summary>The whole server with a provider beside it, which knows ana (group platform), bo (group oncall) and eve (no group).</summary>
internal sealed partial class OidcBench : IAsyncDisposable
{
    private OidcBench(HttpBench server, FakeOidc provider) => (Server, Provider) = (server, provider);

    public HttpBench Server { get; }

    public FakeOidc Provider { get; }

    /// <param name="settings">Beside those that lead to the provider: <c>Oidc:Roles:platform=admin</c>, …</param>
    public static async Task<OidcBench> StartAsync(Engine? engine = null, params string[] settings)
    {
        var provider = await FakeOidc.StartAsync(TimeProvider.System);
        Know(provider, "ana", "platform", "oncall");
        Know(provider, "bo", "oncall");
        Know(provider, "eve");
        return new(await HttpBench.StartAsync(engine, builder => Configure(builder, provider, settings)), provider);
    }

    public static void Know(FakeOidc provider, string name, params string[] groups) =>
        provider.People[name] = new(name, $"{name}@acme.test", true, $"{name} of acme", groups);

    /// <summary>The same server, with other settings.</summary>
    public Task RestartAsync(params string[] settings) => Server.RestartAsync(builder => Configure(builder, Provider, settings));

    /// <summary>Lets time pass for the server; not at the provider, whose tokens are of the wall clock.</summary>
    public void Pass(TimeSpan time) => Server.Pass(time);

    /// <summary>Goes to the provider as that browser, and back with its answer.</summary>
    /// <param name="next">Where the browser wanted to go.</param>
    public async Task<HttpResponseMessage> LogInAsync(HttpClient browser, string person, string next = "/")
    {
        using var begun = await browser.GetAsync($"/login/oidc?next={Uri.EscapeDataString(next)}");
        return begun.StatusCode == HttpStatusCode.Redirect
            ? await browser.GetAsync(await AskAsync(begun.Headers.Location!, person))
            : await browser.GetAsync($"/login/oidc?next={Uri.EscapeDataString(next)}");
    }

    /// <summary>What the provider sends that person's browser back to.</summary>
    public async Task<Uri> AskAsync(Uri authorize, string person)
    {
        using var elsewhere = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await elsewhere.GetAsync(new Uri($"{authorize}&as={person}"));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return answer.Headers.Location!;
    }

    /// <summary>Somebody who came by the provider.</summary>
    public async Task<HttpClient> PersonAsync(string person)
    {
        var browser = Server.Anybody();
        using var answer = await LogInAsync(browser, person);
        Assert.True(answer.StatusCode == HttpStatusCode.SeeOther, await answer.Content.ReadAsStringAsync());
        return browser;
    }

    public Task<List<Account>> MembersAsync(string workspace = "acme") => Server.Service<Database>().ReadAsync(
        async session => await Server.Service<AccountStore>().ListAsync(session, (await Server.Service<WorkspaceStore>().FindAsync(session, workspace))!.Id), default);

    public async Task<string> RoleAsync(string user) => $"{(await MembersAsync()).Find(m => m.UserName == user)?.Role}";

    /// <summary>Makes a member who has a password.</summary>
    public async Task<long> MemberAsync(string user, Role role, string email, string password = "", string workspace = "acme")
    {
        var hash = password.Length == 0 ? "" : Hash(password);
        return await Server.Service<Database>().WriteAsync(
            async tx => await Server.Service<AccountStore>().MemberAsync(
                tx, (await Server.Service<WorkspaceStore>().FindAsync(tx, workspace))!.Id, email, user, role, hash),
            default);
    }

    /// <summary>Sends the login page's form.</summary>
    public static async Task<HttpResponseMessage> SendPasswordAsync(HttpClient browser, string email, string password) =>
        await browser.PostAsync("/login", await PasswordFormAsync(browser, email, password));

    public static async Task<FormUrlEncodedContent> PasswordFormAsync(HttpClient browser, string email, string password)
    {
        var token = FormToken().Match(await browser.GetStringAsync("/login?by=password")).Groups["token"].Value;
        return new(new Dictionary<string, string> { ["form"] = token, ["email"] = email, ["password"] = password });
    }

    /// <summary>Signs the browser out by the form that every page has.</summary>
    public static async Task<HttpResponseMessage> LogOutAsync(HttpClient browser)
    {
        var token = FormToken().Match(await browser.GetStringAsync("/me")).Groups["token"].Value;
        return await browser.PostAsync("/logout", new FormUrlEncodedContent(new Dictionary<string, string> { ["form"] = token }));
    }

    public static async Task<bool> IsInAsync(HttpClient browser)
    {
        using var answer = await browser.GetAsync("/api/v1/incidents");
        return answer.StatusCode == HttpStatusCode.OK;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Provider.DisposeAsync();
    }

    private static void Configure(WebApplicationBuilder builder, FakeOidc provider, string[] settings)
    {
        var configuration = builder.Configuration;
        configuration["Outgoing:Allow"] += $",{provider.HostAndPort}";
        configuration["Oidc:Authority"] = provider.Issuer;
        configuration["Oidc:Name"] = "Acme ID";
        configuration["Oidc:ClientId"] = FakeOidc.ClientId;
        configuration["Oidc:ClientSecret"] = FakeOidc.ClientSecret;
        configuration["Oidc:Workspace"] = "acme";
        configuration["Oidc:Roles"] = "platform=admin,oncall=responder";
        foreach (var setting in settings)
        {
            var at = setting.LastIndexOf('=');
            configuration[setting[..at]] = setting[(at + 1)..];
        }
    }

    private static string Hash(string password)
    {
        byte[] salt = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        var hash = CheapHash.Of(password, salt, 220_000, 32);
        return $"pbkdf2-sha512$220000${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }

    [GeneratedRegex("name=\"form\" value=\"(?<token>[^\"]+)\"", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex FormToken();
}
