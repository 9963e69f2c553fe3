using System.Collections.Concurrent;
using Tocsin.Providers;

namespace Tocsin.Notify;

/// <summary>
/// Remembers on this node which targets keep failing. A page to such a target is not tried for a moment, so that the person's next
/// method begins at once instead of after one more timeout. Then pages are tried again, and the first failure is enough.
/// </summary>
internal sealed class Breaker(TimeProvider clock)
{
    private const int OpensAfter = 5;

    private static readonly TimeSpan _openFor = TimeSpan.FromSeconds(20);

    private readonly ConcurrentDictionary<long, (int Failures, DateTimeOffset OpenUntil)> _targets = [];

    /// <returns>Until when this target is not tried; null: try it.</returns>
    public DateTimeOffset? OpenUntil(long target) =>
        _targets.TryGetValue(target, out var known) && known.OpenUntil > clock.GetUtcNow() ? known.OpenUntil : null;

    /// <summary>Learns from an outcome, and returns it.</summary>
    public SendOutcome Note(long target, SendOutcome outcome)
    {
        if (outcome is SendOutcome.TryAgain)
        {
            _targets.AddOrUpdate(target, _ => (1, DateTimeOffset.MinValue), (_, known) => Failed(known.Failures + 1));
        }
        else
        {
            // A refusal is an answer too: the target is there.
            _targets.TryRemove(target, out _);
        }

        return outcome;
    }

    private (int Failures, DateTimeOffset OpenUntil) Failed(int failures) =>
        (failures, failures >= OpensAfter ? clock.GetUtcNow() + _openFor : DateTimeOffset.MinValue);
}
