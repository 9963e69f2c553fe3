using Tocsin.Jobs;

namespace Tocsin.Hosting;

/// <summary>Whether this node can do its work now.</summary>
internal sealed class Readiness(JobService jobs, TimeProvider clock)
{
    private static readonly TimeSpan _oldest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan _oldestTurn = TimeSpan.FromSeconds(10);

    private DateTimeOffset _storeAt;
    private string? _storeFault = "The store was not reached yet.";
    private bool _stopping;

    /// <summary>Set for nodes that do not work jobs.</summary>
    public bool AnswersOnly { get; set; }

    public void StoreWorks(DateTimeOffset at) => (_storeAt, _storeFault) = (at, null);

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
            { AnswersOnly: false } when now - jobs.LastTurnAt > _oldestTurn => "The job loop has not turned for a while.",
            _ => null,
        };
    }
}
