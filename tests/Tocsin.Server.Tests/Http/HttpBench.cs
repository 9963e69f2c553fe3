using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Tests.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>
/// The whole server as <c>tocsin serve</c> builds it, listening on a free port of this machine with an estate and a data folder of its
/// own, and a fake webhook that stands for everybody's phone.
/// </summary>
internal sealed class HttpBench : IAsyncDisposable
{
    public const string PrometheusKey = "prometheus-source-key-0001";
    public const string GrafanaKey = "grafana-source-key-000001";
    public const string GrafanaSecret = "a-secret-of-grafana";
    public const string GenericKey = "generic-source-key-000001";
    public const string DatadogKey = "datadog-source-key-000001";
    public const string EventsKey = "events-source-key-00000001";
    public const string HeartbeatKey = "5e0f6a3c-8f2b-4c55-9d0e-6f1a2b3c4d5e";
    public const string OtherKey = "other-prometheus-key-0001";
    public const string PhoneSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    private const string Data = "data";

    private readonly DirectoryInfo _folder;
    private readonly AheadClock _clock;
    private readonly (string Address, Func<Task> Drop) _store;
    private WebApplication _app;
    private readonly List<HttpClient> _clients = [];
    private int _told;

    private HttpBench(DirectoryInfo folder, AheadClock clock, (string Address, Func<Task> Drop) store, WebApplication app, FakeWebhook phone) =>
        (_folder, _clock, _store, _app, Phone) = (folder, clock, store, app, phone);

    public FakeWebhook Phone { get; }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Two workspaces: <c>acme</c>, which pages ana and a minute later bo, and <c>other</c>, which pages nobody.</summary>
    public static async Task<HttpBench> StartAsync(Engine? engine = null, Action<WebApplicationBuilder>? configure = null)
    {
        var folder = Directory.CreateTempSubdirectory("tocsin-http-");
        var store = await (engine ?? Engine.Sqlite).AddressAsync(Path.Combine(folder.FullName, Data));
        var clock = new AheadClock();
        var phone = await FakeWebhook.StartAsync(clock, PhoneSecret);
        var estate = folder.CreateSubdirectory("estate").FullName;
        await File.WriteAllTextAsync(Path.Combine(estate, "acme.yaml"), Acme(phone.Url));
        await File.WriteAllTextAsync(Path.Combine(estate, "other.yaml"), Other);
        return new(folder, clock, store, await StartAsync(folder, store.Address, phone, configure), phone);
    }

    /// <summary>Stops the server and starts it again on the same data and estate, on another port.</summary>
    public async Task RestartAsync(Action<WebApplicationBuilder>? configure = null)
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _app = await StartAsync(_folder, _store.Address, Phone, configure);
    }

    /// <summary>Another node on the same store, with a data folder of its own. Whoever adds it ends it.</summary>
    public Task<WebApplication> AddNodeAsync(Action<WebApplicationBuilder>? configure = null) => StartAsync(_folder, _store.Address, Phone, configure, "data-of-another");

    /// <summary>Stops the server; <see cref="RestartAsync"/> starts it again.</summary>
    public Task StopAsync() => _app.StopAsync();

    public T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Somebody with a new key of that role.</summary>
    public async Task<HttpClient> CallerAsync(Role role, string workspace = "acme")
    {
        var client = Anybody();
        client.DefaultRequestHeaders.Authorization = new("Bearer", await KeyAsync(role, workspace));
        return client;
    }

    public Task<string> KeyAsync(Role role, string workspace = "acme") => Service<Database>().WriteAsync(
        async tx =>
        {
            var owner = (await Service<WorkspaceStore>().ListAsync(tx)).Single(w => w.Name == workspace);
            return await Service<ApiKeyStore>().CreateAsync(tx, owner.Id, $"{role}", role, DateTimeOffset.UtcNow);
        },
        default);

    /// <summary>Somebody who logged in with a browser of this machine.</summary>
    public async Task<HttpClient> PersonAsync(string user, Role role, string workspace = "acme")
    {
        var accounts = Service<AccountStore>();
        var token = await Service<Database>().WriteAsync(
            async tx =>
            {
                var owner = (await Service<WorkspaceStore>().ListAsync(tx)).Single(w => w.Name == workspace);
                var account = await accounts.MemberAsync(tx, owner.Id, $"{user}@{workspace}.test", user, role);
                return await accounts.BeginSessionAsync(tx, owner.Id, account, new(LoginFacts.Web, "password", "127.0.0.1", ""), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
            },
            default);
        var client = Anybody();
        client.DefaultRequestHeaders.Add("Cookie", $"tocsin={token}");
        return client;
    }

    /// <summary>Somebody without a credential.</summary>
    public HttpClient Anybody()
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Url };
        _clients.Add(client);
        return client;
    }

    /// <summary>Lets time pass at once for everything that looks at the clock.</summary>
    public void Pass(TimeSpan time)
    {
        var clock = Service<SteadyClock>();
        clock.StartAt(clock.GetUtcNow() + time);
        _clock.Ahead += time;
    }

    /// <summary>What the phones got next: whose, and the message.</summary>
    public async Task<(string Phone, string Type, JsonNode Data)> PagedAsync()
    {
        using var patience = Patience.Begin();
        await Phone.ArrivalAsync(patience.Token);
        var delivery = Phone.Deliveries[_told++];
        return (delivery.Path.TrimStart('/'), delivery.Body["type"].Text(), delivery.Body["data"]!);
    }

    /// <summary>Changes the estate's file of the workspace <c>acme</c>, without telling the server.</summary>
    public async Task EditEstateAsync(string from, string to)
    {
        var file = Path.Combine(_folder.FullName, "estate", "acme.yaml");
        var text = await File.ReadAllTextAsync(file);
        Assert.Contains(from, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text.Replace(from, to, StringComparison.Ordinal));
    }

    /// <summary>Asks until the answer is as expected, without sleeping: each look waits for the next change of the log.</summary>
    public static async Task<JsonNode> UntilAsync(HttpClient caller, string path, Func<JsonNode, bool> expected)
    {
        using var patience = Patience.Begin();
        using var stream = await caller.GetStreamAsync("/api/v1/stream", patience.Token);
        using var reader = new StreamReader(stream);
        while (true)
        {
            var seen = await caller.GetJsonAsync(path);
            if (expected(seen))
            {
                return seen;
            }

            while (await reader.ReadLineAsync(patience.Token) is { Length: > 0 })
            {
                // One event ends with an empty line.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(c => c.Dispose());
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Phone.DisposeAsync();
        await _store.Drop();
        _folder.Delete(recursive: true);
    }

    private static async Task<WebApplication> StartAsync(DirectoryInfo folder, string database, FakeWebhook phone, Action<WebApplicationBuilder>? configure, string data = Data)
    {
        var app = await TocsinHost.BuildAsync(
            new() { Data = Path.Combine(folder.FullName, data), Urls = "http://127.0.0.1:0", Database = database, Estate = Path.Combine(folder.FullName, "estate") },
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Configuration["Outgoing:Allow"] = phone.HostAndPort;
                builder.Configuration["Jobs:Poll"] = "00:00:00.050";
                builder.Configuration["Telemetry:MinFreeGigabytes"] = "0"; // whatever else fills the disk of the tests
                builder.Services.AddCheapHash();
                configure?.Invoke(builder);
            },
            default);
        await app.StartAsync();
        return app;
    }

    private static string Acme(Uri phone) => $$"""
        apiVersion: tocsin/v1
        workspace: acme
        users:
          - name: ana
            role: responder
            contact:
              - {name: phone, type: webhook, url: "{{phone}}ana", secret: {{PhoneSecret}}}
              - {name: second, type: webhook, url: "{{phone}}ana-second", secret: {{PhoneSecret}}}
            notify:
              high: [{after: 0s, via: phone}, {after: 30s, via: second}]
          - name: bo
            role: responder
            contact: [{name: phone, type: webhook, url: "{{phone}}bo", secret: {{PhoneSecret}}}]
            notify: {high: [{after: 0s, via: phone}]}
        teams: [{name: payments, members: [ana, bo]}]
        schedules:
          - name: primary
            team: payments
            time_zone: UTC
            rotations: [{name: always, users: [ana], start: 2026-01-05T09:00, every: 1w}]
        channels:
          - {name: ops, type: webhook, url: "{{phone}}ops", secret: {{PhoneSecret}}}
          - {name: nowhere, type: webhook, url: "http://127.0.0.1:1/", secret: {{PhoneSecret}}}
        policies:
          - name: payments
            repeat: 0
            steps:
              - {notify: [schedule:primary], wait: 1m}
              - {notify: [user:bo], wait: 1m}
        services: [{name: checkout, team: payments, policy: payments}]
        sources:
          - {name: prometheus, type: alertmanager, key: {{PrometheusKey}}}
          - {name: grafana, type: grafana, key: {{GrafanaKey}}, hmac_secret: {{GrafanaSecret}}}
          - {name: scripts, type: generic, key: {{GenericKey}}}
          - {name: monitors, type: datadog, key: {{DatadogKey}}}
          - {name: events, type: pagerduty, key: {{EventsKey}}}
          - {name: backup, type: heartbeat, key: {{HeartbeatKey}}, expect_every: 30d, max_run: 30m, service: checkout}
        silences:
          - {name: planned, match: ['team="moving"'], starts_at: 2026-01-01T00:00Z, ends_at: 2099-01-01T00:00Z, created_by: ana, comment: The move}
        route:
          name: root
          policy: payments
          group_by: [alertname, service]
          group_wait: 0s
          group_interval: 1m
          routes:
            - {name: information, match: ['severity="info"'], policy: none}
        """;

    private const string Other = $$"""
        apiVersion: tocsin/v1
        workspace: other
        sources: [{name: prometheus, type: alertmanager, key: {{OtherKey}}}]
        route: {name: root, policy: none}
        """;

    /// <summary>The wall clock, ahead by what the test let pass: the phones check the time of what they get.</summary>
    private sealed class AheadClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}

/// <summary>Requests in the words of the tests.</summary>
internal static class HttpWords
{
    public static async Task<JsonNode> GetJsonAsync(this HttpClient caller, string path)
    {
        using var response = await caller.GetAsync(path);
        return await response.JsonAsync(HttpStatusCode.OK);
    }

    public static Task<HttpResponseMessage> PostJsonAsync(this HttpClient caller, string path, string json) =>
        caller.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));

    public static async Task<JsonNode> PostAsync(this HttpClient caller, string path, string json, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var response = await caller.PostJsonAsync(path, json);
        return await response.JsonAsync(expected);
    }

    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} instead of {(int)expected}: {text}");
        return JsonNode.Parse(text)!;
    }

    public static async Task FireAsync(this HttpClient sender, string key, params string[] labelSets)
    {
        var alerts = labelSets.Select(labels => new JsonObject { ["labels"] = new JsonObject(labels.Split(',').Select(l => KeyValuePair.Create(l.Split('=')[0], (JsonNode?)l.Split('=')[1]))) });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/alerts") { Content = new StringContent(new JsonArray([.. alerts]).ToJsonString()) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var response = await sender.SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, ""), (response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    /// <summary>By a webhook, whose alerts end when they are said to and not by themselves, however much time a test lets pass.</summary>
    public static Task FireLastinglyAsync(this HttpClient sender, string key, string name, string service, string severity) => sender.PostAsync(
        $"/in/alertmanager/{key}",
        $$$"""{"version": "4", "status": "firing", "alerts": [{"status": "firing", "labels": {"alertname": "{{{name}}}", "service": "{{{service}}}", "severity": "{{{severity}}}"}}]}""",
        HttpStatusCode.Accepted);

    public static JsonArray Items(this JsonNode page) => page["items"]!.AsArray();

    public static string Text(this JsonNode? node) => node!.GetValue<string>();
}
