using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>Keys of an alert server work on here.</summary>
public abstract class ImportedKeyTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_key_works_on_and_pays_for_the_slow_hash_once()
    {
        var (first, second, colon) = (AlertServerFile.Key("alice"), AlertServerFile.Key("alice"), AlertServerFile.Key("team:ops"));
        await ImportAsync(AlertServerFile.Of(("alice", [first, second]), ("team:ops", [colon]), ("nobody", [])));
        Assert.Equal(3, await CountAsync("verified_at IS NULL"));

        foreach (var key in (string[])[first, second, colon, second])
        {
            await PublishAsync(key);
        }

        // What is left of the slow hashes is nothing, so none can be computed.
        Assert.Equal(3, await CountAsync("verified_at IS NOT NULL AND salt = ''"));
        await _bench.RestartAsync();
        await PublishAsync(first);
        var events = await (await _bench.CallerAsync(Role.Viewer)).GetJsonAsync("/api/v1/events");
        Assert.Equal(["key:alice", "key:team:ops"], events.Items().Where(e => e!["kind"].Text() == "stream.alert").Select(e => e!["actor"].Text()).Distinct().Order());
    }

    [StoreFact]
    public async Task Many_requests_with_a_new_key_at_once_are_all_admitted()
    {
        var key = AlertServerFile.Key("alice");
        await ImportAsync(AlertServerFile.Of(("alice", [AlertServerFile.Key("alice"), key])));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PublishAsync(key)));

        Assert.Equal(1, await CountAsync("verified_at IS NOT NULL"));
    }

    [StoreFact]
    public async Task Importing_again_adds_what_is_new_and_brings_nothing_back()
    {
        var (old, late) = (AlertServerFile.Key("alice"), AlertServerFile.Key("alice"));
        await ImportAsync(AlertServerFile.Of(("alice", [old])));
        await PublishAsync(old);
        await _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE api_key SET revoked_at = 1 WHERE name = 'alice'"), default);

        Assert.Equal(1, await ImportAsync(AlertServerFile.Of(("alice", [old, late]))));

        _bench.Pass(TimeSpan.FromSeconds(5));
        await PublishAsync(old, HttpStatusCode.Unauthorized);
        await PublishAsync(late);
    }

    [StoreFact]
    public async Task A_key_that_was_revoked_before_its_first_use_is_none()
    {
        var key = AlertServerFile.Key("alice");
        await ImportAsync(AlertServerFile.Of(("alice", [key])));
        await _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE api_key SET revoked_at = 1 WHERE name = 'alice'"), default);

        await PublishAsync(key, HttpStatusCode.Unauthorized);
    }

    [StoreFact]
    public async Task Wrong_keys_are_refused_and_soon_not_even_tried_while_known_ones_work()
    {
        var (known, unused) = (AlertServerFile.Key("alice"), AlertServerFile.Key("alice"));
        await ImportAsync(AlertServerFile.Of(("alice", [known, unused]), ("bob", [AlertServerFile.Key("bob")])));
        await PublishAsync(known);

        var wrong = AlertServerFile.Key("alice");
        await PublishAsync(wrong, HttpStatusCode.Unauthorized);
        await PublishAsync(wrong, HttpStatusCode.Unauthorized);
        await PublishAsync(AlertServerFile.Key("mallory"), HttpStatusCode.Unauthorized);
        for (var i = 0; i < 19; i++)
        {
            await PublishAsync(AlertServerFile.Key("alice"), HttpStatusCode.Unauthorized);
        }

        using (var tooMany = await RequestAsync(AlertServerFile.Key("alice")))
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (tooMany.StatusCode, tooMany.Headers.RetryAfter?.Delta > TimeSpan.Zero));
        }

        await PublishAsync(known);
        await PublishAsync(AlertServerFile.Key("bob"), HttpStatusCode.Unauthorized);
        _bench.Pass(TimeSpan.FromSeconds(61));
        await PublishAsync(unused);
    }

    private async Task<int> ImportAsync(string file)
    {
        var read = AlertServerKeyFile.Read(Encoding.UTF8.GetBytes(file));
        Assert.True(read.Ok, read.Error?.Detail);
        return await _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                var owner = (await _bench.Service<WorkspaceStore>().ListAsync(tx)).Single(w => w.Name == "acme");
                return await _bench.Service<ImportedKeyStore>().ImportAsync(tx, owner.Id, read.Value!, Role.Publisher, DateTimeOffset.UtcNow);
            },
            default);
    }

    private async Task<long> CountAsync(string where) =>
        await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync($"SELECT COUNT(*) FROM imported_key WHERE {where}"), default) ?? 0;

    private async Task PublishAsync(string key, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await RequestAsync(key);
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} instead of {(int)expected}");
    }

    private async Task<HttpResponseMessage> RequestAsync(string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/alerts") { Content = new StringContent("{}") };
        request.Headers.Authorization = new("Bearer", key);
        using var anybody = new HttpClient { BaseAddress = _bench.Url };
        return await anybody.SendAsync(request);
    }

    public sealed class OnSqlite() : ImportedKeyTests(Engine.Sqlite);

    public sealed class OnPostgres() : ImportedKeyTests(Engine.Postgres);
}

/// <summary>What the alert server's own tool makes: keys, and the file with their hashes.</summary>
internal static class AlertServerFile
{
    public static string Key(string user) => Base64Url.EncodeToString([.. Encoding.UTF8.GetBytes($"{user}:"), .. RandomNumberGenerator.GetBytes(24)]);

    public static string Of(params (string User, string[] Keys)[] users) => new JsonObject
    {
        ["users"] = new JsonObject(users.Select((user, i) => KeyValuePair.Create($"{i + 1}", (JsonNode?)new JsonObject
        {
            ["id"] = Guid.NewGuid().ToString(),
            ["created_at"] = "2026-01-05T09:00:00.123456",
            ["username"] = user.User,
            ["api_keys"] = new JsonArray([.. user.Keys.Select(Row)]),
        }))),
    }.ToJsonString();

    private static JsonObject Row(string key)
    {
        var salt = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"salt of {key}")).AsSpan(0, 16));
        return new()
        {
            // The same key has the same id in each file that it is in.
            ["id"] = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(key)).AsSpan(0, 16)).ToString(),
            ["created_at"] = "2026-01-05T09:00:00.123456",
            ["salt"] = salt,
            ["hash"] = Convert.ToHexStringLower(Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(salt), 100_000, HashAlgorithmName.SHA256, 32)),
        };
    }
}
