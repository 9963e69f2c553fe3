using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Audit;

internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/audit").WithTags("Audit").RequireAuthorization(Policies.Admin);
        group.MapGet("/", List);
        group.MapGet("/head", Head);
        group.MapGet("/verify", Verify);
        group.MapGet("/export", Export).Produces<string>(StatusCodes.Status200OK, AuditExport.MediaType);
    }

    /// <summary>Who did what, newest first.</summary>
    /// <param name="actor">Such as <c>user:ana</c>; <c>user:*</c> for all that begin so. The same holds for action, subject and address.</param>
    /// <param name="action">Such as <c>login.failed</c> or <c>login.*</c>.</param>
    /// <param name="subject">Such as <c>incident/7</c> or <c>incident/*</c>.</param>
    /// <param name="address">Where the request came from.</param>
    /// <param name="result">ok, refused or failed.</param>
    /// <param name="since">No older than this.</param>
    /// <param name="until">Older than this.</param>
    /// <param name="q">At most five words that must all stand in the subject or the detail.</param>
    internal static async Task<Results<Ok<Page<AuditRecord>>, ProblemHttpResult>> List(
        ClaimsPrincipal user, AuditDesk desk, CancellationToken ct, string? actor = null, string? action = null, string? subject = null, string? address = null, string? result = null,
        DateTimeOffset? since = null, DateTimeOffset? until = null, string? q = null, string chain = "workspace", string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        var filter = new AuditFilter(actor, action, subject, result, address, since, until, q);
        if (filter.Check() is { } fault)
        {
            return fault.ToProblem();
        }

        var its = await desk.ChainAsync(Caller.Of(user), chain, ct);
        return its.Ok
            ? TypedResults.Ok(Cursor.Page(await desk.SearchAsync(its.Value, filter, before, limit + 1, ct), limit, AuditExport.RecordOf, link => link.Seq))
            : its.Error.ToProblem();
    }

    /// <summary>Where the chain ends. Noted elsewhere, it proves later that nothing before it was changed or cut off.</summary>
    internal static async Task<Results<Ok<AuditHead>, ProblemHttpResult>> Head(
        ClaimsPrincipal user, AuditDesk desk, AuditStore store, Database database, TimeProvider clock, CancellationToken ct, string chain = "workspace")
    {
        var its = await desk.ChainAsync(Caller.Of(user), chain, ct);
        return its.Ok
            ? TypedResults.Ok(AuditExport.HeadOf(its.Value, await database.ReadAsync(session => store.HeadAsync(session, its.Value), ct), clock.GetUtcNow()))
            : its.Error.ToProblem();
    }

    /// <summary>Looks through the whole chain now. It is read from end to end, so ask seldom; of several who ask at once, one is answered and the others are told to wait.</summary>
    /// <param name="anchor">An entry that was noted earlier, <c>SEQ:HASH</c>.</param>
    internal static async Task<Results<Ok<AuditState>, ProblemHttpResult>> Verify(
        ClaimsPrincipal user, AuditDesk desk, AuditVerifier verifier, TimeProvider clock, CancellationToken ct, string? anchor = null, string chain = "workspace")
    {
        AuditAnchor[] anchors = [];
        if (anchor is not null)
        {
            if (AuditAnchor.Parse(anchor) is not { } noted)
            {
                return Error.Invalid("anchor", "Write the number and the hash of an entry with a colon between them, as the head or an export gave them.").ToProblem();
            }

            anchors = [noted];
        }

        var its = await desk.ChainAsync(Caller.Of(user), chain, ct);
        if (!its.Ok)
        {
            return its.Error.ToProblem();
        }

        return await verifier.TryVerifyAsync(its.Value, anchors, ct) is { } verdict
            ? TypedResults.Ok(StateOf(its.Value, verdict, clock.GetUtcNow()))
            : Error.Unavailable("Somebody else has the audit verified right now. Try again in a moment.").ToProblem();
    }

    /// <summary>The whole chain, oldest first, as JSON lines; the last line says where it ended. That it was exported is an entry too.</summary>
    /// <param name="after">Leave out the entries up to this one.</param>
    internal static async Task<IResult> Export(
        ClaimsPrincipal user, HttpContext http, AuditDesk desk, AuditExport export, AuditTrail trail, Database database, TimeProvider clock, CancellationToken ct,
        long after = 0, string chain = "workspace")
    {
        if (after < 0)
        {
            return Error.Invalid("after", "Give the number of an entry, or leave it out.").ToProblem();
        }

        var caller = Caller.Of(user);
        var its = await desk.ChainAsync(caller, chain, ct);
        if (!its.Ok)
        {
            return its.Error.ToProblem();
        }

        await database.WriteAsync(
            tx => trail.RecordAsync(tx, its.Value, new(caller.Actor, "audit.exported", "audit", after == 0 ? "the audit was exported" : $"the audit after entry {after} was exported")), ct);
        var now = clock.GetUtcNow();
        var name = its.Value == AuditStore.Installation ? AuditDesk.InstallationWord : $"workspace-{its.Value}";
        return TypedResults.Stream(to => WriteAsync(to, export.LinesAsync(its.Value, after, now, http.RequestAborted)), AuditExport.MediaType, $"audit-{name}-{now:yyyyMMdd-HHmmss}.jsonl");
    }

    private static async Task WriteAsync(Stream to, IAsyncEnumerable<string> lines)
    {
        await using var writer = new StreamWriter(to, leaveOpen: true) { NewLine = "\n" };
        await foreach (var line in lines)
        {
            await writer.WriteLineAsync(line);
        }
    }

    public static AuditState StateOf(long chain, AuditVerdict verdict, DateTimeOffset now) => new(
        verdict.Faults.Count == 0, verdict.Count, verdict.First, new(chain, verdict.Head?.Seq ?? 0, verdict.Head?.Hash ?? AuditLink.Genesis, now),
        [.. verdict.Faults.Select(f => new AuditFaultView(f.Seq, f.Text))]);
}

internal static class AuditSetup
{
    public static IServiceCollection AddAudit(this IServiceCollection services) =>
        services.AddSingleton<AuditStore>().AddSingleton<AuditTrail>().AddSingleton<AuditVerifier>().AddSingleton<AuditExport>().AddSingleton<AuditDesk>().AddSingleton<ForeignReferences>().AddSingleton<AuditStart>();
}
