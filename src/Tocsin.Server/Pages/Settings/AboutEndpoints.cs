using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Jobs;
using Tocsin.Operations;
using Tocsin.Streams;

namespace Tocsin.Pages;

internal static class AboutEndpoints
{
    public static void MapAbout(this RouteGroupBuilder pages)
    {
        pages.MapGet("/about", Show);
        pages.MapPost("/about/dead/{id:long}/replay", Replay).RequireAuthorization(Policies.Admin).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Show(
        HttpContext http, FrameFactory frames, Database database, JobStore jobs, ApiKeyStore keys, EventLog log, Readiness readiness, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var admin = page.Caller.May(Policies.Admin);
        var (dead, known, applied) = await database.ReadAsync(
            async session => (
                await jobs.DeadAsync(session, page.Workspace), admin ? await keys.ListAsync(session, page.Workspace) : [],
                (await log.NewestAsync(session, page.Workspace, "estate", long.MaxValue, 1)).FirstOrDefault()),
            ct);
        return new Rendered<AboutPage, AboutModel>(page.Frame, new()
        {
            Version = BuildInfo.View(database),
            AppliedAt = applied?.At,
            AppliedBy = applied?.Actor,
            Engine = Engine(readiness),
            Dead = [.. dead.Select(j => new Sdk.DeadJobView(j.Id, j.Kind, j.Key, j.Attempts, j.DiedAt, j.Error))],
            Keys = [.. known.Select(KeyEndpoints.Of)],
        });
    }

    private static async Task<IResult> Replay(long id, HttpContext http, Database database, JobStore jobs, AuditTrail audit, TimeProvider clock, CancellationToken ct) =>
        await JobEndpoints.ReplayAsync(id, Caller.Of(http.User), database, jobs, audit, clock, ct)
            ? Done.Well("/about", "The job is ready again and runs at once.")
            : Done.Refused("/about", "That job is not dead any more.");

    /// <summary>Whether this node does its work, in the words of its own check.</summary>
    public static EngineLine Engine(Readiness readiness) => readiness.Check() is { } fault ? new(false, fault.TrimEnd('.')) : new(true, "");
}
