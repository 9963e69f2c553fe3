using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Providers;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>Tests of contact methods that ask to be answered. Each is a page of no incident, so that links, buttons, replies and keys find it as they find a page.</summary>
internal sealed class SelfTests(PageStore pages, ContactProofs proofs, NotifierRegistry notifiers, JobStore jobs, EventLog log, PublicLinks links)
{
    public const string JobKind = "self_test";

    private const string Monthly = "monthly test";

    /// <summary>Queues the test of one month, once, by however many nodes.</summary>
    /// <param name="month">Such as <c>2026-11</c>.</param>
    /// <param name="until">When nobody needs it any more.</param>
    /// <returns>False: that month's test is there already.</returns>
    public async Task<bool> PlanAsync(Tx tx, EstateSnapshot estate, Person person, ContactMethod method, string month, DateTimeOffset until, DateTimeOffset now)
    {
        var test = Draft(estate, person.Name, method, month, Monthly, now);
        if (await pages.InsertAsync(tx, estate.Workspace, test with { Facts = test.Facts with { Until = until } }) is not { } id)
        {
            return false;
        }

        await jobs.EnqueueAsync(tx, [new(estate.Workspace, JobKind, $"self_test/{id}", StableHash.Of(test.RecipientId, test.Method), now, $"{id}")], now);
        return true;
    }

    /// <summary>Stores a test that somebody asked for, to be sent right now by whoever stores it.</summary>
    public async Task<PageRow> AddAsync(Tx tx, EstateSnapshot estate, Person person, ContactMethod method, string actor, DateTimeOffset now)
    {
        var test = Draft(estate, person.Name, method, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), $"asked for by {actor}", now);
        return test with { Id = await pages.InsertAsync(tx, estate.Workspace, test) ?? throw new InvalidOperationException("A random key was there before.") };
    }

    /// <summary>The method as it is now, if it still is what the test was made for.</summary>
    public ContactMethod? MethodOf(EstateSnapshot estate, PageRow test) =>
        estate.Model.Users.GetValueOrDefault(test.Recipient) is { Disabled: false } && PagePlanner.MethodOf(estate, test.RecipientKind, test.Recipient, test.Method) is { } method
        && method.Type == test.Type && proofs.AddressOf(method) == test.Facts.Address ? method : null;

    public async Task<SendOutcome> SendAsync(EstateSnapshot estate, PageRow test, ContactMethod method, DateTimeOffset now, CancellationToken ct) =>
        notifiers.Find(method.Type) is { } notifier
            ? await notifier.SendAsync(Write(estate, test, now), method, ct)
            : new SendOutcome.Refused($"There is no provider '{method.Type}'.");

    /// <summary>Stores what became of a test for good: taken by the provider, or not.</summary>
    public async Task SettleAsync(Tx tx, long workspace, PageRow test, SendOutcome outcome, string actor, DateTimeOffset now)
    {
        var (kind, reason) = ContactTester.Say(outcome);
        var taken = outcome is SendOutcome.Accepted;
        var receipt = outcome is SendOutcome.Accepted { Handle: { Length: > 0 and <= 500 } handle } accepted ? new PageReceipt(handle, accepted.Thread) : null;
        await pages.SaveOutcomeAsync(
            tx, workspace, test with { Status = taken ? PageStatus.Sent : PageStatus.Failed, SentAt = taken ? now : null, Reason = taken ? null : reason, Receipt = receipt });
        if (taken)
        {
            await ContactProofs.AskedAsync(tx, workspace, test, now);
        }

        await log.AppendAsync(tx, workspace, now, [new(kind, ContactTester.SubjectOf(test.Recipient, test.Method), actor, reason)]);
    }

    /// <summary>Calls off a test that has no sense any more.</summary>
    public async Task CancelAsync(Tx tx, long workspace, PageRow test, string reason, DateTimeOffset now)
    {
        await pages.SaveOutcomeAsync(tx, workspace, test with { Status = PageStatus.Cancelled, Reason = reason });
        await log.AppendAsync(tx, workspace, now, [new("contact.test_skipped", ContactTester.SubjectOf(test.Recipient, test.Method), "system", reason)]);
    }

    private PageRow Draft(EstateSnapshot estate, string user, ContactMethod method, string nonce, string because, DateTimeOffset now)
    {
        var address = proofs.AddressOf(method);
        return new()
        {
            Incident = 0,
            Kind = MessageKind.SelfTest,
            Epoch = 0,
            RecipientKind = RecipientKind.User,
            Recipient = user,
            Method = method.Name,
            Type = method.Type,
            Key = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{estate.Workspace}|self-test|{user}|{method.Name}|{address}|{nonce}")).AsSpan(0, 16)),
            CreatedAt = now,
            DueAt = now,
            Because = because,
            Facts = new(0, 0, null, null, null, null) { Address = address },
        };
    }

    private Message Write(EstateSnapshot estate, PageRow test, DateTimeOffset now) => new()
    {
        Kind = MessageKind.SelfTest,
        Key = test.Key,
        Workspace = estate.Model.Workspace,
        WorkspaceId = estate.Workspace,
        Incident = 0,
        Title = "Test: did this reach you?",
        Severity = Alerts.Severity.Info,
        Urgency = Urgency.High,
        Status = "triggered",
        StartedAt = now,
        Now = now,
        Recipient = test.Recipient,
        TimeZone = estate.Model.Users.GetValueOrDefault(test.Recipient)?.TimeZone,
        Because = test.Because,
        IncidentUrl = links.BaseUrl is { } url ? new($"{url}/me") : null,
        ActionUrl = links.Action(estate.Workspace, test.Id, now),
        AnswerCode = links.AnswerCode(estate.Workspace, test.Id),
        ReplyUrl = links.Reply(test.Type, estate.Workspace, test.Id),
    };
}

/// <summary>Sends one monthly test: asks at the door whether it may ring now, and tries again later until its days are over.</summary>
internal sealed class SelfTestSender(Database database, IEstates estates, PageStore pages, SelfTests tests, JobStore jobs, TimeProvider clock) : IJobHandler
{
    private static readonly TimeSpan _later = TimeSpan.FromMinutes(15);

    public string Kind => SelfTests.JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var id = long.Parse(job.Payload);
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        var now = clock.GetUtcNow();
        var (test, busy, day) = await database.ReadAsync(
            async session => await pages.FindAsync(session, job.Workspace, id) is { } row
                ? (row, await SelfTestWatch.IsBusyAsync(session, job.Workspace, row.Recipient), (await SelfTestRules.OfAsync(session, job.Workspace)).Day)
                : (null, false, 0),
            ct);
        if (test is not { Status: PageStatus.Queued })
        {
            await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
            return;
        }

        var person = estate.Model.Users.GetValueOrDefault(test.Recipient);
        if (person is not { SelfTest: true } || day == 0 || tests.MethodOf(estate, test) is not { } method)
        {
            await CancelAsync(job, test, "the test is not wanted any more", now, ct);
            return;
        }

        if (now >= test.Facts.Until)
        {
            await CancelAsync(job, test, "there was no quiet moment for the monthly test: an incident was open, or nothing took it", now, ct);
            return;
        }

        if (busy || !SelfTestTimes.IsAwake(person, now))
        {
            await database.WriteAsync(tx => jobs.RescheduleAsync(tx, job, now + _later, busy ? "an incident of theirs is open" : "outside their waking hours"), ct);
            return;
        }

        if (now >= job.LeasedUntil - jobs.LeaseToBegin)
        {
            throw new LeaseLostException(job);
        }

        var outcome = await tests.SendAsync(estate, test, method, now, ct);
        await database.WriteAsync(tx => SettleAsync(tx, job, test, outcome), CancellationToken.None);
    }

    private async Task SettleAsync(Tx tx, LeasedJob job, PageRow test, SendOutcome outcome)
    {
        await tx.LockWorkspaceAsync(job.Workspace);
        var now = clock.GetUtcNow();
        var tried = test with { Attempts = test.Attempts + 1, FirstTryAt = test.FirstTryAt ?? now };
        if (outcome is SendOutcome.TryAgain again)
        {
            var jitter = (StableHash.Of(test.Key, $"{tried.Attempts}") & 0xFFFF) / 65536.0;
            if (RetryPlan.Next(tried.Attempts, tried.FirstTryAt.Value, now, again.RetryAfter, null, jitter).At is { } at)
            {
                await jobs.RescheduleAsync(tx, job, at, again.Reason);
                await pages.SaveOutcomeAsync(tx, job.Workspace, tried with { DueAt = at, Reason = again.Reason });
                return;
            }
        }

        await jobs.CompleteAsync(tx, job);
        await tests.SettleAsync(tx, job.Workspace, tried, outcome, "system", now);
    }

    private Task CancelAsync(LeasedJob job, PageRow test, string reason, DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(job.Workspace);
            await jobs.CompleteAsync(tx, job);
            await tests.CancelAsync(tx, job.Workspace, test, reason, now);
        },
        ct);
}
