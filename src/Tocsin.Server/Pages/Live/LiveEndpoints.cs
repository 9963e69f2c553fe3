using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Pages;

internal static class LiveEndpoints
{
    private const int Batch = 500;

    /// <summary>What is rare is looked for so far back and no further: a page is asked for again at each event.</summary>
    private const int MostSearched = 5000;

    public static void MapLive(this RouteGroupBuilder pages) => pages.MapGet("/live", Show);

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, Database database, EventLog log, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var query = http.Request.Query;
        string Typed(string name) => query[name].FirstOrDefault()?.Trim() ?? "";
        var model = new LiveModel { Form = new(Typed("kind"), Typed("subject"), Typed("group"), Typed("level"), Typed("match")) };
        var read = StreamFilter.Read(query);
        var filter = read.Ok ? CompiledFilter.Of(read.Value, StreamForm.Events) : read.Error;
        if (!filter.Ok)
        {
            return new Rendered<LivePage, LiveModel>(page.Frame, model with { Fault = filter.Error.Detail });
        }

        var (items, searchedBackTo) = await database.ReadAsync(session => NewestAsync(session, log, page.Workspace, filter.Value), ct);
        return new Rendered<LivePage, LiveModel>(page.Frame, model with { Items = items, SearchedBackTo = searchedBackTo });
    }

    private static async Task<(List<EventView> Items, DateTimeOffset? SearchedBackTo)> NewestAsync(Session session, EventLog log, long workspace, CompiledFilter filter)
    {
        List<EventView> items = [];
        var before = long.MaxValue;
        for (var searched = 0; searched < MostSearched; searched += Batch)
        {
            var lines = await log.NewestAsync(session, workspace, null, before, Batch);
            items.AddRange(lines.Where(e => filter.Admits(Row(e))).Take(LiveModel.MostLines - items.Count));
            if (items.Count == LiveModel.MostLines || lines.Count < Batch)
            {
                return (items, null);
            }

            before = lines[^1].Seq;
            if (searched + Batch >= MostSearched)
            {
                return (items, lines[^1].At);
            }
        }

        return (items, null);
    }

    private static LogRow Row(EventView e) =>
        new(e.Seq, e.At.ToMicros(), e.Kind, e.Subject, e.Actor, e.Reason, e.Data is { } data ? Encoding.UTF8.GetBytes(data.GetRawText()) : null);
}
