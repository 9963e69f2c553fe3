namespace Tocsin.Alerts;

/// <summary>The numbers are stored.</summary>
public enum AlertStatus
{
    Firing = 0,
    Resolved = 1,
}

/// <summary>Who said that an alert is over. The numbers are stored.</summary>
public enum EndedBy
{
    Nobody = 0,

    /// <summary>The sender, with the time of the end.</summary>
    SenderWithTime = 1,

    /// <summary>The sender, without a time: the receipt counts.</summary>
    Sender = 2,

    /// <summary>The sender stopped sending it.</summary>
    Timeout = 3,

    /// <summary>A person resolved the incidents that it fired in; the sender has said nothing yet.</summary>
    Person = 4,
}

/// <summary>What is remembered of one alert to judge its next delivery. Instants are UTC.</summary>
/// <param name="SenderStart">Whether <paramref name="StartedAt"/> is the sender's word rather than the time of receipt.</param>
/// <param name="ExpiresAt">Rounded up, so that most re-sends need not be stored: at most an eighth of the remaining time, and 30 s.</param>
/// <param name="Episodes">How often it began to fire; 0 if only its end was ever heard of.</param>
public readonly record struct AlertState(
    AlertStatus Status, DateTimeOffset StartedAt, bool SenderStart, DateTimeOffset? EndedAt, EndedBy EndedBy, DateTimeOffset? ExpiresAt, int Episodes);

/// <summary>What a delivery means for what is known.</summary>
public enum AlertChange
{
    /// <summary>Nothing to store: a repetition, or news that came too late.</summary>
    None,

    /// <summary>Still the same episode; its expiry or its end moved.</summary>
    Refreshed,

    /// <summary>It began to fire.</summary>
    Fired,

    /// <summary>It ended.</summary>
    Ended,

    /// <summary>Its end was heard of before its beginning: remembered, so that the late beginning pages nobody.</summary>
    EndedUnheard,
}

/// <param name="Reason">One sentence for the log.</param>
public readonly record struct AlertDecision(AlertState State, AlertChange Change, string Reason);
