using System.Globalization;
using System.Text;
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

/// <summary>
/// New lines for a page that is open, as it shows them: events of the name <c>lines</c> hold them newest first, <c>dropped</c> how many were left out, <c>gap</c> says that it may
/// be more. Their ids are places from which a browser goes on by itself.
/// </summary>
internal static class LogTailPages
{
    /// <summary>More at once than this nobody can read; what the tail cannot hold meanwhile it drops and counts.</summary>
    private const int MostAtOnce = 100;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);

    public static async Task FollowAsync(
        HttpContext http, FrameFactory frames, LogFollow follow, StreamGuard guard, IHostApplicationLifetime life, ILoggerFactory loggers, TimeProvider clock, CancellationToken ct,
        string? last = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var (form, _) = LogsForm.Read(http.Request.Query, page.Frame.Clock);
        if (LogPageEndpoints.TextFault(form) is { } fault)
        {
            await fault.ToProblem().ExecuteAsync(http);
            return;
        }

        var place = TailPlace.Parse(http.Request.Headers["Last-Event-ID"].FirstOrDefault() ?? last);
        var watch = guard.Enter(http.Request);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, watch.Over.Token, life.ApplicationStopping);
        try
        {
            PageHeaders.Apply(http.Response);
            http.Response.ContentType = "text/event-stream; charset=utf-8";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            await using var renderer = new HtmlRenderer(http.RequestServices, loggers);
            await foreach (var batch in BatchesAsync(follow.FollowAsync(page.Workspace, LogPageEndpoints.QueryOf(form), place, until.Token)))
            {
                var frame = page.Frame with { Clock = new(clock.GetUtcNow(), page.Frame.Clock.Zone) };
                var text = new StringBuilder();
                text.Append(batch.Lines.Count > 0 ? Event(await HtmlAsync(renderer, frame, form, batch.Lines), batch.Place) : $": waits\nid: {batch.Place}\n\n");
                text.Append(batch.Missed > 0 ? string.Create(CultureInfo.InvariantCulture, $"event: dropped\ndata: {batch.Missed}\n\n") : "").Append(batch.IsAtLeast ? "event: gap\ndata: 1\n\n" : "");
                await SendAsync(http, text.ToString(), until.Token);
                if (batch.Lines.Count > 0)
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

    /// <summary>Gathers what comes together. A batch without lines says that from here on nothing is overlooked, and later that nothing came for a while.</summary>
    internal static async IAsyncEnumerable<TailBatch> BatchesAsync(IAsyncEnumerable<TailItem> source)
    {
        var items = source.GetAsyncEnumerator();
        var next = items.MoveNextAsync().AsTask();
        try
        {
            while (await next)
            {
                List<FoundLine> lines = [];
                var (place, missed, isAtLeast) = (items.Current.Place, 0L, false);
                do
                {
                    if (items.Current.Line is { } line)
                    {
                        lines.Add(line);
                    }

                    (place, missed, isAtLeast) = (items.Current.Place, missed + items.Current.Missed, isAtLeast || items.Current.IsAtLeast);
                    next = items.MoveNextAsync().AsTask();
                }
                while (lines.Count is > 0 and < MostAtOnce && next is { IsCompletedSuccessfully: true, Result: true });

                lines.Reverse();
                yield return new(lines, place, missed, isAtLeast);
            }
        }
        finally
        {
            // A source must not be left while it is asked; whoever leaves has cancelled it.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await items.DisposeAsync();
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

    private static string Event(string html, TailPlace place) => $"id: {place}\nevent: lines\ndata: {html.ReplaceLineEndings("\ndata: ")}\n\n";

    private static async Task SendAsync(HttpContext http, string text, CancellationToken ct)
    {
        await http.Response.WriteAsync(text, ct);
        await http.Response.Body.FlushAsync(ct);
    }
}

/// <summary>Lines that are put on a page together.</summary>
/// <param name="Lines">Newest first.</param>
internal sealed record TailBatch(List<FoundLine> Lines, TailPlace Place, long Missed, bool IsAtLeast);
