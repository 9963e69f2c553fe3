using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using Tocsin.Load;

namespace Tocsin.Crash;

/// <summary>The published executable with its data folder, through all of its lives.</summary>
internal sealed class Product(Options options, DirectoryInfo folder, Uri receiver)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly Dictionary<string, string> _environment = new()
    {
        ["Tocsin__Outgoing__Allow"] = $"127.0.0.1:{receiver.Port}",
        ["Logging__LogLevel__Default"] = "Warning",
    };

    private string? _key;

    /// <summary>A key of an administrator. Made when it is first asked for: the store must be there.</summary>
    public string Key => _key ??= CreateKey();

    private string[] Store(int node = 0) => options.Database is { } database ? ["--data", Data(node), "--database", database] : ["--data", Data(node)];

    private string Data(int node) => Path.Combine(folder.FullName, $"data{node}");

    private string Estate => Path.Combine(folder.FullName, "estate.yaml");

    /// <summary>Writes the estate: every alert is an incident of its own, each pages a channel, some a person.</summary>
    public void WriteEstate() => File.WriteAllText(Estate, $$"""
        apiVersion: tocsin/v1
        workspace: crash
        users:
          - name: ana
            email: ana@example.test
            time_zone: Europe/Berlin
            role: responder
            contact:
              - {name: hook, type: webhook, url: "{{receiver}}ana", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}
            notify:
              high: [{after: 0s, via: hook}]
              low: [{after: 0s, via: hook}]
        channels:
          - {name: ops, type: webhook, url: "{{receiver}}ops", secret: whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}
        policies:
          - {name: ops, repeat: 0, steps: [{notify: ["channel:ops"], wait: 24h}]}
          - {name: ana, repeat: 0, steps: [{notify: ["user:ana", "channel:ops"], wait: 24h}]}
        sources:
          - {name: prometheus, type: alertmanager, key: {{Senders.AlertmanagerKey}}}
          - {name: anything, type: generic, key: {{Senders.GenericKey}}}
        route:
          name: root
          policy: ops
          group_by: [alertname, instance]
          group_wait: 0s
          group_interval: 1m
          routes:
            - {name: person, match: ['instance=~".*00"'], policy: ana, urgency: high}
        """);

    /// <summary>Starts a life; it is not ready yet.</summary>
    /// <param name="node">Nodes of different numbers share the database alone.</param>
    public ServerProcess Start(int node = 0)
    {
        var url = new Uri($"http://127.0.0.1:{ServerProcess.FreePort()}/");
        return ServerProcess.Start(options.Program, ["serve", .. Store(node), "--urls", url.ToString().TrimEnd('/'), "--estate", Estate], url, _environment);
    }

    /// <exception cref="InvalidOperationException">It did not become ready.</exception>
    public static Task ReadyAsync(ServerProcess server) => server.ReadyAsync("/readyz", s_patience);

    /// <summary>Everything of a list of the native API.</summary>
    /// <exception cref="HttpRequestException">The server refused or is gone.</exception>
    public async Task<List<JsonElement>> ListAsync(ServerProcess server, string path)
    {
        using var http = new HttpClient { BaseAddress = server.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        List<JsonElement> items = [];
        string? cursor = null;
        do
        {
            var address = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=200{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}";
            using var page = JsonDocument.Parse(await http.GetStringAsync(new Uri(address, UriKind.Relative)));
            items.AddRange(page.RootElement.GetProperty("items").EnumerateArray().Select(e => e.Clone()));
            cursor = page.RootElement.GetProperty("next_cursor").GetString();
        }
        while (cursor is not null);

        return items;
    }

    /// <exception cref="InvalidOperationException">The verb failed; holds what it printed.</exception>
    private string CreateKey()
    {
        var start = new ProcessStartInfo(options.Program, ["key", "create", .. Store(), "--name", "crash", "--role", "admin", "--workspace", "crash"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The executable did not start.");
        var error = process.StandardError.ReadToEndAsync();
        var key = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? key : throw new InvalidOperationException($"key create: {key} {error.GetAwaiter().GetResult()}");
    }
}
