using System.Net;
using System.Security.Cryptography;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Tests.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>Logging in costs CPU on purpose, and however many log in at once, it costs no more of it than is set aside.</summary>
public sealed class LoginLoadTests : IAsyncLifetime, IDisposable
{
    private const string Stored = "pbkdf2-sha512$220000$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    private readonly ManualResetEventSlim _hashed = new();
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(configure: builder =>
    {
        builder.Configuration["Accounts:HashesAtOnce"] = "1";
        builder.Configuration["Accounts:HashesWaiting"] = "0";

        // As slow as it takes: a thread is kept until the test lets it go, with a hash that is nobody's.
        builder.Services.AddPasswords((_, _, _, length) =>
        {
            Assert.True(_hashed.Wait(Patience.Limit));
            return RandomNumberGenerator.GetBytes(length);
        });
    });

    public async Task DisposeAsync()
    {
        _hashed.Set();
        await _bench.DisposeAsync();
    }

    public void Dispose() => _hashed.Dispose();

    [Fact]
    public async Task Who_comes_while_all_turns_are_taken_is_told_to_come_again_and_everything_else_goes_on()
    {
        await _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                var acme = (await _bench.Service<WorkspaceStore>().ListAsync(tx)).Single(w => w.Name == "acme");
                await _bench.Service<AccountStore>().MemberAsync(tx, acme.Id, "slow@acme.test", "slow", Role.Viewer, Stored);
            },
            default);
        using var anybody = _bench.Anybody();
        var slow = LogInAsync(anybody, "slow@acme.test");
        while (_bench.Service<Passwords>().Operations == 0)
        {
            using var alive = await anybody.GetAsync("/healthz");
        }

        using var refused = await LogInAsync(anybody, "nobody@acme.test");
        using var page = await anybody.GetAsync("/login");
        await anybody.FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout,severity=critical");
        await _bench.PagedAsync();
        Assert.False(slow.IsCompleted);
        _hashed.Set();
        using var wrong = await slow;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK, HttpStatusCode.Unauthorized), (refused.StatusCode, page.StatusCode, wrong.StatusCode));
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Contains("Try again", (await refused.JsonAsync(HttpStatusCode.ServiceUnavailable))["detail"].Text(), StringComparison.Ordinal);
        Assert.Equal(1, _bench.Service<Passwords>().Operations);
    }

    private static Task<HttpResponseMessage> LogInAsync(HttpClient client, string email) =>
        client.PostJsonAsync("/auth/login", $$"""{"email": "{{email}}", "password": "a wrong sentence"}""");
}
