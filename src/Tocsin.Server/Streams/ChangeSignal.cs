using System.Collections.Concurrent;

namespace Tocsin.Streams;

/// <summary>Says "look at the log again" to whoever follows a workspace on this node. Carries no data: the log is the truth.</summary>
internal sealed class ChangeSignal
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource> _waiting = [];

    public void Raise(long workspace)
    {
        if (_waiting.TryRemove(workspace, out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    /// <summary>Completes at the next change. Take it before reading the log, so that nothing between is missed.</summary>
    public Task Next(long workspace) =>
        _waiting.GetOrAdd(workspace, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
