using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>Serves lines as they are stored as server-sent events.</summary>
internal sealed class LogTailStream(LogFollow follow, IHostApplicationLifetime life)
{
    /// <summary>Of this node.</summary>
    public const int MostSubscribers = 200;

    private int _subscribers;

    /// <summary>Answers the request with a stream that ends when the subscriber leaves or this node stops.</summary>
    /// <param name="after">From where to go on; null: from now on.</param>
    public async Task ServeAsync(HttpContext http, long workspace, LogQuery query, TailPlace? after, CancellationToken ct)
    {
        if (Interlocked.Increment(ref _subscribers) > MostSubscribers)
        {
            Interlocked.Decrement(ref _subscribers);
            await Error.Unavailable("This node has as many subscribers as it may have. Try again, or another node.").ToProblem().ExecuteAsync(http);
            return;
        }

        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, life.ApplicationStopping);
        try
        {
            http.Response.Headers.ContentType = "text/event-stream; charset=utf-8";
            http.Response.Headers.CacheControl = "no-cache, no-store";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await foreach (var item in follow.FollowAsync(workspace, query, after, until.Token))
            {
                await http.Response.Body.WriteAsync(Events(item), until.Token);
                await http.Response.Body.FlushAsync(until.Token);
            }
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            // The subscriber left, or this node stops.
        }
        finally
        {
            Interlocked.Decrement(ref _subscribers);
        }
    }

    private static byte[] Events(TailItem item)
    {
        var line = item.Line is { } found ? $"event: line\ndata: {JsonSerializer.Serialize(LogViews.Of(found), WireJson.Default.LogLineView)}" : "event: heartbeat\ndata: {}";
        var missed = item.Missed > 0 || item.IsAtLeast ? $"event: missed\ndata: {{\"lines\":{item.Missed},\"at_least\":{(item.IsAtLeast ? "true" : "false")}}}\n\n" : "";
        return Encoding.UTF8.GetBytes($"id: {item.Place}\n{line}\n\n{missed}");
    }
}
