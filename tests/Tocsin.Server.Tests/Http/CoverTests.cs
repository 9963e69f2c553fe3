using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.OnCall;

namespace Tocsin.Tests.Http;

/// <summary>Covers, time off and requests over HTTP: who may do what, whom escalation pages then, and who is told.</summary>
public abstract class CoverTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _ana = null!;
    private HttpClient _bo = null!;
    private HttpClient _head = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _ana = await _bench.PersonAsync("ana", Role.Responder);
        _bo = await _bench.PersonAsync("bo", Role.Responder);
        _head = await _bench.PersonAsync("head", Role.Admin);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task Who_takes_a_shift_is_paged_at_once_and_the_one_who_had_it_is_told()
    {
        var made = await _bo.PostAsync("/api/v1/schedules/primary/overrides", $$"""{"instead_of": "ana", "reason": "Ana's at the dentist", {{Span(0, 4)}}}""", HttpStatusCode.Created);
        Assert.Contains(": bo instead of ana. Nobody else changes.", made["change"].Text(), StringComparison.Ordinal);
        Assert.Equal("active", made["status"].Text());
        Assert.Equal("user:bo", made["by"].Text());

        var (phone, type, told) = await _bench.PagedAsync();
        Assert.Equal(("ana", "oncall.note"), (phone, type));
        Assert.StartsWith("bo is on call for primary instead of you ", told["title"].Text(), StringComparison.Ordinal);

        var on = await _ana.GetJsonAsync("/api/v1/oncall");
        Assert.Equal("bo", on.Items()[0]!["users"]![0].Text());
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=HighErrors,service=checkout,severity=critical");
        Assert.Equal("bo", (await _bench.PagedAsync()).Phone);

        var lines = (await _head.GetJsonAsync("/api/v1/events?subject=schedule/primary")).Items();
        Assert.Contains(lines, l => l!["kind"].Text() == "cover.made" && l["actor"].Text() == "user:bo" && l["reason"].Text().EndsWith("Reason: Ana's at the dentist", StringComparison.Ordinal));
        Assert.Contains((await _head.GetJsonAsync("/api/v1/audit")).Items(), l => l!["action"].Text() == "cover.made");
    }

    [StoreFact]
    public async Task A_cover_that_is_taken_back_gives_the_shift_back_and_is_kept()
    {
        var id = (await _bo.PostAsync("/api/v1/schedules/primary/overrides", $$"""{"instead_of": "ana", {{Span(24, 28)}}}""", HttpStatusCode.Created))["id"]!;
        var stranger = await _bench.PersonAsync("cy", Role.Responder);
        await RefusedAsync(stranger, HttpMethod.Delete, $"/api/v1/schedules/primary/overrides/{id}", HttpStatusCode.Forbidden, "Whoever made an override takes it back");

        var removed = await DeleteAsync(_ana, $"/api/v1/schedules/primary/overrides/{id}");
        Assert.Equal("removed", removed["status"].Text());
        Assert.Contains("ana instead of bo", removed["change"].Text(), StringComparison.Ordinal);
        Assert.Equal("removed", (await DeleteAsync(_ana, $"/api/v1/schedules/primary/overrides/{id}"))["status"].Text());

        Assert.Empty((await _ana.GetJsonAsync("/api/v1/schedules/primary/overrides")).Items());
        Assert.Single((await _ana.GetJsonAsync("/api/v1/schedules/primary/overrides?since=2026-01-01T00:00:00Z")).Items());
    }

    [StoreFact]
    public async Task Nobody_gives_a_shift_away_without_asking_but_administrators_may_say_anything()
    {
        await RefusedAsync(_ana, HttpMethod.Post, "/api/v1/schedules/primary/overrides", HttpStatusCode.Forbidden, "ask them with a swap request", $$"""{"user": "bo", "instead_of": "ana", {{Span(24, 28)}}}""");
        Assert.Equal("bo", (await _head.PostAsync("/api/v1/schedules/primary/overrides", $$"""{"user": "bo", {{Span(24, 28)}}}""", HttpStatusCode.Created))["user"].Text());
    }

    [StoreFact]
    public async Task What_cannot_be_meant_is_refused_with_the_field()
    {
        foreach (var (body, field) in new[]
        {
            ($$"""{"user": "bo", {{Span(4, 2)}}}""", "to"), ($$"""{"user": "bo", {{Span(-4, -2)}}}""", "to"), ($$"""{"user": "bo", {{Span(1, 24 * 400)}}}""", "to"),
            ($$"""{"user": "nobody", {{Span(1, 2)}}}""", "user"), ($$"""{"user": "bo", "instead_of": "ghost", {{Span(1, 2)}}}""", "instead_of"), ($$"""{"user": "bo", "instead_of": "bo", {{Span(1, 2)}}}""", "instead_of"),
        })
        {
            using var response = await _head.PostJsonAsync("/api/v1/schedules/primary/overrides", body);
            var problem = await response.JsonAsync(HttpStatusCode.UnprocessableEntity);
            Assert.Contains($"\"{field}\"", problem.ToJsonString(), StringComparison.Ordinal);
        }

        await RefusedAsync(_head, HttpMethod.Post, "/api/v1/schedules/ghost/overrides", HttpStatusCode.NotFound, "ghost", $$"""{"user": "bo", {{Span(1, 2)}}}""");
    }

    [StoreFact]
    public async Task Time_off_says_at_once_where_it_leaves_nobody_and_a_cover_fills_the_gap()
    {
        var away = await _ana.PostAsync("/api/v1/time-off", $$"""{"reason": "Holidays", {{Span(24, 72)}}}""", HttpStatusCode.Created);
        var gap = Assert.Single(away["gaps"]!.AsArray())!;
        Assert.Equal("primary", gap["schedule"].Text());
        Assert.Equal(away["from"].Text(), gap["from"].Text());
        Assert.Equal(away["to"].Text(), gap["to"].Text());
        Assert.Empty((await OnAsync(30)).AsArray());

        await _bo.PostAsync("/api/v1/schedules/primary/overrides", $$"""{ {{Span(24, 72)}} }""", HttpStatusCode.Created);
        Assert.Equal("bo", (await OnAsync(30))[0].Text());

        await DeleteAsync(_ana, $"/api/v1/time-off/{away["id"]}");
        Assert.Empty((await _ana.GetJsonAsync("/api/v1/time-off")).Items());
    }

    [StoreFact]
    public async Task Only_managers_and_administrators_say_that_somebody_else_is_away()
    {
        await RefusedAsync(_bo, HttpMethod.Post, "/api/v1/time-off", HttpStatusCode.Forbidden, "Everybody says for himself", $$"""{"user": "ana", {{Span(24, 72)}}}""");
        var id = (await _head.PostAsync("/api/v1/time-off", $$"""{"user": "ana", {{Span(24, 72)}}}""", HttpStatusCode.Created))["id"];
        await RefusedAsync(_bo, HttpMethod.Delete, $"/api/v1/time-off/{id}", HttpStatusCode.Forbidden, "takes back his own");
    }

    [StoreFact]
    public async Task A_shift_changes_hands_only_when_the_one_who_was_asked_says_yes()
    {
        var asked = await _ana.PostAsync("/api/v1/swaps", $$"""{"schedule": "primary", "ask": "bo", "note": "Concert", {{Span(24, 28)}}}""", HttpStatusCode.Created);
        Assert.Equal("open", asked["state"].Text());
        Assert.Equal("ana", (await OnAsync(26))[0].Text());
        var (phone, _, told) = await _bench.PagedAsync();
        Assert.Equal("bo", phone);
        Assert.StartsWith("ana asks: can you take primary ", told["title"].Text(), StringComparison.Ordinal);
        Assert.Contains("Concert", told["because"].Text(), StringComparison.Ordinal);

        var id = asked["id"];
        await RefusedAsync(_ana, HttpMethod.Post, $"/api/v1/swaps/{id}/accept", HttpStatusCode.Forbidden, "Somebody else must accept it");
        await RefusedAsync(await _bench.PersonAsync("cy", Role.Responder), HttpMethod.Post, $"/api/v1/swaps/{id}/accept", HttpStatusCode.Forbidden, "bo was asked");
        await RefusedAsync(_head, HttpMethod.Post, $"/api/v1/swaps/{id}/accept", HttpStatusCode.Forbidden, "bo was asked");
        Assert.True((await _bo.GetJsonAsync("/api/v1/swaps")).Items()[0]!["may_accept"]!.GetValue<bool>());

        var accepted = await _bo.PostAsync($"/api/v1/swaps/{id}/accept", "");
        Assert.Equal("accepted", accepted["state"].Text());
        Assert.Contains("bo instead of ana", accepted["change"].Text(), StringComparison.Ordinal);
        Assert.Equal("bo", (await OnAsync(26))[0].Text());
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);
        await RefusedAsync(_bo, HttpMethod.Post, $"/api/v1/swaps/{id}/decline", HttpStatusCode.Conflict, "The request is accepted already, by bo");
        Assert.Equal(asked["id"]!.GetValue<long>(), (await _ana.GetJsonAsync("/api/v1/schedules/primary/overrides")).Items()[0]!["swap"]!.GetValue<long>());
    }

    [StoreFact]
    public async Task Declined_and_withdrawn_requests_leave_everything_as_it_was()
    {
        var first = (await _ana.PostAsync("/api/v1/swaps", $$"""{"schedule": "primary", "ask": "bo", {{Span(24, 28)}}}""", HttpStatusCode.Created))["id"];
        Assert.Equal("declined", (await _bo.PostAsync($"/api/v1/swaps/{first}/decline", ""))["state"].Text());
        Assert.Equal("bo", (await _bench.PagedAsync()).Phone);
        var (phone, _, told) = await _bench.PagedAsync();
        Assert.Equal("ana", phone);
        Assert.StartsWith("bo cannot take primary ", told["title"].Text(), StringComparison.Ordinal);

        var second = (await _ana.PostAsync("/api/v1/swaps", $$"""{"schedule": "primary", {{Span(24, 28)}}}""", HttpStatusCode.Created))["id"];
        Assert.Equal("open", (await _bo.PostAsync($"/api/v1/swaps/{second}/decline", ""))["state"].Text());
        await RefusedAsync(_bo, HttpMethod.Post, $"/api/v1/swaps/{second}/withdraw", HttpStatusCode.Forbidden, "Whoever asked withdraws it");
        Assert.Equal("withdrawn", (await _ana.PostAsync($"/api/v1/swaps/{second}/withdraw", ""))["state"].Text());
        Assert.Equal("ana", (await OnAsync(26))[0].Text());
    }

    [StoreFact]
    public async Task A_request_that_nobody_answers_ends_when_the_shift_begins_and_the_asker_is_told()
    {
        var id = (await _ana.PostAsync("/api/v1/swaps", $$"""{"schedule": "primary", "ask": "bo", {{Span(2, 28)}}}""", HttpStatusCode.Created))["id"];
        Assert.Equal("bo", (await _bench.PagedAsync()).Phone);

        _bench.Pass(TimeSpan.FromHours(2.1));
        var (phone, _, told) = await _bench.PagedAsync();

        Assert.Equal("ana", phone);
        Assert.StartsWith("Nobody takes primary ", told["title"].Text(), StringComparison.Ordinal);
        var later = await _bench.CallerAsync(Role.Responder);
        var seen = (await later.GetJsonAsync("/api/v1/swaps")).Items()[0]!;
        Assert.Equal((id!.GetValue<long>(), "expired"), (seen["id"]!.GetValue<long>(), seen["state"].Text()));
    }

    [StoreFact]
    public async Task What_the_asker_takes_in_return_is_covered_too()
    {
        await _head.PostAsync("/api/v1/schedules/primary/overrides", $$"""{"user": "bo", {{Span(48, 52)}}}""", HttpStatusCode.Created);
        var (from, to) = (At(48), At(52));
        var id = (await _ana.PostAsync("/api/v1/swaps", $$"""{"schedule": "primary", "ask": "bo", "back_from": "{{from}}", "back_to": "{{to}}", {{Span(24, 28)}}}""", HttpStatusCode.Created))["id"];

        await _bo.PostAsync($"/api/v1/swaps/{id}/accept", "");

        Assert.Equal("bo", (await OnAsync(26))[0].Text());
        Assert.Equal("ana", (await OnAsync(50))[0].Text());
    }

    [StoreFact]
    public async Task Two_who_say_yes_to_the_team_at_once_are_one_cover()
    {
        await _bench.EditEstateAsync("members: [ana, bo]", "members: [ana, bo, cy]");
        await _bench.EditEstateAsync("  - name: bo\n", "  - name: cy\n  - name: bo\n");
        await _bench.Service<Tocsin.Estate.EstateService>().ReloadAsync(default);
        var cy = await _bench.PersonAsync("cy", Role.Responder);
        var id = (await _ana.PostAsync("/api/v1/swaps", $$"""{"schedule": "primary", {{Span(24, 28)}}}""", HttpStatusCode.Created))["id"];

        var answers = await Task.WhenAll(_bo.PostJsonAsync($"/api/v1/swaps/{id}/accept", ""), cy.PostJsonAsync($"/api/v1/swaps/{id}/accept", ""));

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Conflict], answers.Select(a => a.StatusCode).Order());
        Assert.Single((await _ana.GetJsonAsync("/api/v1/schedules/primary/overrides")).Items());
    }

    [StoreFact]
    public async Task A_schedule_takes_so_many_overrides_and_no_more()
    {
        var workspace = (await _bench.Service<Database>().ReadAsync(_bench.Service<Tocsin.Workspaces.WorkspaceStore>().ListAsync, default)).Single(w => w.Name == "acme").Id;
        var now = DateTimeOffset.UtcNow;
        await _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                for (var i = 0; i < EntryRules.MostOpenCovers; i++)
                {
                    await _bench.Service<EntryStore>().AddAsync(tx, workspace, new CoverRow { Schedule = "primary", User = "bo", From = now.AddDays(1), To = now.AddDays(2), MadeBy = "user:bo", MadeAt = now });
                }
            },
            default);

        await RefusedAsync(_bo, HttpMethod.Post, "/api/v1/schedules/primary/overrides", HttpStatusCode.Conflict, "1000 overrides", $$"""{ {{Span(1, 2)}} }""");
    }

    private async Task<JsonNode> OnAsync(int hours) => (await _ana.GetJsonAsync($"/api/v1/oncall?at={Uri.EscapeDataString(At(hours))}")).Items()[0]!["users"]!;

    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;

    private string At(int hours) => _start.AddHours(hours).ToString("O");

    private string Span(int from, int to) => $"\"from\": \"{At(from)}\", \"to\": \"{At(to)}\"";

    private static async Task<JsonNode> DeleteAsync(HttpClient caller, string path)
    {
        using var response = await caller.DeleteAsync(path);
        return await response.JsonAsync(HttpStatusCode.OK);
    }

    private static async Task RefusedAsync(HttpClient caller, HttpMethod method, string path, HttpStatusCode status, string says, string body = "")
    {
        using var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Post ? new StringContent(body, System.Text.Encoding.UTF8, "application/json") : null };
        using var response = await caller.SendAsync(request);
        Assert.Contains(says, (await response.JsonAsync(status))["detail"].Text(), StringComparison.Ordinal);
    }

    public sealed class OnSqlite() : CoverTests(Engine.Sqlite);

    public sealed class OnPostgres() : CoverTests(Engine.Postgres);
}
