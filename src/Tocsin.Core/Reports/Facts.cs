using Tocsin.Alerts;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Routing;

namespace Tocsin.Reports;

/// <summary>What reports need to know of an incident, as it is now. Instants are UTC.</summary>
public sealed record IncidentFact
{
    public required long Number { get; init; }

    public IncidentStatus Status { get; init; }

    public Severity Severity { get; init; }

    public Urgency Urgency { get; init; }

    public string? Service { get; init; }

    /// <summary>The team that has the service now; null: none.</summary>
    public string? Team { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Its last end; null: it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>It ended because its alerts did: no person and no key ended it.</summary>
    public bool EndedByItself { get; init; }

    /// <summary>How often it came back after an end.</summary>
    public int Reopened { get; init; }

    /// <summary>Equal for all incidents of one group of alerts.</summary>
    public long Group { get; init; }

    public bool IsOpen => EndedAt is null;
}

public enum ActKind
{
    Acknowledged,
    Snoozed,
    Resolved,

    /// <summary>Whoever escalates, hands over, joins or declines has heard the call, but does not have the incident.</summary>
    Heard,
}

/// <summary>What somebody did with an incident.</summary>
/// <param name="User">Null: a key, a sender or Tocsin itself; what those do is nobody's answer.</param>
public sealed record ActFact(long Incident, string? User, ActKind Kind, DateTimeOffset At);

/// <summary>One message that asked a person to act and that was sent, or told by another that stands for it.</summary>
/// <param name="Kind">
/// A page, the news that nobody answers, a reminder, or a call for help; with <paramref name="Epoch"/> and the incident it says which call the
/// message is part of.
/// </param>
public sealed record MessageFact(long Incident, string User, MessageKind Kind, long Epoch, DateTimeOffset At);

/// <summary>What one alert is called, for people.</summary>
/// <param name="Name">Its label <c>alertname</c>, else its title.</param>
public sealed record AlertName(string Name, string? Service, string Source);

/// <summary>An alert was part of an incident.</summary>
public readonly record struct AlertLinkFact(long Incident, AlertName Alert);
