using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>The rules of the reliability assistant at its addresses and in its shapes.</summary>
internal static class AnomalyEndpoints
{
    public static void MapAnomalies(this IEndpointRouteBuilder routes)
    {
        var reading = routes.MapGroup("").WithTags("Detection").RequireAuthorization(Policies.Viewer).WithMetadata(AnswersDetail.Instance);
        reading.MapGet("/anomaly/status", Status).Produces<AnomalyStatusView>().WithName("get_anomaly_status");
        reading.MapGet("/stability/check", Check).Produces<StabilityView>().WithName("check_stability");

        var acting = routes.MapGroup("").WithTags("Detection").RequireAuthorization(Policies.Responder).WithMetadata(AnswersDetail.Instance)
            .WithMetadata(new Refuses(StatusCodes.Status422UnprocessableEntity, "What was asked is no such thing; `detail` says what."));
        acting.MapPost("/anomaly/force-incident", Force).Produces<ForcedIncidentView>().WithName("force_incident");
        acting.MapPost("/stability/set-baseline", SetBaseline).Produces<BaselineSetView>().WithName("set_stability_baseline")
            .WithMetadata(new TakesBody("application/json", "A snapshot: an object with some of `cpu_percent`, `memory_percent`, `latency_ms`, `error_rate` (0 to 1) and `throughput`, all numbers. Unknown members are ignored."));
    }

    /// <summary>What the rules say of the last 15 minutes of logs and the newest figures of each service. Asking changes nothing.</summary>
    internal static async Task<IResult> Status(ClaimsPrincipal user, AnomalyDesk desk, CancellationToken ct)
    {
        var verdict = await desk.StatusAsync(Caller.Of(user).Workspace, ct);
        return TypedResults.Ok(new AnomalyStatusView(
            verdict.Detected, verdict.Type, verdict.Grade.ToString().ToLowerInvariant(), verdict.Description, verdict.Affected, verdict.Confidence));
    }

    /// <summary>Makes the status of anomalies say that there is one, for a drill, until it is switched off. It opens no incident.</summary>
    /// <param name="enabled">true or false.</param>
    internal static async Task<IResult> Force(ClaimsPrincipal user, AnomalyDesk desk, CancellationToken ct, string enabled = "true")
    {
        // The assistant's clients write booleans in every way that Python knows.
        bool? wanted = enabled.ToLowerInvariant() switch
        {
            "true" or "1" or "yes" or "on" or "t" or "y" => true,
            "false" or "0" or "no" or "off" or "f" or "n" => false,
            _ => null,
        };
        if (wanted is not { } forced)
        {
            return DetailAnswer.Invalid("enabled", "'enabled' must be true or false.", "bool_parsing");
        }

        await desk.ForceAsync(Caller.Of(user), forced, ct);
        return TypedResults.Ok(new ForcedIncidentView(forced));
    }

    /// <summary>Whether the newest figures and the last five minutes of logs are as they should be. Asking changes nothing.</summary>
    internal static async Task<IResult> Check(ClaimsPrincipal user, AnomalyDesk desk, CancellationToken ct)
    {
        var (verdict, trend) = await desk.StabilityAsync(Caller.Of(user).Workspace, ct);
        return TypedResults.Ok(new StabilityView(
            verdict.IsStable, verdict.MetricsOk, verdict.LogsOk, verdict.IsStable ? "all figures and logs are as they should be" : string.Join("; ", verdict.Details),
            StabilityRules.ShouldRerunAgent(trend.Trend, trend.Stable)));
    }

    /// <summary>Says which figures are usual for this workspace; the check then also fails at twice the latency or three times the errors.</summary>
    internal static async Task<IResult> SetBaseline(HttpContext http, ClaimsPrincipal user, AnomalyDesk desk, CancellationToken ct)
    {
        var (body, refusal) = await DetailAnswer.ReadAsync(http.Request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        // Whoever sends what /ingest/snapshot takes means the snapshot in it.
        var snapshot = body.TryGetProperty("snapshot", out var inner) && inner.ValueKind == JsonValueKind.Object ? inner : body;
        Dictionary<SnapshotField, double> baseline = [];
        foreach (var field in Enum.GetValues<SnapshotField>())
        {
            if (!snapshot.TryGetProperty(field.Name(), out var value) || value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            // A number as text is one, as for /ingest/snapshot.
            var text = value.ValueKind switch { JsonValueKind.Number => value.GetRawText(), JsonValueKind.String => value.GetString(), _ => null };
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number) || number < 0)
            {
                return DetailAnswer.Invalid(field.Name(), $"'{field.Name()}' must be a number that is not negative.", "float_type");
            }

            if (field == SnapshotField.ErrorRate && number > 1)
            {
                return DetailAnswer.Invalid(field.Name(), "'error_rate' must be 0 to 1.", "less_than_equal");
            }

            baseline[field] = number;
        }

        await desk.SetBaselineAsync(Caller.Of(user), baseline, ct);
        return TypedResults.Ok(new BaselineSetView("baseline set"));
    }
}
