using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Operations;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>
/// Sends one page: asks at the door whether it is still wanted, sends it with its key, and stores the outcome with its reason.
/// What fails for good gives way to the recipient's next method, and at last to the next step.
/// </summary>
internal sealed class PageSender(
    Database database, IEstates estates, NotifierRegistry notifiers, PageDesk desk, MessageWriter messages, Breaker breaker, TimeProvider clock, ILogger<PageSender> logger) : IJobHandler
{
    private const int MostAsks = 3;

    /// <summary>How old the answer may be when a send begins, unless the store never is that quick.</summary>
    private static readonly TimeSpan _freshness = TimeSpan.FromMilliseconds(500);

    public string Kind => PagePlanner.JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var id = long.Parse(job.Payload);
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        var (page, incident, more) = await AskAtTheDoorAsync(job, estate, id, ct);
        if (page is null || incident is null || page.Status != PageStatus.Queued)
        {
            await database.WriteAsync(tx => desk.DropAsync(tx, job), ct);
            return;
        }

        if (page.Kind == MessageKind.Waited && more == 0)
        {
            await database.WriteAsync(tx => desk.CancelAsync(tx, job, page, "all that waited was answered meanwhile", clock.GetUtcNow()), ct);
            return;
        }

        if (!IncidentDecider.StillWanted(incident, page.Kind, page.RecipientId, page.Epoch))
        {
            await database.WriteAsync(tx => desk.CancelAsync(tx, job, page, $"not wanted any more: the incident is {incident.Status.ToString().ToLowerInvariant()}", clock.GetUtcNow()), ct);
            return;
        }

        var outcome = breaker.OpenUntil(job.Lane) is { } until
            ? new SendOutcome.TryAgain($"not tried: {page.Method} failed several times in a row", until - clock.GetUtcNow()) { NotTried = true }
            : breaker.Note(job.Lane, await SendAsync(estate, page, incident, more, ct));
        logger.Attempted(page.Id, page.Incident, page.Method, outcome.GetType().Name);
        Instruments.Attempts.Add(1, new("provider", page.Type), new("outcome", outcome.GetType().Name));
        if (outcome is SendOutcome.Accepted)
        {
            Instruments.PageDelay.Record((clock.GetUtcNow() - page.DueAt).TotalSeconds);
        }

        // What the provider answered is stored even if this node is told to stop meanwhile.
        await database.WriteAsync(tx => desk.SettleAsync(tx, estate, job, page, IncidentFace.Of(incident), outcome, clock.GetUtcNow()), CancellationToken.None);
    }

    /// <summary>
    /// The page and its incident as they are now, for a node that may still act on them. An answer that took long is asked for again, since this node may have stood still and
    /// somebody may have answered meanwhile; when it takes long each time the store is slow, and the last answer is believed.
    /// </summary>
    /// <exception cref="LeaseLostException">The lease is over, or nearly so: the job is another node's to do.</exception>
    private async Task<(PageRow? Page, IncidentState? Incident, int More)> AskAtTheDoorAsync(LeasedJob job, EstateSnapshot estate, long id, CancellationToken ct)
    {
        for (var times = 1; ; times++)
        {
            var asked = clock.GetUtcNow();
            var answer = await database.ReadAsync(session => desk.ReadAsync(session, estate, id), ct);
            var now = clock.GetUtcNow();
            if (now >= job.LeasedUntil - desk.LeaseToBegin)
            {
                throw new LeaseLostException(job);
            }

            if (now - asked <= _freshness || times == MostAsks)
            {
                return answer;
            }
        }
    }

    /// <summary>Whether the page is for somebody who was disabled or suspended since it was planned.</summary>
    public static bool IsOut(EstateSnapshot estate, PageRow page) =>
        page.RecipientKind == RecipientKind.User && estate.Model.Users.GetValueOrDefault(page.Recipient) is { Disabled: true };

    private async Task<SendOutcome> SendAsync(EstateSnapshot estate, PageRow page, IncidentState incident, int more, CancellationToken ct)
    {
        if (IsOut(estate, page))
        {
            return new SendOutcome.Refused($"{page.Recipient} is disabled, and not paged.") { NotTried = true };
        }

        if (PagePlanner.MethodOf(estate, page.RecipientKind, page.Recipient, page.Method) is not { } method)
        {
            return new SendOutcome.Refused($"{page.Recipient} has no contact method {page.Method} any more.") { NotTried = true };
        }

        return notifiers.Find(method.Type) is { } notifier
            ? await notifier.SendAsync(messages.Write(estate, page, incident, more, clock.GetUtcNow()), method, ct)
            : new SendOutcome.Refused($"There is no provider '{method.Type}'.");
    }
}

/// <summary>The pages' book-keeping around an attempt.</summary>
internal sealed class PageDesk(PageStore pages, IncidentStore incidents, IncidentFlow flow, PagePlanner planner, JobStore jobs, EventLog log, PagingOptions options)
{
    /// <summary>What must be left of a job's lease for its page to be sent.</summary>
    public TimeSpan LeaseToBegin => jobs.LeaseToBegin;

    /// <returns>The page, its incident, and for a message that stands for many how many it stands for; of those that waited the first that is still wanted is its incident.</returns>
    public async Task<(PageRow? Page, IncidentState? Incident, int More)> ReadAsync(Session session, EstateSnapshot estate, long id)
    {
        var workspace = estate.Workspace;
        if (await pages.FindAsync(session, workspace, id) is not { } page)
        {
            return (null, null, 0);
        }

        if (page.Kind == MessageKind.Waited)
        {
            var waited = (await StandsForAsync(session, workspace, page)).Select(p => p.Incident).Distinct().ToArray();
            return (page, await incidents.FindAsync(session, workspace, waited.Append(page.Incident).First()), waited.Length);
        }

        var more = page.Facts.Minute is { } minute ? await pages.PlannedInMinuteAsync(session, workspace, page, minute) - PagePlanner.MostPerMinute(estate, page.Recipient, options) : 0;
        return (page, await incidents.FindAsync(session, workspace, page.Incident), (int)more);
    }

    public Task DropAsync(Tx tx, LeasedJob job) => jobs.CompleteAsync(tx, job);

    public async Task CancelAsync(Tx tx, LeasedJob job, PageRow page, string reason, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        await jobs.CompleteAsync(tx, job);
        await pages.SaveOutcomeAsync(tx, job.Workspace, page with { Status = PageStatus.Cancelled, Reason = reason });
        await LogAsync(tx, job, page, "page.cancelled", reason, now);
    }

    /// <param name="shown">What the message that was sent shows of its incident.</param>
    public async Task SettleAsync(Tx tx, EstateSnapshot estate, LeasedJob job, PageRow page, IncidentFace shown, SendOutcome outcome, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        var isTried = outcome is not (SendOutcome.TryAgain { NotTried: true } or SendOutcome.Refused { NotTried: true });
        var tried = page with
        {
            Attempts = page.Attempts + (isTried ? 1 : 0),
            FirstTryAt = page.FirstTryAt ?? now,

            // A lease before this one may have sent it and died.
            InDoubt = page.InDoubt || job.Attempt > 1 || (isTried && outcome is SendOutcome.TryAgain),
        };
        await (outcome switch
        {
            SendOutcome.Accepted accepted => SentAsync(tx, estate, job, tried, shown, accepted, now),
            SendOutcome.TryAgain again => AgainAsync(tx, estate, job, tried, again, now),
            SendOutcome.Refused refused => FailAsync(tx, estate, job, tried, refused.Reason, now),
            _ => throw new InvalidOperationException($"No way to settle {outcome}."),
        });
    }

    private async Task SentAsync(Tx tx, EstateSnapshot estate, LeasedJob job, PageRow page, IncidentFace shown, SendOutcome.Accepted accepted, DateTimeOffset now)
    {
        var receipt = accepted.Handle is { Length: > 0 and <= 500 } handle ? new PageReceipt(handle, accepted.Thread) : null;
        await jobs.CompleteAsync(tx, job);
        await pages.SaveOutcomeAsync(tx, job.Workspace, page with { Status = PageStatus.Sent, SentAt = now, Reason = null, Receipt = receipt });
        await LogAsync(tx, job, page, "page.sent", $"accepted: {accepted.Receipt}", now);

        if (receipt is not null && accepted.AskEvery is { } every)
        {
            await jobs.EnqueueAsync(tx, [PageAsker.First(job.Workspace, page, every, now)], now);
        }

        // Somebody may have answered while it was being sent.
        if (receipt is not null && page.Kind is MessageKind.Page or MessageKind.Unanswered
            && await incidents.FindAsync(tx, job.Workspace, page.Incident) is { } incident && IncidentFace.Of(incident) != shown)
        {
            await planner.RefreshAsync(tx, estate, page, now);
        }
    }

    /// <summary>What a provider tells of a page that it took. Telling the same again changes nothing.</summary>
    /// <returns>False: the page was not sent, or is not there.</returns>
    public async Task<bool> ReportAsync(Tx tx, EstateSnapshot estate, long workspace, PageRow page, DeliveryReport report, DateTimeOffset now)
    {
        if (page.Status != PageStatus.Sent)
        {
            return false;
        }

        switch (report)
        {
            case DeliveryReport.Delivered when page.DeliveredAt is null:
                await pages.SaveDeliveryAsync(tx, workspace, page with { DeliveredAt = now });
                await LogAsync(tx, workspace, page, "page.delivered", "it reached the device", now);
                break;
            case DeliveryReport.Seen when page.SeenAt is null:
                await pages.SaveDeliveryAsync(tx, workspace, page with { DeliveredAt = page.DeliveredAt ?? now, SeenAt = now });
                await LogAsync(tx, workspace, page, "page.seen", "it was seen", now);
                break;
            case DeliveryReport.Undelivered { Reason: var reason } when page.SeenAt is null:
                await LoseAsync(tx, estate, workspace, page, $"taken, but not delivered: {reason}", now);
                break;
        }

        return true;
    }

    private async Task AgainAsync(Tx tx, EstateSnapshot estate, LeasedJob job, PageRow page, SendOutcome.TryAgain again, DateTimeOffset now)
    {
        var jitter = (StableHash.Of(page.Key, page.Attempts.ToString()) & 0xFFFF) / 65536.0;
        var next = RetryPlan.Next(Math.Max(1, page.Attempts), page.FirstTryAt!.Value, now, again.RetryAfter, page.Facts.FallbackBy, jitter);
        if (next.At is not { } at)
        {
            await FailAsync(tx, estate, job, page, $"given up after {page.Attempts} attempts: {again.Reason}", now);
            return;
        }

        await jobs.RescheduleAsync(tx, job, at, again.Reason);
        await pages.SaveOutcomeAsync(tx, job.Workspace, page with { DueAt = at, Reason = again.Reason });
        await LogAsync(tx, job, page, "page.retrying", $"{again.Reason}; next try in {IncidentDecider.Text(at - now)}", now);
        if (next.FallBack || again.NotTried)
        {
            foreach (var late in await StandsForAsync(tx, job.Workspace, page))
            {
                await PromoteNextAsync(tx, job.Workspace, late, now);
            }
        }
    }

    private async Task FailAsync(Tx tx, EstateSnapshot estate, LeasedJob job, PageRow page, string reason, DateTimeOffset now)
    {
        await jobs.CompleteAsync(tx, job);
        await LoseAsync(tx, estate, job.Workspace, page, reason, now);
    }

    /// <summary>A page reaches nobody: whatever comes next for those that it stands for begins now.</summary>
    private async Task LoseAsync(Tx tx, EstateSnapshot estate, long workspace, PageRow page, string reason, DateTimeOffset now)
    {
        await pages.SaveOutcomeAsync(tx, workspace, page with { Status = PageStatus.Failed, Reason = reason });
        await LogAsync(tx, workspace, page, "page.failed", reason, now);
        foreach (var lost in await StandsForAsync(tx, workspace, page))
        {
            if (lost.Status == PageStatus.Bundled)
            {
                await pages.SaveOutcomeAsync(tx, workspace, lost with { Status = PageStatus.Failed, Reason = reason, InDoubt = page.InDoubt });
                await LogAsync(tx, workspace, lost, "page.failed", $"the one message for many failed: {reason}", now);
            }

            await FallThroughAsync(tx, estate, workspace, lost, reason, now);
        }
    }

    /// <summary>The pages that an attempt decided about: itself, or those still wanted that it stands for. None for a notice.</summary>
    private async Task<IReadOnlyList<PageRow>> StandsForAsync(Session session, long workspace, PageRow page)
    {
        if (page.Kind is not (MessageKind.More or MessageKind.Waited))
        {
            return page.Kind is MessageKind.Page or MessageKind.Reminder or MessageKind.Asked ? [page] : [];
        }

        List<PageRow> wanted = [];
        foreach (var bundled in await pages.BundledAsync(session, workspace, page))
        {
            if (await incidents.FindAsync(session, workspace, bundled.Incident) is { } incident && IncidentDecider.StillWanted(incident, bundled.Epoch))
            {
                wanted.Add(bundled);
            }
        }

        return wanted;
    }

    /// <summary>A page failed for good: the recipient's next method begins, or they cannot be reached.</summary>
    private async Task FallThroughAsync(Tx tx, EstateSnapshot estate, long workspace, PageRow page, string reason, DateTimeOffset now)
    {
        // Who may not act any more is not asked by other methods, and what he was sent before counts for nothing.
        var isOut = PageSender.IsOut(estate, page);
        if (!isOut && await PromoteNextAsync(tx, workspace, page, now))
        {
            return;
        }

        var ladder = await pages.LadderAsync(tx, workspace, page);
        if (isOut || !ladder.Exists(p => p.Id != page.Id && p.Status is PageStatus.Sent or PageStatus.Queued or PageStatus.Bundled))
        {
            var inDoubt = ladder.Exists(p => p.InDoubt || p.Status == PageStatus.Sent);
            await flow.ApplyAsync(tx, estate, page.Incident, Lost(page, reason, inDoubt), "system", now);
        }
    }

    private static IncidentEvent Lost(PageRow page, string reason, bool inDoubt) => page.Kind switch
    {
        MessageKind.Asked => new IncidentEvent.ResponderLost(page.RecipientId, page.Epoch, reason),
        MessageKind.Reminder => new IncidentEvent.ReminderLost(page.RecipientId, page.Epoch, reason),
        _ => new IncidentEvent.Unreachable(page.RecipientId, page.Epoch, reason, inDoubt),
    };

    /// <summary>Begins the recipient's next method now, if one waits for its time.</summary>
    private async Task<bool> PromoteNextAsync(Tx tx, long workspace, PageRow page, DateTimeOffset now)
    {
        var ladder = await pages.LadderAsync(tx, workspace, page);
        // One that was put off (its target is known to be down) has had its turn: two of them would hurry each other in circles.
        var next = ladder.Find(p => p.Id != page.Id && p is { Status: PageStatus.Queued or PageStatus.Bundled, Attempts: 0, FirstTryAt: null });
        if (next is { Facts.Quiet: true })
        {
            // That this person is not woken now holds also when another method fails.
            return true;
        }

        if (next?.Status == PageStatus.Bundled)
        {
            next = await pages.StandInAsync(tx, workspace, next);
        }

        if (next is null)
        {
            return false;
        }

        if (next.DueAt > now)
        {
            await pages.SaveOutcomeAsync(tx, workspace, next with { DueAt = now });
            await jobs.HurryAsync(tx, workspace, next.JobKey, now);
            await log.AppendAsync(tx, workspace, now, [new("page.fell_back", $"incident/{page.Incident}", "system", $"{page.Recipient}: {next.Method} at once, since {page.Method} failed")]);
        }

        return true;
    }

    private Task LogAsync(Tx tx, LeasedJob job, PageRow page, string kind, string reason, DateTimeOffset now) => LogAsync(tx, job.Workspace, page, kind, reason, now);

    private Task LogAsync(Tx tx, long workspace, PageRow page, string kind, string reason, DateTimeOffset now) => log.AppendAsync(
        tx, workspace, now, [new(kind, page.Kind == MessageKind.SelfTest ? ContactTester.SubjectOf(page.Recipient, page.Method) : $"incident/{page.Incident}", "system", $"{page.Recipient} by {page.Method}{(page.Attempts > 0 ? $", attempt {page.Attempts}" : "")}: {reason}", $$"""{"page":{{page.Id}},"key":"{{page.Key}}"}""")]);
}

internal static partial class PageLog
{
    [LoggerMessage(2201, LogLevel.Debug, "Page {PageId} of incident {Incident} by {Method}: {Outcome}")]
    public static partial void Attempted(this ILogger logger, long pageId, long incident, string method, string outcome);
}
