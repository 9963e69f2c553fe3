using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>What somebody has besides a password.</summary>
/// <param name="TotpSealed">The app's secret, encrypted; null: none.</param>
/// <param name="TotpSince">When the app proved that it has the secret; null: none.</param>
/// <param name="LastStep">The newest step whose code was accepted.</param>
/// <param name="RecoveryLeft">Recovery codes that were not used yet.</param>
internal sealed record FactorRow(string? TotpSealed, DateTimeOffset? TotpSince, long LastStep, int Passkeys, int RecoveryLeft)
{
    public bool HasTotp => TotpSince is not null && TotpSealed is not null;

    /// <summary>Whether a password alone no longer opens the account.</summary>
    public bool Any => HasTotp || Passkeys > 0;
}

/// <summary>Second factors and recovery codes of people.</summary>
internal sealed class FactorStore(SecretBox box)
{
    private const string HasNone = "(p.totp_confirmed_at IS NULL AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id))";

    /// <summary>The secret of a person's app; null: there is none, or it was sealed with a key that is lost.</summary>
    public byte[]? SecretOf(long person, FactorRow row) =>
        row.HasTotp && SecretBox.IsSealed(row.TotpSealed!) && box.Open(row.TotpSealed!, PlaceOf(person)) is { } text ? Convert.FromBase64String(text) : null;

    /// <exception cref="InvalidOperationException">There is no such person.</exception>
    public async Task<FactorRow> OfAsync(Session session, long person) => await session.FirstAsync(
        """
        SELECT p.totp_secret, p.totp_confirmed_at, p.totp_last_step,
            (SELECT COUNT(*) FROM passkey k WHERE k.person_id = p.id),
            (SELECT COUNT(*) FROM recovery_code r WHERE r.person_id = p.id AND r.used_at IS NULL)
        FROM person p WHERE p.id = @person
        """,
        static row => new FactorRow(row.NullableString(0), row.NullableInstant(1), row.NullableLong(2) ?? 0, (int)row.GetInt64(3), (int)row.GetInt64(4)),
        ("person", person)) ?? throw new InvalidOperationException($"There is no person {person}.");

    public static async Task<bool> AnyAsync(Session session, long person) =>
        await session.ScalarAsync($"SELECT COUNT(*) FROM person p WHERE p.id = @person AND NOT {HasNone}", ("person", person)) > 0;

    /// <param name="step">That of the code which proved the secret; it is not accepted again.</param>
    public Task SetTotpAsync(Tx tx, long person, byte[] secret, long step, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE person SET totp_secret = @secret, totp_confirmed_at = @now, totp_last_step = @step WHERE id = @person",
        ("secret", box.Seal(Convert.ToBase64String(secret), PlaceOf(person))), ("now", now.ToMicros()), ("step", step), ("person", person));

    /// <returns>False: there was none.</returns>
    public static async Task<bool> RemoveTotpAsync(Tx tx, long person) => await tx.ExecuteAsync(
        "UPDATE person SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = NULL WHERE id = @person AND totp_confirmed_at IS NOT NULL", ("person", person)) == 1;

    /// <summary>Takes a step, so that no code of it or of one before is accepted again.</summary>
    /// <param name="sealedSecret">The one that the code was of.</param>
    /// <returns>False: somebody was faster.</returns>
    public async Task<bool> UseStepAsync(Tx tx, long person, string sealedSecret, long step) => await tx.ExecuteAsync(
        "UPDATE person SET totp_last_step = @step WHERE id = @person AND totp_secret = @secret AND totp_last_step < @step",
        ("step", step), ("person", person), ("secret", sealedSecret)) == 1;

    /// <summary>Ends all recovery codes of a person and stores new ones.</summary>
    public async Task SetRecoveryAsync(Tx tx, long person, IEnumerable<byte[]> hashes)
    {
        await tx.ExecuteAsync("DELETE FROM recovery_code WHERE person_id = @person", ("person", person));
        foreach (var hash in hashes)
        {
            await tx.ExecuteAsync("INSERT INTO recovery_code (person_id, code_hash) VALUES (@person, @hash)", ("person", person), ("hash", hash));
        }
    }

    /// <returns>False: no such code, or it was used.</returns>
    public async Task<bool> UseRecoveryAsync(Tx tx, long person, byte[] hash, DateTimeOffset now) => await tx.ExecuteAsync(
        "UPDATE recovery_code SET used_at = @now WHERE person_id = @person AND code_hash = @hash AND used_at IS NULL",
        ("now", now.ToMicros()), ("person", person), ("hash", hash)) == 1;

    /// <summary>Takes all second factors and recovery codes from a person: a password is enough again.</summary>
    public static async Task ClearAsync(Tx tx, long person)
    {
        await RemoveTotpAsync(tx, person);
        await tx.ExecuteAsync("DELETE FROM passkey WHERE person_id = @person", ("person", person));
        await tx.ExecuteAsync("DELETE FROM recovery_code WHERE person_id = @person", ("person", person));
    }

    // So that it opens at nobody else's account.
    private static string PlaceOf(long person) => $"person/{person}/totp";
}
