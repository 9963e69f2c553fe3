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
    /// <summary>Tells a user from a channel of the same name.</summary>
    public string Id => Kind == RecipientKind.User ? $"user:{Name}" : $"channel:{Name}";
}

/// <param name="Because">How the target led to these recipients, or why it led to nobody.</param>
public sealed record Reached(IReadOnlyList<Recipient> Recipients, string Because);

/// <summary>Answers "whom does this target reach at this instant?" for one estate. Pure; holds no clock.</summary>
/// <param name="whoIsOn">Schedule name and instant to the people on call.</param>
public sealed class Responders(EstateModel estate, Func<string, DateTimeOffset, OnCallNow?> whoIsOn)
{
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
            if (!estate.Users.TryGetValue(name, out var person) || person.Disabled)
            {
                missed.Add($"{name} is {(person is null ? "gone" : "disabled")}");
            }
            else if (Ladder(person, urgency) is { Count: > 0 } rungs)
            {
                reached.Add(new(RecipientKind.User, name, rungs));
            }
            else
            {
                missed.Add($"{name} has no contact method");
            }
        }

        return new(reached, missed.Count == 0 ? because : $"{because} ({string.Join(", ", missed)})");
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
