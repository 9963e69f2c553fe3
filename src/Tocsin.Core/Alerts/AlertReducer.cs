namespace Tocsin.Alerts;

/// <summary>Deduplication and order: what one more delivery, or the lack of one, does to an alert. Pure.</summary>
public static class AlertReducer
{
    private static readonly TimeSpan _mostSlack = TimeSpan.FromSeconds(30);

    /// <param name="state">Null: never heard of.</param>
    /// <param name="signal">Firing or resolved; other statuses do not concern the alert's life.</param>
    /// <param name="receivedAt">UTC; stands in for times that the sender left out.</param>
    public static AlertDecision Decide(AlertState? state, Signal signal, DateTimeOffset receivedAt) => (state, signal.Status) switch
    {
        (null, SignalStatus.Resolved) => new(End(Begin(signal, receivedAt, episodes: 0), signal, receivedAt), AlertChange.EndedUnheard, "its end came before its beginning"),
        (null, _) => new(Begin(signal, receivedAt, episodes: 1), AlertChange.Fired, "first heard of"),
        ({ Status: AlertStatus.Firing } s, SignalStatus.Resolved) when IsOfEarlierEpisode(s, signal) => new(s, AlertChange.None, "the end of an earlier episode, heard late"),
        ({ Status: AlertStatus.Firing } s, SignalStatus.Resolved) => new(End(s, signal, receivedAt), AlertChange.Ended, "the sender says it ended"),
        ({ Status: AlertStatus.Firing } s, _) => Repeat(s, signal, receivedAt),
        ({ } s, SignalStatus.Resolved) => new(s, AlertChange.None, "ended already"),
        ({ } s, _) when IsOfEndedEpisode(s, signal) => new(s, AlertChange.None, "belongs to an episode that ended already"),
        ({ } s, _) => new(Begin(signal, receivedAt, s.Episodes + 1), AlertChange.Fired, s.Episodes == 0 ? "first heard of" : "fires again"),
    };

    /// <summary>Ends an alert that was not sent again in time.</summary>
    public static AlertDecision Expire(AlertState state, DateTimeOffset now) =>
        state.Status == AlertStatus.Firing && state.ExpiresAt <= now
            ? new(state with { Status = AlertStatus.Resolved, EndedAt = now, EndedBy = EndedBy.Timeout, ExpiresAt = null }, AlertChange.Ended, "it was not sent again in time")
            : new(state, AlertChange.None, "not due");

    /// <summary>
    /// Ends an alert whose incidents people resolved, so that its next occurrence pages again. Not one that expires by itself: its sender
    /// repeats it as long as it lasts, and a repetition is no occurrence.
    /// </summary>
    public static AlertDecision LetGo(AlertState state, DateTimeOffset now) =>
        state is { Status: AlertStatus.Firing, ExpiresAt: null }
            ? new(state with { Status = AlertStatus.Resolved, EndedAt = now, EndedBy = EndedBy.Person }, AlertChange.Ended, "a person resolved it")
            : new(state, AlertChange.None, "lasts until its sender falls silent");

    private static AlertState Begin(Signal signal, DateTimeOffset receivedAt, int episodes) => new(
        AlertStatus.Firing, signal.StartedAt ?? receivedAt, signal.StartedAt is not null, null, EndedBy.Nobody, RoundUp(signal.ExpiresAt, receivedAt), episodes);

    private static AlertState End(AlertState state, Signal signal, DateTimeOffset receivedAt) => state with
    {
        Status = AlertStatus.Resolved,
        EndedAt = signal.EndedAt ?? receivedAt,
        EndedBy = signal.EndedAt is null ? EndedBy.Sender : EndedBy.SenderWithTime,
        ExpiresAt = null,
    };

    private static AlertDecision Repeat(AlertState state, Signal signal, DateTimeOffset receivedAt) =>
        signal.ExpiresAt is { } expiresAt && (state.ExpiresAt is not { } known || expiresAt > known)
            ? new(state with { ExpiresAt = RoundUp(expiresAt, receivedAt) }, AlertChange.Refreshed, "sent again")
            : new(state, AlertChange.None, "sent again");

    private static bool IsOfEarlierEpisode(AlertState state, Signal signal) =>
        state.SenderStart && signal.EndedAt is { } ended && ended < state.StartedAt;

    /// <summary>
    /// A beginning that arrives after its own end, or the repetition of one that a person ended. Senders whose alerts expire by themselves are
    /// believed: they say that it fires now, and a mistake ends with the expiry.
    /// </summary>
    private static bool IsOfEndedEpisode(AlertState state, Signal signal) =>
        signal.ExpiresAt is null && signal.StartedAt is { } started
        && ((state.EndedBy == EndedBy.SenderWithTime && started < state.EndedAt)
            || (state.EndedBy is EndedBy.Sender or EndedBy.SenderWithTime && state.SenderStart && Stored(started) == Stored(state.StartedAt))
            || (state.EndedBy == EndedBy.Person && state.SenderStart && Stored(started) <= Stored(state.StartedAt)));

    /// <summary>As instants come back from the store: senders tell nanoseconds, and the same beginning must stay the same.</summary>
    private static DateTimeOffset Stored(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMicrosecond));

    private static DateTimeOffset? RoundUp(DateTimeOffset? expiresAt, DateTimeOffset receivedAt)
    {
        if (expiresAt is not { } at)
        {
            return null;
        }

        var slack = TimeSpan.FromTicks(Math.Max(0, (at - receivedAt).Ticks / 8));
        return at + (slack < _mostSlack ? slack : _mostSlack);
    }
}
