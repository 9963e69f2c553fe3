using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;
using Tocsin.Pages;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>What happens to accounts while something else happens to them: links and logins that were on their way.</summary>
public abstract class AccountRaceTests(Engine engine) : IAsyncLifetime
{
    private const string Password = "a long walk to the sea";
    private const string Bo = "bo@example.test";

    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Accounts:Registration"] = "Invitation");

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_login_whose_password_was_changed_while_it_was_looked_at_begins_no_session()
    {
        await RegisterAsync(await InviteAsync(Bo));
        var (accounts, database) = (_bench.Service<AccountStore>(), _bench.Service<Database>());
        var before = (await database.ReadAsync(session => accounts.FindPersonAsync(session, Bo), default))!;
        LoginFacts facts = new(LoginFacts.Web, "password", "127.0.0.1", "");
        Assert.True((await ProveAsync(before)).Ok);

        _bench.Pass(TimeSpan.FromSeconds(1));
        await database.WriteAsync(
            async tx =>
            {
                await accounts.SetPasswordAsync(tx, before.Id, "another", before.CreatedAt.AddSeconds(1));
                await accounts.EndSessionsOfAsync(tx, before.Id);
            },
            default);

        Assert.Equal(PasswordDoor.Wrong, (await ProveAsync(before)).Error!.Code);
        Assert.Equal(0, await CountAsync($"SELECT COUNT(*) FROM login WHERE person_id = {before.Id}"));

        Task<Result<SignedIn>> ProveAsync(PersonRow person) => database.WriteAsync(tx => _bench.Service<SignIn>().ProvedAsync(tx, person, facts, null), default);
    }

    [StoreFact]
    public async Task A_link_that_an_administrator_made_is_dead_once_its_owner_is_in_another_workspace_or_has_risen()
    {
        await RegisterAsync(await InviteAsync(Bo));
        var bo = (await _bench.Service<Database>().ReadAsync(session => _bench.Service<AccountStore>().FindPersonAsync(session, Bo), default))!;
        var admin = new Caller(1, "acme", Role.Admin, "user:ada", "ada");
        var (desk, ids) = (_bench.Service<PasswordReset>(), _bench.Service<AccountIds>());

        var link = (await desk.MakeLinkAsync(admin, ids.Of(bo.Id).ToString(), ids, default)).Value!;
        await SqlAsync($"INSERT INTO member (workspace_id, person_id, user_name, role, created_at) SELECT id, {bo.Id}, 'bo', 'owner', 1 FROM workspace WHERE name = 'other'");
        Assert.Equal(ErrorKind.NotFound, (await desk.SetAsync(link, "another walk to the lake", default))!.Kind);

        await SqlAsync($"DELETE FROM member WHERE person_id = {bo.Id} AND workspace_id <> 1");
        link = (await desk.MakeLinkAsync(admin, ids.Of(bo.Id).ToString(), ids, default)).Value!;
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var raised = await head.PatchAsync($"/api/v1/members/{ids.Of(bo.Id)}", new StringContent("""{"role": "owner"}""", null, "application/json"));
        Assert.Equal(HttpStatusCode.NoContent, raised.StatusCode);
        Assert.Equal(ErrorKind.NotFound, (await desk.SetAsync(link, "another walk to the lake", default))!.Kind);

        await LogInAsync(HttpStatusCode.OK);
    }

    [StoreFact]
    public async Task An_account_has_three_keys_also_when_it_makes_them_in_two_workspaces_at_once()
    {
        await RegisterAsync(await InviteAsync(Bo));
        var bo = (await _bench.Service<Database>().ReadAsync(session => _bench.Service<AccountStore>().FindPersonAsync(session, Bo), default))!;
        await SqlAsync($"INSERT INTO member (workspace_id, person_id, user_name, role, created_at) SELECT id, {bo.Id}, 'bo', 'owner', 1 FROM workspace WHERE name = 'other'");
        var places = await _bench.Service<Database>().ReadAsync(_bench.Service<WorkspaceStore>().ListAsync, default);

        var made = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => Task.Run(() => _bench.Service<AccountKeys>().CreateAsync(
            new(places[i % places.Count].Id, places[i % places.Count].Name, Role.Owner, "user:bo", "bo") { Person = bo.Id }, $"key {i}", default))));

        Assert.Equal(2, places.Count);
        Assert.Equal(3, made.Count(m => m.Ok));
        Assert.Equal(3, await CountAsync($"SELECT COUNT(*) FROM api_key WHERE person_id = {bo.Id}"));
    }

    [StoreFact]
    public async Task The_setup_link_is_dead_once_somebody_else_is_the_first_member()
    {
        var setup = _bench.Service<Setup>();
        var link = (await setup.SetupLinkAsync(default))!;
        Assert.NotNull(await setup.FindSetupAsync(link, default));
        await _bench.PersonAsync("head", Role.Owner);

        Assert.Null(await setup.FindSetupAsync(link, default));
        var late = await setup.SetUpAsync(link, "mallory@example.test", "mallory", Password, new(LoginFacts.Web, "setup", "127.0.0.1", ""), default);
        Assert.Equal(ErrorKind.NotFound, late.Error!.Kind);
        Assert.Equal(0, await CountAsync("SELECT COUNT(*) FROM person WHERE email = 'mallory@example.test'"));
    }

    [StoreFact]
    public async Task Who_was_removed_and_is_invited_again_comes_back_with_his_password_and_nobody_with_another()
    {
        await RegisterAsync(await InviteAsync(Bo));
        using var head = await _bench.PersonAsync("head", Role.Owner);
        var id = (await head.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text().StartsWith("bo-", StringComparison.Ordinal))!["id"].Text();
        Assert.Equal(HttpStatusCode.NoContent, (await head.DeleteAsync($"/api/v1/members/{id}")).StatusCode);
        await LogInAsync(HttpStatusCode.Forbidden);

        var link = (await InviteAsync(Bo))["link"].Text();
        using var browser = _bench.Anybody();
        var path = new Uri(link).AbsolutePath;
        var wrong = await browser.SubmitAsync(path, path, ("password", "a password of somebody else"));
        Assert.Equal(HttpStatusCode.Forbidden, wrong.Status);
        Assert.Contains("is in no workspace now", wrong.Html, StringComparison.Ordinal);
        var back = await browser.SubmitAsync(path, path, ("password", Password));

        Assert.Equal((HttpStatusCode.SeeOther, "/"), (back.Status, back.To));
        await LogInAsync(HttpStatusCode.OK);
        Assert.Equal(1, await CountAsync($"SELECT COUNT(*) FROM person WHERE email = '{Bo}'"));
    }

    [StoreFact]
    public async Task Who_is_suspended_in_one_workspace_joins_another_that_invites_him()
    {
        await RegisterAsync(await InviteAsync(Bo));
        await SqlAsync("UPDATE member SET suspended_at = 1 WHERE person_id = (SELECT id FROM person WHERE email = 'bo@example.test')");
        using var chief = await _bench.PersonAsync("chief", Role.Owner, "other");
        var made = await chief.PostAsync("/api/v1/invitations", $$"""{"email": "{{Bo}}", "role": "viewer"}""", HttpStatusCode.Created);

        using var browser = _bench.Anybody();
        var path = new Uri(made["link"].Text()).AbsolutePath;
        var joined = await browser.SubmitAsync(path, path, ("password", Password));

        Assert.Equal((HttpStatusCode.SeeOther, "/"), (joined.Status, joined.To));
        Assert.Equal("other", (await browser.GetJsonAsync("/api/v1/me"))["workspace"].Text());
    }

    [StoreFact]
    public async Task An_invitation_that_is_taken_back_at_the_same_instant_leaves_a_member_or_no_account()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        for (var i = 0; i < 12; i++)
        {
            var made = await head.PostAsync("/api/v1/invitations", $$"""{"email": "p{{i}}@example.test", "role": "viewer"}""", HttpStatusCode.Created);
            var joining = _bench.Service<Joining>();
            var token = made["link"].Text().Split('/')[^1];
            var invitation = (await joining.FindAsync(token, default))!;
            await Task.WhenAll(
                head.DeleteAsync($"/api/v1/invitations/{invitation.Id}"),
                joining.JoinNewAsync(token, invitation, "hash", new(LoginFacts.Web, "password", "127.0.0.1", ""), default),
                joining.JoinNewAsync(token, invitation, "hash", new(LoginFacts.Web, "password", "127.0.0.2", ""), default));
        }

        Assert.Equal(0, await CountAsync("SELECT COUNT(*) FROM person WHERE id NOT IN (SELECT person_id FROM member)"));
        Assert.Equal(await CountAsync("SELECT COUNT(*) FROM member"), await CountAsync("SELECT COUNT(*) FROM login"));
    }

    [StoreFact]
    public async Task A_link_that_is_used_twice_at_the_same_instant_sets_one_password()
    {
        await RegisterAsync(await InviteAsync(Bo));
        var bo = (await _bench.Service<Database>().ReadAsync(session => _bench.Service<AccountStore>().FindPersonAsync(session, Bo), default))!;
        var (desk, ids) = (_bench.Service<PasswordReset>(), _bench.Service<AccountIds>());
        var link = (await desk.MakeLinkAsync(new(1, "acme", Role.Admin, "user:ada", "ada"), ids.Of(bo.Id).ToString(), ids, default)).Value!;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => desk.SetAsync(link, $"another walk to the lake {i}", default)));

        Assert.Single(outcomes, fault => fault is null);
        Assert.All(outcomes.OfType<Error>(), fault => Assert.Equal(ErrorKind.NotFound, fault.Kind));
    }

    [StoreFact]
    public async Task What_somebody_tries_who_was_removed_is_not_told_to_the_workspace_that_he_left()
    {
        await RegisterAsync(await InviteAsync(Bo));
        using var head = await _bench.PersonAsync("head", Role.Owner);
        var id = (await head.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text().StartsWith("bo-", StringComparison.Ordinal))!["id"].Text();
        await head.DeleteAsync($"/api/v1/members/{id}");

        await _bench.Anybody().PostAsync("/auth/login", $$"""{"email": "{{Bo}}", "password": "a wrong one, and long"}""", HttpStatusCode.Unauthorized);
        long? chain;
        while ((chain = await CountAsync("SELECT MAX(workspace_id) FROM audit WHERE action = 'login.failed'")) is null)
        {
            // Whoever keeps the audit may have it in hand at this moment.
            await _bench.Service<AuditTrail>().FlushAsync(all: true, default);
        }

        Assert.Equal(AuditStore.Installation, chain);
    }

    [Fact]
    public async Task An_account_that_was_made_is_there_though_the_store_is_lost_before_what_follows()
    {
        Account account = new(1, "acme", 1, Bo, "bo", Role.Owner, null);
        StarterEstate starter = new(_bench.Service<EstateDesk>(), new LostEstates());
        OidcTeams teams = new(_bench.Service<EstateDesk>(), new LostEstates(), Options.Create(TeamsMapped()), NullLogger<OidcTeams>.Instance);

        Assert.Contains("could not be stored", await starter.MakeAsync(account, "Bo", "UTC", default), StringComparison.Ordinal);
        await teams.FollowAsync(account, new("https://login.example.test", "bo", Bo, true, "bo", "Bo", ["oncall"]), default);
    }

    [Fact]
    public void A_name_that_is_made_of_an_address_is_one_that_may_be_given() =>
        Assert.All(
            (string[])["ana@x.test", "A.B+c@x.test", $"{new string('a', 39)}--b@x.test", "---@x.test"],
            email => Assert.Equal(Enrolment.UserNameOf(email), Enrolment.UserNameOf(Enrolment.UserNameOf(email))));

    private async Task<JsonNode> InviteAsync(string email)
    {
        using var head = await _bench.PersonAsync("boss", Role.Owner);
        return await head.PostAsync("/api/v1/invitations", $$"""{"email": "{{email}}", "role": "responder"}""", HttpStatusCode.Created);
    }

    private Task<JsonNode> RegisterAsync(JsonNode made) => _bench.Anybody().PostAsync(
        "/auth/register", $$"""{"email": "{{Bo}}", "password": "{{Password}}", "invitation": "{{made["link"].Text().Split('/')[^1]}}"}""");

    private Task<JsonNode> LogInAsync(HttpStatusCode expected) => _bench.Anybody().PostAsync("/auth/login", $$"""{"email": "{{Bo}}", "password": "{{Password}}"}""", expected);

    private static OidcOptions TeamsMapped()
    {
        OidcOptions settings = new() { Teams = "oncall=payments" };
        settings.ReadMaps(new ConfigurationManager());
        return settings;
    }

    private Task SqlAsync(string sql) => _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync(sql), default);

    private Task<long?> CountAsync(string sql) => _bench.Service<Database>().ReadAsync(session => session.ScalarAsync(sql), default);

    /// <summary>The configuration where the store does not answer.</summary>
    private sealed class LostEstates : IEstates
    {
        public ValueTask<EstateSnapshot?> FindAsync(long workspace, CancellationToken ct) => throw new StoreUnavailableException("The store is away.");

        public void Forget(long workspace)
        {
            // It knows nothing.
        }

        public ValueTask<(EstateSnapshot Estate, Source Source)?> FindSourceAsync(string key, CancellationToken ct) => throw new StoreUnavailableException("The store is away.");
    }

    public sealed class OnSqlite() : AccountRaceTests(Engine.Sqlite);

    public sealed class OnPostgres() : AccountRaceTests(Engine.Postgres)
    {
        [StoreFact]
        public async Task Ending_a_key_waits_for_the_workspace_whose_log_tells_of_it()
        {
            await RegisterAsync(await InviteAsync(Bo));
            var (database, desk) = (_bench.Service<Database>(), _bench.Service<AccountKeys>());
            var bo = (await database.ReadAsync(session => _bench.Service<AccountStore>().FindPersonAsync(session, Bo), default))!;
            var elsewhere = (await database.ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'other'"), default))!.Value;
            await SqlAsync($"INSERT INTO member (workspace_id, person_id, user_name, role, created_at) VALUES ({elsewhere}, {bo.Id}, 'bo', 'owner', 1)");
            var made = (await desk.CreateAsync(new(elsewhere, "other", Role.Owner, "user:bo", "bo") { Person = bo.Id }, "ci", default)).Value!;

            var end = Task.CompletedTask;
            await database.WriteAsync(
                async tx =>
                {
                    await tx.LockWorkspaceAsync(elsewhere);
                    end = desk.EndAsync(new(1, "acme", Role.Responder, "user:bo", "bo") { Person = bo.Id }, made.Key, delete: false, default);
                    while (!end.IsCompleted && await tx.ScalarAsync("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == 0)
                    {
                        // Either it waits, or it is through.
                    }

                    Assert.False(end.IsCompleted);
                    return 0;
                },
                default);
            await end;
        }
    }
}
