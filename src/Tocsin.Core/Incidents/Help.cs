using Tocsin.Escalation;

namespace Tocsin.Incidents;

/// <summary>Further people are asked to help with an incident. It stops nothing, and nobody has to take it over.</summary>
internal static class Help
{
    public static IncidentDecision Ask(IncidentState state, IncidentState next, IncidentEvent.RespondersAsked asked, Responders responders, DateTimeOffset now)
    {
        var known = (state.Asked ?? []).ToList();
        var number = known.Count == 0 ? 0 : known.Max(a => a.Number);
        List<IncidentEffect> effects = [];
        List<string> said = [];
        List<string> missed = [];
        foreach (var target in asked.Targets)
        {
            var (recipients, because) = responders.Resolve(target, state.Urgency, now);
            if (recipients.Count == 0)
            {
                missed.Add(because);
            }

            foreach (var to in recipients)
            {
                if (known.Exists(a => a.Id == to.Id && a.Answer is ResponderAnswer.Asked or ResponderAnswer.Joined))
                {
                    missed.Add($"{to.Name} was asked already");
                    continue;
                }

                known.RemoveAll(a => a.Id == to.Id);
                known.Add(new(to.Id, ++number, asked.By, now, ResponderAnswer.Asked, null));
                effects.Add(new IncidentEffect.Ask(to, number, asked.By, asked.Note, because));
                said.Add($"{to.Name} ({because})");
            }
        }

        if (effects.Count == 0)
        {
            return IncidentDecider.Ignore(state, $"nobody is asked: {string.Join("; ", missed)}");
        }

        var line = $"{asked.By} asks {string.Join(", ", said)} to help{(missed.Count > 0 ? $"; not {string.Join("; ", missed)}" : "")}{(asked.Note is null ? "" : $": {asked.Note}")}";
        return new(next with { Asked = known }, effects, [new("incident.help_asked", line)]);
    }

    public static IncidentDecision Answer(IncidentState state, IncidentState next, IncidentEvent.ResponderAnswered answered, DateTimeOffset now)
    {
        var answer = answered.Joins ? ResponderAnswer.Joined : ResponderAnswer.Declined;
        if (Find(state, IdOf(answered.By)) is not { } asked)
        {
            return IncidentDecider.Ignore(state, $"{answered.By} was not asked");
        }

        return asked.Answer == answer
            ? IncidentDecider.Ignore(state, $"{answered.By} has said so already")
            : new(
                With(next, asked with { Answer = answer, AnsweredAt = now }),
                [new IncidentEffect.CancelAsks(asked.Id, $"{answered.By} has answered")],
                [answered.Joins ? new("incident.help_joined", $"{answered.By} joins, asked by {asked.By}") : new("incident.help_declined", $"{answered.By} declines, asked by {asked.By}")]);
    }

    public static IncidentDecision Lose(IncidentState state, IncidentState next, IncidentEvent.ResponderLost lost) =>
        Find(state, lost.Recipient) is { Answer: ResponderAnswer.Asked } asked && asked.Number == lost.Ask
            ? IncidentDecider.Only(With(next, asked with { Answer = ResponderAnswer.Unreachable }), "page.unreachable", $"{lost.Recipient}, who was asked to help, could not be reached: {lost.Reason}")
            : IncidentDecider.Ignore(state, "does not apply any more");

    /// <summary>Whoever takes the incident has joined, if they were asked.</summary>
    public static IncidentState Joined(IncidentState state, string by, DateTimeOffset now) =>
        Find(state, IdOf(by)) is { Answer: not ResponderAnswer.Joined } asked ? With(state, asked with { Answer = ResponderAnswer.Joined, AnsweredAt = now }) : state;

    /// <summary>Those who said something. The others are not called any more, also if the incident opens again.</summary>
    public static IReadOnlyList<AskedResponder>? Answered(IncidentState state) =>
        state.Asked?.Where(a => a.Answer != ResponderAnswer.Asked).ToArray() is { Length: > 0 } answered ? answered : null;

    public static string IdOf(string user) => new Recipient(RecipientKind.User, user, []).Id;

    private static AskedResponder? Find(IncidentState state, string id) => state.Asked?.FirstOrDefault(a => a.Id == id);

    private static IncidentState With(IncidentState state, AskedResponder changed) => state with { Asked = [.. state.Asked!.Select(a => a.Id == changed.Id ? changed : a)] };
}
