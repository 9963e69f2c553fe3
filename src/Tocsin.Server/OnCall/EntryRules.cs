using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Notify;

namespace Tocsin.OnCall;

/// <summary>What an entry must keep to, and who may make which. Docs: <c>docs/how-to/covers.md</c>.</summary>
internal static class EntryRules
{
    public const int MostOpenCovers = 1_000;
    public const int MostOpenTimeOff = 200;
    public const int MostOpenSwaps = 50;
    private const int MostText = 500;

    private static readonly TimeSpan _longest = TimeSpan.FromDays(366);
    private static readonly TimeSpan _furthest = TimeSpan.FromDays(2 * 366);

    /// <summary>Whether somebody may say who is on call without asking anybody: administrators, and whoever manages the team.</summary>
    public static bool Manages(Caller caller, EstateSnapshot estate, string? team) =>
        caller.May(Policies.Configure) || (caller is { User: { } user } && team is not null
            && estate.Model.Teams.TryGetValue(team, out var known) && known.Managers.Contains(user, StringComparer.Ordinal) && caller.May(Policies.ConfigureTeam));

    /// <summary>Whether somebody manages a team that a person is in.</summary>
    public static bool ManagesPerson(Caller caller, EstateSnapshot estate, string person) =>
        caller.May(Policies.Configure) || estate.Model.Teams.Values.Any(t => t.Members.Contains(person, StringComparer.Ordinal) && Manages(caller, estate, t.Name));

    /// <summary>Cuts off what has passed already.</summary>
    /// <returns>An error for a span that is over, turned round, too long or too far away.</returns>
    public static Result<(DateTimeOffset From, DateTimeOffset To)> Span(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        (from, to) = (from.ToUniversalTime(), to.ToUniversalTime());
        return to <= from ? Error.Invalid("to", "It must end after it begins.")
            : to <= now ? Error.Invalid("to", "It is over already; what has passed stays as it was.")
            : to - from > _longest ? Error.Invalid("to", "It lasts at most a year.")
            : from - now > _furthest ? Error.Invalid("from", "It begins within two years.")
            : (from > now ? from : now, to);
    }

    public static Error? FaultOf(EstateSnapshot estate, string field, string? user) =>
        user is not null && estate.Model.Users.TryGetValue(user, out var person)
            ? person.Disabled ? Error.Invalid(field, $"{user} is disabled and would not be paged.") : null
            : Error.Invalid(field, $"There is no user '{PlainText.OneLine(user, 64)}'.");

    public static string Text(string? text) => PlainText.OneLine(text, MostText);
}
