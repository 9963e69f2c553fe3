using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Incidents;
using Tocsin.Issues;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Pages;

internal static class AlertPageEndpoints
{
    private const int OnPage = 50;

    public static void MapAlertPages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup("/inbox/alerts");
        group.MapGet("/", List);
        group.MapGet("/{id:long}", Show);
        group.MapGet("/{id:long}/body", Download);
        pages.MapGet("/pipeline", Pipeline);
    }

    private static async Task<IResult> List(
        HttpContext http, FrameFactory frames, AlertSearch search, Database database, CancellationToken ct,
        string state = "all", string source = "", string team = "", string priority = "", string? cursor = null)
    {
        var page = await frames.OpenAsync(http, ct);
        AlertStatus? status = state switch
        {
            "firing" => AlertStatus.Firing,
            "resolved" => AlertStatus.Resolved,
            _ => null,
        };
        var form = new AlertsForm(status is null ? "all" : state, source.Trim(), team.Trim(), priority.Trim());
        var found = await database.ReadAsync(
            session => search.FindAsync(session, page.Workspace, new(status, form.Source, form.Team, form.Priority), Cursor.Before(cursor) ?? long.MaxValue, OnPage), ct);
        return new Rendered<AlertsPage, AlertsModel>(page.Frame, new(
            form, [.. found.Rows.Select(row => LineOf(row, page))],
            [.. page.Estate.Model.Sources.Keys.Order(StringComparer.Ordinal)], [.. page.Estate.Model.Teams.Keys.Order(StringComparer.Ordinal)],
            found.Below is { } below ? Cursor.Below(below) : null));
    }

    private static async Task<IResult> Show(long id, HttpContext http, FrameFactory frames, AlertReader reader, CancellationToken ct, long? delivery = null)
    {
        var page = await frames.OpenAsync(http, ct);
        return await reader.ReadAsync(page, id, delivery, ct) is { } model ? new Rendered<AlertPage, AlertModel>(page.Frame, model) : Errors.NotFound(page.Frame);
    }

    /// <summary>The whole body of a delivery that told of the alert, with what looks like a secret left out.</summary>
    private static async Task<IResult> Download(long id, HttpContext http, FrameFactory frames, AlertReader reader, CancellationToken ct, long? delivery = null)
    {
        var page = await frames.OpenAsync(http, ct);
        return await reader.BodyAsync(page, id, delivery, ct) is { } found
            ? TypedResults.File(Encoding.UTF8.GetBytes(found.Text), "text/plain; charset=utf-8", $"delivery-{found.Delivery}.txt")
            : Errors.NotFound(page.Frame);
    }

    private static async Task<IResult> Pipeline(HttpContext http, FrameFactory frames, Database database, PipelineFigures figures, IIssueHost host, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return new Rendered<PipelinePage, PipelineHealthView>(page.Frame, await database.ReadAsync(session => figures.ReadAsync(session, page.Estate, host, page.Now), ct));
    }

    internal static AlertLine LineOf(AlertRow row, PageRequest page)
    {
        var canonical = row.Canonical is { } text ? CanonicalViews.FromText(text) : null;
        var labels = row.Document.Labels;
        return new(
            IncidentViews.Of(row, page.Estate, []), canonical?.Teams ?? (labels["team"] is { Length: > 0 } team ? [team] : []), canonical?.Priority ?? labels[PriorityText.Label]);
    }
}

/// <summary>Reads all that is known of one alert.</summary>
internal sealed class AlertReader(Database database, AlertStore alerts, IncidentStore incidents, IssueStore issues, DeliveryStore deliveries, EventLog log)
{
    private const int MostShown = 64 * 1024;
    private const int MostDecisions = 100;
    private const int MostIssues = 20;

    /// <summary>Among so many of the source's newest deliveries those are looked for that told of the alert.</summary>
    private const int MostLookedAt = 500;

    private static readonly JsonSerializerOptions _indented = new(WireJson.Default.Options) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="delivery">Whose body is shown; null: the newest.</param>
    /// <returns>Null: there is no such alert.</returns>
    public Task<AlertModel?> ReadAsync(PageRequest page, long id, long? delivery, CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            if (await alerts.FindAsync(session, page.Workspace, id) is not { } row)
            {
                return null;
            }

            var numbers = await incidents.OfAlertAsync(session, page.Workspace, id);
            var canonical = row.Canonical is { } text ? CanonicalViews.FromText(text) : null;
            var input = canonical is null ? null : PipelineFingerprint.Input(canonical.Source, canonical.Title, canonical.Identity.AccountId, canonical.Identity.Region, canonical.Identity.AlarmId);
            var fingerprint = canonical is null ? null : PipelineFingerprint.Of(canonical.Source, canonical.Title, canonical.Identity.AccountId, canonical.Identity.Region, canonical.Identity.AlarmId);
            var told = await deliveries.OfAlertAsync(session, page.Workspace, row.Document.Source, row.Fingerprint, MostLookedAt);
            var shown = (delivery is null ? told.FirstOrDefault() : told.Find(d => d.Id == delivery)) is { } one ? await deliveries.FindAsync(session, page.Workspace, one.Id) : null;
            var body = shown?.Body is { } bytes ? SecretText.Redact(Encoding.UTF8.GetString(bytes)) : null;
            return new AlertModel
            {
                Alert = IncidentViews.Of(row, page.Estate, numbers),
                Canonical = canonical is null ? null : JsonSerializer.Serialize(canonical, _indented.GetTypeInfo(typeof(CanonicalAlert))),
                Fingerprint = fingerprint,
                FingerprintInput = input,
                Ways = [.. page.Estate.Router.Decide(AlertIntake.SubjectOf(row)).Destinations.Select(d => new AlertWay(d.Path, d.Policy, d.Issues, d.Reason))],
                Decisions = await log.NewestAsync(session, page.Workspace, $"alert/{id}", long.MaxValue, MostDecisions),
                Issues = [.. (await issues.OfAlertAsync(session, page.Workspace, id, MostIssues)).Select(issue => IssueViews.Of(issue, numbers.FirstOrDefault()))],
                Memories =
                [
                    .. fingerprint is null ? [] : (await issues.RecordsAsync(session, page.Workspace, [fingerprint])).Select(r => new AlertMemory(
                        r.Record.Repository, r.Record.Status.ToString().ToLowerInvariant(), r.Record.FirstSeenAt, r.Record.LastSeenAt, r.Record.LastProviderStateAt, r.Record.ManuallyClosedAt)),
                ],
                Deliveries = [.. told.Select(d => AlertEndpoints.Of(d, body: false))],
                Shown = shown is null ? null : AlertEndpoints.Of(shown, body: false),
                Body = body is { Length: > MostShown } ? body[..MostShown] : body,
                BodyBytes = shown?.Body?.Length ?? 0,
                BodyIsCut = body is { Length: > MostShown },
            };
        },
        ct);

    /// <returns>Null: there is no such alert, or no such delivery told of it.</returns>
    public Task<(long Delivery, string Text)?> BodyAsync(PageRequest page, long id, long? delivery, CancellationToken ct) => database.ReadAsync<(long, string)?>(
        async session =>
        {
            if (await alerts.FindAsync(session, page.Workspace, id) is not { } row)
            {
                return null;
            }

            var told = await deliveries.OfAlertAsync(session, page.Workspace, row.Document.Source, row.Fingerprint, MostLookedAt);
            return (delivery is null ? told.FirstOrDefault() : told.Find(d => d.Id == delivery)) is { } one && await deliveries.FindAsync(session, page.Workspace, one.Id) is { Body: { } body }
                ? (one.Id, SecretText.Redact(Encoding.UTF8.GetString(body)))
                : null;
        },
        ct);
}
