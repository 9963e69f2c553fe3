namespace Tocsin.Jobs;

/// <summary>Work to be done later, at least once, whatever happens to the process in between.</summary>
/// <param name="Key">Unique in the workspace while the job exists; enqueueing a known key again changes nothing.</param>
/// <param name="Lane">Jobs of one lane share a limit of how many run at once, so that one slow target holds up nobody else.</param>
/// <param name="Payload">JSON for the handler of <paramref name="Kind"/>.</param>
internal sealed record NewJob(long Workspace, string Kind, string Key, long Lane, DateTimeOffset ReadyAt, string Payload);

/// <summary>A job that this node holds until <paramref name="LeasedUntil"/>.</summary>
/// <param name="Attempt">Grows with each lease: the fencing token that every later write about the job must match.</param>
/// <param name="Failures">How often it failed. A lease that ran out, or was given back, is no failure of the job's.</param>
internal sealed record LeasedJob(
    long Workspace, long Id, string Kind, string Key, long Lane, int Attempt, int Failures, string Payload, DateTimeOffset LeasedUntil);

/// <summary>The lease was lost to another node; whatever was decided under it must not be stored.</summary>
internal sealed class LeaseLostException(LeasedJob job) : Exception($"The lease of job {job.Id} ({job.Key}) was lost.");

/// <summary>Carries out one kind of job. Found once by a scan at start.</summary>
internal interface IJobHandler
{
    string Kind { get; }

    /// <summary>
    /// Does the work. The handler ends the job itself, in the transaction that stores the outcome
    /// (<see cref="JobStore.CompleteAsync"/> or <see cref="JobStore.RescheduleAsync"/>). An exception makes the job be tried
    /// again with growing delays, and at last puts it on the list of dead jobs.
    /// </summary>
    Task RunAsync(LeasedJob job, CancellationToken ct);
}

/// <summary>The node's own worker, as the store sees it: new due jobs go straight to it when it has room.</summary>
internal interface ILocalWorker
{
    string Node { get; }

    /// <summary>Takes a place for a job of this lane; false when the worker is full or stopping.</summary>
    bool TryReserve(long lane);

    void Release(long lane);

    /// <summary>Starts a job for which a place was reserved and whose lease is committed.</summary>
    void Start(LeasedJob job);

    /// <summary>Says that a job will be ready at this instant.</summary>
    void Expect(DateTimeOffset readyAt);
}
