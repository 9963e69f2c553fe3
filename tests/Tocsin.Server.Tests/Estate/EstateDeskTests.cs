using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

/// <summary>Changing estates, on both engines: whole or not at all, by people and by files.</summary>
public abstract class EstateDeskTests(Engine engine)
{
    private const string Small = """
        users: [{name: ana, contact: [{name: mail, type: email, address: ana@example.test}]}]
        policies: [{name: p, steps: [{notify: [user:ana]}]}]
        """;

    [StoreFact]
    public async Task What_is_applied_is_stored_logged_and_in_force()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);

        var outcome = await bench.ApplyAsync(Small);

        Assert.Equal("+ user ana\n+ policy p\nworkspace acme: 2 to create, 0 to update, 0 to delete, 0 unchanged\n", outcome.Plans[0].Render());
        Assert.Equal(["policy p", "user ana"], (await bench.StoredAsync()).Select(o => o.Key.ToString()));
        var estate = await bench.InForceAsync();
        Assert.Equal("p", estate!.Model.Route.Policy);
        Assert.Equal((await bench.WorkspaceAsync())!.Revision, estate.Model.Revision);
        var line = Assert.Single(await bench.Database.ReadAsync(s => bench.Log.NewestAsync(s, estate.Workspace, "estate", long.MaxValue, 10), default));
        Assert.Equal(("estate.applied", "user:ana"), (line.Kind, line.Actor));
        Assert.Equal("revision 1: workspace acme: 2 to create, 0 to update, 0 to delete, 0 unchanged", line.Reason);
    }

    [StoreFact]
    public async Task Applying_the_same_again_changes_nothing()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync(Small);

        var again = await bench.ApplyAsync(Small);

        Assert.True(again.Plans[0].IsEmpty);
        Assert.Equal(1, (await bench.WorkspaceAsync())!.Revision);
    }

    [StoreFact]
    public async Task A_fault_anywhere_keeps_everything_as_it_was()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync(Small);

        var result = await bench.Desk.ApplyAsync(
            [EstateStoreBench.Files("teams: [{name: t, members: [ana]}]"), EstateStoreBench.Files("teams: [{name: t, members: [nobody]}]", "other")], "files", only: false, default);

        Assert.Equal("unknown user \"nobody\"", Assert.Single(result.Value!.Faults).Message);
        Assert.Equal(2, (await bench.StoredAsync()).Count);
        Assert.Null(await bench.WorkspaceAsync("other"));
    }

    [StoreFact]
    public async Task The_plan_of_a_schedule_that_changes_says_who_is_on_call_instead_of_whom()
    {
        string Estate(string overrides, string dates) => $$"""
            users:
              - {name: ana, contact: [{name: mail, type: email, address: ana@example.test}]}
              - {name: bo, contact: [{name: mail, type: email, address: bo@example.test}]}
            holidays: [{name: ours, dates: [{{dates}}]}]
            schedules:
              - name: primary
                time_zone: Europe/Berlin
                holidays: [ours]
                rotations:
                  - {name: weekly, users: [ana], start: 2026-01-05T09:00, every: 1w}
                  - {name: free, users: [bo], start: 2026-01-05T09:00, every: 1w, days: [holiday], priority: 1}
                overrides: [{{overrides}}]
            policies: [{name: p, steps: [{notify: [schedule:primary]}]}]
            """;
        const string Evening = "{user: bo, from: 2026-11-27T18:00, to: 2026-11-27T22:00}";
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync(Estate("", "2020-01-01"));

        var changed = await PlanAsync(Estate(Evening, "2020-01-01"));
        var off = await PlanAsync(Estate("", "2020-01-01, 2026-12-25"));

        Assert.Equal("Fri 27 Nov 18:00–22:00: bo instead of ana. Nobody else changes.", Assert.Single(changed.Changes, c => c.Says is not null).Says);
        Assert.Contains("\n    Fri 27 Nov 18:00–22:00: bo instead of ana. Nobody else changes.\n", changed.Render(), StringComparison.Ordinal);
        Assert.Equal(
            ("holidays ours", "primary: Fri 25 Dec 00:00 – Sat 26 Dec 00:00: bo instead of ana. Nobody else changes."),
            Assert.Single(off.Changes, c => c.Says is not null) is var change ? ($"{change.Object.Key}", change.Says) : default);

        async Task<EstatePlan> PlanAsync(string body) =>
            Assert.Single((await bench.Desk.ApplyAsync([EstateStoreBench.Wish(body)], "user:ana", only: true, default)).Value!.Plans);
    }

    [StoreFact]
    public async Task Planning_changes_nothing()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);

        var result = await bench.Desk.ApplyAsync([EstateStoreBench.Wish(Small)], "user:ana", only: true, default);

        Assert.False(result.Value!.Plans[0].IsEmpty);
        Assert.Null(await bench.WorkspaceAsync());
    }

    [StoreFact]
    public async Task What_is_not_named_stays_unless_pruned_and_the_whole_must_still_hold()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync(Small);

        await bench.ApplyAsync("teams: [{name: t, members: [ana]}]");
        Assert.Equal(3, (await bench.StoredAsync()).Count);

        Assert.Equal(["unknown user \"ana\""], await bench.RefusedAsync(EstateStoreBench.Wish("teams: [{name: t, members: [ana]}]", prune: true)));
        await bench.ApplyAsync("teams: [{name: t}]", prune: true);
        Assert.Equal("team t", Assert.Single(await bench.StoredAsync()).Key.ToString());
    }

    [StoreFact]
    public async Task What_files_manage_nobody_else_changes()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.AcceptedAsync(bench.Desk, EstateStoreBench.Files(Small));

        Assert.Equal(["policy p is managed by estate.yaml:4; change it there"], await bench.RefusedAsync(EstateStoreBench.Wish("policies: [{name: p, steps: [{notify: [user:ana], wait: 1m}]}]")));

        var same = await bench.ApplyAsync(Small, prune: true);
        Assert.True(same.Plans[0].IsEmpty);
        Assert.Equal(["estate.yaml:4", "estate.yaml:3"], (await bench.StoredAsync()).Select(o => o.Origin));

        await bench.AcceptedAsync(bench.Desk, EstateStoreBench.Wish("policies: [{name: p, steps: [{notify: [user:ana], wait: 1m}]}]") with { TakesOver = true });
        Assert.Equal([null, "estate.yaml:3"], (await bench.StoredAsync()).Select(o => o.Origin));
    }

    [StoreFact]
    public async Task What_left_the_files_goes_and_what_people_made_stays()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.AcceptedAsync(bench.Desk, EstateStoreBench.Files(Small + "\nteams: [{name: gone, members: [ana]}]"));
        await bench.ApplyAsync("teams: [{name: ours, members: [ana]}]");

        await bench.AcceptedAsync(bench.Desk, EstateStoreBench.Files("\n\n" + Small));

        Assert.Equal(["policy p estate.yaml:6", "team ours ", "user ana estate.yaml:5"], (await bench.StoredAsync()).Select(o => $"{o.Key} {o.Origin}"));
    }

    [StoreFact]
    public async Task Lines_that_only_moved_are_no_new_revision()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.AcceptedAsync(bench.Desk, EstateStoreBench.Files(Small));

        await bench.AcceptedAsync(bench.Desk, EstateStoreBench.Files("# a comment\n" + Small));

        Assert.Equal(1, (await bench.WorkspaceAsync())!.Revision);
        Assert.Equal(["estate.yaml:5", "estate.yaml:4"], (await bench.StoredAsync()).Select(o => o.Origin));
    }

    [StoreFact]
    public async Task An_export_can_be_applied_again_without_knowing_the_secrets()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("sources: [{name: eu, type: generic, key: a-literal-key-000001, hmac_secret: \"a literal secret\"}]");

        var export = await bench.Desk.ExportAsync("acme", default);
        Assert.DoesNotContain("literal", export, StringComparison.Ordinal);
        var text = EstateFiles.Parse(export, "");
        var outcome = await bench.Desk.ApplyAsync([new("acme", text.Objects, _ => true, TakesOver: false)], "user:ana", only: false, default);

        Assert.Empty(outcome.Value!.Faults);
        Assert.True(outcome.Value.Plans[0].IsEmpty);
        Assert.NotNull(await bench.Cache.FindSourceAsync("a-literal-key-000001", default));
    }

    [StoreFact]
    public async Task A_key_that_another_workspace_has_is_refused_without_saying_whose_it_is()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("sources: [{name: theirs, type: generic, key: a-literal-key-000001}]", "secretive");

        var fault = Assert.Single(await bench.RefusedAsync(EstateStoreBench.Wish("sources: [{name: ours, type: generic, key: a-literal-key-000001}]")));

        Assert.Equal("the key of source ours cannot be used; choose another", fault);
    }

    [StoreFact]
    public async Task References_are_for_those_who_could_read_the_server_anyway()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("teams: []", "first");
        const string path = "users: [{name: ana, email: \"${env:PATH}@example.test\"}]";
        const string file = "users: [{name: ana, full_name: \"${file:/etc/hostname}\"}]";
        const string refusal = "references read the server's own environment and files, which this workspace may not; write the value itself";

        Assert.Equal([refusal], await bench.RefusedAsync(EstateStoreBench.Wish(path, "tenant")));
        Assert.Equal([refusal], await bench.RefusedAsync(EstateStoreBench.Wish(file, "tenant")));
        await bench.ApplyAsync("users: [{name: ana, full_name: \"${env:PATH:-Ana}\"}]", "tenant");
        Assert.Equal("Ana", (await bench.InForceAsync("tenant"))!.Model.Users["ana"].FullName);

        bench.Options.References = "tenant, more";
        Assert.StartsWith("what ${env:PATH} stands for is not a role", (await bench.RefusedAsync(EstateStoreBench.Wish("users: [{name: bo, role: \"${env:PATH}\"}]", "tenant")))[0], StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Files_may_use_references_in_every_workspace()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("teams: []", "first");

        await bench.AcceptedAsync(bench.Desk, EstateStoreBench.Files("services: [{name: s, description: \"${env:PATH}\"}]", "second"));

        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), (await bench.InForceAsync("second"))!.Model.Services["s"].Description);
    }

    [StoreFact]
    public async Task Changes_made_at_once_are_all_made()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync(Small);
        var (_, other) = bench.AddNode();

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ApplyUntilDoneAsync(i % 2 == 0 ? bench.Desk : other, i)));

        Assert.All(results, faults => Assert.Empty(faults));
        Assert.Equal(8, (await bench.StoredAsync()).Count(o => o.Kind == "team"));
        Assert.Equal(9, (await bench.WorkspaceAsync())!.Revision);

        static async Task<IReadOnlyList<EstateFault>> ApplyUntilDoneAsync(EstateDesk desk, int i)
        {
            while (true)
            {
                var result = await desk.ApplyAsync([EstateStoreBench.Wish($"teams: [{{name: t{i}, members: [ana]}}]")], "user:ana", only: false, default);
                if (result.Ok)
                {
                    return result.Value.Faults;
                }

                Assert.Equal("estate.busy", result.Error.Code);
            }
        }
    }

    public sealed class OnSqlite() : EstateDeskTests(Engine.Sqlite);

    public sealed class OnPostgres() : EstateDeskTests(Engine.Postgres);
}
