using System.Buffers.Text;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Passkeys: made, used to log in or to prove again who one is, and removed.</summary>
internal sealed class PasskeyDesk(Database database, PasskeyCeremony ceremony, PasskeyPeople people, PasskeyStore store, FactorDesk desk, TimeProvider clock)
{
    private const int MaxName = 60;
    private const int MostOfOne = 20;
    private const string Login = "login";

    public bool WorksAt(HttpRequest request) => ceremony.PlaceOf(request) is not null;

    public Task<List<PasskeyRow>> OfAsync(long person, CancellationToken ct) => database.ReadAsync(session => store.OfAsync(session, person), ct);

    /// <summary>Begins a login with whichever passkey the device has.</summary>
    public Task<Result<string>> AskAnybodyAsync(HttpContext http) => ceremony.AskAsync(http, null, Login);

    public async Task<Result<string>> AskAgainAsync(HttpContext http, Caller caller, CancellationToken ct) =>
        await ceremony.AskAsync(http, await people.OfAsync(caller.Person!.Value, ct), Again(caller));

    public async Task<Result<string>> OfferAsync(HttpContext http, Caller caller, CancellationToken ct) =>
        (await OfAsync(caller.Person!.Value, ct)).Count >= MostOfOne
            ? Error.Conflict("passkey.too_many", $"An account has at most {MostOfOne} passkeys. Remove one first.")
            : await ceremony.OfferAsync(http, await people.OfAsync(caller.Person.Value, ct), caller.User ?? "", Add(caller));

    /// <summary>Stores a passkey that was made for the caller.</summary>
    /// <returns>New recovery codes, to be shown once; empty: the person has some already.</returns>
    public async Task<Result<string[]>> AddAsync(HttpContext http, Caller caller, string credentialJson, string name, CancellationToken ct)
    {
        var made = await ceremony.MadeAsync(http, await people.OfAsync(caller.Person!.Value, ct), credentialJson, Add(caller));
        if (!made.Ok)
        {
            return made.Error;
        }

        var called = Notify.PlainText.OneLine(name, MaxName) is { Length: > 0 } given ? given : "Passkey";
        return await database.WriteAsync<Result<string[]>>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (!await store.AnswerAsync(tx, made.Value.Challenge, made.Value.Until, now) || await store.FindAsync(tx, made.Value.Info.CredentialId) is not null)
                {
                    return Error.Conflict("passkey.known", "This passkey is known already.");
                }

                var before = await desk.OfAsync(tx, caller);
                await store.AddAsync(tx, PasskeyRow.Of(made.Value.Info, caller.Person.Value, called, now));
                await desk.RecordAsync(tx, caller, "factor.added", $"the passkey '{called}' was added");
                return await desk.RecoveryIfNoneAsync(tx, caller, before);
            },
            ct);
    }

    /// <param name="id">The credential's id in base64url.</param>
    /// <returns>False: the caller has no such passkey.</returns>
    public Task<bool> RemoveAsync(Caller caller, string id, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if (!Base64Url.IsValid(id) || await store.FindAsync(tx, Base64Url.DecodeFromChars(id)) is not { } row
                || !await store.RemoveAsync(tx, caller.Person!.Value, row.CredentialId))
            {
                return false;
            }

            await desk.RecordAsync(tx, caller, "factor.removed", $"the passkey '{row.Name}' was removed");
            await desk.ForgetRecoveryIfLastAsync(tx, caller);
            return true;
        },
        ct);

    /// <summary>Looks at the passkey of somebody who wants to log in.</summary>
    public Task<Result<PasskeyAnswer>> LogInAsync(HttpContext http, string credentialJson, CancellationToken ct) => ceremony.UsedAsync(http, null, credentialJson, Login, ct);

    /// <summary>Looks at the passkey of somebody who proves again who he is, and notes its use.</summary>
    /// <returns>Null: it is right.</returns>
    public async Task<Error?> ProveAsync(HttpContext http, Caller caller, string credentialJson, CancellationToken ct)
    {
        var used = await ceremony.UsedAsync(http, await people.OfAsync(caller.Person!.Value, ct), credentialJson, Again(caller), ct);
        return !used.Ok ? used.Error : await database.WriteAsync(tx => NoteAsync(tx, used.Value), ct) ? null : Replayed();
    }

    /// <summary>Notes a use, in the transaction of what follows from it.</summary>
    /// <returns>False: the challenge was answered before, the passkey is gone, or its count has not grown.</returns>
    public async Task<bool> NoteAsync(Tx tx, PasskeyAnswer answer)
    {
        var now = clock.GetUtcNow();
        return await store.UsedAsync(tx, answer.Owner.Person, answer.Info, now) && await store.AnswerAsync(tx, answer.Challenge, answer.Until, now);
    }

    public static Error Replayed() => new(ErrorKind.Forbidden, PasskeyCeremony.Refused, "That was answered already. Try again.");

    private static string Again(Caller caller) => $"again/{caller.Person}/{caller.Login!.Id}";

    private static string Add(Caller caller) => $"add/{caller.Person}/{caller.Login!.Id}";
}

/// <summary>Logging in with a passkey, which counts as two factors.</summary>
internal sealed class PasskeyDoor(Database database, AccountStore accounts, PasskeyDesk desk, LoginLimits limits, SignIn signIn)
{
    public async Task<Result<SignedIn>> LogInAsync(HttpContext http, string credentialJson, CancellationToken ct)
    {
        var facts = LoginFacts.Of(http, LoginFacts.Web, LoginFacts.Passkey);
        if (limits.Take($"passkey {LoginLimits.PlaceOf(facts.Address)}") is { } wait)
        {
            return PasswordDoor.TooMany(wait);
        }

        var answer = await desk.LogInAsync(http, credentialJson, ct);
        if (!answer.Ok)
        {
            return answer.Error;
        }

        limits.Return($"passkey {LoginLimits.PlaceOf(facts.Address)}");
        return await database.WriteAsync(
            async tx => !await desk.NoteAsync(tx, answer.Value) || await accounts.FindPersonAsync(tx, answer.Value.Owner.Person) is not { } person
                ? PasskeyDesk.Replayed()
                : await signIn.ProvedAsync(tx, person, facts, null),
            ct);
    }
}
