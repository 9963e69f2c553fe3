using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>The audit as those see it who are allowed to.</summary>
public abstract class AuditTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task What_a_person_and_a_key_did_is_listed_with_where_they_did_it_from()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=a");
        var (person, key) = (await _bench.PersonAsync("ana", Role.Admin), await _bench.CallerAsync(Role.Responder));
        await key.PostAsync("/api/v1/incidents/1/acknowledge", null);
        await person.PostAsync("/api/v1/incidents/1/resolve", null);

        var entries = (await person.GetJsonAsync("/api/v1/audit")).Items().Where(e => e!["subject"].Text() == "incident/1");

        Assert.Equal(
            [("user:ana", "incident.resolved", "127.0.0.1", "ok"), ("key:Responder", "incident.acknowledged", "127.0.0.1", "ok")],
            entries.Select(e => (e!["actor"].Text(), e["action"].Text(), e["address"].Text(), e["result"].Text())));
    }

    [StoreFact]
    public async Task The_list_is_filtered_and_comes_in_pages()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        await WriteAsync(50, "acme");

        Assert.Equal(["n/42"], await SubjectsAsync(admin, "subject=n/42"));
        Assert.Equal(["n/49", "n/48"], await SubjectsAsync(admin, "actor=user:*&limit=2"));
        Assert.Equal(["n/40", "n/30", "n/20", "n/10"], await SubjectsAsync(admin, "action=test.ten"));
        Assert.Equal(["n/45", "n/35", "n/25", "n/15", "n/5"], await SubjectsAsync(admin, "result=refused"));
        Assert.Equal(["n/7"], await SubjectsAsync(admin, "q=SEVENTH+n/7"));
        Assert.Empty(await SubjectsAsync(admin, "q=100%25"));
        Assert.Empty(await SubjectsAsync(admin, "actor=us_r:*"));
        Assert.Empty(await SubjectsAsync(admin, "subject=n/42&since=2100-01-01T00:00:00Z"));
        Assert.Empty(await SubjectsAsync(admin, "subject=n/42&until=2000-01-01T00:00:00Z"));

        List<string> all = [];
        var path = "/api/v1/audit?action=test.*&limit=20";
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await admin.GetJsonAsync(cursor.Length == 0 ? path : $"{path}&cursor={cursor}");
            all.AddRange(page.Items().Select(e => e!["subject"].Text()!));
            cursor = page["next_cursor"]?.GetValue<string>();
        }

        Assert.Equal(Enumerable.Range(0, 50).Reverse().Select(i => $"n/{i}"), all);
    }

    [StoreFact]
    public async Task What_is_asked_for_wrongly_is_refused_with_a_reason()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        foreach (var query in (string[])["?result=perhaps", "?chain=everything", "?limit=0", "?cursor=%25", "?q=" + new string('x', 201), "/verify?anchor=5", "/export?after=-1"])
        {
            Assert.Equal((query, HttpStatusCode.UnprocessableEntity), (query, (await admin.GetAsync($"/api/v1/audit{query}")).StatusCode));
        }
    }

    [StoreFact]
    public async Task Only_administrators_of_the_workspace_see_its_audit()
    {
        await WriteAsync(3, "acme");
        var other = await _bench.CallerAsync(Role.Owner, "other");

        Assert.DoesNotContain("n/1", (await other.GetJsonAsync("/api/v1/audit")).ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("n/1", await other.GetStringAsync("/api/v1/audit/export"), StringComparison.Ordinal);
        foreach (var path in (string[])["", "/head", "/verify", "/export"])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await _bench.Anybody().GetAsync("/api/v1/audit" + path)).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await (await _bench.CallerAsync(Role.Responder)).GetAsync("/api/v1/audit" + path)).StatusCode);

            // There are two workspaces: what belongs to neither is for nobody of them.
            Assert.Equal(HttpStatusCode.Forbidden, (await other.GetAsync($"/api/v1/audit{path}?chain=installation")).StatusCode);
        }
    }

    [StoreFact]
    public async Task An_export_is_sound_and_is_an_entry_itself()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        await WriteAsync(1200, "acme");

        using var answer = await admin.GetAsync("/api/v1/audit/export");
        var (verdict, end) = await AuditExport.VerifyAsync(await answer.Content.ReadAsStreamAsync(), [], default);
        var head = await admin.GetJsonAsync("/api/v1/audit/head");
        var state = await admin.GetJsonAsync($"/api/v1/audit/verify?anchor={end!.Seq}:{end.Hash}");

        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType!.MediaType);
        Assert.Matches("^audit-workspace-[0-9]+-[0-9]{8}-[0-9]{6}\\.jsonl$", answer.Content.Headers.ContentDisposition!.FileName);
        Assert.Empty(verdict.Faults);
        Assert.Equal((end.Seq, end.Hash), (head["seq"]!.GetValue<long>(), head["hash"].Text()));
        Assert.Equal((true, end.Seq), (state["sound"]!.GetValue<bool>(), state["entries"]!.GetValue<long>()));
        Assert.Equal("audit.exported", (await admin.GetJsonAsync("/api/v1/audit?limit=1")).Items().Single()!["action"].Text());
    }

    [StoreFact]
    public async Task Tampering_shows_in_the_state()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        await WriteAsync(5, "acme");
        await _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE audit SET actor = 'user:bo' WHERE subject = 'n/3'"), default);

        var state = await admin.GetJsonAsync("/api/v1/audit/verify");

        Assert.False(state["sound"]!.GetValue<bool>());
        Assert.Contains("was altered", Assert.Single((JsonArray)state["faults"]!)!["detail"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Keys_that_open_nothing_and_roles_that_are_too_low_are_counted()
    {
        var unknown = _bench.Anybody();
        unknown.DefaultRequestHeaders.Add("X-API-Key", "tcn_no-key-of-ours");
        var viewer = await _bench.CallerAsync(Role.Viewer);
        for (var i = 0; i < 20; i++)
        {
            await unknown.GetAsync("/api/v1/incidents");
            await viewer.PostAsync("/api/v1/incidents/1/acknowledge", null);
        }

        await _bench.Service<AuditTrail>().FlushAsync(all: true, default);

        var installation = await EntriesAsync(AuditStore.Installation);
        var acme = (await (await _bench.CallerAsync(Role.Admin)).GetJsonAsync("/api/v1/audit?result=refused")).Items();
        Assert.Equal(20, installation.Where(e => e.Action == "credential.refused").Sum(Count));
        Assert.All(installation.Where(e => e.Action == "credential.refused"), e => Assert.Equal(("anonymous", "GET /api/v1/incidents/", "127.0.0.1"), (e.Actor, e.Subject, e.Address)));
        Assert.DoesNotContain(installation, e => (e.Detail + e.Data).Contains("no-key-of-ours", StringComparison.Ordinal));
        Assert.Equal(20, acme.Sum(e => e!["data"].Text() is { Length: > 0 } data ? JsonNode.Parse(data)!["count"]!.GetValue<int>() : 1));
        Assert.All(acme, e => Assert.Equal(("key:Viewer", "POST /api/v1/incidents/{number:long}/acknowledge"), (e!["actor"].Text(), e["subject"].Text())));
    }

    [StoreFact]
    public async Task A_change_of_the_configuration_by_files_is_an_entry()
    {
        var entries = (await (await _bench.CallerAsync(Role.Admin)).GetJsonAsync("/api/v1/audit?action=estate.applied")).Items();

        Assert.Equal(("files", "estate", ""), (entries.Single()!["actor"].Text(), entries.Single()!["subject"].Text(), entries.Single()!["address"].Text()));
        Assert.DoesNotContain(HttpBench.PhoneSecret, entries.Single()!.ToJsonString(), StringComparison.Ordinal);
    }

    private Task WriteAsync(int entries, string workspace) => _bench.Service<Database>().WriteAsync(
        async tx =>
        {
            var owner = (await _bench.Service<WorkspaceStore>().FindAsync(tx, workspace))!.Id;
            for (var i = 0; i < entries; i++)
            {
                await _bench.Service<AuditTrail>().RecordAsync(tx, owner, new("user:ana", i > 0 && i % 10 == 0 ? "test.ten" : "test.done", $"n/{i}", i == 7 ? "the seventh" : "")
                {
                    Result = i % 10 == 5 ? AuditResult.Refused : AuditResult.Ok,
                });
            }
        },
        default);

    private Task<List<AuditLink>> EntriesAsync(long chain) =>
        _bench.Service<Database>().ReadAsync(session => _bench.Service<AuditStore>().AfterAsync(session, chain, 0, 1000), default);

    private static long Count(AuditLink entry) => entry.Data.Length == 0 ? 1 : JsonNode.Parse(entry.Data)!["count"]!.GetValue<long>();

    private static async Task<string[]> SubjectsAsync(HttpClient caller, string query) =>
        [.. (await caller.GetJsonAsync($"/api/v1/audit?{query}")).Items().Select(e => e!["subject"].Text()!)];

    public sealed class OnSqlite() : AuditTests(Engine.Sqlite);

    public sealed class OnPostgres() : AuditTests(Engine.Postgres);
}
