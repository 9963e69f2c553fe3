using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Load;

namespace Tocsin.Crash;

/// <summary>
/// Sends log lines and samples as a program does whose server is killed, and keeps which of them were answered. Nothing is sent a second time, so
/// that each must be there once; what had no answer may be there.
/// </summary>
internal sealed partial class Tellers(int seed)
{
    private const int Workers = 2;
    private const int MostAtOnce = 40;

    // Samples of one instant are one sample: each has a millisecond of its own.
    private readonly DateTimeOffset _firstSample = DateTimeOffset.UtcNow.AddMinutes(-30);
    private readonly ConcurrentDictionary<int, bool> _lines = [];
    private int _nextLine;
    private int _nextSample;
    private int _samples;

    /// <summary>Lines that were sent, whatever came of them.</summary>
    public int Sent => _nextLine;

    /// <summary>Lines that were answered with 2xx.</summary>
    public int Acknowledged => _lines.Count;

    /// <summary>Sends until cancelled, or until the server is gone.</summary>
    /// <param name="key">One that may send telemetry.</param>
    public Task RunAsync(ServerProcess server, string key, int life, CancellationToken ct) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => WorkAsync(server, key, new Random((seed * 1_000_033) + (life * 107) + worker), ct)));

    /// <summary>Each promise with what broke it.</summary>
    public async Task<IReadOnlyList<(string Promise, IReadOnlyList<string> Broken)>> JudgeAsync(ServerProcess server, string key)
    {
        using var http = Client(server, key);
        var found = new Dictionary<int, int>();
        string? next = null;
        do
        {
            using var page = JsonDocument.Parse(await http.GetStringAsync(Address($"api/v1/logs?from=-1h&limit=1000{(next is null ? "" : $"&after={Uri.EscapeDataString(next)}")}")));
            foreach (var line in page.RootElement.GetProperty("items").EnumerateArray())
            {
                if (Marked().Match(line.GetProperty("message").GetString()!) is { Success: true } mark)
                {
                    var number = int.Parse(mark.Groups["number"].ValueSpan, CultureInfo.InvariantCulture);
                    found[number] = found.GetValueOrDefault(number) + 1;
                }
            }

            next = page.RootElement.TryGetProperty("next", out var cursor) ? cursor.GetString() : null;
        }
        while (next is not null);

        using var counts = JsonDocument.Parse(await http.GetStringAsync(Address("api/v1/metrics/query?name=crash.sample&how=count&step=1m")));
        var samples = counts.RootElement.GetProperty("series").EnumerateArray().SelectMany(s => s.GetProperty("points").EnumerateArray()).Sum(p => p.GetProperty("value").GetDouble());
        return
        [
            ("each log line that was answered with 2xx is found", [.. _lines.Keys.Where(l => !found.ContainsKey(l)).Select(l => $"line {l}")]),
            ("no log line is there twice", [.. found.Where(f => f.Value > 1).Select(f => $"line {f.Key}: {f.Value} times")]),
            ("each sample that was answered with 2xx is counted", samples >= _samples && samples <= _nextSample ? [] : [$"{samples} are there, {_samples} of {_nextSample} were answered"]),
        ];
    }

    private async Task WorkAsync(ServerProcess server, string key, Random random, CancellationToken ct)
    {
        using var http = Client(server, key);
        try
        {
            while (!ct.IsCancellationRequested)
            {
                await LinesAsync(http, random.Next(1, MostAtOnce), ct);
                await SamplesAsync(http, random.Next(1, MostAtOnce), ct);
                await Task.Delay(random.Next(20), ct);
            }
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or OperationCanceledException)
        {
            // The server was killed: what had no answer has no promise.
        }
    }

    private async Task LinesAsync(HttpClient http, int count, CancellationToken ct)
    {
        var first = Interlocked.Add(ref _nextLine, count) - count;
        var lines = Enumerable.Range(first, count).ToArray();
        var entries = lines.Select(l => $$"""{"level": "{{(l % 50 == 0 ? "error" : "info")}}", "service": "crash{{l % 3}}", "message": "line-{{l:000000000}} took {{l % 977}} ms"}""");
        if (await PostAsync(http, "ingest/logs", $$"""{"logs": [{{string.Join(',', entries)}}]}""", ct))
        {
            Array.ForEach(lines, l => _lines.TryAdd(l, true));
        }
    }

    private async Task SamplesAsync(HttpClient http, int count, CancellationToken ct)
    {
        var first = Interlocked.Add(ref _nextSample, count) - count;
        var samples = Enumerable.Range(first, count).Select(
            s => $$"""{"name": "crash.sample", "value": {{s}}, "service": "crash", "timestamp": "{{_firstSample.AddMilliseconds(s):O}}"}""");
        if (await PostAsync(http, "ingest/metrics", $$"""{"metrics": [{{string.Join(',', samples)}}]}""", ct))
        {
            Interlocked.Add(ref _samples, count);
        }
    }

    private static async Task<bool> PostAsync(HttpClient http, string path, string body, CancellationToken ct)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(Address(path), content, ct);
        return answer.IsSuccessStatusCode;
    }

    private static HttpClient Client(ServerProcess server, string key)
    {
        var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromSeconds(30) };
        http.DefaultRequestHeaders.Add("X-API-Key", key);
        return http;
    }

    private static Uri Address(string path) => new(path, UriKind.Relative);

    [GeneratedRegex("line-(?<number>[0-9]{9})", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Marked();
}
