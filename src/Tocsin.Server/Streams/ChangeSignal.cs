using System.Collections.Concurrent;

namespace Tocsin.Streams;

/// <summary>Says "look at the log again" to whoever follows a workspace on this node. Carries no data: the log is the truth.</summary>
internal sealed class ChangeSignal
{
    private readonly ConcurrentDictionary<long, TaskCompletionSource> _waiting = [];

    /// <summary>Told of each change that this node made, so that others hear of it.</summary>
    public Action<long>? Raised { get; set; }

    /// <summary>This node committed something.</summary>
    public void Raise(long workspace)
    {
        RaiseHere(workspace);
        Raised?.Invoke(workspace);
    }

    /// <summary>Something changed, wherever that was.</summary>
    public void RaiseHere(long workspace)
    {
        if (_waiting.TryRemove(workspace, out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    /// <summary>Anything may have changed: word of it may have been lost.</summary>
    public void RaiseAll()
    {
        foreach (var workspace in _waiting.Keys)
        {
            RaiseHere(workspace);
        }
    }

    /// <summary>Completes at the next change. Take it before reading the log, so that nothing between is missed.</summary>
    public Task Next(long workspace) =>
        _waiting.GetOrAdd(workspace, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
