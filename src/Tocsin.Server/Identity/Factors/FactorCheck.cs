using Tocsin.Audit;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Looks at codes: of an app, or recovery codes. Each is accepted once.</summary>
internal sealed class FactorCheck(Database database, AccountStore accounts, FactorStore factors, SecondTries tries, AuditTrail audit, TimeProvider clock)
{
    public const string Wrong = "login.second_wrong";

    /// <summary>The proof that a code of an app is.</summary>
    public const string App = "totp";

    /// <summary>The proof that a recovery code is.</summary>
    public const string Recovery = "recovery";

    /// <param name="address">Where the request comes from.</param>
    /// <returns><see cref="App"/> or <see cref="Recovery"/>; the refusal is the same for all that is not a good code.</returns>
    public async Task<Result<string>> CheckAsync(PersonRow person, string code, string address, CancellationToken ct)
    {
        var place = LoginLimits.PlaceOf(address);
        if (tries.TakeAt(place) is { } waitHere)
        {
            return PasswordDoor.TooMany(waitHere);
        }

        if (RecoveryCodes.HashOf(code) is { } hash)
        {
            return await database.WriteAsync(tx => UseRecoveryAsync(tx, person, hash), ct) ? Recovery : Refuse(person);
        }

        var (known, row) = await database.ReadAsync(
            async session => (await accounts.KnowsPlaceAsync(session, person.Id, place), await factors.OfAsync(session, person.Id)), ct);
        if (tries.Take(person.Id, place, known) is { } wait)
        {
            return PasswordDoor.TooMany(wait);
        }

        if (!Totp.Resembles(code) || factors.SecretOf(person.Id, row) is not { } secret
            || Totp.Find(secret, code, clock.GetUtcNow(), row.LastStep) is not { } step
            || !await database.WriteAsync(tx => factors.UseStepAsync(tx, person.Id, row.TotpSealed!, step), ct))
        {
            return Refuse(person);
        }

        tries.Succeeded(person.Id, place, known);
        return App;
    }

    private async Task<bool> UseRecoveryAsync(Tx tx, PersonRow person, byte[] hash)
    {
        if (!await factors.UseRecoveryAsync(tx, person.Id, hash, clock.GetUtcNow()))
        {
            return false;
        }

        var left = (await factors.OfAsync(tx, person.Id)).RecoveryLeft;
        foreach (var account in await accounts.OfPersonAsync(tx, person.Id))
        {
            await audit.RecordAsync(tx, account.Workspace, new($"user:{account.UserName}", "factor.recovery_used", $"member/{account.UserName}", $"a recovery code was used; left: {left}"));
        }

        return true;
    }

    private Error Refuse(PersonRow person)
    {
        audit.Refused(
            person.LastWorkspace ?? AuditStore.Installation,
            new(AuditEntry.Nobody, "login.second_failed", AuditEntry.LoginName(person.Email), "a wrong code, or one that was used") { Result = AuditResult.Refused });
        return new(ErrorKind.Forbidden, Wrong, "That code is wrong, too old, or was used before. Wait for the next one.", "code");
    }
}
