namespace Tocsin.Identity;

/// <summary>
/// How often a code of six digits may be wrong: as often in a minute as a password, and forty times in a day, so that whoever has somebody's
/// password does not get the code by patience. Places that the person logged in from before are counted apart. Counted on this node, for people
/// only whose password was right; recovery codes are good all the time, since nobody guesses them.
/// </summary>
internal sealed class SecondTries(LoginLimits limits, TimeProvider clock)
{
    public const int TriesPerDay = 40;

    private static readonly TimeSpan _day = TimeSpan.FromDays(1);

    private readonly Dictionary<(long Person, bool Known), (int Spent, DateTimeOffset Since)> _days = [];
    private readonly Lock _lock = new();

    /// <summary>Counts a try of whatever kind from one place.</summary>
    /// <param name="place">As <see cref="LoginLimits.PlaceOf"/>.</param>
    /// <returns>Null: it may be tried. Else how long to wait.</returns>
    public TimeSpan? TakeAt(string place) => limits.Take(Place(place));

    /// <summary>Counts a try at the six digits of one person's app.</summary>
    /// <param name="known">The person has logged in from there before.</param>
    /// <returns>Null: it may be tried. Else how long to wait.</returns>
    public TimeSpan? Take(long person, string place, bool known)
    {
        if (limits.Take(Person(person, place, known)) is { } wait)
        {
            return wait;
        }

        var now = clock.GetUtcNow();
        lock (_lock)
        {
            var (spent, since) = _days.GetValueOrDefault((person, known), (0, now));
            if (now - since >= _day)
            {
                (spent, since) = (0, now);
            }

            if (spent >= TriesPerDay)
            {
                return since + _day - now;
            }

            _days[(person, known)] = (spent + 1, since);
            return null;
        }
    }

    /// <summary>Forgets the tries before a code that was right.</summary>
    public void Succeeded(long person, string place, bool known)
    {
        limits.Return(Place(place));
        limits.Return(Person(person, place, known));
        lock (_lock)
        {
            _days.Remove((person, known));
        }
    }

    private static string Place(string place) => $"second place {place}";

    private static string Person(long person, string place, bool known) => $"second {person} {(known ? place : null)}";
}
