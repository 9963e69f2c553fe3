using Microsoft.Extensions.Options;

namespace Tocsin.Issues;

/// <summary>
/// Whether this node asks the host now: a pace between requests, a breaker that opens after three failures in a row and lets one request try
/// after 30 s, and the limits that the host itself sets.
/// </summary>
internal sealed class IssueGate(IOptions<GitHubOptions> options, TimeProvider clock) : IDisposable
{
    private const int OpensAfter = 3;

    private static readonly TimeSpan _openFor = TimeSpan.FromSeconds(30);

    /// <summary>Where the host says that there is a limit and not how long: 5 s, 10 s and so on.</summary>
    private static readonly TimeSpan _firstLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _longestLimit = TimeSpan.FromMinutes(15);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _turn = new(1);
    private int _failures;
    private int _limits;
    private bool _probing;
    private DateTimeOffset _openUntil;
    private DateTimeOffset _limitedUntil;
    private DateTimeOffset _lastAt;

    /// <summary>Until when nobody asks; null: ask.</summary>
    public (DateTimeOffset Until, string Why)? Rests
    {
        get
        {
            lock (_gate)
            {
                return Closed(clock.GetUtcNow());
            }
        }
    }

    /// <summary>Waits for the pace, and then asks whether to go. After a pause of the breaker one goes first, alone.</summary>
    /// <returns>Null: go.</returns>
    public async Task<(DateTimeOffset Until, string Why)?> EnterAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var wait = _lastAt + options.Value.Spacing - clock.GetUtcNow();
            if (wait > TimeSpan.Zero && Rests is null)
            {
                await Task.Delay(wait, clock, ct);
            }

            lock (_gate)
            {
                var now = clock.GetUtcNow();
                if (Closed(now) is { } closed)
                {
                    return closed;
                }

                if (_failures >= OpensAfter)
                {
                    // If it never comes back, others go after the time that a pause lasts.
                    (_probing, _openUntil) = (true, now + _openFor);
                }

                _lastAt = now;
                return null;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>The host answered sensibly.</summary>
    public void Worked()
    {
        lock (_gate)
        {
            (_failures, _limits, _probing, _openUntil) = (0, 0, false, DateTimeOffset.MinValue);
        }
    }

    /// <summary>The host is away or broken.</summary>
    public void Failed()
    {
        lock (_gate)
        {
            _probing = false;
            if (++_failures >= OpensAfter)
            {
                _openUntil = clock.GetUtcNow() + _openFor;
            }
        }
    }

    /// <summary>The host set a limit.</summary>
    /// <param name="until">Null: it did not say.</param>
    /// <returns>When to ask again.</returns>
    public DateTimeOffset Limited(DateTimeOffset? until)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var length = TimeSpan.FromTicks(Math.Min(_longestLimit.Ticks, _firstLimit.Ticks << Math.Min(_limits, 10)));
            if (now >= _limitedUntil)
            {
                // Several answers of one limit are one.
                _limits++;
            }

            var end = until ?? now + length;
            _limitedUntil = end > _limitedUntil ? end : _limitedUntil;

            // It is there.
            (_failures, _probing, _openUntil) = (0, false, DateTimeOffset.MinValue);
            return _limitedUntil;
        }
    }

    public void Dispose() => _turn.Dispose();

    private (DateTimeOffset Until, string Why)? Closed(DateTimeOffset now) =>
        now < _limitedUntil ? (_limitedUntil, "GitHub set a limit")
        : _failures >= OpensAfter && now < _openUntil ? (_openUntil, _probing ? "one request tries whether GitHub is back" : "GitHub failed three times in a row")
        : null;
}
