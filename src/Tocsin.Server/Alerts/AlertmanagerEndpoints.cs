using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Operations;
using Tocsin.Routing;

namespace Tocsin.Alerts;

/// <summary>
/// Alertmanager's API v2 for those who read: amtool, Karma, Grafana. Any API key admits; a source's key does not, it only posts. Errors
/// are JSON strings, as there. Silences are in <see cref="AlertmanagerSilenceEndpoints"/>, posted alerts in <see cref="IngestEndpoints"/>.
/// </summary>
internal static class AlertmanagerEndpoints
{
    /// <summary>The version of the API that is spoken, with ours behind it: clients compare it with the one that a feature came with.</summary>
    private const string SpokenVersion = "0.34.0+tocsin.";

    public static void MapAlertmanager(this IEndpointRouteBuilder routes)
    {
        var startedAt = routes.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        var group = routes.MapGroup("/api/v2").ExcludeFromDescription().RequireAuthorization(Policies.Viewer);
        group.MapGet("/status", (ClaimsPrincipal user, IEstates estates, CancellationToken ct) => StatusAsync(user, estates, startedAt, ct));
        group.MapGet("/receivers", ReceiversAsync);
        group.MapGet("/alerts", AlertsAsync);
        group.MapGet("/alerts/groups", GroupsAsync);
        group.MapAlertmanagerSilences();
    }

    private static async Task<IResult> StatusAsync(ClaimsPrincipal user, IEstates estates, DateTimeOffset startedAt, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        return TypedResults.Json(
            new AlertmanagerStatus(
                new("disabled", []), new(AlertmanagerConfig.Write(estate.Model)), startedAt,
                new(SpokenVersion + BuildInfo.Version, BuildInfo.Commit, "tocsin", "", "", "")),
            AlertmanagerJson.Default.AlertmanagerStatus);
    }

    private static async Task<IResult> ReceiversAsync(HttpContext http, ClaimsPrincipal user, IEstates estates, CancellationToken ct)
    {
        var query = AlertmanagerQuery.Read(http.Request.Query);
        if (!query.Ok)
        {
            return Refuse(query.Error);
        }

        var names = AlertmanagerConfig.Receivers((await estates.OfAsync(user, ct)).Model).Where(query.Value.AdmitsReceiver);
        return TypedResults.Json([.. names.Select(name => new AlertmanagerReceiver(name))], AlertmanagerJson.Default.IReadOnlyListAlertmanagerReceiver);
    }

    private static async Task<IResult> AlertsAsync(HttpContext http, ClaimsPrincipal user, IEstates estates, AlertmanagerReader reader, CancellationToken ct)
    {
        var query = AlertmanagerQuery.Read(http.Request.Query);
        return query.Ok
            ? TypedResults.Json(reader.AlertsAsync(await estates.OfAsync(user, ct), query.Value, ct), AlertmanagerJson.Default.IAsyncEnumerableGettableAlert)
            : Refuse(query.Error);
    }

    private static async Task<IResult> GroupsAsync(HttpContext http, ClaimsPrincipal user, IEstates estates, AlertmanagerReader reader, CancellationToken ct)
    {
        var query = AlertmanagerQuery.Read(http.Request.Query);
        if (!query.Ok)
        {
            return Refuse(query.Error);
        }

        await WriteAsync(http.Response, reader.GroupedAsync(await estates.OfAsync(user, ct), query.Value, ct), ct);
        return TypedResults.Empty;
    }

    public static IResult Refuse(Error error) => TypedResults.Json(error.Detail, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>A list of groups, each with its alerts: written as they come, since one group may hold all alerts there are.</summary>
    private static async Task WriteAsync(HttpResponse response, IAsyncEnumerable<(AlertmanagerGroup Group, GettableAlert Alert)> alerts, CancellationToken ct)
    {
        const int FlushAt = 32 * 1024;

        response.ContentType = "application/json; charset=utf-8";
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartArray();
        AlertmanagerGroup? open = null;
        await foreach (var (group, alert) in alerts)
        {
            if (group != open)
            {
                Close(json, open);
                Open(json, group);
                open = group;
            }

            JsonSerializer.Serialize(json, alert, AlertmanagerJson.Default.GettableAlert);
            if (json.BytesPending + response.BodyWriter.UnflushedBytes > FlushAt)
            {
                // The writer's own flush only hands over to the pipe, which would keep all of it.
                await json.FlushAsync(ct);
                await response.BodyWriter.FlushAsync(ct);
            }
        }

        Close(json, open);
        json.WriteEndArray();
    }

    private static void Open(Utf8JsonWriter json, AlertmanagerGroup group)
    {
        json.WriteStartObject();
        json.WriteStartObject("labels");
        foreach (var (name, value) in group.Labels.AsSpan())
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteStartObject("receiver");
        json.WriteString("name", group.Receiver);
        json.WriteEndObject();
        json.WriteStartArray("alerts");
    }

    private static void Close(Utf8JsonWriter json, AlertmanagerGroup? open)
    {
        if (open is not null)
        {
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
