namespace Tocsin.Telemetry;

/// <summary>
/// Whether this node asks the model now: a breaker that opens after three failures in a row, or for as long as the provider asked for, and then lets one question
/// try.
/// </summary>
internal sealed class ModelGate(TimeProvider clock)
{
    private const int OpensAfter = 3;

    private static readonly TimeSpan _openFor = TimeSpan.FromMinutes(1);

    /// <summary>Where somebody has to change settings first, asking again soon helps nobody.</summary>
    private static readonly TimeSpan _refusedFor = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private int _failures;
    private DateTimeOffset _until;
    private string _why = "";

    /// <returns>Why it is not asked now, as one sentence; null: ask.</returns>
    public string? Enter()
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (now < _until)
            {
                return $"The model is left alone for {Math.Ceiling((_until - now).TotalSeconds):0} s more: {_why}";
            }

            if (_failures >= OpensAfter)
            {
                // One tries; the others wait for what comes of it, or for as long as a pause lasts.
                _until = now + _openFor;
            }

            return null;
        }
    }

    public void Worked()
    {
        lock (_gate)
        {
            (_failures, _until) = (0, DateTimeOffset.MinValue);
        }
    }

    /// <param name="after">What the provider asked for; null: nothing.</param>
    public void Failed(string why, TimeSpan? after)
    {
        lock (_gate)
        {
            (_failures, _why) = (_failures + 1, why);
            var pause = after ?? (_failures >= OpensAfter ? _openFor : TimeSpan.Zero);
            _until = clock.GetUtcNow() + pause;
        }
    }

    public void Refused(string why)
    {
        lock (_gate)
        {
            (_failures, _why, _until) = (OpensAfter, why, clock.GetUtcNow() + _refusedFor);
        }
    }
}
