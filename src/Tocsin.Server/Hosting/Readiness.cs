namespace Tocsin.Hosting;

/// <summary>Whether this node can do its work now.</summary>
internal sealed class Readiness(TimeProvider clock)
{
    private static readonly TimeSpan _oldest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _oldestTurn = TimeSpan.FromSeconds(10);

    private DateTimeOffset _storeAt;
    private DateTimeOffset _turnedAt;
    private string? _storeFault = "The store was not reached yet.";
    private bool _stopping;

    /// <summary>Set for nodes that do not work jobs.</summary>
    public bool AnswersOnly { get; set; }

    /// <summary>When the canary last came through on this node; the metric <c>tocsin_canary_age_seconds</c> counts from it.</summary>
    public DateTimeOffset? CanaryAt { get; private set; }

    /// <summary>
    /// How long the oldest job that is ready has been waiting, as of the last look. No reason to be unready: a node with a backlog must
    /// still take alerts.
    /// </summary>
    public TimeSpan Overdue { get; private set; }

    /// <param name="nextReadyAt">When the next job is ready; in the past: work is overdue.</param>
    public void StoreWorks(DateTimeOffset at, DateTimeOffset? nextReadyAt)
    {
        (_storeAt, _storeFault) = (at, null);
        Overdue = at - nextReadyAt is { } late && late > TimeSpan.Zero ? late : TimeSpan.Zero;
    }

    /// <summary>The job loop went round and met no fault.</summary>
    public void Turned(DateTimeOffset at) => _turnedAt = at;

    public void CanaryArrived(DateTimeOffset at) => CanaryAt = at;

    public void StoreAway(string reason) => _storeFault = reason;

    public void Stopping() => _stopping = true;

    /// <returns>Null when ready; else what is wrong, as one sentence.</returns>
    public string? Check()
    {
        var now = clock.GetUtcNow();
        return this switch
        {
            { _stopping: true } => "The node is stopping.",
            { _storeFault: { } fault } => fault,
            _ when now - _storeAt > _oldest => "The store has not answered for a while.",
            { AnswersOnly: false } when now - _turnedAt > _oldestTurn => "The job loop has not turned for a while.",
            _ => null,
        };
    }
}
