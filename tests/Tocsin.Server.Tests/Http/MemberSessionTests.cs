using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>What administrators see and end of what the members of their workspace are logged in with, and forms that ask for a proof first.</summary>
public abstract class MemberSessionTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task An_administrator_sees_where_a_member_is_logged_in_here_and_ends_it_and_not_what_looks_at_another_workspace()
    {
        using var ada = await _bench.PersonAsync("ada", Role.Admin);
        using var bo = await _bench.PersonAsync("bo", Role.Responder);
        using var phone = await SessionAsync("bo", "acme", LoginFacts.Token, "password+totp");
        using var elsewhere = await SessionAsync("bo", "other", LoginFacts.Web, "password");
        var id = await IdAsync(ada, "bo");

        var seen = (await ada.GetJsonAsync($"/api/v1/members/{id}/sessions")).Items();
        Assert.Equal(["token by password+totp from 192.0.2.9", "web by password from 127.0.0.1"], seen.Select(s => $"{s!["kind"]} by {s["proof"]} from {s["address"]}").Order());
        Assert.All(seen, s => Assert.Equal(("acme", false), (s!["workspace"].Text(), s["current"]!.GetValue<bool>())));
        var page = await ada.PageAsync($"/members/{id}");
        Assert.Contains("password and authenticator app", page, StringComparison.Ordinal);
        Assert.Contains("Only what looks at acme is shown", page, StringComparison.Ordinal);

        var token = seen.Single(s => s!["kind"].Text() == "token")!["id"]!;
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(ada, $"/api/v1/members/{id}/sessions/{token}"));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (await MeAsync(bo), await MeAsync(phone)));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(ada, $"/api/v1/members/{id}/sessions/{token}"));

        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(ada, $"/api/v1/members/{id}/sessions/{await LoginAsync("other")}"));
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(ada, $"/api/v1/members/{id}/sessions"));
        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(ada, $"/api/v1/members/{id}/sessions"));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await MeAsync(bo), await MeAsync(elsewhere)));
        Assert.Equal(
            ["ended all sessions of bo in this workspace: 0", "ended all sessions of bo in this workspace: 1", $"ended session {token} of bo"],
            (await AuditAsync(ada, "login.ended")).Order());
    }

    [StoreFact]
    public async Task Sessions_of_somebody_above_and_of_another_workspace_stay_and_responders_see_none()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var ada = await _bench.PersonAsync("ada", Role.Admin);
        using var bo = await _bench.PersonAsync("bo", Role.Responder);
        using var mia = await _bench.PersonAsync("mia", Role.Owner, "other");
        var (owner, own) = (await IdAsync(ada, "head"), await IdAsync(ada, "ada"));

        Assert.Single((await ada.GetJsonAsync($"/api/v1/members/{owner}/sessions")).Items());
        Assert.Equal(HttpStatusCode.Forbidden, await DeleteAsync(ada, $"/api/v1/members/{owner}/sessions"));
        Assert.DoesNotContain("End all", await ada.PageAsync($"/members/{owner}"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(mia, $"/api/v1/members/{owner}/sessions"));
        using var refused = await bo.GetAsync($"/api/v1/members/{owner}/sessions");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await MeAsync(head));

        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(ada, $"/api/v1/members/{own}/sessions"));
        Assert.Equal(HttpStatusCode.OK, await MeAsync(ada));
    }

    [StoreFact]
    public async Task A_form_that_asks_for_a_proof_comes_back_as_it_was_typed_to_whoever_typed_it_and_only_once()
    {
        using var head = await ReaderAsync("head", Role.Owner);
        using var ada = await ReaderAsync("ada", Role.Admin);
        _bench.Pass(TimeSpan.FromMinutes(11));

        var asked = await head.SubmitAsync("/members", "/members/invite", ("email", "dee@acme.test"), ("role", "admin"), ("name", ""));
        Assert.Equal("/login/again?next=%2Fmembers", asked.To);
        Assert.Empty((await head.GetJsonAsync("/api/v1/invitations")).Items());
        var back = await head.SubmitAsync(asked.To, "/login/again", ("password", "a long walk to the sea"));
        Assert.Equal("/members", back.To);
        var page = await head.PageAsync("/members");
        Assert.Contains("Confirmed. Now do it once more.", page, StringComparison.Ordinal);
        Assert.Contains("""value="dee@acme.test" """, page, StringComparison.Ordinal);
        Assert.Contains("""<option value="admin" selected""", page, StringComparison.Ordinal);
        Assert.DoesNotContain("dee@acme.test", await head.PageAsync("/members"), StringComparison.Ordinal);
        await head.SubmitAsync("/members", "/members/invite", ("email", "dee@acme.test"), ("role", "admin"), ("name", ""));
        Assert.Equal("dee@acme.test", (await head.GetJsonAsync("/api/v1/invitations")).Items().Single()!["email"].Text());

        await ada.SubmitAsync("/keys", "/keys", ("name", "nightly import"), ("role", "viewer"), ("scope", "read"), ("ends", "7d"));
        Assert.Contains("nightly import", await ada.PageAsync("/keys"), StringComparison.Ordinal);
        await ada.SubmitAsync("/keys", "/keys", ("name", "nightly import"), ("role", "viewer"), ("scope", "read"), ("ends", "7d"));
        using var other = _bench.Anybody();
        Assert.DoesNotContain("nightly import", await head.PageAsync("/keys"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Each_form_that_gives_or_takes_access_asks_for_a_proof()
    {
        using var head = await ReaderAsync("head", Role.Owner);
        await _bench.PersonAsync("bo", Role.Responder);
        var (id, session) = (await IdAsync(head, "bo"), await LoginAsync("acme"));
        _bench.Pass(TimeSpan.FromMinutes(11));

        (string Page, string To)[] forms =
        [
            ("/members", $"/members/{id}/role"), ("/members", $"/members/{id}/reset"), ("/members", $"/members/{id}/remove"), ($"/members/{id}", $"/members/{id}/suspend"), ($"/members/{id}", $"/members/{id}/resume"), ($"/members/{id}", $"/members/{id}/factors"),
            ($"/members/{id}", $"/members/{id}/sessions/end"), ($"/members/{id}", $"/members/{id}/sessions/{session}/end"), ("/keys", "/keys"), ("/me", "/me/sessions/end"),
            ("/me", "/me/sessions/1/end"), ("/me", "/me/recovery-codes"),
        ];
        foreach (var (page, to) in forms)
        {
            Assert.Equal((to, $"/login/again?next={Uri.EscapeDataString(page)}"), (to, (await head.SubmitAsync(page, to, ("role", "admin"))).To));
        }

        Assert.Equal("responder", (await head.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text() == "bo")!["role"].Text());
        using var refused = await head.DeleteAsync($"/api/v1/members/{id}/sessions");
        Assert.Equal(RecentProof.TooOld, (await refused.JsonAsync(HttpStatusCode.Forbidden))["title"].Text());
    }

    /// <summary>Somebody with a password at a browser that keeps cookies.</summary>
    private async Task<HttpClient> ReaderAsync(string user, Role role)
    {
        using var person = await _bench.PersonAsync(user, role);
        var hash = await _bench.Service<Passwords>().HashAsync("a long walk to the sea", known: true, default);
        await _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE person SET password_hash = @hash WHERE email = @email", ("hash", hash), ("email", $"{user}@acme.test")), default);
        var browser = _bench.Anybody();
        Assert.Equal("/", (await browser.SubmitAsync("/login", "/login", ("email", $"{user}@acme.test"), ("password", "a long walk to the sea"))).To);
        return browser;
    }

    /// <summary>One more session of a member of acme, who is made a member of that workspace too.</summary>
    private async Task<HttpClient> SessionAsync(string user, string workspace, string kind, string proof)
    {
        var token = await _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                var (accounts, its) = (_bench.Service<AccountStore>(), (await _bench.Service<WorkspaceStore>().FindAsync(tx, workspace))!.Id);
                var person = (await accounts.FindPersonAsync(tx, $"{user}@acme.test"))!.Id;
                await accounts.JoinAsync(tx, its, person, user, Role.Responder, DateTimeOffset.UtcNow);
                return await accounts.BeginSessionAsync(tx, its, person, new(kind, proof, "192.0.2.9", "curl/8"), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
            },
            default);
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Add(kind == LoginFacts.Web ? "Cookie" : "Authorization", kind == LoginFacts.Web ? $"tocsin={token}" : $"Bearer {token}");
        return client;
    }

    private Task<long?> LoginAsync(string workspace) => _bench.Service<Database>().ReadAsync(
        session => session.ScalarAsync("SELECT MAX(l.id) FROM login l JOIN workspace w ON w.id = l.workspace_id WHERE w.name = @name", ("name", workspace)), default);

    private static async Task<string> IdAsync(HttpClient caller, string name) =>
        (await caller.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text() == name)!["id"].Text();

    private static async Task<IEnumerable<string>> AuditAsync(HttpClient caller, string action) =>
        (await caller.GetJsonAsync($"/api/v1/audit?action={action}")).Items().Select((JsonNode? e) => e!["detail"].Text());

    private static async Task<HttpStatusCode> DeleteAsync(HttpClient caller, string path)
    {
        using var response = await caller.DeleteAsync(path);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> MeAsync(HttpClient caller)
    {
        using var response = await caller.GetAsync("/api/v1/me");
        return response.StatusCode;
    }

    public sealed class OnSqlite() : MemberSessionTests(Engine.Sqlite);

    public sealed class OnPostgres() : MemberSessionTests(Engine.Postgres);
}
