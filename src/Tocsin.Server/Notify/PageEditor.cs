using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>
/// Changes one message that was sent, so that it says what is so now. There is one job for each message, and it shows the incident as it is
/// when it runs: changes cannot overtake each other. It is retried like a page, but nothing hangs on it.
/// </summary>
internal sealed class PageEditor(
    Database database, IEstates estates, NotifierRegistry notifiers, PageStore pages, IncidentStore incidents, JobStore jobs, EventLog log, MessageWriter messages,
    Breaker breaker, TimeProvider clock) : IJobHandler
{
    public const string JobKind = "page.edit";

    /// <summary>With the waits of <see cref="RetryPlan"/> some seven minutes.</summary>
    private const int MostFailures = 10;

    public string Kind => JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        var (page, incident) = await database.ReadAsync(
            async session => await pages.FindAsync(session, job.Workspace, long.Parse(job.Payload)) is { Receipt: not null } sent
                ? (sent, await incidents.FindAsync(session, job.Workspace, sent.Incident))
                : (null, null),
            ct);
        if (page is null || incident is null)
        {
            await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
            return;
        }

        if (clock.GetUtcNow() >= job.LeasedUntil - jobs.LeaseToBegin)
        {
            throw new LeaseLostException(job);
        }

        var outcome = breaker.OpenUntil(job.Lane) is { } until
            ? new SendOutcome.TryAgain($"not tried: {page.Method} failed several times in a row", until - clock.GetUtcNow()) { NotTried = true }
            : breaker.Note(job.Lane, await EditAsync(estate, page, incident, ct));
        await database.WriteAsync(tx => SettleAsync(tx, job, page, IncidentFace.Of(incident), outcome), CancellationToken.None);
    }

    private async Task<SendOutcome> EditAsync(EstateSnapshot estate, PageRow page, IncidentState incident, CancellationToken ct)
    {
        if (PagePlanner.MethodOf(estate, page.RecipientKind, page.Recipient, page.Method) is not { } method || method.Type != page.Type)
        {
            return new SendOutcome.Refused($"{page.Recipient} has no such contact method {page.Method} any more.");
        }

        return notifiers.Find(method.Type) is { } notifier
            ? await notifier.EditAsync(messages.Change(estate, page, incident, clock.GetUtcNow()), page.Receipt!.Handle, method, ct)
            : new SendOutcome.Refused($"There is no provider '{method.Type}'.");
    }

    private async Task SettleAsync(Tx tx, LeasedJob job, PageRow page, IncidentFace shown, SendOutcome outcome)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        var now = clock.GetUtcNow();
        switch (outcome)
        {
            case SendOutcome.Accepted accepted:
                await LogAsync("page.edited", $"accepted: {accepted.Receipt}");
                if (await incidents.FindAsync(tx, job.Workspace, page.Incident) is { } incident && IncidentFace.Of(incident) != shown)
                {
                    await jobs.RescheduleAsync(tx, job, now, null);
                    return;
                }

                break;
            case SendOutcome.TryAgain again when job.Failures < MostFailures:
                var jitter = (StableHash.Of(page.Key, job.Failures.ToString()) & 0xFFFF) / 65536.0;
                var next = RetryPlan.Next(job.Failures + 1, now, now, again.RetryAfter, null, jitter);
                await jobs.RescheduleAsync(tx, job, next.At!.Value, again.Reason, failed: true);
                return;
            case SendOutcome.TryAgain again:
                await LogAsync("page.edit_failed", $"given up after {job.Failures + 1} attempts: {again.Reason}");
                break;
            case SendOutcome.Refused refused:
                await LogAsync("page.edit_failed", refused.Reason);
                break;
        }

        await jobs.CompleteAsync(tx, job);

        Task LogAsync(string kind, string reason) =>
            log.AppendAsync(tx, job.Workspace, now, [new(kind, $"incident/{page.Incident}", "system", $"{page.Recipient} by {page.Method}: {reason}", $$"""{"page":{{page.Id}}}""")]);
    }
}
