using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Hosting;

/// <summary>What people enter as a secret is not readable in the database, and is there again after every start.</summary>
public abstract class SecretTests(Engine engine) : IAsyncLifetime
{
    private const string Entered = "whsec_ZW50ZXJlZC1ieS1oYW5kLWVudGVyZWQtYnktaGFuZA==";

    private readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("tocsin-keys-");
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        _keys.Delete(recursive: true);
    }

    [StoreFact]
    public async Task A_secret_is_sealed_in_the_database_and_pages_are_signed_with_it_after_a_restart()
    {
        var admin = await _bench.CallerAsync(Role.Admin, "other");
        using var applied = await admin.PostAsync("/api/v1/estate/apply", new StringContent(
            $"apiVersion: tocsin/v1\nworkspace: other\nchannels: [{{name: mine, type: webhook, url: \"https://hooks.example.com/x\", secret: {Entered}}}]\n"));
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync());

        var bodies = await BodiesAsync();
        Assert.Contains("channel mine", bodies.Keys);
        Assert.All(bodies.Values, body => Assert.False(body.Contains(Entered, StringComparison.Ordinal) || body.Contains(HttpBench.PhoneSecret, StringComparison.Ordinal) || body.Contains(HttpBench.GenericKey, StringComparison.Ordinal), body));
        Assert.False(SecretBox.IsSealed(bodies["policy payments"]), "What is no secret stays readable.");

        await _bench.RestartAsync();
        Assert.DoesNotContain(Entered, await (await _bench.CallerAsync(Role.Owner, "other")).GetStringAsync("/api/v1/estate"), StringComparison.Ordinal);
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Down");
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);
    }

    [StoreFact]
    public async Task Tokens_of_bots_are_sealed_and_shown_to_nobody()
    {
        string[] secrets = ["xoxb-entered-by-hand", "xapp-entered-by-hand", "signing-entered-by-hand", "123456:AAentered-by-hand-entered-by-hand-ent", "azEnteredByHand0000000000000ui", "uqEnteredByHand0000000000000sg", "AgotifyEntered"];
        var admin = await _bench.CallerAsync(Role.Admin, "other");
        using var applied = await admin.PostAsync("/api/v1/estate/apply", new StringContent($$"""
            apiVersion: tocsin/v1
            workspace: other
            channels:
              - {name: slack, type: slack, channel: C0OPS, token: {{secrets[0]}}, app_token: {{secrets[1]}}, signing_secret: {{secrets[2]}}}
              - {name: telegram, type: telegram, chat_id: "-1", token: "{{secrets[3]}}"}
            users:
              - name: eve
                contact:
                  - {name: chat, type: slack, user: U0EVE}
                  - {name: phone, type: pushover, token: {{secrets[4]}}, user: {{secrets[5]}}}
                  - {name: push, type: gotify, url: "https://g.example.com", token: {{secrets[6]}}}
            """));
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync());

        var bodies = await BodiesAsync();
        var shown = await admin.GetStringAsync("/api/v1/estate") + await (await _bench.PersonAsync("head", Role.Owner, "other")).GetStringAsync("/channels");
        Assert.All(["channel slack", "channel telegram", "user eve"], name => Assert.True(SecretBox.IsSealed(bodies[name]), name));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task What_an_earlier_version_stored_in_plain_text_is_sealed_at_the_next_start()
    {
        const string Plain = """{"name":"old","type":"webhook","url":"https://hooks.example.com/x","secret":"whsec_ZW50ZXJlZC1ieS1oYW5kLWVudGVyZWQtYnktaGFuZA=="}""";
        await _bench.Service<Database>().WriteAsync(
            tx => tx.ExecuteAsync(
                "INSERT INTO estate_object (workspace_id, kind, name, body, origin, updated_at) SELECT id, 'channel', 'old', @body, NULL, 0 FROM workspace WHERE name = 'other'", ("body", Plain)),
            default);

        await _bench.RestartAsync();
        Assert.True(SecretBox.IsSealed((await BodiesAsync())["channel old"]));
    }

    [StoreFact]
    public async Task The_operators_key_locks_the_databases_own_and_can_be_changed()
    {
        var (first, second) = (KeyFile("first"), KeyFile("second"));
        await _bench.RestartAsync(Locked(first));
        Assert.True(SecretBox.IsSealed(await KeyAsync()));

        await File.AppendAllLinesAsync(second, await File.ReadAllLinesAsync(first));
        await _bench.RestartAsync(Locked(second));
        await File.WriteAllLinesAsync(second, (await File.ReadAllLinesAsync(second))[..1]);
        await _bench.RestartAsync(Locked(second));
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Down");
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);

        foreach (var wrong in (SecretOptions[])[new() { KeyFile = first }, new()])
        {
            var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => SecretKeys.OpenAsync(_bench.Service<Database>(), wrong.Boxes(), default));
            Assert.Contains("Secrets:KeyFile", refused.Message, StringComparison.Ordinal);
        }
    }

    private string KeyFile(string name)
    {
        var path = Path.Combine(_keys.FullName, name);
        File.WriteAllText(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(SecretBox.KeyBytes)) + "\n", Encoding.ASCII);
        return path;
    }

    private static Action<WebApplicationBuilder> Locked(string file) => builder => builder.Configuration["Secrets:KeyFile"] = file;

    private async Task<string> KeyAsync() => (await _bench.Service<Database>().ReadAsync(
        session => session.FirstAsync("SELECT value FROM meta WHERE name = 'secret_key'", static row => row.GetString(0)), default))!;

    private async Task<Dictionary<string, string>> BodiesAsync() => (await _bench.Service<Database>().ReadAsync(
        session => session.QueryAsync("SELECT kind, name, body FROM estate_object", static row => (Key: $"{row.GetString(0)} {row.GetString(1)}", Body: row.GetString(2))), default))
        .DistinctBy(row => row.Key).ToDictionary(row => row.Key, row => row.Body);

    public sealed class OnSqlite() : SecretTests(Engine.Sqlite);

    public sealed class OnPostgres() : SecretTests(Engine.Postgres);
}
