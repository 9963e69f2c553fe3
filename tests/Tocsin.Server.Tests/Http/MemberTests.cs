using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Pages;

namespace Tocsin.Tests.Http;

/// <summary>Members, roles, invitations, and passwords that are changed or forgotten.</summary>
public abstract partial class MemberTests(Engine engine) : IAsyncLifetime
{
    private const string Password = "a long walk to the sea";

    private readonly FakeSmtp _mail = FakeSmtp.Start();
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine, builder =>
    {
        builder.Configuration["Smtp:Host"] = "127.0.0.1";
        builder.Configuration["Smtp:Port"] = $"{_mail.Port}";
        builder.Configuration["Smtp:From"] = "tocsin@example.test";
        builder.Configuration["Server:PublicUrl"] = "https://tocsin.example.test";
        builder.Configuration["Accounts:Registration"] = "Invitation";
    });

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [StoreFact]
    public async Task Who_is_invited_joins_with_the_role_once_and_is_the_person_of_the_configuration_with_his_address()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        await _bench.EditEstateAsync("  - name: bo\n", "  - name: bo\n    email: bo@example.test\n");
        using var reloaded = await head.PostAsync("/-/reload", null);

        var made = await head.PostAsync("/api/v1/invitations", """{"email": "Bo@example.test", "role": "responder"}""", HttpStatusCode.Created);
        Assert.True(made["mailed"]!.GetValue<bool>());
        Assert.Equal("bo@example.test", (await head.GetJsonAsync("/api/v1/invitations")).Items().Single()!["email"].Text());
        using var bo = Bearer(await RegisterAsync(made, "bo@example.test"));

        var me = await bo.GetJsonAsync("/api/v1/me");
        Assert.Equal(("acme", "responder", "bo"), (me["workspace"].Text(), me["role"].Text(), me["name"].Text()));
        Assert.Equal(["bo", "head"], (await bo.GetJsonAsync("/api/v1/members")).Items().Select(m => m!["name"].Text()).Order());
        Assert.Empty((await head.GetJsonAsync("/api/v1/invitations")).Items());
        Assert.Contains("no such invitation", (await RegisterAsync(made, "bo@example.test", HttpStatusCode.Forbidden))["detail"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Nobody_becomes_a_person_of_the_configuration_by_having_a_similar_address()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);

        var made = await head.PostAsync("/api/v1/invitations", """{"email": "ana@elsewhere.test", "role": "responder"}""", HttpStatusCode.Created);
        using var stranger = Bearer(await RegisterAsync(made, "ana@elsewhere.test"));
        Assert.Equal("ana-2", (await stranger.GetJsonAsync("/api/v1/me"))["name"].Text());

        made = await head.PostAsync("/api/v1/invitations", """{"email": "a.smith@elsewhere.test", "role": "responder", "name": "ana"}""", HttpStatusCode.Created);
        using var ana = Bearer(await RegisterAsync(made, "a.smith@elsewhere.test"));
        Assert.Equal("ana", (await ana.GetJsonAsync("/api/v1/me"))["name"].Text());
    }

    [StoreFact]
    public async Task An_invitation_is_for_one_address_ends_when_it_is_taken_back_and_after_a_week()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        const string Bo = """{"email": "bo@example.test", "role": "viewer"}""";
        var made = await head.PostAsync("/api/v1/invitations", Bo, HttpStatusCode.Created);
        await RegisterAsync(made, "cy@example.test", HttpStatusCode.Forbidden);

        var id = made["invitation"]!["id"]!.GetValue<long>();
        using var back = await head.DeleteAsync($"/api/v1/invitations/{id}");
        Assert.Equal(HttpStatusCode.NoContent, back.StatusCode);
        using var twice = await head.DeleteAsync($"/api/v1/invitations/{id}");
        Assert.Equal(HttpStatusCode.NotFound, twice.StatusCode);
        await RegisterAsync(made, "bo@example.test", HttpStatusCode.Forbidden);

        var older = await head.PostAsync("/api/v1/invitations", Bo, HttpStatusCode.Created);
        var newer = await head.PostAsync("/api/v1/invitations", Bo, HttpStatusCode.Created);
        await RegisterAsync(older, "bo@example.test", HttpStatusCode.Forbidden);
        _bench.Pass(TimeSpan.FromDays(7.1));
        await RegisterAsync(newer, "bo@example.test", HttpStatusCode.Forbidden);
    }

    [StoreFact]
    public async Task Nobody_gives_a_role_above_his_own_or_touches_somebody_above_him()
    {
        using var owner = await _bench.PersonAsync("head", Role.Owner);
        using var admin = await _bench.PersonAsync("ada", Role.Admin);
        using var responder = await _bench.PersonAsync("ana", Role.Responder);
        var ids = await IdsAsync(owner);

        Assert.Equal(HttpStatusCode.Forbidden, await PatchAsync(admin, ids["ana"], "owner"));
        Assert.Equal(HttpStatusCode.Forbidden, await PatchAsync(admin, ids["ada"], "owner"));
        Assert.Equal(HttpStatusCode.Forbidden, await PatchAsync(admin, ids["head"], "viewer"));
        Assert.Equal(HttpStatusCode.Forbidden, await PatchAsync(responder, ids["ana"], "admin"));
        Assert.Equal(HttpStatusCode.Forbidden, await DeleteAsync(admin, ids["head"]));
        Assert.Equal(HttpStatusCode.Forbidden, await DeleteAsync(responder, ids["ada"]));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PatchAsync(owner, ids["ana"], "publisher"));
        await admin.PostAsync("/api/v1/invitations", """{"email": "bo@example.test", "role": "owner"}""", HttpStatusCode.Forbidden);
        await responder.PostAsync("/api/v1/invitations", """{"email": "bo@example.test", "role": "viewer"}""", HttpStatusCode.Forbidden);

        Assert.Equal(HttpStatusCode.NoContent, await PatchAsync(admin, ids["ana"], "admin"));
        Assert.Equal("admin", (await responder.GetJsonAsync("/api/v1/me"))["role"].Text());
    }

    [StoreFact]
    public async Task A_narrowed_key_changes_no_member()
    {
        using var owner = await _bench.PersonAsync("head", Role.Owner);
        await _bench.PersonAsync("ana", Role.Responder);
        var ids = await IdsAsync(owner);
        using var reader = Key(await owner.PostAsync("/api/v1/keys", """{"name": "reader", "role": "admin", "scopes": ["read"]}""", HttpStatusCode.Created));

        Assert.Equal(2, (await reader.GetJsonAsync("/api/v1/members")).Items().Count);
        Assert.Equal(HttpStatusCode.Forbidden, await DeleteAsync(reader, ids["ana"]));
        Assert.Equal(HttpStatusCode.Forbidden, await PatchAsync(reader, ids["ana"], "viewer"));
    }

    [StoreFact]
    public async Task The_last_owner_stays_and_two_who_remove_each_other_at_once_do_not_both_succeed()
    {
        using var first = await _bench.PersonAsync("head", Role.Owner);
        var ids = await IdsAsync(first);
        Assert.Equal(HttpStatusCode.Conflict, await DeleteAsync(first, ids["head"]));
        Assert.Equal(HttpStatusCode.Conflict, await PatchAsync(first, ids["head"], "admin"));

        using var second = await _bench.PersonAsync("other-head", Role.Owner);
        ids = await IdsAsync(first);
        await Task.WhenAll(DeleteAsync(first, ids["other-head"]), DeleteAsync(second, ids["head"]));

        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM member WHERE role = 'owner'"));
    }

    [StoreFact]
    public async Task Who_is_removed_is_out_at_once_with_his_keys_and_invitations_and_keeps_his_account()
    {
        using var owner = await _bench.PersonAsync("head", Role.Owner);
        using var admin = await _bench.PersonAsync("ada", Role.Admin);
        using var key = Key(await admin.PostAsync("/api/v1/keys", """{"name": "mine", "role": "admin", "personal": true}""", HttpStatusCode.Created));
        await admin.PostAsync("/api/v1/invitations", """{"email": "bo@example.test", "role": "admin"}""", HttpStatusCode.Created);
        var ids = await IdsAsync(owner);

        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(owner, ids["ada"]));
        _bench.Pass(TimeSpan.FromSeconds(5));

        using var session = await admin.GetAsync("/api/v1/me");
        using var byKey = await key.GetAsync("/api/v1/me");
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized), (session.StatusCode, byKey.StatusCode));
        Assert.Empty((await owner.GetJsonAsync("/api/v1/invitations")).Items());
        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM person WHERE email = 'ada@acme.test'"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(owner, ids["ada"]));
    }

    [StoreFact]
    public async Task Everybody_may_leave()
    {
        using var owner = await _bench.PersonAsync("head", Role.Owner);
        using var viewer = await _bench.PersonAsync("vi", Role.Viewer);

        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(viewer, (await IdsAsync(viewer))["vi"]));

        Assert.Equal(["head"], (await IdsAsync(owner)).Keys);
        Assert.Equal("left", (await owner.GetJsonAsync("/api/v1/events?limit=50")).Items().Single(e => e!["kind"].Text() == "member.removed")!["reason"].Text());
    }

    [StoreFact]
    public async Task An_invitation_by_mail_leads_to_the_address_that_the_operator_set_and_proves_the_invited_address()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        var made = await head.PostAsync("/api/v1/invitations", """{"email": "bo@example.test", "role": "viewer"}""", HttpStatusCode.Created);

        var mail = await ArrivalAsync();
        var mailed = Link().Match(mail.Text).Value;
        Assert.Equal(("bo@example.test", "You are invited to acme"), (mail.To, mail.Subject));
        Assert.StartsWith("https://tocsin.example.test/invite/", mailed, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync($"SELECT COUNT(*) FROM job WHERE payload LIKE '%{mailed.Split('/')[^1].Split('.')[0]}%'"));
        await RegisterAsync(new JsonObject { ["link"] = mailed }, "bo@example.test");
        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM person WHERE email = 'bo@example.test' AND email_proved_at IS NOT NULL"));

        var shown = await head.PostAsync("/api/v1/invitations", """{"email": "cy@example.test", "role": "viewer"}""", HttpStatusCode.Created);
        await RegisterAsync(shown, "cy@example.test");
        Assert.Equal(0, await CountAsync("SELECT COUNT(*) FROM person WHERE email = 'cy@example.test' AND email_proved_at IS NOT NULL"));
    }

    [StoreFact]
    public async Task A_password_is_changed_with_the_old_one_and_the_other_sessions_end()
    {
        var made = await InviteAsync("bo@example.test");
        using var first = Bearer(await RegisterAsync(made, "bo@example.test"));
        using var second = Bearer(await LogInAsync("bo@example.test", Password));
        await ArrivalAsync();

        await first.PostAsync("/api/v1/me/password", """{"current": "not the one at all", "password": "another walk to the lake"}""", HttpStatusCode.Forbidden);
        await first.PostAsync("/api/v1/me/password", $$"""{"current": "{{Password}}", "password": "short"}""", HttpStatusCode.UnprocessableEntity);
        using var changed = await first.PostJsonAsync("/api/v1/me/password", $$"""{"current": "{{Password}}", "password": "another walk to the lake"}""");

        Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        await first.GetJsonAsync("/api/v1/me");
        using var ended = await second.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, ended.StatusCode);
        await LogInAsync("bo@example.test", Password, HttpStatusCode.Unauthorized);
        await LogInAsync("bo@example.test", "another walk to the lake");
        Assert.Equal("Your password was changed", (await ArrivalAsync()).Subject);
    }

    [StoreFact]
    public async Task A_password_that_was_set_with_weaker_parameters_is_stored_with_todays_at_the_next_login()
    {
        await RegisterAsync(await InviteAsync("bo@example.test"), "bo@example.test");
        var salt = new byte[16];
        var old = System.Security.Cryptography.Rfc2898DeriveBytes.Pbkdf2(Password, salt, 1000, System.Security.Cryptography.HashAlgorithmName.SHA512, 32);
        await SqlAsync($"UPDATE person SET password_hash = 'pbkdf2-sha512$1000${Convert.ToBase64String(salt)}${Convert.ToBase64String(old)}' WHERE email = 'bo@example.test'");

        await LogInAsync("bo@example.test", Password);

        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM person WHERE email = 'bo@example.test' AND password_hash LIKE 'pbkdf2-sha512$220000$%'"));
        await LogInAsync("bo@example.test", Password);
    }

    [StoreFact]
    public async Task A_forgotten_password_is_set_by_a_mailed_link_once_and_an_unknown_address_gets_the_same_answer()
    {
        using var bo = Bearer(await RegisterAsync(await InviteAsync("bo@example.test"), "bo@example.test"));
        await ArrivalAsync();
        var hashes = _bench.Service<Passwords>().Operations;

        var unknown = await FormAsync(null, "/forgot", ("email", "nobody@example.test"));
        var known = await FormAsync(null, "/forgot", ("email", " BO@example.test "));

        Assert.Equal((HttpStatusCode.OK, Moment().Replace(unknown.Body, "")), (known.Status, Moment().Replace(known.Body, "")));
        Assert.Equal(hashes, _bench.Service<Passwords>().Operations);
        var mail = await ArrivalAsync();
        Assert.Equal(("bo@example.test", "Set a new password"), (mail.To, mail.Subject));
        var path = new Uri(Link().Match(mail.Text).Value).AbsolutePath;
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await FormAsync(null, path, ("password", "short"))).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await FormAsync(null, path, ("password", "another walk to the lake"))).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await FormAsync(null, path, ("password", "a third walk to the wood"))).Status);

        using var ended = await bo.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, ended.StatusCode);
        await LogInAsync("bo@example.test", Password, HttpStatusCode.Unauthorized);
        await LogInAsync("bo@example.test", "another walk to the lake");
        Assert.Equal("Your password was changed", (await ArrivalAsync()).Subject);
        Assert.DoesNotContain(_mail.Mails, m => m.To == "nobody@example.test");
    }

    [StoreFact]
    public async Task A_reset_link_ends_after_an_hour_and_asking_again_at_once_sends_no_second_mail()
    {
        await RegisterAsync(await InviteAsync("bo@example.test"), "bo@example.test");
        await ArrivalAsync();
        await FormAsync(null, "/forgot", ("email", "bo@example.test"));
        var path = new Uri(Link().Match((await ArrivalAsync()).Text).Value).AbsolutePath;

        await FormAsync(null, "/forgot", ("email", "bo@example.test"));
        _bench.Pass(TimeSpan.FromMinutes(6));
        await FormAsync(null, "/forgot", ("email", "bo@example.test"));
        var newer = new Uri(Link().Match((await ArrivalAsync()).Text).Value).AbsolutePath;

        Assert.Equal(3, _mail.Mails.Count);
        using var anybody = _bench.Anybody();
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync(newer)).StatusCode);
        _bench.Pass(TimeSpan.FromMinutes(61));
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync(newer)).StatusCode);
    }

    [StoreFact]
    public async Task An_administrator_makes_no_reset_link_for_somebody_who_has_another_workspace()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        var ada = await CookieAsync("ada", Role.Admin);
        await _bench.PersonAsync("bo", Role.Viewer);
        var ids = await IdsAsync(head);

        Assert.Contains("/reset/", (await FormAsync(ada, $"/members/{ids["bo"]}/reset")).Body, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.SeeOther, ""), Answer(await FormAsync(ada, $"/members/{ids["head"]}/reset")));
        await SqlAsync("INSERT INTO member (workspace_id, person_id, user_name, role, created_at) SELECT w.id, p.id, 'bo', 'owner', 1 FROM workspace w, person p WHERE w.name = 'other' AND p.email = 'bo@acme.test'");
        Assert.Equal((HttpStatusCode.SeeOther, ""), Answer(await FormAsync(ada, $"/members/{ids["bo"]}/reset")));
        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM one_time_link WHERE purpose = 'reset'"));

        static (HttpStatusCode Status, string Body) Answer((HttpStatusCode Status, string Body, string? Cookie) answer) => (answer.Status, answer.Body);
    }

    [StoreFact]
    public async Task Who_has_two_workspaces_goes_from_one_to_the_other_with_another_session_and_forms_of_the_first_act_no_more()
    {
        var first = await CookieAsync("head", Role.Owner);
        await SqlAsync("INSERT INTO member (workspace_id, person_id, user_name, role, created_at) SELECT w.id, p.id, 'boss', 'viewer', 1 FROM workspace w, person p WHERE w.name = 'other' AND p.email = 'head@acme.test'");

        Assert.Equal(HttpStatusCode.SeeOther, (await FormAsync(first, "/me/workspace", ("workspace", "nowhere"))).Status);
        Assert.Equal("acme", (await MeAsync(first))["workspace"].Text());
        var second = (await FormAsync(first, "/me/workspace", ("workspace", "other"))).Cookie!;

        var me = await MeAsync(second);
        Assert.Equal(("other", "boss", "viewer"), (me["workspace"].Text(), me["name"].Text(), me["role"].Text()));
        Assert.Equal(["acme", "other"], me["workspaces"]!.AsArray().Select(w => w!["workspace"].Text()).Order());
        using var old = Browser(first);
        using var ended = await old.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, ended.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await FormAsync(second, "/me/workspace", first, ("workspace", "acme"))).Status);
        Assert.Equal("other", (await LogInToAsync(second)).Text());
    }

    [StoreFact]
    public async Task Somebody_with_an_account_joins_another_workspace_after_logging_in_and_nobody_else_can()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        var made = await head.PostAsync("/api/v1/invitations", """{"email": "eve@other.test", "role": "responder"}""", HttpStatusCode.Created);
        var path = new Uri(made["link"].Text()).AbsolutePath;
        var eve = await CookieAsync("eve", Role.Owner, "other");
        var mallory = await CookieAsync("mallory", Role.Owner, "other");

        Assert.Contains("There is an account with this address", await PageAsync(null, path), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await FormAsync(null, path, ("password", "not the password of eve"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await FormAsync(mallory, path)).Status);
        var joined = await FormAsync(eve, path);

        Assert.Equal(HttpStatusCode.SeeOther, joined.Status);
        Assert.Equal(("acme", "responder"), ((await MeAsync(joined.Cookie!))["workspace"].Text(), (await MeAsync(joined.Cookie!))["role"].Text()));
        Assert.Equal(HttpStatusCode.NotFound, (await FormAsync(joined.Cookie, path)).Status);
    }

    [StoreFact]
    public async Task Forms_of_accounts_act_only_with_a_token_of_this_browser()
    {
        var head = await CookieAsync("head", Role.Owner);
        var other = await CookieAsync("eve", Role.Owner, "other");
        foreach (var path in (string[])["/members/invite", "/members/1/role", "/members/1/remove", "/members/1/reset", "/me/password", "/me/workspace", "/me/sessions/end", "/forgot", "/reset/x", "/invite/x"])
        {
            Assert.Equal((path, HttpStatusCode.BadRequest), (path, (await FormAsync(head, path, other, ("email", "x@example.test"))).Status));
        }
    }

    private async Task<JsonNode> LogInToAsync(string session) => (await MeAsync(session))["session"]!["workspace"]!;

    private async Task<JsonNode> MeAsync(string session)
    {
        using var browser = Browser(session);
        return await browser.GetJsonAsync("/api/v1/me");
    }

    private async Task<string> PageAsync(string? session, string path)
    {
        using var browser = Browser(session);
        return await browser.GetStringAsync(path);
    }

    /// <summary>The session of somebody at a browser.</summary>
    private async Task<string> CookieAsync(string user, Role role, string workspace = "acme")
    {
        using var person = await _bench.PersonAsync(user, role, workspace);
        return person.DefaultRequestHeaders.GetValues("Cookie").Single()["tocsin=".Length..];
    }

    private HttpClient Browser(string? session)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Add("Cookie", session is null ? "tocsin-form=visitor" : $"tocsin={session}");
        return client;
    }

    private Task<(HttpStatusCode Status, string Body, string? Cookie)> FormAsync(string? session, string path, params (string Name, string Value)[] fields) =>
        FormAsync(session, path, session ?? "visitor", fields);

    /// <param name="holder">Whose token the form carries.</param>
    private async Task<(HttpStatusCode Status, string Body, string? Cookie)> FormAsync(string? session, string path, string holder, params (string Name, string Value)[] fields)
    {
        using var browser = Browser(session);
        var context = new DefaultHttpContext();
        context.Request.Headers.Cookie = $"tocsin={holder}";
        var token = _bench.Service<FormTokens>().For(context);
        using var form = new FormUrlEncodedContent([new(FormTokens.Field, token), .. fields.Select(f => KeyValuePair.Create(f.Name, f.Value))]);
        using var response = await browser.PostAsync(path, form);
        var cookie = response.Headers.TryGetValues("Set-Cookie", out var set) ? set.FirstOrDefault(c => c.StartsWith("tocsin=", StringComparison.Ordinal))?["tocsin=".Length..].Split(';')[0] : null;
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), cookie);
    }

    private Task<JsonNode> LogInAsync(string email, string password, HttpStatusCode expected = HttpStatusCode.OK) =>
        _bench.Anybody().PostAsync("/auth/login", $$"""{"email": "{{email}}", "password": "{{password}}"}""", expected);

    private async Task<JsonNode> InviteAsync(string email)
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        return await head.PostAsync("/api/v1/invitations", $$"""{"email": "{{email}}", "role": "responder"}""", HttpStatusCode.Created);
    }

    private Task<JsonNode> RegisterAsync(JsonNode made, string email, HttpStatusCode expected = HttpStatusCode.OK) => _bench.Anybody().PostAsync(
        "/auth/register", $$"""{"email": "{{email}}", "password": "{{Password}}", "invitation": "{{made["link"].Text().Split('/')[^1]}}"}""", expected);

    private async Task<FakeMail> ArrivalAsync()
    {
        using var patience = Patience.Begin();
        return await _mail.ArrivalAsync(patience.Token);
    }

    private static async Task<Dictionary<string, string>> IdsAsync(HttpClient caller) =>
        (await caller.GetJsonAsync("/api/v1/members")).Items().ToDictionary(m => m!["name"].Text(), m => m!["id"].Text());

    private static async Task<HttpStatusCode> PatchAsync(HttpClient caller, string id, string role)
    {
        using var response = await caller.PatchAsync($"/api/v1/members/{id}", new StringContent($$"""{"role": "{{role}}"}""", null, "application/json"));
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> DeleteAsync(HttpClient caller, string id)
    {
        using var response = await caller.DeleteAsync($"/api/v1/members/{id}");
        return response.StatusCode;
    }

    private HttpClient Bearer(JsonNode answer)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Authorization = new("Bearer", answer["access_token"].Text());
        return client;
    }

    private HttpClient Key(JsonNode made)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Add("X-API-Key", made["key"].Text());
        return client;
    }

    private Task SqlAsync(string sql) => _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync(sql), default);

    private Task<long?> CountAsync(string sql) => _bench.Service<Database>().ReadAsync(session => session.ScalarAsync(sql), default);

    [GeneratedRegex("data-now=\"\\d+\"")]
    private static partial Regex Moment();

    [GeneratedRegex(@"https://\S+")]
    private static partial Regex Link();

    public sealed class OnSqlite() : MemberTests(Engine.Sqlite);

    public sealed class OnPostgres() : MemberTests(Engine.Postgres);
}
