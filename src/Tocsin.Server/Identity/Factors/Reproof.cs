using Microsoft.AspNetCore.Http;
using Tocsin.Audit;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Proving again who one is, in a session that goes on: one proof of any kind is enough.</summary>
internal sealed class Reproof(Database database, AccountStore accounts, PasswordDoor door, FactorCheck check, AuditTrail audit, TimeProvider clock)
{
    /// <returns>Null: it is proved. The session has a new cookie then.</returns>
    public async Task<Error?> ByPasswordAsync(HttpContext http, Caller caller, string password, CancellationToken ct) =>
        await door.CheckAsync(await PersonAsync(caller, ct), password, LoginFacts.Of(http, LoginFacts.Web, "password"), ct) is { } refusal
            ? refusal
            : await DoneAsync(http, caller, "password", ct);

    /// <summary>By a code of the app, or a recovery code.</summary>
    /// <returns>Null: it is proved. The session has a new cookie then.</returns>
    public async Task<Error?> ByCodeAsync(HttpContext http, Caller caller, string code, CancellationToken ct)
    {
        var factor = await check.CheckAsync(await PersonAsync(caller, ct), code, LoginFacts.Of(http, LoginFacts.Web, "").Address, ct);
        return factor.Ok ? await DoneAsync(http, caller, factor.Value, ct) : factor.Error;
    }

    /// <summary>Notes a proof that was looked at already.</summary>
    public async Task<Error?> DoneAsync(HttpContext http, Caller caller, string proof, CancellationToken ct)
    {
        var token = await database.WriteAsync(
            async tx =>
            {
                await audit.RecordAsync(tx, caller.Workspace, new(caller.Actor, "login.proved_again", $"member/{caller.User}", $"proved again who he is, by {proof}"));
                return await accounts.ProvedAgainAsync(tx, caller.Login!.Id, clock.GetUtcNow());
            },
            ct);
        SessionCookie.Write(http, token);
        return null;
    }

    public async Task<PersonRow> PersonAsync(Caller caller, CancellationToken ct) =>
        await database.ReadAsync(session => accounts.FindPersonAsync(session, caller.Person!.Value), ct) ?? throw new InvalidOperationException("Who is logged in is gone.");
}
