using System.Text.Json.Serialization;
using System.Text.Json;
using Tocsin.Audit;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>A secret that is shown and not yet in force.</summary>
/// <param name="Sealed">To be sent back with the first code.</param>
internal sealed record TotpOffer(string Text, string Address, string Sealed);

/// <summary>Sets up, renews and takes away what people have besides a password. Whoever asks was asked for a proof just before.</summary>
internal sealed partial class FactorDesk(Database database, AccountStore accounts, FactorStore factors, SecretBox box, AuditTrail audit, TimeProvider clock)
{
    private static readonly TimeSpan _offerLife = TimeSpan.FromMinutes(30);

    public Task<FactorRow> OfAsync(Tx tx, Caller caller) => factors.OfAsync(tx, caller.Person!.Value);

    public Task<FactorRow> OfAsync(long person, CancellationToken ct) => database.ReadAsync(session => factors.OfAsync(session, person), ct);

    /// <summary>Makes a secret. Nothing is stored: it counts only when a code has shown that an app has it.</summary>
    /// <param name="place">Which installation it is for.</param>
    public TotpOffer OfferTotp(Caller caller, string email, string place)
    {
        var secret = Totp.NewSecret();
        var offer = new Offer(Convert.ToBase64String(secret), clock.GetUtcNow() + _offerLife);
        return new(Totp.TextOf(secret), Totp.AddressOf(secret, email, place), box.Seal(JsonSerializer.Serialize(offer, OfferJson.Default.Offer), OfferPlace(caller)));
    }

    /// <summary>The same secret again, after a code that was wrong.</summary>
    /// <returns>Null: it is not an offer of ours to this session, or too old.</returns>
    public TotpOffer? OfferAgain(Caller caller, string sealedOffer, string email, string place) => SecretOf(caller, sealedOffer) is { } secret
        ? new(Totp.TextOf(secret), Totp.AddressOf(secret, email, place), sealedOffer)
        : null;

    /// <summary>Puts an app in force, in place of one that was before.</summary>
    /// <returns>New recovery codes, to be shown once; empty: the person has some already.</returns>
    public async Task<Result<string[]>> ConfirmTotpAsync(Caller caller, string sealedOffer, string code, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (SecretOf(caller, sealedOffer) is not { } secret)
        {
            return Error.Invalid("", "This took too long. Here is a new key; add it to the app and remove the old one.");
        }

        if (Totp.Find(secret, code, now, lastStep: 0) is not { } step)
        {
            return Error.Invalid("code", "That is not the code of this key. Look whether the clock of the phone is right, and enter the code that the app shows now.");
        }

        return await database.WriteAsync<Result<string[]>>(
            async tx =>
            {
                var before = await factors.OfAsync(tx, caller.Person!.Value);
                await factors.SetTotpAsync(tx, caller.Person.Value, secret, step, now);
                await RecordAsync(tx, caller, "factor.added", before.HasTotp ? "the authenticator app was replaced" : "an authenticator app was added");
                return await RecoveryIfNoneAsync(tx, caller, before);
            },
            ct);
    }

    /// <returns>False: there was none.</returns>
    public Task<bool> RemoveTotpAsync(Caller caller, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if (!await FactorStore.RemoveTotpAsync(tx, caller.Person!.Value))
            {
                return false;
            }

            await RecordAsync(tx, caller, "factor.removed", "the authenticator app was removed");
            await ForgetRecoveryIfLastAsync(tx, caller);
            return true;
        },
        ct);

    /// <summary>Recovery codes go with the last factor that they stand in for.</summary>
    public async Task ForgetRecoveryIfLastAsync(Tx tx, Caller caller)
    {
        if (!await FactorStore.AnyAsync(tx, caller.Person!.Value))
        {
            await factors.SetRecoveryAsync(tx, caller.Person.Value, []);
        }
    }

    /// <returns>New codes, to be shown once; those before are not good any more. Null: there is nothing that they could stand in for.</returns>
    public Task<string[]?> RenewRecoveryAsync(Caller caller, CancellationToken ct) => database.WriteAsync<string[]?>(
        async tx => (await factors.OfAsync(tx, caller.Person!.Value)).Any ? await NewRecoveryAsync(tx, caller) : null, ct);

    /// <summary>For whoever sets up a first factor: the codes that stand in for it.</summary>
    /// <param name="before">What the person had.</param>
    public async Task<string[]> RecoveryIfNoneAsync(Tx tx, Caller caller, FactorRow before) => before.RecoveryLeft == 0 ? await NewRecoveryAsync(tx, caller) : [];

    /// <summary>Writes about a change of the caller's own factors into the audit of every workspace that he is a member of.</summary>
    public async Task RecordAsync(Tx tx, Caller caller, string action, string detail)
    {
        foreach (var account in await accounts.OfPersonAsync(tx, caller.Person!.Value))
        {
            await audit.RecordAsync(tx, account.Workspace, new($"user:{account.UserName}", action, $"member/{account.UserName}", detail));
        }
    }

    private async Task<string[]> NewRecoveryAsync(Tx tx, Caller caller)
    {
        var codes = RecoveryCodes.New();
        await factors.SetRecoveryAsync(tx, caller.Person!.Value, codes.Select(code => RecoveryCodes.HashOf(code)!));
        await RecordAsync(tx, caller, "factor.recovery_renewed", $"{codes.Length} new recovery codes");
        return codes;
    }

    private byte[]? SecretOf(Caller caller, string sealedOffer) =>
        SecretBox.IsSealed(sealedOffer) && box.Open(sealedOffer, OfferPlace(caller)) is { } json
            && JsonSerializer.Deserialize(json, OfferJson.Default.Offer) is { } offer && offer.ExpiresAt > clock.GetUtcNow()
            ? Convert.FromBase64String(offer.Secret)
            : null;

    // An offer is good in the session that it was made in.
    private static string OfferPlace(Caller caller) => $"offer/{caller.Person}/{caller.Login?.Id}";

    internal sealed record Offer(string Secret, DateTimeOffset ExpiresAt);

    [JsonSerializable(typeof(Offer))]
    private sealed partial class OfferJson : JsonSerializerContext;
}
