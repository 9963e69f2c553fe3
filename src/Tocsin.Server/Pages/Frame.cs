using Tocsin.Sdk;

namespace Tocsin.Pages;

// Razor components are public classes, so what they take as parameters is public too, although nothing outside the server uses it.

/// <summary>What surrounds every page: who looks, at what moment, and the few facts that the header shows.</summary>
public sealed record Frame
{
    /// <summary>The reader's short name; null on pages before login.</summary>
    public string? User { get; init; }

    /// <summary>owner, admin, responder or viewer.</summary>
    public string Role { get; init; } = "viewer";

    public string Workspace { get; init; } = "";

    public required Clock Clock { get; init; }

    /// <summary>The estate says that the reader lives in the clock's zone; else it is what the browser said, or UTC.</summary>
    public bool ZoneIsDeclared { get; init; }

    /// <summary>The same page without its shell, for live.js to take fresh parts from.</summary>
    public bool Fragment { get; init; }

    /// <summary>auto, light or dark.</summary>
    public string Theme { get; init; } = "auto";

    /// <summary>Whether single-key shortcuts are on (WCAG 2.1.4: they can be switched off).</summary>
    public bool Keys { get; init; } = true;

    /// <summary>Whether an open tab sounds when its reader is paged.</summary>
    public bool Sound { get; init; } = true;

    /// <summary>Proves that a form came from a page of ours; see <see cref="FormTokens"/>.</summary>
    public string FormToken { get; init; } = "";

    /// <summary>Open incidents that nobody has yet, for the number in the navigation.</summary>
    public int Waiting { get; init; }

    /// <summary>Who is on call for the reader's teams.</summary>
    public IReadOnlyList<OnCallLine> OnCall { get; init; } = [];

    public EstateLine Estate { get; init; } = new(0, null);

    /// <summary>The newest event that this page knows of; the live stream resumes after it.</summary>
    public long Seq { get; init; }

    /// <summary>What the last form did, said once at the top.</summary>
    public string? Notice { get; init; }

    /// <summary>What the last form could not do, and why.</summary>
    public string? Fault { get; init; }

    /// <summary>A form of this page that was held up until its sender had proved who he is; null: none.</summary>
    public HeldForm? Held { get; init; }

    /// <summary>Sample data is shown; a banner says so.</summary>
    public bool Demo { get; init; }

    /// <summary>Where the sample's fake phones can be looked at; null: nowhere.</summary>
    public string? DemoPhones { get; init; }

    /// <summary>Full names by short name.</summary>
    public IReadOnlyDictionary<string, string> People { get; init; } = new Dictionary<string, string>();

    /// <summary>Users who are never paged, although schedules may name them.</summary>
    public IReadOnlyList<string> Unpaged { get; init; } = [];

    public bool MayAct => Role is "owner" or "admin" or "responder";

    public bool MayAdminister => Role is "owner" or "admin";

    /// <summary>Whether the form that is sent there was held up just now: its button has the focus.</summary>
    public bool Holds(string to) => Held?.To == to;

    /// <summary>What was typed into a field of a form that was held up just now; null: nothing.</summary>
    public string? Typed(string to, string field) => Holds(to) && Held!.Fields.GetValueOrDefault(field) is [var text, ..] ? text : null;

    /// <summary>The reader's full name where one is known.</summary>
    public string? Name => User is null ? null : People.GetValueOrDefault(User, User);

    /// <summary>How a person is called on a page: "you" for the reader, else the full name where one is known.</summary>
    public string Person(string name) =>
        string.Equals(name, User, StringComparison.Ordinal) ? "you" : People.GetValueOrDefault(name, name);

    public string Persons(IEnumerable<string> names) => Words.And([.. names.Select(Person)]);

    /// <summary>As <see cref="Persons"/>, for people who are on call: who is not paged all the same is marked.</summary>
    public string OnCallPersons(IEnumerable<string> names) => Words.And([.. names.Select(name => Unpaged.Contains(name) ? $"{Person(name)} (disabled, not paged)" : Person(name))]);

    /// <summary>Who did it, for a person: "user:ana" is Ana's name, "system" is Tocsin.</summary>
    public string Actor(string actor)
    {
        var colon = actor.IndexOf(':', StringComparison.Ordinal);
        var (kind, name) = colon > 0 ? (actor[..colon], actor[(colon + 1)..]) : ("", actor);
        return kind switch
        {
            "user" => Person(name),
            "key" => $"key {name}",
            "source" => name,
            _ => actor is "system" ? "Tocsin" : Person(actor),
        };
    }
}

/// <param name="To">Where it is sent.</param>
public sealed record HeldForm(string To, IReadOnlyDictionary<string, string[]> Fields);

/// <param name="Team">The team, or the schedule where it has none.</param>
/// <param name="Users">Empty: nobody, which the header says loudly.</param>
public sealed record OnCallLine(string Team, IReadOnlyList<string> Users, DateTimeOffset? Until);

/// <param name="Fault">Why the newest configuration was rejected; the last good one stays active.</param>
public sealed record EstateLine(long Revision, string? Fault);

public enum Nav
{
    None,
    Inbox,
    OnCall,
    Schedules,
    Services,
    Live,
    Logs,
    Traces,
    Metrics,
    Detectors,
    Routing,
    Silences,
    Reports,
    Sources,
    Channels,
    Users,
    Members,
    Keys,
    GitHub,
    Audit,
    Me,
    About,
}
