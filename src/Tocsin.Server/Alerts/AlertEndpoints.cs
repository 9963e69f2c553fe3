using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Sdk;

namespace Tocsin.Alerts;

internal static class AlertEndpoints
{
    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").RequireAuthorization(Policies.Viewer);
        group.MapGet("/alerts", List).WithTags("Alerts");
        group.MapGet("/alerts/{id:long}", Get).WithTags("Alerts");
        group.MapGet("/alerts/{id:long}/canonical", Canonical).WithTags("Alerts");
        group.MapGet("/deliveries", Deliveries).WithTags("Sources");
        group.MapGet("/deliveries/{id:long}", GetDelivery).WithTags("Sources");
        group.MapPost("/deliveries/{id:long}/replay", Replay).WithTags("Sources").RequireAuthorization(Policies.Responder)
            .WithMetadata(new Refuses(StatusCodes.Status409Conflict, "Its signature was wrong, so it may be forged."));
    }

    /// <summary>Alerts, newest first.</summary>
    /// <remarks>With a filter a page may hold fewer than were asked for, or none, although there is a next one: some 5,000 alerts are looked at in one go.</remarks>
    /// <param name="status">firing, resolved or all.</param>
    /// <param name="source">Only of this source.</param>
    /// <param name="team">Only of this team.</param>
    /// <param name="priority">Only of this priority: P0, P1, P2 or P3.</param>
    internal static async Task<Results<Ok<Page<Alert>>, ProblemHttpResult>> List(
        ClaimsPrincipal user, Database database, IEstates estates, AlertSearch search, IncidentStore incidents,
        CancellationToken ct, string status = "all", string? source = null, string? team = null, string? priority = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        AlertStatus? wanted = status switch
        {
            "firing" => AlertStatus.Firing,
            "resolved" => AlertStatus.Resolved,
            _ => null,
        };
        if (wanted is null && status != "all")
        {
            return Error.Invalid("status", "Use firing, resolved or all.").ToProblem();
        }

        var estate = await estates.OfAsync(user, ct);
        var (found, members) = await database.ReadAsync(
            async session =>
            {
                var some = await search.FindAsync(session, estate.Workspace, new(wanted, source, team, priority), before, limit);
                Dictionary<long, IReadOnlyList<long>> numbers = [];
                foreach (var row in some.Rows)
                {
                    numbers[row.Id] = await incidents.OfAlertAsync(session, estate.Workspace, row.Id);
                }

                return (some, numbers);
            },
            ct);
        return TypedResults.Ok(new Page<Alert>([.. found.Rows.Select(row => IncidentViews.Of(row, estate, members[row.Id]))], found.Below is { } below ? Cursor.Below(below) : null));
    }

    /// <summary>One alert as its source last told it.</summary>
    internal static async Task<Results<Ok<Alert>, ProblemHttpResult>> Get(
        long id, ClaimsPrincipal user, Database database, IEstates estates, AlertStore alerts, IncidentStore incidents, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        var (row, numbers) = await database.ReadAsync(
            async session => (await alerts.FindAsync(session, estate.Workspace, id), await incidents.OfAlertAsync(session, estate.Workspace, id)), ct);
        return row is null ? Error.NotFound("alert", id.ToString()).ToProblem() : TypedResults.Ok(IncidentViews.Of(row, estate, numbers));
    }

    /// <summary>The last canonical event of one alert: what issues are made of.</summary>
    /// <remarks>404 also for an alert that has none: its sender named no team or no priority of P0 to P3.</remarks>
    internal static async Task<Results<Ok<CanonicalAlert>, ProblemHttpResult>> Canonical(
        long id, ClaimsPrincipal user, Database database, AlertStore alerts, CancellationToken ct) =>
        await database.ReadAsync(session => alerts.FindAsync(session, Caller.Of(user).Workspace, id), ct) switch
        {
            null => Error.NotFound("alert", id.ToString()).ToProblem(),
            { Canonical: { } canonical } => TypedResults.Ok(CanonicalViews.FromText(canonical)),
            _ => new Error(ErrorKind.NotFound, "alert.not_canonical", "This alert has no canonical event: its sender named no team or no priority of P0 to P3. Let the sender name them, or set \"team\" and \"priority\" on its source.").ToProblem(),
        };

    /// <summary>What sources delivered, newest first, with the verdict on each; without the bodies.</summary>
    /// <param name="source">Only of this source.</param>
    /// <param name="verdict">accepted, duplicate, partial, unparsed or refused; absent: all.</param>
    internal static async Task<Results<Ok<Page<DeliveryView>>, ProblemHttpResult>> Deliveries(
        ClaimsPrincipal user, Database database, DeliveryStore deliveries,
        CancellationToken ct, string? source = null, string? verdict = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        Verdict? wanted = null;
        if (verdict is not null)
        {
            if (!Enum.TryParse<Verdict>(verdict, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed))
            {
                return Error.Invalid("verdict", "Use accepted, duplicate, partial, unparsed or refused.").ToProblem();
            }

            wanted = parsed;
        }

        var rows = await database.ReadAsync(session => deliveries.ListAsync(session, Caller.Of(user).Workspace, source, wanted, before, limit + 1), ct);
        return TypedResults.Ok(Cursor.Page(rows, limit, row => Of(row, body: false), row => row.Id));
    }

    /// <summary>One delivery with its body as it came.</summary>
    internal static async Task<Results<Ok<DeliveryView>, ProblemHttpResult>> GetDelivery(
        long id, ClaimsPrincipal user, Database database, DeliveryStore deliveries, CancellationToken ct) =>
        await database.ReadAsync(session => deliveries.FindAsync(session, Caller.Of(user).Workspace, id), ct) is { } row
            ? TypedResults.Ok(Of(row, body: true))
            : Error.NotFound("delivery", id.ToString()).ToProblem();

    /// <summary>Reads a kept delivery again, as if it came now. Alerts that it made before are only refreshed.</summary>
    internal static async Task<Results<Ok<DeliveryView>, ProblemHttpResult>> Replay(
        long id, ClaimsPrincipal user, Database database, IEstates estates, DeliveryStore deliveries, AlertReceiver receiver, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        var result = await receiver.ReplayAsync(estate, id, ct);
        if (!result.Ok)
        {
            return result.Error.ToProblem();
        }

        var row = await database.ReadAsync(session => deliveries.FindAsync(session, estate.Workspace, id), ct);
        return TypedResults.Ok(Of(row!, body: true));
    }

    public static DeliveryView Of(DeliveryRow row, bool body) => new(
        row.Id, row.Source, row.ReceivedAt, row.Verdict.ToString().ToLowerInvariant(), row.Signals, row.Rejected, row.Reason,
        body && row.Body is { } bytes ? Encoding.UTF8.GetString(bytes) : null)
    {
        Correlation = row.Correlation,
    };
}
