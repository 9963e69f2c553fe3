using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;

namespace Tocsin.Tests.Http.Oidc;

/// <summary>Who comes in by the provider, as what, and into which teams.</summary>
public abstract class OidcPeopleTests(Engine engine)
{
    [StoreFact]
    public async Task Somebody_new_is_made_a_member_with_the_highest_role_of_the_groups_and_goes_where_they_wanted()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        var browser = bench.Server.Anybody();

        using var answer = await bench.LogInAsync(browser, "ana", next: "/oncall?days=3");

        Assert.Equal((HttpStatusCode.SeeOther, "/oncall?days=3"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
        Assert.True(await OidcBench.IsInAsync(browser));
        var member = Assert.Single(await bench.MembersAsync());
        Assert.Equal(("ana@acme.test", Role.Admin, null), (member.Email, member.Role, member.PasswordHash));
        Assert.Equal("oidc", await ProofAsync(bench));
    }

    [StoreFact]
    public async Task The_second_login_is_the_same_person_whatever_the_provider_calls_them_by_then()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        await bench.PersonAsync("bo");
        var before = Assert.Single(await bench.MembersAsync());
        bench.Provider.People["bo"] = bench.Provider.People["bo"] with { Email = "robert@acme.test", Name = "Robert" };

        await bench.PersonAsync("bo");

        Assert.Equal(before, Assert.Single(await bench.MembersAsync()));
    }

    [StoreFact]
    public async Task What_somebody_gave_as_an_administrator_ends_when_the_groups_make_less_of_him()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        OidcBench.Know(bench.Provider, "bo", "platform");
        var bo = await bench.PersonAsync("bo");
        await bo.PostAsync("/api/v1/invitations", """{"email": "eve@example.test", "role": "admin"}""", HttpStatusCode.Created);

        OidcBench.Know(bench.Provider, "bo", "oncall");
        await bench.PersonAsync("bo");

        Assert.Equal(0, await bench.Server.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM invitation WHERE ended_at IS NULL"), default));
    }

    [StoreFact]
    public async Task Each_login_follows_the_groups_up_and_down()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        var bo = await bench.PersonAsync("bo");
        var name = Assert.Single(await bench.MembersAsync()).UserName;

        OidcBench.Know(bench.Provider, "bo", "platform");
        await bench.PersonAsync("bo");
        var raised = await bench.RoleAsync(name);
        using var asAdmin = await bo.GetAsync("/api/v1/estate");
        OidcBench.Know(bench.Provider, "bo", "oncall");
        await bench.PersonAsync("bo");
        using var asResponder = await bo.GetAsync("/api/v1/estate");
        var acme = (await bench.MembersAsync())[0].Workspace;

        Assert.Equal(["Admin", "Responder"], [raised, await bench.RoleAsync(name)]);
        Assert.Equal(
            ["login.succeeded", "login.succeeded", "login.succeeded", "member.joined", "member.linked", "member.role_changed", "member.role_changed"],
            await bench.Server.Service<Database>().ReadAsync(
                session => session.QueryAsync("SELECT action FROM audit WHERE workspace_id = @acme AND result = 'ok' AND action NOT LIKE 'estate%' ORDER BY action", static row => row.GetString(0), ("acme", acme)), default));
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Forbidden], [asAdmin.StatusCode, asResponder.StatusCode]);
    }

    [StoreFact]
    public async Task Whoever_lost_all_groups_is_refused_and_what_they_were_logged_in_with_ends()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        var bo = await bench.PersonAsync("bo");
        OidcBench.Know(bench.Provider, "bo");

        using var refused = await bench.LogInAsync(bench.Server.Anybody(), "bo");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("none of the groups", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(await OidcBench.IsInAsync(bo));
    }

    [StoreFact]
    public async Task The_last_owner_stays_owner_whatever_the_groups_say_and_one_of_two_does_not()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:LinkByEmail=true");
        await bench.MemberAsync("boss", Role.Owner, "bo@acme.test");
        await bench.PersonAsync("bo");
        var alone = await bench.RoleAsync("boss");
        await bench.MemberAsync("second", Role.Owner, "second@acme.test");

        await bench.PersonAsync("bo");

        Assert.Equal(["Owner", "Responder"], [alone, await bench.RoleAsync("boss")]);
    }

    [StoreFact]
    public async Task Without_a_rule_for_groups_a_new_person_gets_the_default_role_and_an_administrators_change_stays()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:Roles=", "Oidc:DefaultRole=viewer");
        await bench.PersonAsync("eve");
        var member = Assert.Single(await bench.MembersAsync());
        await bench.MemberAsync(member.UserName, Role.Responder, member.Email);

        await bench.PersonAsync("eve");

        Assert.Equal(("Viewer", "Responder"), ($"{member.Role}", await bench.RoleAsync(member.UserName)));
    }

    [StoreFact]
    public async Task A_member_with_the_same_address_is_met_only_where_the_setting_allows_it()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        var known = await bench.MemberAsync("bo", Role.Responder, "bo@acme.test");

        using var refused = await bench.LogInAsync(bench.Server.Anybody(), "bo");
        await bench.RestartAsync("Oidc:LinkByEmail=true");
        await bench.PersonAsync("bo");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(known, Assert.Single(await bench.MembersAsync()).Id);
    }

    [StoreFact]
    public async Task An_account_of_that_address_elsewhere_is_not_taken_for_the_person()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:LinkByEmail=true");
        await bench.MemberAsync("bo", Role.Owner, "bo@acme.test", workspace: "other");

        using var refused = await bench.LogInAsync(bench.Server.Anybody(), "bo");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("already", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(await bench.MembersAsync());
    }

    [StoreFact]
    public async Task An_address_that_nobody_verified_makes_and_meets_nobody_unless_the_operator_trusts_the_provider_with_it()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:LinkByEmail=true");
        var known = await bench.MemberAsync("bo", Role.Responder, "bo@acme.test");
        bench.Provider.People["bo"] = bench.Provider.People["bo"] with { IsVerified = false };
        bench.Provider.People["ana"] = bench.Provider.People["ana"] with { IsVerified = null };

        using var met = await bench.LogInAsync(bench.Server.Anybody(), "bo");
        using var made = await bench.LogInAsync(bench.Server.Anybody(), "ana");
        await bench.RestartAsync("Oidc:LinkByEmail=true", "Oidc:TrustEmail=true");
        await bench.PersonAsync("bo");
        await bench.PersonAsync("ana");

        Assert.Equal([HttpStatusCode.Forbidden, HttpStatusCode.Forbidden], [met.StatusCode, made.StatusCode]);
        Assert.Equal(2, (await bench.MembersAsync()).Count);
        Assert.Contains(await bench.MembersAsync(), m => m.Id == known);
    }

    [StoreFact]
    public async Task Only_verified_addresses_of_the_named_domains_come_in()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:EmailDomains=acme.org, acme.test");
        bench.Provider.People["bo"] = bench.Provider.People["bo"] with { Email = "bo@evil-acme.test" };

        await bench.PersonAsync("ana");
        using var refused = await bench.LogInAsync(bench.Server.Anybody(), "bo");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Single(await bench.MembersAsync());
    }

    [StoreFact]
    public async Task Whoever_registered_with_somebody_elses_address_has_nothing_left_when_the_owner_comes()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:LinkByEmail=true", "Accounts:Registration=Open");
        using var squatter = bench.Server.Anybody();
        var session = await squatter.PostAsync("/auth/register", """{"email": "bo@acme.test", "password": "a squatters password"}""");
        squatter.DefaultRequestHeaders.Authorization = new("Bearer", session["access_token"].Text());
        using var before = await squatter.GetAsync("/auth/me");

        await bench.PersonAsync("bo");

        using var after = await squatter.GetAsync("/auth/me");
        using var again = await squatter.PostJsonAsync("/auth/login", """{"email": "bo@acme.test", "password": "a squatters password"}""");
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized], [before.StatusCode, after.StatusCode, again.StatusCode]);
    }

    [StoreFact]
    public async Task A_disabled_person_stays_out()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        await bench.PersonAsync("bo");
        await bench.Server.Service<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE person SET disabled_at = 1"), default);

        using var refused = await bench.LogInAsync(bench.Server.Anybody(), "bo");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [StoreFact]
    public async Task Somebody_is_who_the_estate_says_by_the_address_and_never_by_the_name_alone()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        await ApplyAsync(bench, "users: [{name: robert, email: Bo@acme.test}]");

        await bench.PersonAsync("bo");
        await bench.PersonAsync("ana");

        // The estate has an ana, who may be somebody else: nothing says that she is this one.
        Assert.Equal(["ana-2", "robert"], (await bench.MembersAsync()).Select(m => m.UserName).Order(StringComparer.Ordinal));
    }

    [StoreFact]
    public async Task Two_people_of_one_name_get_two()
    {
        await using var bench = await OidcBench.StartAsync(engine);
        bench.Provider.People["Eve@one"] = new("Eve@one", "eve@one.test", true, "Eve", "oncall");
        bench.Provider.People["eve@two"] = new("eve@two", "eve@two.test", true, "Eve", "oncall");

        await bench.PersonAsync("Eve@one");
        await bench.PersonAsync("eve@two");

        Assert.Equal(["eve", "eve-2"], (await bench.MembersAsync()).Select(m => m.UserName).Order(StringComparer.Ordinal));
    }

    [StoreFact]
    public async Task People_join_and_leave_the_teams_of_their_groups_and_no_others()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:Teams:platform=core", "Oidc:Teams:oncall=first-line", "Oidc:Teams:moved=payments");
        await ApplyAsync(bench, "teams: [{name: core}, {name: first-line, members: [bo]}, {name: social, members: [bo]}]");
        bench.Provider.People["eve"] = bench.Provider.People["eve"] with { Name = "Eve ${env:PATH}", Groups = ["platform", "moved"] };

        await bench.PersonAsync("eve");
        var joined = await EstateAsync(bench);
        OidcBench.Know(bench.Provider, "eve", "oncall");
        await bench.PersonAsync("eve");
        var moved = await EstateAsync(bench);

        Assert.Equal(["eve"], joined.Teams["core"].Members);
        Assert.Equal(["bo"], joined.Teams["first-line"].Members);
        // What somebody is called at the provider is text, and the team of a file is as its file says.
        Assert.Equal(("Eve ${env:PATH}", "eve@acme.test"), (joined.Users["eve"].FullName, joined.Users["eve"].Contact.Single().Settings["address"]));
        Assert.Equal(["ana", "bo"], joined.Teams["payments"].Members);
        Assert.Empty(moved.Teams["core"].Members);
        Assert.Equal(["bo", "eve"], moved.Teams["first-line"].Members);
        Assert.Equal(["bo"], moved.Teams["social"].Members);
    }

    [StoreFact]
    public async Task Many_first_logins_of_one_person_at_once_make_one_member()
    {
        await using var bench = await OidcBench.StartAsync(engine);

        var people = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => bench.PersonAsync("ana")));

        Assert.Single(await bench.MembersAsync());
        Assert.All(await Task.WhenAll(people.Select(OidcBench.IsInAsync)), Assert.True);
    }

    [StoreFact]
    public async Task A_session_ends_when_its_hours_are_over()
    {
        await using var bench = await OidcBench.StartAsync(engine, "Oidc:SessionHours=2");
        var ana = await bench.PersonAsync("ana");

        bench.Pass(TimeSpan.FromMinutes(119));
        var before = await OidcBench.IsInAsync(ana);
        bench.Pass(TimeSpan.FromMinutes(2));

        Assert.Equal((true, false), (before, await OidcBench.IsInAsync(ana)));
    }

    private static async Task ApplyAsync(OidcBench bench, string estate)
    {
        using var admin = await bench.Server.CallerAsync(Role.Admin);
        using var answer = await admin.PostAsync("/api/v1/estate/apply", new StringContent($"apiVersion: tocsin/v1\n{estate}", null, "application/yaml"));
        await answer.JsonAsync(HttpStatusCode.OK);
    }

    private static async Task<EstateModel> EstateAsync(OidcBench bench)
    {
        var acme = (await bench.MembersAsync())[0].Workspace;
        return (await bench.Server.Service<IEstates>().FindAsync(acme, default))!.Model;
    }

    private static Task<string?> ProofAsync(OidcBench bench) =>
        bench.Server.Service<Database>().ReadAsync(session => session.FirstAsync("SELECT proof FROM login", static row => row.GetString(0)), default);

    public sealed class OnSqlite() : OidcPeopleTests(Engine.Sqlite);

    public sealed class OnPostgres() : OidcPeopleTests(Engine.Postgres);
}
