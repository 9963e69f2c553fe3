using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Jobs;
using Tocsin.Providers;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Notify;

/// <summary>Something that a person should know and that is about no incident.</summary>
/// <param name="Key">Names what it tells; the same key tells it once.</param>
/// <param name="Detail">One or two sentences: what it means and what to do.</param>
/// <param name="Path">Where to read or answer, on this installation.</param>
/// <param name="Until">After this nobody needs to hear it.</param>
internal sealed record Notice(string Key, string User, string Title, string Detail, string Path, DateTimeOffset Until);

/// <summary>Tells people things by their ladder for low urgency, in the transaction of what there is to tell.</summary>
internal sealed class NoticeDesk(JobStore jobs)
{
    public const string JobKind = "notice";

    public Task TellAsync(Tx tx, EstateSnapshot estate, Notice notice, DateTimeOffset now) => jobs.EnqueueAsync(
        tx,
        [new(estate.Workspace, JobKind, $"notice/{notice.Key}", StableHash.Of("notice", $"{estate.Workspace}/{notice.User}"), now, JsonSerializer.Serialize(notice, NoticeJson.Default.Notice))],
        now);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Notice))]
internal sealed partial class NoticeJson : JsonSerializerContext;

/// <summary>
/// Sends one notice: the methods of the person's ladder for low urgency one after the other until one takes it. When none does for now it is
/// tried again, until nobody needs to hear it any more.
/// </summary>
internal sealed class NoticeSender(Database database, IEstates estates, NotifierRegistry notifiers, PublicLinks links, JobStore jobs, EventLog log, TimeProvider clock) : IJobHandler
{
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _slowest = TimeSpan.FromMinutes(15);

    public string Kind => NoticeDesk.JobKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var notice = JsonSerializer.Deserialize(job.Payload, NoticeJson.Default.Notice)!;
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        var now = clock.GetUtcNow();
        if (now >= notice.Until)
        {
            await EndAsync(job, notice, "notice.dropped", "nobody needs to hear it any more", ct);
            return;
        }

        var reached = estate.Responders.Resolve(new(TargetKind.User, notice.User), Urgency.Low, now);
        var reason = reached.Because;
        TimeSpan? again = null;
        foreach (var rung in reached.Recipients is [var person, ..] ? person.Rungs : [])
        {
            var outcome = notifiers.Find(rung.Method.Type) is { } notifier
                ? await notifier.SendAsync(MessageOf(estate, notice, job, now), rung.Method, ct)
                : new SendOutcome.Refused($"There is no provider '{rung.Method.Type}'.");
            if (outcome is SendOutcome.Accepted accepted)
            {
                await EndAsync(job, notice, "notice.sent", $"by {rung.Method.Name}, accepted: {accepted.Receipt}", CancellationToken.None);
                return;
            }

            if (outcome is SendOutcome.TryAgain busy)
            {
                again = busy.RetryAfter ?? again ?? _retry;
                reason = $"by {rung.Method.Name}: {busy.Reason}";
            }
            else if (outcome is SendOutcome.Refused refused && again is null)
            {
                reason = $"by {rung.Method.Name}: {refused.Reason}";
            }
        }

        if (again is { } wait)
        {
            // Each time a little later; what counts is the notice's own end.
            var later = TimeSpan.FromTicks(Math.Min(_slowest.Ticks, wait.Ticks * Math.Max(1, job.Attempt)));
            await database.WriteAsync(tx => jobs.RescheduleAsync(tx, job, now + later, reason), CancellationToken.None);
            return;
        }

        await EndAsync(job, notice, "notice.failed", reason, CancellationToken.None);
    }

    private Task EndAsync(LeasedJob job, Notice notice, string kind, string reason, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(job.Workspace);
            await jobs.CompleteAsync(tx, job);
            await log.AppendAsync(tx, job.Workspace, clock.GetUtcNow(), [new(kind, $"user/{notice.User}", "system", $"{notice.Title}: {reason}")]);
        },
        ct);

    private Message MessageOf(EstateSnapshot estate, Notice notice, LeasedJob job, DateTimeOffset now) => new()
    {
        Kind = MessageKind.Note,
        Key = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{estate.Workspace}|{job.Key}")).AsSpan(0, 16)).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        Workspace = estate.Model.Workspace,
        WorkspaceId = estate.Workspace,
        Incident = 0,
        Title = notice.Title,
        Because = notice.Detail,
        Severity = Alerts.Severity.Info,
        Urgency = Urgency.Low,
        Status = "triggered",
        StartedAt = now,
        Now = now,
        Recipient = notice.User,
        TimeZone = estate.Model.Users.GetValueOrDefault(notice.User)?.TimeZone,
        IncidentUrl = links.BaseUrl is { } address ? new($"{address}{notice.Path}") : null,
    };
}
