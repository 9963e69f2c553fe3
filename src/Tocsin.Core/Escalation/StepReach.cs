using Tocsin.Routing;

namespace Tocsin.Escalation;

/// <summary>Whom a step reaches at an instant.</summary>
/// <param name="Skipped">Why the step does not count then; null: it counts.</param>
/// <param name="Targets">Where each of its targets led; empty when it does not count.</param>
/// <param name="Taken">Turns of teams that are over when this step is carried out.</param>
public sealed record StepReach(string? Skipped, IReadOnlyList<(Target Target, Reached Reached)> Targets, IReadOnlyList<TeamTurn> Taken)
{
    /// <summary>Everybody and every channel, each once, with how the target led there.</summary>
    public IReadOnlyList<(Recipient To, string Because)> Recipients { get; } =
        [.. Targets.SelectMany(t => t.Reached.Recipients.Select(r => (To: r, t.Reached.Because))).DistinctBy(r => r.To.Id)];

    /// <param name="policy">The policy's name, which turns are kept by.</param>
    /// <param name="index">0-based, which turns are kept by.</param>
    /// <param name="priority">The incident's; null: it has none.</param>
    public static StepReach Of(Responders responders, string policy, int index, PolicyStep step, Urgency urgency, string? priority, DateTimeOffset at)
    {
        if (step.When?.Refuses(urgency, priority, at) is { } refusal)
        {
            return new(refusal, [], []);
        }

        List<(Target, Reached)> targets = [];
        List<TeamTurn> taken = [];
        foreach (var target in step.Notify)
        {
            var (reached, turn) = step.RoundRobin && target.Kind == TargetKind.Team
                ? responders.InTurn(policy, index, target.Name, urgency)
                : (responders.Resolve(target, urgency, at), null);
            targets.Add((target, reached));
            if (turn is not null)
            {
                taken.Add(turn);
            }
        }

        return new(null, targets, taken);
    }
}
