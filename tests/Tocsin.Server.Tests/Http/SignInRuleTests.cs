using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>What a workspace asks of its own members, and the page that says who gets in and how.</summary>
public abstract class SignInRuleTests(Engine engine) : IAsyncLifetime
{
    private const string Silence = """{"matchers":["team=\"payments\""],"duration":"1h","comment":"A test"}""";

    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task An_owner_asks_a_second_factor_of_everybody_and_it_holds_in_this_workspace_from_the_next_request_on()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var bo = await _bench.PersonAsync("bo", Role.Responder);
        using var mia = await _bench.PersonAsync("mia", Role.Responder, "other");
        using var key = await _bench.CallerAsync(Role.Owner);
        Assert.Equal("""{"second_factor":"none","invite_from":"admin"}""", (await head.GetJsonAsync("/api/v1/workspace/sign-in")).ToJsonString());
        Assert.NotEqual(HttpStatusCode.Forbidden, (await bo.PostJsonAsync("/api/v1/silences", Silence)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, await PutAsync(head, "everybody", "admin"));

        Assert.Equal("account.second_factor_required", (await (await bo.PostJsonAsync("/api/v1/silences", Silence)).JsonAsync(HttpStatusCode.Forbidden))["title"].Text());
        Assert.NotEqual(HttpStatusCode.Forbidden, (await mia.PostJsonAsync("/api/v1/silences", Silence)).StatusCode);
        Assert.NotEqual(HttpStatusCode.Forbidden, (await key.PostJsonAsync("/api/v1/silences", Silence)).StatusCode);
        await bo.GetJsonAsync("/api/v1/incidents");
        await SqlAsync("UPDATE person SET totp_secret = 'sealed:1:x', totp_confirmed_at = 1, totp_last_step = 0 WHERE email = 'bo@acme.test'");
        Assert.NotEqual(HttpStatusCode.Forbidden, (await bo.PostJsonAsync("/api/v1/silences", Silence)).StatusCode);

        Assert.Equal(HttpStatusCode.OK, await PutAsync(key, "admins", "owner"));
        Assert.Equal(
            ["a second factor is asked of: admins (was everybody); only owners invite", "a second factor is asked of: everybody (was none)"],
            (await key.GetJsonAsync("/api/v1/audit?action=workspace.sign_in_changed")).Items().Select((JsonNode? e) => e!["detail"].Text()));
    }

    [StoreFact]
    public async Task Where_only_owners_invite_administrators_do_not_and_only_owners_change_that_after_a_proof()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var ada = await _bench.PersonAsync("ada", Role.Admin);
        const string Invitation = """{"email": "dee@acme.test", "role": "viewer"}""";
        Assert.Equal(HttpStatusCode.OK, await PutAsync(head, "none", "owner"));

        await ada.PostAsync("/api/v1/invitations", Invitation, HttpStatusCode.Forbidden);
        Assert.Contains("Only owners invite here.", await ada.PageAsync("/members"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync(ada, "none", "admin"));
        await head.PostAsync("/api/v1/invitations", Invitation, HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PutAsync(head, "some", "admin"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PutAsync(head, "none", "anybody"));

        _bench.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync(head, "none", "admin"));
        Assert.Equal("/login/again?next=%2Fsettings%2Fsign-in", (await head.SubmitAsync("/settings/sign-in", "/settings/sign-in", ("second_factor", "none"), ("invite_from", "admin"))).To);
        Assert.Equal("owner", (await ada.GetJsonAsync("/api/v1/workspace/sign-in"))["invite_from"].Text());
    }

    [StoreFact]
    public async Task The_page_says_what_is_in_force_where_it_comes_from_and_what_the_doctor_says_and_no_secret()
    {
        await SqlAsync("DELETE FROM workspace WHERE name = 'other'");
        await _bench.RestartAsync(builder =>
        {
            builder.Configuration["Accounts:Registration"] = "Open";
            builder.Configuration.AddInMemoryCollection([new("Accounts:TokenHours", "8")]);
            builder.Configuration["Keys:AdminKey"] = "a-key-of-the-settings-0001";
            builder.Configuration["Server:Estate"] = "";
        });
        await SqlAsync("DELETE FROM workspace WHERE name = 'other'");
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var bo = await _bench.PersonAsync("bo", Role.Responder);

        var page = await head.PageAsync("/settings/sign-in");

        Assert.Contains("anybody who reaches the server can make an account", page, StringComparison.Ordinal);
        Assert.Contains("8 hours", page, StringComparison.Ordinal);
        Assert.Contains(">Accounts:TokenHours</span>", page, StringComparison.Ordinal);
        Assert.Contains("set by the program", page, StringComparison.Ordinal);
        Assert.Contains("links in messages, mails and invitations begin with", page, StringComparison.Ordinal);
        Assert.Contains("Keys:AdminKey opens data without a name", page, StringComparison.Ordinal);
        Assert.DoesNotContain("a-key-of-the-settings-0001", page, StringComparison.Ordinal);
        using var refused = await bo.GetAsync("/settings/sign-in");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [StoreFact]
    public async Task Who_shares_the_installation_with_other_workspaces_does_not_see_what_is_the_operators()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);

        var page = await head.PageAsync("/settings/sign-in");

        Assert.Contains("shown to its operator only", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Server:TrustedProxies", page, StringComparison.Ordinal);
        Assert.Contains("Accounts:Registration", page, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> PutAsync(HttpClient caller, string factor, string from)
    {
        using var response = await caller.PutAsync(
            "/api/v1/workspace/sign-in", new StringContent($$"""{"second_factor": "{{factor}}", "invite_from": "{{from}}"}""", System.Text.Encoding.UTF8, "application/json"));
        return response.StatusCode;
    }

    private Task SqlAsync(string sql) => _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync(sql), default);

    public sealed class OnSqlite() : SignInRuleTests(Engine.Sqlite);

    public sealed class OnPostgres() : SignInRuleTests(Engine.Postgres);
}
