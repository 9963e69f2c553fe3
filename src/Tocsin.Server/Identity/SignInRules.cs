using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Streams;

namespace Tocsin.Identity;

/// <summary>What a workspace asks of its own members. It can only ask for more than the process does, never for less.</summary>
/// <param name="SecondFactor">Who must have a second factor.</param>
/// <param name="OwnersInvite">Only owners invite; else administrators do too.</param>
internal sealed record SignInRules(SecondFactorDuty SecondFactor, bool OwnersInvite)
{
    public static string Word(SecondFactorDuty duty) => duty switch
    {
        SecondFactorDuty.Admins => "admins",
        SecondFactorDuty.Everybody => "everybody",
        _ => "none",
    };

    public static Result<SecondFactorDuty> ReadDuty(string? word) => word switch
    {
        "none" => SecondFactorDuty.None,
        "admins" => SecondFactorDuty.Admins,
        "everybody" => SecondFactorDuty.Everybody,
        _ => Error.Invalid("second_factor", "'second_factor' must be none, admins or everybody."),
    };

    public static Result<bool> ReadInviters(string? word) => word switch
    {
        "owner" => true,
        "admin" => false,
        _ => Error.Invalid("invite_from", "'invite_from' must be admin or owner."),
    };
}

/// <summary>Reads and changes the rules of a workspace.</summary>
internal sealed class SignInRuleDesk(Database database, EventLog log, IOptions<AccountOptions> options, TimeProvider clock)
{
    /// <summary>What the process asks of everybody, whatever a workspace says.</summary>
    public SecondFactorDuty Least => options.Value.RequireSecondFactor;

    public Task<SignInRules> OfAsync(long workspace, CancellationToken ct) => database.ReadAsync(session => OfAsync(session, workspace), ct);

    /// <summary>What the workspace itself asks for.</summary>
    public static async Task<SignInRules> OfAsync(Session session, long workspace) => await session.FirstAsync(
        "SELECT second_factor, owners_invite FROM workspace WHERE id = @workspace",
        static row => new SignInRules(SignInRules.ReadDuty(row.GetString(0)).Value, row.GetInt64(1) == 1), ("workspace", workspace))
        ?? throw new InvalidOperationException($"Workspace {workspace} is gone.");

    /// <summary>Who must have a second factor there: by the process or by the workspace, whichever asks more.</summary>
    public async Task<SecondFactorDuty> DutyAsync(Session session, long workspace) =>
        (SecondFactorDuty)Math.Max((int)Least, (int)(await OfAsync(session, workspace)).SecondFactor);

    /// <summary>Changes them, from now on: who lacks what is asked for now may look, and change nothing until it is there. Idempotent.</summary>
    /// <param name="by">An owner.</param>
    public Task<SignInRules> SetAsync(Caller by, SignInRules rules, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(by.Workspace);
            var before = await OfAsync(tx, by.Workspace);
            if (before != rules)
            {
                await tx.ExecuteAsync(
                    "UPDATE workspace SET second_factor = @duty, owners_invite = @owners WHERE id = @workspace",
                    ("duty", SignInRules.Word(rules.SecondFactor)), ("owners", rules.OwnersInvite ? 1 : 0), ("workspace", by.Workspace));
                await log.AppendAsync(tx, by.Workspace, clock.GetUtcNow(), [new("workspace.sign_in_changed", "workspace", by.Actor, Difference(before, rules))]);
            }

            return rules;
        },
        ct);

    private static string Difference(SignInRules before, SignInRules now) => string.Join("; ", ((string?[])
    [
        before.SecondFactor == now.SecondFactor ? null : $"a second factor is asked of: {SignInRules.Word(now.SecondFactor)} (was {SignInRules.Word(before.SecondFactor)})",
        before.OwnersInvite == now.OwnersInvite ? null : now.OwnersInvite ? "only owners invite" : "administrators invite too",
    ]).OfType<string>());
}
