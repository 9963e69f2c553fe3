using System.Net.Http.Json;
using Tocsin.Sdk;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>Publishes alerts one after the other, a little ahead of the slowest reader, also while the server is killed.</summary>
internal sealed class Publisher(TocsinProcess tocsin, string key, IReadOnlyList<StreamReader> readers) : IDisposable
{
    /// <summary>So far ahead of the slowest reader.</summary>
    private const int Ahead = 300;

    private readonly List<int> _accepted = [];
    private HttpClient? _http;

    /// <summary>The numbers of the alerts that were answered with 2xx. What a killed server did not answer may be in the log too.</summary>
    public IReadOnlyList<int> Accepted => _accepted;

    public void Dispose() => _http?.Dispose();

    public async Task RunAsync(CancellationToken ct)
    {
        var stopped = new TaskCompletionSource();
        await using var stop = ct.Register(stopped.SetResult);
        for (var number = 0; !ct.IsCancellationRequested; number++)
        {
            await PublishAsync(number, ct);
            while (!ct.IsCancellationRequested && readers.MinBy(reader => reader.Count) is { } slowest && slowest.Count < _accepted.Count - Ahead)
            {
                await Task.WhenAny(slowest.NewsAsync(() => slowest.Count >= _accepted.Count - Ahead, CancellationToken.None), stopped.Task);
            }
        }
    }

    /// <summary>The server has another address in each of its lives.</summary>
    private HttpClient Client()
    {
        if (_http?.BaseAddress != tocsin.Url)
        {
            _http?.Dispose();
            _http = new() { BaseAddress = tocsin.Url };
            TocsinClient.Authorize(_http, key);
        }

        return _http!;
    }

    private async Task PublishAsync(int number, CancellationToken ct)
    {
        var level = (number % 3) switch { 0 => "info", 1 => "warn", _ => "error" };
        var alert = new { message = $"number {number}: \u00fcn\u00efc\u00f6de, \"quotes\"\nand lines", level, number };
        while (!ct.IsCancellationRequested)
        {
            try
            {
                using var answer = await Client().PutAsJsonAsync($"/alerts/proof-{number % 4}", alert, CancellationToken.None);
                Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(CancellationToken.None)}");
                _accepted.Add(number);
                return;
            }
            catch (HttpRequestException)
            {
                // The server is being killed. Whether it took this one is not known; it is sent again.
            }
        }
    }
}
