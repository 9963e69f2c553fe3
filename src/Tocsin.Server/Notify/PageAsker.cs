using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Providers;

namespace Tocsin.Notify;

/// <summary>Asks a provider again and again whether a page was answered there, as long as somebody is to answer it.</summary>
internal sealed class PageAsker(
    Database database, IEstates estates, ReplySourceRegistry sources, ReplyDesk desk, PageStore pages, IncidentStore incidents, JobStore jobs, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "page.ask";

    /// <summary>No provider knows an answer for longer.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromHours(3);

    public string Kind => JobKind;

    /// <param name="every">Between two questions, in whole seconds.</param>
    public static NewJob First(long workspace, PageRow page, TimeSpan every, DateTimeOffset now) =>
        new(workspace, JobKind, $"page.ask/{page.Id}", StableHash.Of(page.RecipientId, page.Method), now + every, $"{page.Id} {(int)every.TotalSeconds}");

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var parts = job.Payload.Split(' ');
        var (id, every) = (long.Parse(parts[0]), TimeSpan.FromSeconds(int.Parse(parts[1])));
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        var (page, incident) = await database.ReadAsync(
            async session => await pages.FindAsync(session, job.Workspace, id) is { Receipt: not null } sent
                ? (sent, await incidents.FindAsync(session, job.Workspace, sent.Incident))
                : (null, null),
            ct);
        if (page is null || incident is not { Status: IncidentStatus.Triggered } || clock.GetUtcNow() - page.SentAt > _longest
            || sources.Find(page.Type) is not IAskedReplySource source
            || PagePlanner.MethodOf(estate, page.RecipientKind, page.Recipient, page.Method) is not { } method || method.Type != page.Type)
        {
            await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
            return;
        }

        if (await source.AskAsync(method, page.Receipt!.Handle, ct) is { } reply)
        {
            await desk.ActAsync(estate, source, reply, page.Id, ct);
            await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
            return;
        }

        await database.WriteAsync(tx => jobs.RescheduleAsync(tx, job, clock.GetUtcNow() + every, null), ct);
    }
}
