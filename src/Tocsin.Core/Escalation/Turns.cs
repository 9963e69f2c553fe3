namespace Tocsin.Escalation;

/// <summary>Who had the last turn of a team at one step of a policy.</summary>
/// <param name="Step">0-based.</param>
/// <param name="Place">Where among the members that was: whose turn is next when this person has left the team.</param>
public sealed record TeamTurn(string Policy, int Step, string Team, string User, int Place);

/// <summary>The last turns of one workspace, as they are stored. What is not there had no turn yet.</summary>
public sealed class Turns(IEnumerable<TeamTurn> last)
{
    private readonly Dictionary<(string Policy, int Step, string Team), TeamTurn> _last = last.ToDictionary(turn => (turn.Policy, turn.Step, turn.Team));

    public static Turns None { get; } = new([]);

    /// <summary>The same after further turns are over.</summary>
    public Turns After(IEnumerable<TeamTurn> taken)
    {
        List<TeamTurn> latest = [.. taken];
        return latest.Count == 0 ? this : new([.. _last.Values.Where(turn => !latest.Exists(t => (t.Policy, t.Step, t.Team) == (turn.Policy, turn.Step, turn.Team))), .. latest]);
    }

    public TeamTurn? Last(string policy, int step, string team) => _last.GetValueOrDefault((policy, step, team));
}
