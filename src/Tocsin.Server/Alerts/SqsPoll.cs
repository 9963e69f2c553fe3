using System.Globalization;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Jobs;
using Tocsin.Outgoing;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <summary>Sees to it that each queue is asked. Asking is a job: one node has it, and another takes it over.</summary>
internal sealed class SqsQueues(Database database, EstateCache estates, JobStore jobs, TimeProvider clock, ILogger<SqsQueues> logger)
    : RepeatedWork(TimeSpan.FromSeconds(5), clock)
{
    public override async Task TurnAsync(CancellationToken ct)
    {
        foreach (var (estate, source) in await estates.OfTypeAsync(Sqs.Id, ct))
        {
            var key = SqsPoll.KeyOf(source.Name);
            var known = await database.ReadAsync(
                session => session.ScalarAsync("SELECT COUNT(*) FROM job WHERE workspace_id = @workspace AND job_key = @key", ("workspace", estate.Workspace), ("key", key)), ct);
            if (known == 0)
            {
                var now = Clock.GetUtcNow();
                await database.WriteAsync(tx => jobs.EnqueueAsync(tx, [SqsPoll.Next(estate.Workspace, source.Name, 0, now)], now), ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.QueuesWait(reason);

    protected override void Broke(Exception bug) => logger.QueuesBroke(bug);
}

/// <summary>
/// Asks one queue once, takes what it has one after the other, deletes what is stored, and asks again. A message is deleted only after the commit; what was
/// rejected is kept here and left on the queue, whose redrive policy counts.
/// </summary>
internal sealed class SqsPoll(
    Database database, IEstates estates, JobStore jobs, AlertReceiver receiver, GuardedHttp http, AwsKeys keys, IHostApplicationLifetime life,
    TimeProvider clock, ILogger<SqsPoll> logger)
    : IJobHandler
{
    public const string JobKind = "sqs.poll";

    private const int MostFailures = 6;

    private static readonly TimeSpan _afterFault = TimeSpan.FromSeconds(2);

    public string Kind => JobKind;

    public static string KeyOf(string source) => $"sqs/{source}";

    /// <param name="failures">How often the queue could not be asked, in a row.</param>
    public static NewJob Next(long workspace, string source, int failures, DateTimeOffset at) =>
        new(workspace, JobKind, KeyOf(source), StableHash.Of("sqs", $"{workspace}/{source}"), at, string.Create(CultureInfo.InvariantCulture, $"{failures} {source}"));

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var space = job.Payload.IndexOf(' ', StringComparison.Ordinal);
        var (failures, name) = (int.Parse(job.Payload[..space], CultureInfo.InvariantCulture), job.Payload[(space + 1)..]);
        if (await estates.FindAsync(job.Workspace, ct) is not { } estate || !estate.Model.Sources.TryGetValue(name, out var source) || source.Type != Sqs.Id)
        {
            await database.WriteAsync(tx => jobs.CompleteAsync(tx, job), ct);
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, life.ApplicationStopping);
        var next = clock.GetUtcNow();
        try
        {
            var fault = await AskAsync(estate, source, either.Token);
            (failures, next) = fault is null ? (0, clock.GetUtcNow()) : (Math.Min(failures + 1, MostFailures), clock.GetUtcNow() + (_afterFault * Math.Pow(2, failures)));
            if (fault is not null)
            {
                logger.AskedInVain(name, fault);
            }
        }
        catch (OperationCanceledException) when (life.ApplicationStopping.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // What was received and not deleted is seen again when its time is over, by this node or another.
        }

        await database.WriteAsync(
            async tx =>
            {
                await jobs.CompleteAsync(tx, job);
                await jobs.EnqueueAsync(tx, [Next(job.Workspace, name, failures, next)], clock.GetUtcNow());
            },
            CancellationToken.None);
    }

    /// <returns>Null, or why the queue could not be asked, or not all that it had be taken.</returns>
    private async Task<string?> AskAsync(EstateSnapshot estate, Source source, CancellationToken ct)
    {
        var key = await keys.FindAsync(estate, source, ct);
        if (!key.Ok)
        {
            return key.Error.Detail;
        }

        var queue = new SqsQueue(http, source, key.Value, clock);
        var received = await queue.ReceiveAsync(ct);
        if (!received.Ok)
        {
            return received.Error.Detail;
        }

        var messages = received.Value;
        List<SqsMessage> done = [];
        string? fault = null;
        using var taken = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var renewing = messages.Count == 0 ? Task.CompletedTask : RenewAsync(queue, source, messages, taken.Token);
        try
        {
            for (var i = 0; i < messages.Count && fault is null; i++)
            {
                fault = await TakeAsync(estate, source, messages[i], done, ct);
            }
        }
        finally
        {
            await taken.CancelAsync();
            await renewing;
        }

        // Deleted all the same when a later one could not be stored: each message has its own fate.
        return done.Count == 0 ? fault : await queue.DeleteAsync(done, CancellationToken.None) ?? fault;
    }

    /// <summary>Keeps messages hidden while they are stored, however long that takes; those that are stored as well, since they are deleted at the end.</summary>
    private async Task RenewAsync(SqsQueue queue, Source source, IReadOnlyList<SqsMessage> messages, CancellationToken taken)
    {
        var half = TimeSpan.FromSeconds(queue.Visibility / 2.0);
        while (true)
        {
            await Task.Delay(half, clock, taken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (taken.IsCancellationRequested)
            {
                return;
            }

            // Not cut off: one that is on its way when the work is done is waited for.
            if (await queue.RenewAsync(messages, CancellationToken.None) is { } fault)
            {
                logger.NotRenewed(source.Name, fault);
            }
        }
    }

    private async Task<string?> TakeAsync(EstateSnapshot estate, Source source, SqsMessage message, List<SqsMessage> done, CancellationToken ct)
    {
        try
        {
            var outcome = await receiver.ReceiveCheckedAsync(estate, source, Encoding.UTF8.GetBytes(message.Body), name => name == "source" ? message.Hint : name == Correlation.Header ? Correlation.Safe(message.Id) ?? "" : "", message.Id, ct);
            if (outcome is { Ok: true, Value.Verdict: not Verdict.Unparsed })
            {
                done.Add(message);
            }
            else
            {
                logger.MessageRejected(source.Name, message.Id, message.Received, outcome.Ok ? outcome.Value.Reason ?? "" : outcome.Error.Detail);
            }

            return null;
        }
        catch (StoreUnavailableException e)
        {
            return e.Message;
        }
    }
}

internal static partial class SqsLog
{
    [LoggerMessage(2351, LogLevel.Warning, "Queues are not asked now: {Reason}")]
    public static partial void QueuesWait(this ILogger logger, string reason);

    [LoggerMessage(2352, LogLevel.Critical, "Looking after queues met a bug; it is tried again in 5 s")]
    public static partial void QueuesBroke(this ILogger logger, Exception e);

    [LoggerMessage(2353, LogLevel.Warning, "The queue of {Source} is asked again in a while: {Reason}")]
    public static partial void AskedInVain(this ILogger logger, string source, string reason);

    [LoggerMessage(2355, LogLevel.Warning, "Messages of the queue of {Source} could not be kept hidden; they may be seen twice, and are taken once: {Reason}")]
    public static partial void NotRenewed(this ILogger logger, string source, string reason);

    [LoggerMessage(2356, LogLevel.Warning, "The depth of queues is not read now: {Reason}")]
    public static partial void DepthsWait(this ILogger logger, string reason);

    [LoggerMessage(2357, LogLevel.Critical, "Reading the depth of queues met a bug; it is tried again in 30 s")]
    public static partial void DepthsBroke(this ILogger logger, Exception e);

    [LoggerMessage(2354, LogLevel.Warning, "A message of the queue of {Source} is rejected, kept, and left to the queue's redrive policy: {MessageId}, received {Times} times: {Reason}")]
    public static partial void MessageRejected(this ILogger logger, string source, string messageId, int times, string reason);
}
