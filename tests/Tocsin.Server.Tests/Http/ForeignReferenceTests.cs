using System.Net;
using System.Text.RegularExpressions;
using Tocsin.Audit;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Who asks for what another workspace has is on record in his own workspace, and nowhere else.</summary>
public abstract class ForeignReferenceTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task What_another_workspace_has_leaves_an_entry_and_what_nobody_has_leaves_none()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var mia = await _bench.PersonAsync("mia", Role.Owner, "other");
        var key = (await head.PostAsync("/api/v1/keys", """{"name": "ci", "role": "viewer"}""", HttpStatusCode.Created))["about"]!["id"]!.GetValue<long>();
        var member = (await head.GetJsonAsync("/api/v1/me"))["id"].Text();

        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(mia, "/api/v1/keys/4040404"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(mia, $"/api/v1/members/{Guid.Empty}/sessions"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(head, "/api/v1/keys/4040404"));
        Assert.Equal(HttpStatusCode.NotFound, (await mia.GetAsync("/api/v1/incidents/1")).StatusCode);
        Assert.Empty(await EntriesAsync(mia));

        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(mia, $"/api/v1/keys/{key}"));
        Assert.Single(await EntriesAsync(mia));
        _bench.Pass(TimeSpan.FromMinutes(2));
        await mia.SubmitAsync("/members", $"/members/{member}/role", ("role", "admin"));
        Assert.Equal(2, (await EntriesAsync(mia)).Count);
        _bench.Pass(TimeSpan.FromMinutes(2));
        await mia.SubmitAsync("/me", "/me/workspace", ("workspace", "acme"));
        Assert.Equal(3, (await EntriesAsync(mia)).Count);
        _bench.Pass(TimeSpan.FromMinutes(2));
        using var yaml = await mia.PostAsync("/api/v1/estate/plan", new StringContent("apiVersion: tocsin/v1\nworkspace: acme\n"));

        string[] expected =
        [
            "refused: user:mia asked for a key that belongs to another workspace", "refused: user:mia asked for a member that belongs to another workspace",
            "refused: user:mia named a workspace that is not his", "refused: user:mia named a workspace that is not his",
        ];
        Assert.Equal(expected, (await EntriesAsync(mia)).Order());
        Assert.Empty(await EntriesAsync(head));
    }

    [StoreFact]
    public async Task A_flood_of_them_is_one_counted_entry_a_minute()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var mia = await _bench.PersonAsync("mia", Role.Owner, "other");
        var keys = new List<long>();
        for (var i = 0; i < 15; i++)
        {
            keys.Add((await head.PostAsync("/api/v1/keys", """{"name": "ci", "role": "viewer"}""", HttpStatusCode.Created))["about"]!["id"]!.GetValue<long>());
        }

        foreach (var key in keys)
        {
            Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(mia, $"/api/v1/keys/{key}"));
        }

        var entries = await EntriesAsync(mia);
        Assert.InRange(entries.Count, 1, 2);
        Assert.Equal(LoginLimits.TriesPerMinute, entries.Sum(e => Regex.Match(e, @"\((\d+) times") is { Success: true } counted ? int.Parse(counted.Groups[1].Value) : 1));
    }

    private async Task<List<string>> EntriesAsync(HttpClient caller)
    {
        await _bench.Service<ForeignReferences>().LookAsync(default);
        await _bench.Service<AuditTrail>().FlushAsync(all: true, default);
        return [.. (await caller.GetJsonAsync($"/api/v1/audit?action={ForeignReferences.Action}")).Items().Select(e =>
            $"{e!["result"]}: {e["actor"]} {Regex.Replace(e["detail"].Text(), @" from [\d:]+ to [\d:]+ UTC", "")}")];
    }

    private static async Task<HttpStatusCode> DeleteAsync(HttpClient caller, string path)
    {
        using var response = await caller.DeleteAsync(path);
        return response.StatusCode;
    }

    public sealed class OnSqlite() : ForeignReferenceTests(Engine.Sqlite);

    public sealed class OnPostgres() : ForeignReferenceTests(Engine.Postgres);
}
