using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Tocsin.Load;

namespace Tocsin.Crash;

/// <summary>
/// Sends alerts as monitoring systems do, through two of the doors: batches of one to five to the Alertmanager API, single ones to the generic
/// source. Some are sent a second time. Only an answer of 2xx goes into the ledger.
/// </summary>
internal sealed class Senders(Ledger ledger, int seed, int perSecond)
{
    public const string AlertmanagerKey = "crash-alertmanager-key-000000001";
    public const string GenericKey = "crash-generic-key-00000000000001";
    private const int Workers = 8;

    private int _next;

    /// <summary>Alerts that were sent, whatever came of it.</summary>
    public int Sent => _next;

    /// <summary>Sends until cancelled, or until the server is gone.</summary>
    public Task RunAsync(ServerProcess server, int life, CancellationToken ct) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => WorkAsync(server, new Random((seed * 1_000_003) + (life * 101) + worker), ct)));

    private async Task WorkAsync(ServerProcess server, Random random, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromSeconds(30) };
        var clock = Stopwatch.StartNew();
        var sent = 0;
        try
        {
            while (!ct.IsCancellationRequested)
            {
                var count = random.Next(1, 6);
                var first = Interlocked.Add(ref _next, count) - count;
                var alerts = Enumerable.Range(first, count).ToArray();
                Func<HttpClient, int[], CancellationToken, Task> send = random.Next(2) == 0 ? ToAlertmanagerAsync : ToGenericAsync;
                await send(http, alerts, ct);
                if (random.Next(3) == 0)
                {
                    await send(http, alerts, ct);
                }

                sent += count;
                if (sent * Workers / (double)perSecond - clock.Elapsed.TotalSeconds is > 0 and var early)
                {
                    await Task.Delay(TimeSpan.FromSeconds(early), ct);
                }
            }
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or OperationCanceledException)
        {
            // The server was killed: what had no answer has no promise.
        }
    }

    private Task ToAlertmanagerAsync(HttpClient http, int[] alerts, CancellationToken ct) =>
        PostAsync(http, "api/v2/alerts", AlertmanagerKey, $"[{string.Join(',', alerts.Select(Alert))}]", alerts, ct);

    private async Task ToGenericAsync(HttpClient http, int[] alerts, CancellationToken ct)
    {
        foreach (var alert in alerts)
        {
            await PostAsync(http, $"in/generic/{GenericKey}", null, $$"""
                {
                  "dedup_key": "{{Name(alert)}}", "title": "{{Name(alert)}} is down", "status": "firing", "severity": "critical",
                  "labels": {"alertname": "Crash", "instance": "{{Name(alert)}}"}
                }
                """, [alert], ct);
        }
    }

    private async Task PostAsync(HttpClient http, string path, string? key, string body, int[] alerts, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative));
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        using var answer = await http.SendAsync(request, ct);
        if (answer.IsSuccessStatusCode)
        {
            Array.ForEach(alerts, ledger.Acknowledge);
        }
    }

    // It must not resolve by itself while the test runs.
    private static string Alert(int alert) => $$"""
        {
          "labels": {"alertname": "Crash", "instance": "{{Name(alert)}}", "severity": "critical"},
          "annotations": {"summary": "{{Name(alert)}} is down"},
          "endsAt": "{{DateTimeOffset.UtcNow.AddHours(12):O}}"
        }
        """;

    private static string Name(int alert) => $"{Ledger.Mark}{alert:000000000}";
}
