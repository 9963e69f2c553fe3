using Tocsin.Data;
using Tocsin.Escalation;

namespace Tocsin.Incidents;

/// <summary>Who had the last turn of a team at a step of a policy; read and written under the workspace's lock, so that no turn is given twice.</summary>
internal sealed class TurnStore
{
    /// <summary>The last turns of one policy.</summary>
    public async Task<Turns> OfAsync(Session session, long workspace, string policy) => new(await session.QueryAsync(
        "SELECT step, team, user_name, place FROM team_turn WHERE workspace_id = @workspace AND policy = @policy",
        row => new TeamTurn(policy, row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetInt32(3)), ("workspace", workspace), ("policy", policy)));

    public Task TakeAsync(Tx tx, long workspace, TeamTurn turn) => tx.ExecuteAsync(
        """
        INSERT INTO team_turn (workspace_id, policy, step, team, user_name, place) VALUES (@workspace, @policy, @step, @team, @user, @place)
        ON CONFLICT (workspace_id, policy, step, team) DO UPDATE SET user_name = excluded.user_name, place = excluded.place
        """,
        ("workspace", workspace), ("policy", turn.Policy), ("step", turn.Step), ("team", turn.Team), ("user", turn.User), ("place", turn.Place));
}
