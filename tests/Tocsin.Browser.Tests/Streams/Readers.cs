using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Playwright;
using Tocsin.Sdk;

namespace Tocsin.Browser.Tests.Streams;

/// <summary>The wire as it is: curl knows nothing of events, so the lines are put together here.</summary>
internal sealed class CurlReader(CuttingRelay relay, string key) : ProcessReader("curl", relay)
{
    private string _id = "";
    private string _event = "";
    private string _data = "";

    protected override ProcessStartInfo Command(long last) => new("curl")
    {
        ArgumentList = { "--silent", "--no-buffer", "--header", $"Authorization: Bearer {key}", "--header", $"Last-Event-ID: {last}", $"{Relay.Url}api/v1/stream?{Query}" },
    };

    protected override void Forget() => (_id, _event, _data) = ("", "", "");

    protected override void Read(string line)
    {
        if (line.Length > 0)
        {
            _ = line.Split(": ", 2) switch
            {
                ["id", var id] => _id = id,
                ["event", var name] => _event = name,
                ["data", var data] => _data += data,
                _ => "",
            };
            return;
        }

        if (_data.Length > 0 && _event != "heartbeat")
        {
            Take(_id, _event, _data);
        }

        Forget();
    }
}

/// <summary>The npm package <c>eventsource</c>, which comes back by itself; and from its printed place when its process is killed.</summary>
internal sealed class NodeReader(CuttingRelay relay, string key) : ProcessReader("eventsource", relay)
{
    private static string Folder => Path.GetDirectoryName(BrowserSettings.Axe) is { } axe ? Path.GetFullPath(Path.Combine(axe, "..", "..")) : "";

    private const string Program = """
        import { EventSource } from "eventsource";
        const [url, key] = process.argv.slice(1);
        const headers = { Authorization: `Bearer ${key}` };
        const stream = new EventSource(url, { fetch: (to, init) => fetch(to, { ...init, headers: { ...init.headers, ...headers } }) });
        stream.addEventListener("stream.alert", e => process.stdout.write(JSON.stringify([e.lastEventId, e.type, e.data]) + "\n"));
        """;

    protected override ProcessStartInfo Command(long last) => new("node")
    {
        ArgumentList = { "--input-type=module", "--eval", Program, $"{Relay.Url}api/v1/stream?{Query}&last={last}", key },
        WorkingDirectory = Folder,
    };

    protected override void Read(string line)
    {
        var parts = JsonSerializer.Deserialize<string[]>(line)!;
        Take(parts[0], parts[1], parts[2]);
    }
}

/// <summary>Chromium's own EventSource in a page of the server's origin; killed with its page.</summary>
internal sealed class ChromiumReader(CuttingRelay relay, IBrowserContext context) : StreamReader("Chromium", relay)
{
    private IPage? _page;
    private CancellationTokenSource _life = new();

    protected override async Task BeginAsync(long last)
    {
        // What an earlier page still had to say is not heard.
        var life = (_life = new()).Token;
        _page = await context.NewPageAsync();

        // An empty page of that origin: the product's own pages would open a stream of theirs.
        await _page.RouteAsync("**/empty", route => route.FulfillAsync(new() { ContentType = "text/html", Body = "<!doctype html><title>empty</title>" }));
        await _page.ExposeFunctionAsync("take", (string id, string kind, string data) =>
        {
            if (!life.IsCancellationRequested)
            {
                Take(id, kind, data);
            }

            return true;
        });
        await _page.GotoAsync($"{Relay.Url}empty");
        await _page.EvaluateAsync(
            """
            url => {
              window.stream = new EventSource(url);
              stream.addEventListener("stream.alert", e => take(e.lastEventId, e.type, e.data));
            }
            """,
            $"/api/v1/stream?{Query}&last={last.ToString(CultureInfo.InvariantCulture)}");
    }

    protected override async Task EndAsync()
    {
        await _life.CancelAsync();
        _life.Dispose();
        if (_page is not null)
        {
            await _page.CloseAsync();
        }
    }
}

/// <summary>.NET's SseParser, in the SDK's loop that comes back by itself; killed by its cancellation.</summary>
internal sealed class SdkReader(CuttingRelay relay, string key) : StreamReader("SseParser", relay)
{
    private CancellationTokenSource? _life;
    private Task _reading = Task.CompletedTask;

    protected override Task BeginAsync(long last)
    {
        _life = new();
        _reading = ReadAsync(last, _life.Token);
        return Task.CompletedTask;
    }

    protected override async Task EndAsync()
    {
        if (_life is not null)
        {
            await _life.CancelAsync();
            await _reading;
            _life.Dispose();
        }
    }

    private async Task ReadAsync(long last, CancellationToken ct)
    {
        using var http = new HttpClient { BaseAddress = Relay.Url };
        TocsinClient.Authorize(http, key);
        try
        {
            await foreach (var line in new TocsinClient(http).TailEventsAsync(last, new() { Kinds = ["stream.alert"] }, ct: ct))
            {
                Take(line);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // It was killed.
        }
    }
}
