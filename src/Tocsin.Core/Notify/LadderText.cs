using Tocsin.Incidents;
using Tocsin.Routing;

namespace Tocsin.Notify;

/// <summary>How somebody is reached, as a sentence. Follows the same rules as a page does.</summary>
public static class LadderText
{
    /// <summary>
    /// <c>At once phone (ntfy), after 2 min mail (email)</c>, and from when to when it waits, where the person has quiet hours for this urgency. No full stop.
    /// </summary>
    public static string Of(Person person, Urgency urgency)
    {
        var rules = urgency == Urgency.High ? person.High : person.Low;
        var rungs = rules.Where(rule => person.Contact.Any(method => method.Name == rule.Via)).OrderBy(rule => rule.After).Select(rule => Rung(person, rule)).ToArray();
        if (person.Contact.Count == 0)
        {
            return "Not at all: there is no contact method";
        }

        var ladder = rungs.Length > 0 ? string.Join(", ", rungs) : $"at once {Method(person, person.Contact[0].Name)}, since no rule names a method that is there";
        var quiet = person.Quiet?.For(urgency) is { } hours ? $"; within {hours} it waits until {hours.To:HH\\:mm}" : "";
        return $"{char.ToUpperInvariant(ladder[0])}{ladder[1..]}{quiet}";
    }

    private static string Rung(Person person, NotifyRule rule) =>
        $"{(rule.After == TimeSpan.Zero ? "at once" : $"after {IncidentDecider.Text(rule.After)}")} {Method(person, rule.Via)}";

    private static string Method(Person person, string name)
    {
        var type = person.Contact.First(method => method.Name == name).Type;
        return type == name ? name : $"{name} ({type})";
    }
}
