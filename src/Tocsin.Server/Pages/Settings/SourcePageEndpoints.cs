using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class SourcePageEndpoints
{
    private const int MostDeliveries = 100;

    public static void MapSourcePages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup("/sources");
        group.MapGet("/", List);
        group.MapGet("/{name}", Show);
        group.MapPost("/{name}/try", Try).AddEndpointFilter<FormFilter>();
        var acts = group.MapGroup("/{name}").RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
        acts.MapPost("/test", Test);
        acts.MapPost("/replay/{id:long}", Replay);
    }

    private static async Task<IResult> List(
        HttpContext http, FrameFactory frames, SourceDesk sources, AlertSourceRegistry providers, CancellationToken ct, string? q = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var query = q?.Trim() ?? "";
        bool Has(params string[] texts) => texts.Any(t => t.Contains(query, StringComparison.OrdinalIgnoreCase));
        var known = await sources.ListAsync(page.Estate, BaseUrl(http.Request), null, page.Caller, ct);
        var kinds = providers.All.Select(p => p.Info).Where(i => Has(i.Id, i.Name)).OrderBy(i => i.Name, StringComparer.Ordinal)
            .Select(i => new SourceKind(i.Id, i.Name, i.Docs.ToString(), $"- {{name: {i.Id}, type: {i.Id}, key: \"${{env:{i.Id.ToUpperInvariant()}_KEY}}\"{(i.Id == Heartbeat.Id ? ", expect_every: 1d" : "")}}}"));
        return new Rendered<SourcesPage, SourcesModel>(page.Frame, new([.. known.Where(s => Has(s.Name, s.Type))], [.. kinds], query));
    }

    private static Task<IResult> Show(
        string name, HttpContext http, FrameFactory frames, SourceDesk sources, AlertSourceRegistry providers, DeliveryStore deliveries, Database database,
        CancellationToken ct, long? delivery = null) => ShowAsync(name, http, frames, sources, providers, deliveries, database, delivery, null, ct);

    /// <summary>Shows the page again, with what the source makes of a payload that somebody entered. Changes nothing.</summary>
    private static async Task<IResult> Try(
        string name, HttpContext http, FrameFactory frames, SourceDesk sources, AlertSourceRegistry providers, DeliveryStore deliveries, Database database, PayloadTrial trial,
        TimeProvider clock, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var payload = (await http.Request.ReadFormAsync(ct))["payload"].ToString();
        PayloadTried? tried = null;
        if (page.Estate.Model.Sources.TryGetValue(name, out var source) && trial.Run(Encoding.UTF8.GetBytes(payload), source, clock.GetUtcNow()) is { Ok: true, Value: { } parsed })
        {
            tried = new(payload, parsed.Accepted, JsonSerializer.Serialize(parsed, _indented.GetTypeInfo(typeof(ParsedPayload))));
        }

        return await ShowAsync(name, http, frames, sources, providers, deliveries, database, null, tried, ct);
    }

    private static readonly JsonSerializerOptions _indented = new(WireJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static async Task<IResult> ShowAsync(
        string name, HttpContext http, FrameFactory frames, SourceDesk sources, AlertSourceRegistry providers, DeliveryStore deliveries, Database database,
        long? delivery, PayloadTried? tried, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (await sources.ListAsync(page.Estate, BaseUrl(http.Request), name, page.Caller, ct) is not [var source] || providers.Find(source.Type) is not { } provider)
        {
            return Errors.NotFound(page.Frame);
        }

        var (last, open) = await database.ReadAsync(
            async session => (
                await deliveries.ListAsync(session, page.Workspace, name, null, long.MaxValue, MostDeliveries),
                delivery is { } id ? await deliveries.FindAsync(session, page.Workspace, id) : null),
            ct);
        return new Rendered<SourcePage, SourceModel>(page.Frame, new()
        {
            Source = source,
            KindName = provider.Info.Name,
            Docs = provider.Info.Docs.ToString(),
            Example = Encoding.UTF8.GetString(provider.Example(SignalStatus.Firing, page.Now).Span),
            Deliveries = [.. last.Select(d => AlertEndpoints.Of(d, body: false))],
            Open = open is { } row && row.Source == name ? AlertEndpoints.Of(row, body: true) : null,
            Tried = tried,
        });
    }

    private static async Task<IResult> Test(
        string name, HttpContext http, FrameFactory frames, SourceDesk sources, CancellationToken ct, string status = "firing", string? back = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var wanted = status == "resolved" ? SignalStatus.Resolved : SignalStatus.Firing;
        var result = await sources.TestAsync(page.Estate, name, wanted, ct);
        return Done.Of(
            result, back == "inbox" ? "/" : Path(name),
            outcome => outcome.Reason is { } reason
                ? $"Delivered, {outcome.Verdict.ToString().ToLowerInvariant()}: {reason}"
                : $"Delivered: {Words.Count(outcome.Signals, "event", "events")}, {status}.");
    }

    private static async Task<IResult> Replay(string name, long id, HttpContext http, FrameFactory frames, AlertReceiver receiver, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var result = await receiver.ReplayAsync(page.Estate, id, ct);
        return Done.Of(
            result, $"{Path(name)}?delivery={id}#body",
            outcome => $"Read again: {outcome.Verdict.ToString().ToLowerInvariant()}, {Words.Count(outcome.Signals, "event", "events")}.");
    }

    /// <summary>The address that the reader's browser uses, since that is known to work.</summary>
    private static string BaseUrl(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    private static string Path(string name) => "/sources/" + Uri.EscapeDataString(name);
}
