using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Audit;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Estate;

internal static class EstateEndpoints
{
    private static readonly TakesBody _takesYaml = new("application/yaml", "One or more YAML documents, as estate files have them.");

    public static void MapEstate(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/estate").WithTags("Estate").RequireAuthorization(Policies.Configure);
        group.MapGet("/", Export).Produces<string>(StatusCodes.Status200OK, "application/yaml");
        group.MapGet("/schema", Schema).Produces<object>(StatusCodes.Status200OK, "application/schema+json");
        var change = routes.MapGroup("/api/v1/estate").WithTags("Estate").RequireAuthorization(Policies.ConfigureTeam);
        change.MapPost("/plan", Plan).DisableAntiforgery().WithMetadata(_takesYaml);
        change.MapPost("/apply", Apply).DisableAntiforgery().WithMetadata(_takesYaml);
        routes.MapPost("/-/reload", Reload).WithTags("Operations").RequireAuthorization(Policies.Configure)
            .WithMetadata(new Refuses(StatusCodes.Status422UnprocessableEntity, "The files have faults; the last good estate stays in force.")).DisableAntiforgery();
    }

    /// <summary>The workspace's estate as YAML. Secrets that are stored as such are replaced by references.</summary>
    internal static async Task<ContentHttpResult> Export(ClaimsPrincipal user, EstateDesk desk, CancellationToken ct) =>
        TypedResults.Text(await desk.ExportAsync(Caller.Of(user).WorkspaceName, ct), "application/yaml; charset=utf-8");

    /// <summary>The JSON schema of estate files, with the settings of this server's providers.</summary>
    internal static ContentHttpResult Schema(EstateProviders providers) => TypedResults.Text(EstateJsonSchema.Write(providers), "application/schema+json");

    /// <summary>What applying this YAML would change. Changes nothing; faults are in the answer. Who manages a team may ask for its members, schedules and services.</summary>
    internal static async Task<Results<Ok<Sdk.EstatePlan>, ProblemHttpResult>> Plan(
        HttpRequest request, ClaimsPrincipal user, EstateDesk desk, EstateService files, ForeignReferences references, CancellationToken ct, bool prune = false)
    {
        var (outcome, problem) = await RunAsync(request, Caller.Of(user), desk, files, references, prune, only: true, ct);
        return outcome is null ? problem! : TypedResults.Ok(outcome);
    }

    /// <summary>Makes the workspace as this YAML says, in one transaction; 422 and unchanged when it has faults, or names what the asker may not change: administrators change everything, managers of a team its members, schedules and services. Idempotent.</summary>
    internal static async Task<Results<Ok<Sdk.EstatePlan>, ProblemHttpResult>> Apply(
        HttpRequest request, ClaimsPrincipal user, EstateDesk desk, EstateService files, ForeignReferences references, CancellationToken ct, bool prune = false)
    {
        var (outcome, problem) = await RunAsync(request, Caller.Of(user), desk, files, references, prune, only: false, ct);
        return outcome is null ? problem!
            : outcome.Faults.Count == 0 ? TypedResults.Ok(outcome)
            : Error.Invalid("estate", $"Nothing was changed. {string.Join("; ", outcome.Faults.Take(10).Select(f => $"{(f.Line > 0 ? $"line {f.Line}: " : "")}{(f.Path.Length > 0 ? $"{f.Path}: " : "")}{f.Message}"))}.").ToProblem();
    }

    /// <summary>Reads the estate's files again, and what references stand for; 422 when the files are refused and the last good estate stays.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Reload(ClaimsPrincipal user, EstateService files, CancellationToken ct)
    {
        if (await files.ReloadAsync(ct) is not { } refusal)
        {
            return TypedResults.NoContent();
        }

        // The files may be those of other workspaces too, which this caller must not read.
        var detail = files.Manages(Caller.Of(user).WorkspaceName) ? string.Join("; ", refusal.Faults.Take(10)) : $"{refusal.Faults.Count} faults; the log of the server has them";
        return Error.Invalid("estate", $"The files were refused, the last good estate stays in force. {detail}.").ToProblem();
    }

    private static async Task<(Sdk.EstatePlan? Plan, ProblemHttpResult? Problem)> RunAsync(
        HttpRequest request, Caller caller, EstateDesk desk, EstateService files, ForeignReferences references, bool prune, bool only, CancellationToken ct)
    {
        var (body, refusal) = await RequestBody.ReadAsync(request, EstateYamlReader.MaxLength, ct);
        if (refusal is not null)
        {
            return (null, refusal.ToProblem());
        }

        var text = EstateFiles.Parse(Encoding.UTF8.GetString(body.Span).TrimStart('\uFEFF'), "", caller.WorkspaceName, only: true);
        if (text.Faults.Count > 0)
        {
            foreach (var named in text.Faults.Where(fault => fault.Path == "workspace").Select(fault => fault.Value).OfType<string>().Distinct(StringComparer.Ordinal))
            {
                references.NoteWorkspace(caller, named);
            }

            return (Wire(caller, null, text.Faults, []), null);
        }

        var managed = files.Manages(caller.WorkspaceName);
        var wish = new EstateWish(caller.WorkspaceName, text.Objects, Goes: o => prune && !(managed && o.Origin is not null), TakesOver: !managed)
        {
            TestsMustHold = true,
            Managed = caller.May(Policies.Configure) ? null : new(caller.User),
        };
        var outcome = await desk.ApplyAsync([wish], caller.Actor, only, ct);
        return outcome.Ok
            ? (Wire(caller, outcome.Value.Plans is [var plan, ..] ? plan : null, outcome.Value.Faults, outcome.Value.Warnings), null)
            : (null, outcome.Error.ToProblem());
    }

    private static Sdk.EstatePlan Wire(Caller caller, EstatePlan? plan, IReadOnlyList<EstateFault> faults, IReadOnlyList<EstateFault> warnings) => new(
        caller.WorkspaceName,
        [
            .. plan?.Changes.Where(c => c.Action != EstateAction.Keep)
                .Select(c => new Sdk.EstateChange(c.Action.ToString().ToLowerInvariant(), c.Object.Kind, c.Object.Name, [.. c.Edits.Select(e => e.Path)], c.Says)) ?? [],
        ],
        [.. faults.Select(Wire)],
        [.. warnings.Select(Words)],
        plan?.Render() ?? "");

    public static Sdk.EstateFault Wire(EstateFault fault) => new(fault.Mark.File.Length > 0 ? fault.Mark.File : null, fault.Mark.Line, fault.Mark.Column, fault.Path, fault.Message);

    public static string Words(EstateFault warning) => warning.Path.Length > 0 ? $"{warning.Path}: {warning.Message}" : warning.Message;
}
