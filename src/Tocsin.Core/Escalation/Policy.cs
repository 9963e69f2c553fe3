using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Escalation;

public enum TargetKind
{
    User,
    Schedule,
    Team,
    Channel,
}

/// <summary>Whom a step notifies; written <c>schedule:payments-primary</c>.</summary>
public readonly record struct Target(TargetKind Kind, string Name)
{
    public override string ToString() => $"{Kind.ToString().ToLowerInvariant()}:{Name}";

    /// <summary>Reads <c>kind:name</c>; false if the kind is unknown or the name is empty.</summary>
    public static bool TryParse(string text, out Target target)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && colon < text.Length - 1
            && Enum.TryParse<TargetKind>(text.AsSpan(0, colon), ignoreCase: true, out var kind) && Enum.IsDefined(kind)
            && !char.IsAsciiDigit(text[0]))
        {
            target = new(kind, text[(colon + 1)..].Trim());
            return true;
        }

        target = default;
        return false;
    }
}

/// <param name="Wait">How long to wait for somebody before the next step. 0 to 24 h.</param>
public sealed record PolicyStep(IReadOnlyList<Target> Notify, TimeSpan Wait)
{
    /// <summary>When the step counts; null: always. One that does not count is passed at once, and said.</summary>
    public StepCondition? When { get; init; }

    /// <summary>Of each team one member is paged instead of all: whoever's turn it is.</summary>
    public bool RoundRobin { get; init; }
}

/// <summary>When a step counts. All that is given must hold.</summary>
public sealed record StepCondition
{
    /// <summary>Null: any.</summary>
    public Urgency? Urgency { get; init; }

    /// <summary>Null: at any time.</summary>
    public DayWindow? Hours { get; init; }

    /// <summary>Priorities as senders write them, such as P1; empty: any, also none.</summary>
    public IReadOnlyList<string> Priorities { get; init; } = [];

    /// <summary>Why the step does not count for an incident at an instant.</summary>
    /// <param name="priority">The incident's; null: it has none.</param>
    /// <returns>Null: it counts.</returns>
    public string? Refuses(Urgency urgency, string? priority, DateTimeOffset at) =>
        Urgency is { } wanted && wanted != urgency ? $"it is for {Word(wanted)} urgency, and this is {Word(urgency)}"
        : Priorities.Count > 0 && !Priorities.Contains(priority ?? "", StringComparer.OrdinalIgnoreCase)
            ? $"it is for priority {string.Join(" or ", Priorities)}, and this has {(priority is null ? "none" : priority)}"
        : Hours is { } hours && !hours.Contains(at) ? $"it is for {hours}"
        : null;

    /// <summary>Such as <c>high urgency, priority P1 or P2, mon-fri 09:00-18:00 (Europe/Berlin)</c>.</summary>
    public override string ToString() => string.Join(
        ", ",
        new[]
        {
            Urgency is { } urgency ? $"{Word(urgency)} urgency" : "",
            Priorities.Count > 0 ? $"priority {string.Join(" or ", Priorities)}" : "",
            Hours?.ToString() ?? "",
        }.Where(part => part.Length > 0));

    private static string Word(Urgency urgency) => urgency == Routing.Urgency.High ? "high" : "low";
}

/// <param name="Repeat">How often the steps are run again when nobody answered. 0 to 100; rounds = repeat + 1.</param>
/// <param name="Steps">At least one.</param>
public sealed record Policy(string Name, IReadOnlyList<PolicyStep> Steps, int Repeat)
{
    public int Rounds => Repeat + 1;

    /// <summary>
    /// How long an acknowledged incident may rest before whoever has it is reminded, and if still nothing happens the escalation begins again; null: for ever. 1 min to 7 d.
    /// </summary>
    public TimeSpan? RepageAfter { get; init; }
}
