using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using Tocsin.Hosting;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>Serves lines as they are stored as server-sent events.</summary>
internal sealed class LogTailStream(LogTail tail, TimeProvider clock, IHostApplicationLifetime life)
{
    /// <summary>Of this node.</summary>
    public const int MostSubscribers = 200;

    private static readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(15);
    private static readonly byte[] _beat = "event: heartbeat\ndata: {}\n\n"u8.ToArray();

    private int _subscribers;

    /// <summary>Answers the request with a stream that ends when the subscriber leaves or this node stops.</summary>
    public async Task ServeAsync(HttpContext http, long workspace, LogQuery query, CancellationToken ct)
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
            await FollowAsync(http, workspace, query, until.Token);
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

    private async Task FollowAsync(HttpContext http, long workspace, LogQuery query, CancellationToken ct)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var lines = tail.FollowAsync(workspace, query, leaving.Token).GetAsyncEnumerator(leaving.Token);

        // Asked for first, so that it misses nothing that is stored after the first heartbeat.
        var next = lines.MoveNextAsync().AsTask();
        try
        {
            await WriteAsync(http, _beat, ct);
            while (true)
            {
                var first = await Task.WhenAny(next, Task.Delay(_heartbeat, clock, ct));
                if (first != next)
                {
                    await first;
                    await WriteAsync(http, _beat, ct);
                    continue;
                }

                if (!await next)
                {
                    return;
                }

                var (line, missed) = lines.Current;
                await WriteAsync(http, Event(line), ct);
                if (missed > 0)
                {
                    await WriteAsync(http, Encoding.UTF8.GetBytes($"event: missed\ndata: {{\"lines\":{missed}}}\n\n"), ct);
                }

                next = lines.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // Whoever waits for a line must have stopped waiting before it is let go.
            await leaving.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            await lines.DisposeAsync();
        }
    }

    private static async Task WriteAsync(HttpContext http, byte[] bytes, CancellationToken ct)
    {
        await http.Response.Body.WriteAsync(bytes, ct);
        await http.Response.Body.FlushAsync(ct);
    }

    private static byte[] Event(FoundLine line) => Encoding.UTF8.GetBytes($"id: {line.Id}\nevent: line\ndata: {JsonSerializer.Serialize(LogViews.Of(line), WireJson.Default.LogLineView)}\n\n");
}
