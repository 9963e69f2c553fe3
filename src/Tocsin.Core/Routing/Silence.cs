namespace Tocsin.Routing;

/// <summary>Mutes alerts that match all of <paramref name="Match"/> from <paramref name="StartsAt"/> (inclusive) to <paramref name="EndsAt"/> (exclusive), UTC.</summary>
public sealed record Silence(
    string Id, IReadOnlyList<Matcher> Match, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment);
