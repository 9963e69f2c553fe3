using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Streams;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>New lines for a page that is open, as it shows them: events of the name <c>lines</c> hold them newest first, <c>dropped</c> how many were left out.</summary>
internal static class LogTailPages
{
    /// <summary>More at once than this nobody can read; what the tail cannot hold meanwhile it drops and counts.</summary>
    private const int MostAtOnce = 100;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(15);

    public static async Task FollowAsync(
        HttpContext http, FrameFactory frames, LogTail tail, StreamGuard guard, IHostApplicationLifetime life, ILoggerFactory loggers, TimeProvider clock, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var (form, _) = LogsForm.Read(http.Request.Query, page.Frame.Clock);
        var watch = guard.Enter(http.Request);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, watch.Over.Token, life.ApplicationStopping);
        try
        {
            PageHeaders.Apply(http.Response);
            http.Response.ContentType = "text/event-stream; charset=utf-8";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await using var renderer = new HtmlRenderer(http.RequestServices, loggers);
            await foreach (var (lines, dropped) in BatchesAsync(tail.FollowAsync(page.Workspace, LogPageEndpoints.QueryOf(form), until.Token), clock, until.Token))
            {
                var frame = page.Frame with { Clock = new(clock.GetUtcNow(), page.Frame.Clock.Zone) };
                var html = lines.Count == 0 ? "" : await HtmlAsync(renderer, frame, form, lines);
                await SendAsync(http, $"{(dropped > 0 ? $"event: dropped\ndata: {dropped.ToString(CultureInfo.InvariantCulture)}\n\n" : "")}{(html.Length > 0 ? Event(html) : ": waits\n\n")}", until.Token);
                if (lines.Count > 0)
                {
                    await Task.Delay(_pause, clock, until.Token);
                }
            }
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            // The reader left, may see no more, or this node stops.
        }
        finally
        {
            guard.Leave(watch);
        }
    }

    /// <summary>Gathers what comes together. An empty batch says that from here on nothing is overlooked, and later that nothing came for a while.</summary>
    internal static async IAsyncEnumerable<(List<FoundLine> Lines, long Missed)> BatchesAsync(
        IAsyncEnumerable<TailedLine> source, TimeProvider clock, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await using var lines = source.GetAsyncEnumerator(leaving.Token);
        var next = lines.MoveNextAsync().AsTask();
        try
        {
            yield return ([], 0);
            while (true)
            {
                using (var quiet = CancellationTokenSource.CreateLinkedTokenSource(ct))
                {
                    await Task.WhenAny(next, Task.Delay(_silence, clock, quiet.Token));
                    await quiet.CancelAsync();
                }

                List<FoundLine> batch = [];
                var missed = 0L;
                while (next.IsCompleted && batch.Count < MostAtOnce)
                {
                    if (!await next)
                    {
                        yield break;
                    }

                    batch.Add(lines.Current.Line);
                    missed += lines.Current.Missed;
                    next = lines.MoveNextAsync().AsTask();
                }

                batch.Reverse();
                yield return (batch, missed);
            }
        }
        finally
        {
            // A source must not be left while it is asked.
            await leaving.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static Task<string> HtmlAsync(HtmlRenderer renderer, Frame frame, LogsForm form, List<FoundLine> lines) => renderer.Dispatcher.InvokeAsync(async () =>
    {
        var parameters = ParameterView.FromDictionary(new Dictionary<string, object?>
        {
            ["Frame"] = frame,
            ["Model"] = new LogTailModel(form, [.. lines.Select(l => LogPageEndpoints.RowOf(l))]),
        });
        return (await renderer.RenderComponentAsync<LogTailPart>(parameters)).ToHtmlString();
    });

    private static string Event(string html) => $"event: lines\ndata: {html.ReplaceLineEndings("\ndata: ")}\n\n";

    private static async Task SendAsync(HttpContext http, string text, CancellationToken ct)
    {
        await http.Response.WriteAsync(text, ct);
        await http.Response.Body.FlushAsync(ct);
    }
}
