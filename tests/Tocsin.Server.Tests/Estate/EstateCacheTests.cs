using Tocsin.Data;
using Tocsin.Routing;

namespace Tocsin.Tests.Estate;

/// <summary>What is in force, on both engines: fresh within two seconds, and the last good one whatever happens.</summary>
public abstract class EstateCacheTests(Engine engine)
{
    private const string Key = "a-literal-key-000001";

    [StoreFact]
    public async Task Another_nodes_change_is_in_force_within_two_seconds()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("teams: [{name: one}]");
        var (cache, desk) = bench.AddNode();
        var id = (await bench.WorkspaceAsync())!.Id;
        Assert.Equal("one", Assert.Single((await cache.FindAsync(id, default))!.Model.Teams).Key);

        await bench.ApplyAsync("teams: [{name: two}]");
        Assert.Equal(2, (await bench.Cache.FindAsync(id, default))!.Model.Teams.Count);
        bench.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(2, (await cache.FindAsync(id, default))!.Model.Teams.Count);

        await bench.AcceptedAsync(desk, EstateStoreBench.Wish("teams: [{name: three}]"));
        Assert.Equal(3, (await cache.FindAsync(id, default))!.Model.Teams.Count);
        cache.Dispose();
    }

    [StoreFact]
    public async Task A_source_is_found_by_its_key_in_whatever_workspace()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("teams: []", "one");
        await bench.ApplyAsync($"sources: [{{name: eu, type: generic, key: {Key}}}]", "two");

        var found = await bench.Cache.FindSourceAsync(Key, default);

        Assert.Equal(("eu", "two"), (found!.Value.Source.Name, found.Value.Estate.Model.Workspace));
        Assert.Null(await bench.Cache.FindSourceAsync("a-literal-key-000002", default));
    }

    [StoreFact]
    public async Task Silences_of_people_join_those_of_the_estate()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("silences: [{name: s, match: [a=b], starts_at: 2026-01-05T09:00Z, ends_at: 2026-01-05T10:00Z, comment: c}]");
        var id = (await bench.WorkspaceAsync())!.Id;
        Assert.Equal(1, (await bench.InForceAsync())!.Silences.Count);

        var made = new Silence("x", [new("a", MatchOp.Equal, "c")], bench.Clock.Now, bench.Clock.Now.AddHours(1), "ana", "c");
        await bench.Database.WriteAsync(tx => new SilenceStore().SaveAsync(tx, id, made, bench.Clock.Now), default);
        bench.Cache.Forget(id);

        Assert.Equal(2, (await bench.InForceAsync())!.Silences.Count);
    }

    [StoreFact]
    public async Task A_revision_that_cannot_be_used_leaves_the_last_good_one_in_force_and_says_why()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("teams: [{name: good}]");
        var id = (await bench.WorkspaceAsync())!.Id;
        await bench.InForceAsync();

        await bench.Database.WriteAsync(
            async tx =>
            {
                await tx.ExecuteAsync("UPDATE estate_object SET body = @body WHERE workspace_id = @id", ("body", """{"name":"good","colour":"red"}"""), ("id", id));
                await tx.ExecuteAsync("UPDATE workspace SET revision = revision + 1 WHERE id = @id", ("id", id));
            },
            default);
        bench.Cache.Forget(id);

        Assert.Equal("good", Assert.Single((await bench.InForceAsync())!.Model.Teams).Key);
        Assert.Equal("unknown key \"colour\" in a team", Assert.Single(await bench.Cache.FaultsAsync(id, default)).Message);

        // A node that starts now has no good one: what it does not know it must not deny.
        var (fresh, _) = bench.AddNode();
        Assert.Null(await fresh.FindAsync(id, default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await fresh.FindSourceAsync(Key, default));
        fresh.Dispose();
    }

    [StoreFact]
    public async Task A_variable_that_is_gone_takes_only_what_needs_it_out_of_use()
    {
        await using var bench = await EstateStoreBench.OpenAsync(engine);
        await bench.ApplyAsync("teams: [{name: t}]");
        var id = await StoreAsync(bench, "user", "ana", """{"name":"ana","contact":[{"name":"hook","type":"webhook","url":"${env:TOCSIN_TEST_GONE}"},{"name":"mail","type":"email","address":"a@example.test"}]}""");
        await StoreAsync(bench, "source", "eu", $$"""{"name":"eu","type":"generic","key":"{{Key}}"}""");
        await StoreAsync(bench, "source", "us", """{"name":"us","type":"generic","key":"${env:TOCSIN_TEST_GONE}"}""");
        bench.Cache.Forget(id);

        var estate = await bench.Cache.FindAsync(id, default);

        Assert.Equal(["", "a@example.test"], estate!.Model.Users["ana"].Contact.Select(c => c.Settings.Values.First()));
        Assert.Equal("eu", (await bench.Cache.FindSourceAsync(Key, default))!.Value.Source.Name);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await bench.Cache.FindSourceAsync("an-unknown-key-00001", default));
    }

    private static async Task<long> StoreAsync(EstateStoreBench bench, string kind, string name, string body)
    {
        var id = (await bench.WorkspaceAsync())!.Id;
        await bench.Database.WriteAsync(
            async tx =>
            {
                await tx.ExecuteAsync(
                    "INSERT INTO estate_object (workspace_id, kind, name, body, origin, updated_at) VALUES (@id, @kind, @name, @body, NULL, 0)",
                    ("id", id), ("kind", kind), ("name", name), ("body", body));
                await tx.ExecuteAsync("UPDATE workspace SET revision = revision + 1 WHERE id = @id", ("id", id));
            },
            default);
        return id;
    }

    public sealed class OnSqlite() : EstateCacheTests(Engine.Sqlite);

    public sealed class OnPostgres() : EstateCacheTests(Engine.Postgres);
}
