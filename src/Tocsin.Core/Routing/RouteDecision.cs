using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Routing;

/// <summary>What makes alerts of one destination one group.</summary>
/// <param name="Text">
/// The route's path and the group labels, such as <c>root/checkout:{alertname="Down",service="checkout"}</c>; a label that the alert lacks has
/// the value "". At most 1 024 characters: a longer one ends in its SHA-256 instead of its rest.
/// </param>
/// <param name="Hash">The first eight bytes, big-endian, of the SHA-256 of the whole text. Stable over releases: it is stored.</param>
public readonly record struct GroupKey(string Text, long Hash)
{
    private const int MaxText = 1024;

    internal static GroupKey Of(ReadOnlySpan<char> text)
    {
        var count = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = count <= 2048 ? stackalloc byte[2048] : new byte[count];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(text, utf8)], hash);
        var shown = text.Length <= MaxText ? text.ToString() : $"{text[..(MaxText - 65)]}:{Convert.ToHexStringLower(hash)}";
        return new(shown, BinaryPrimitives.ReadInt64BigEndian(hash));
    }

    public override string ToString() => Text;
}

/// <summary>One place that an alert goes to, with everything that the route says about it, inherited and defaulted.</summary>
public sealed record Destination
{
    /// <summary>The route's own name, unique in the tree.</summary>
    public required string Route { get; init; }

    /// <summary>The names from the root to the route, joined by slashes.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// The escalation policy: of the route or the nearest parent below the root that names one, else of the service, else of the root.
    /// <see cref="Routing.Route.NoPolicy"/> pages nobody on purpose; null means that nothing names one.
    /// </summary>
    public required string? Policy { get; init; }

    /// <summary>Who named the policy, for explanations: <c>route checkout</c>, <c>service checkout</c>; empty if nobody did.</summary>
    public required string PolicyFrom { get; init; }

    public required Urgency Urgency { get; init; }

    /// <summary>Whether a route says so; if none does, the urgency follows the severity.</summary>
    public required bool UrgencyFixed { get; init; }

    /// <summary>The route's service, else the alert's own; null if neither has one.</summary>
    public required string? Service { get; init; }

    /// <summary>The labels that group, sorted; <c>...</c> alone means all.</summary>
    public required IReadOnlyList<string> GroupBy { get; init; }

    public required TimeSpan GroupWait { get; init; }

    public required TimeSpan GroupInterval { get; init; }

    public required GroupKey Group { get; init; }

    /// <summary>The repository, <c>owner/name</c>, where its alarms get issues; null: none.</summary>
    public required string? Issues { get; init; }

    /// <summary>Whether the next occurrence of an alarm opens its last issue again.</summary>
    public required bool ReopenIssues { get; init; }

    /// <summary>Why the alert is here: each route of the path with the matchers that held. Ready for a timeline.</summary>
    public required string Reason { get; init; }
}

/// <param name="Destinations">At least one; in the order of the tree.</param>
/// <param name="Trace">How the tree was walked, from the root; null unless it was asked for.</param>
public sealed record RouteDecision(IReadOnlyList<Destination> Destinations, RouteTrace? Trace);

public enum RouteVerdict
{
    Matched,
    Refused,

    /// <summary>An earlier sibling took the alert and does not continue.</summary>
    NotReached,
}

/// <summary>What the router did at one route.</summary>
public sealed record RouteTrace
{
    public required string Route { get; init; }

    public required RouteVerdict Verdict { get; init; }

    /// <summary>The matchers in order up to the first that failed, that one included; all if the route matched; none if it was not reached.</summary>
    public IReadOnlyList<MatcherCheck> Checks { get; init; } = [];

    /// <summary>Whether the alert stays here because no child took it.</summary>
    public bool IsDestination { get; init; }

    public bool Continue { get; init; }

    /// <summary>The children, if this route matched.</summary>
    public IReadOnlyList<RouteTrace> Routes { get; init; } = [];

    /// <summary>The matcher that kept the alert out; null unless <see cref="RouteVerdict.Refused"/>.</summary>
    public MatcherCheck? Failed => Verdict == RouteVerdict.Refused ? Checks[^1] : null;
}

/// <param name="Values">What the matcher was tried against; a single empty string if the alert has nothing of that name.</param>
public sealed record MatcherCheck(Matcher Matcher, bool Held, IReadOnlyList<string> Values)
{
    /// <summary>For a person: <c>team="platform" (team is payments)</c>.</summary>
    public override string ToString() =>
        $"{MatcherText.Format(Matcher)} ({Matcher.Name} is {(Values is [""] ? "missing" : string.Join(" or ", Values))})";
}
