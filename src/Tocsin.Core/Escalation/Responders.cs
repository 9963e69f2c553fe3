using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Escalation;

public enum RecipientKind
{
    User,
    Channel,
}

/// <summary>One rung of a recipient's ladder: this method, so long after the page began.</summary>
public sealed record Rung(TimeSpan After, ContactMethod Method);

/// <summary>Someone, or a channel, that can be reached: at least one rung.</summary>
public sealed record Recipient(RecipientKind Kind, string Name, IReadOnlyList<Rung> Rungs)
{
    /// <summary>While these hours last the page waits; null: it does not.</summary>
    public DayWindow? Quiet { get; init; }

    /// <summary>When the ladder begins: after the quiet hours.</summary>
    public DateTimeOffset StartAt(DateTimeOffset now) => Quiet?.Free(now) ?? now;

    /// <summary>When a rung of a ladder that would begin now is due.</summary>
    public DateTimeOffset DueAt(DateTimeOffset now, Rung rung) => StartAt(StartAt(now) + rung.After);

    /// <summary>A person is not called again and again for one thing; channels, and people who are only reached by webhooks, are machines.</summary>
    public bool IsPaced => Kind == RecipientKind.User && Rungs.Any(rung => rung.Method.Type != "webhook");

    /// <summary>Tells a user from a channel of the same name.</summary>
    public string Id => Kind == RecipientKind.User ? $"user:{Name}" : $"channel:{Name}";
}

/// <param name="Because">How the target led to these recipients, or why it led to nobody.</param>
public sealed record Reached(IReadOnlyList<Recipient> Recipients, string Because);

/// <summary>Answers "whom does this target reach at this instant?" for one estate. Pure; holds no clock.</summary>
/// <param name="whoIsOn">Schedule name and instant to the people on call.</param>
public sealed class Responders(EstateModel estate, Func<string, DateTimeOffset, OnCallNow?> whoIsOn)
{
    /// <summary>Who had the last turns of teams; null: not known, so that nobody can say whose turn is next.</summary>
    public Turns? Turns { get; init; }

    /// <summary>The same, knowing who had the last turns.</summary>
    public Responders With(Turns turns) => new(estate, whoIsOn) { Turns = turns };

    /// <summary>The same after further turns are over; where nobody knows whose turn it was, nobody does afterwards.</summary>
    public Responders After(IEnumerable<TeamTurn> taken) => Turns is null ? this : With(Turns.After(taken));

    /// <summary>The member of a team whose turn it is: the first after the last one, in the team's order, who can be reached.</summary>
    /// <returns>The turn that is over when this is carried out; null: nobody can be reached.</returns>
    public (Reached Reached, TeamTurn? Turn) InTurn(string policy, int step, string name, Urgency urgency)
    {
        if (!estate.Teams.TryGetValue(name, out var team))
        {
            return (new([], $"there is no team {name} any more"), null);
        }

        IReadOnlyList<string> members = [.. team.Members.Distinct(StringComparer.Ordinal)];
        var last = Turns?.Last(policy, step, name);
        var after = last is null ? -1 : PlaceOf(members, last.User);
        var start = last is null ? 0 : after >= 0 ? after + 1 : last.Place;
        List<string> missed = [];
        for (var i = 0; i < members.Count; i++)
        {
            var place = (start + i) % members.Count;
            if (Reach(members[place], urgency, missed) is { } recipient)
            {
                var who = Turns is null ? $"team {name}, one in turn" : $"team {name}, {members[place]}'s turn{(last is null ? "" : $" after {last.User}")}";
                return (new([recipient], missed.Count == 0 ? who : $"{who} ({string.Join(", ", missed)})"), new(policy, step, name, members[place], place));
            }
        }

        return (new([], members.Count == 0 ? $"team {name} has no members" : $"team {name} ({string.Join(", ", missed)})"), null);
    }

    /// <summary>Everybody and every channel that a target reaches for this urgency, each once, in order.</summary>
    public Reached Resolve(Target target, Urgency urgency, DateTimeOffset now) => target.Kind switch
    {
        TargetKind.User => Users([target.Name], urgency, $"user {target.Name}"),
        TargetKind.Team => estate.Teams.TryGetValue(target.Name, out var team)
            ? Users(team.Members, urgency, $"team {target.Name}")
            : new([], $"there is no team {target.Name} any more"),
        TargetKind.Schedule => whoIsOn(target.Name, now) is { } on
            ? Users(on.Users, urgency, $"schedule {target.Name}: {on.Because}")
            : new([], $"there is no schedule {target.Name} any more"),
        _ => estate.Channels.TryGetValue(target.Name, out var channel)
            ? new([new(RecipientKind.Channel, channel.Name, [new(TimeSpan.Zero, channel)])], $"channel {channel.Name}")
            : new([], $"there is no channel {target.Name} any more"),
    };

    /// <summary>Everybody whose role is owner or admin and who can be reached.</summary>
    public Reached Administrators() =>
        Users([.. estate.Users.Values.Where(u => u.Role is "owner" or "admin").Select(u => u.Name).Order(StringComparer.Ordinal)], Urgency.High, "administrator");

    private Reached Users(IReadOnlyList<string> names, Urgency urgency, string because)
    {
        List<Recipient> reached = [];
        List<string> missed = [];
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            if (Reach(name, urgency, missed) is { } recipient)
            {
                reached.Add(recipient);
            }
        }

        return new(reached, missed.Count == 0 ? because : $"{because} ({string.Join(", ", missed)})");
    }

    private static int PlaceOf(IReadOnlyList<string> members, string name)
    {
        for (var i = 0; i < members.Count; i++)
        {
            if (members[i] == name)
            {
                return i;
            }
        }

        return -1;
    }

    private Recipient? Reach(string name, Urgency urgency, List<string> missed)
    {
        if (!estate.Users.TryGetValue(name, out var person) || person.Disabled)
        {
            missed.Add($"{name} is {(person is null ? "gone" : "disabled")}");
            return null;
        }

        if (Ladder(person, urgency) is not { Count: > 0 } rungs)
        {
            missed.Add($"{name} has no contact method");
            return null;
        }

        return new(RecipientKind.User, name, rungs) { Quiet = person.Quiet?.For(urgency) };
    }

    private static List<Rung> Ladder(Person person, Urgency urgency)
    {
        List<Rung> rungs = [];
        foreach (var rule in urgency == Urgency.High ? person.High : person.Low)
        {
            if (person.Contact.FirstOrDefault(m => m.Name == rule.Via) is { } method)
            {
                rungs.Add(new(rule.After, method));
            }
        }

        // Somebody whose rules for this urgency name nothing usable is better reached somehow than not at all.
        return rungs.Count == 0 && person.Contact.Count > 0 ? [new(TimeSpan.Zero, person.Contact[0])] : [.. rungs.OrderBy(r => r.After)];
    }
}
