using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tocsin.Sdk;

namespace Tocsin.Tests.Cli;

/// <summary>A live stream on loopback that breaks when a test wants it to.</summary>
internal sealed class StreamServer : IAsyncDisposable
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 2, 1, 0, TimeSpan.Zero);

    private readonly WebApplication _app;
    private readonly ConcurrentQueue<EventView> _log = [];
    private readonly TaskCompletionSource _end = new();

    private StreamServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    /// <summary>The query of each stream that was opened.</summary>
    public ConcurrentQueue<string> Queries { get; } = [];

    /// <summary>Ends each stream in order after so many events.</summary>
    public int CutAfter { get; set; } = int.MaxValue;

    /// <summary>Refuses so many times for now.</summary>
    public int BusyTimes { get; set; }

    /// <summary>What lies before is gone.</summary>
    public long Oldest { get; set; }

    /// <summary>Happens after somebody asked for the newest line and before he hears of it.</summary>
    public Action WhenAsked { get; set; } = () => { };

    public static async Task<StreamServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new StreamServer(builder.Build());
        server._app.MapGet("/api/v1/events", server.Newest);
        server._app.MapGet("/api/v1/stream", server.FollowAsync);
        await server._app.StartAsync();
        return server;
    }

    public void Log(long seq, string kind, string subject, string reason, string? data = null) => _log.Enqueue(
        new(seq, At, kind, subject, "system", reason, data is null ? null : JsonDocument.Parse(data).RootElement));

    public async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _app.DisposeAsync();
    }

    private IResult Newest()
    {
        var newest = _log.LastOrDefault();
        WhenAsked();
        return Results.Json(new Page<EventView>(newest is null ? [] : [newest], null), WireJson.Default.PageEventView);
    }

    private async Task FollowAsync(HttpContext http)
    {
        if (http.Request.Headers.Authorization != $"Bearer {FakeServer.Key}")
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (BusyTimes-- > 0)
        {
            http.Response.Headers.RetryAfter = "20";
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        Queries.Enqueue(http.Request.QueryString.Value!);
        http.Response.ContentType = "text/event-stream";
        var from = long.Parse(http.Request.Query["last"]!, System.Globalization.CultureInfo.InvariantCulture);
        await http.Response.WriteAsync($"retry: 20\nid: {from}\nevent: heartbeat\ndata: null\n\n");
        if (from < Oldest)
        {
            await http.Response.WriteAsync($"id: {Oldest - 1}\nevent: reset\ndata: {{\"oldest\":{Oldest}}}\n\n");
        }

        var lines = _log.Where(e => e.Seq > from && e.Seq >= Oldest).Take(CutAfter).ToList();
        foreach (var e in lines)
        {
            await http.Response.WriteAsync($"id: {e.Seq}\nevent: {e.Kind}\ndata: {JsonSerializer.Serialize(e, WireJson.Default.EventView)}\n\n");
        }

        await http.Response.Body.FlushAsync();
        if (lines.Count < CutAfter)
        {
            using var gone = http.RequestAborted.Register(() => _end.TrySetResult());
            await _end.Task;
        }
    }
}
