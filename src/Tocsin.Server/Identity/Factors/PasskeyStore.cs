using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Identity;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>A passkey as it is stored.</summary>
/// <param name="SignCount">How often the device says that it has signed; many say 0 always.</param>
/// <param name="Details">What the device said about itself.</param>
internal sealed record PasskeyRow(
    byte[] CredentialId, long Person, string Name, byte[] PublicKey, uint SignCount, PasskeyDetails Details, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt)
{
    public static PasskeyRow Of(UserPasskeyInfo info, long person, string name, DateTimeOffset now) => new(
        info.CredentialId, person, name, info.PublicKey, info.SignCount, PasskeyDetails.Of(info), now, null);

    public UserPasskeyInfo Info() => new(
        CredentialId, PublicKey, CreatedAt, SignCount, Details.Transports, Details.IsUserVerified, Details.IsBackupEligible, Details.IsBackedUp, [], [])
    {
        Name = Name,
    };
}

internal sealed record PasskeyDetails(string[]? Transports, bool IsUserVerified, bool IsBackupEligible, bool IsBackedUp)
{
    public static PasskeyDetails Of(UserPasskeyInfo info) => new(info.Transports, info.IsUserVerified, info.IsBackupEligible, info.IsBackedUp);
}

/// <summary>Passkeys of people, and which challenges were answered already.</summary>
internal sealed partial class PasskeyStore
{
    /// <summary>Marks answered challenges in the table of what works once.</summary>
    private const string Purpose = "passkey";

    private const string Select = "SELECT credential_id, person_id, name, public_key, sign_count, details, created_at, last_used_at FROM passkey";

    public Task<PasskeyRow?> FindAsync(Session session, byte[] credential) => session.FirstAsync($"{Select} WHERE credential_id = @id", Read, ("id", credential));

    public Task<List<PasskeyRow>> OfAsync(Session session, long person) =>
        session.QueryAsync($"{Select} WHERE person_id = @person ORDER BY created_at, name", Read, ("person", person));

    public Task AddAsync(Tx tx, PasskeyRow row) => tx.ExecuteAsync(
        """
        INSERT INTO passkey (credential_id, person_id, name, public_key, sign_count, details, created_at)
        VALUES (@id, @person, @name, @key, @count, @details, @now)
        """,
        ("id", row.CredentialId), ("person", row.Person), ("name", row.Name), ("key", row.PublicKey), ("count", (long)row.SignCount),
        ("details", JsonSerializer.Serialize(row.Details, DetailsJson.Default.PasskeyDetails)), ("now", row.CreatedAt.ToMicros()));

    /// <summary>Notes a use.</summary>
    /// <returns>False: the passkey is gone, or its count has not grown since.</returns>
    public async Task<bool> UsedAsync(Tx tx, long person, UserPasskeyInfo info, DateTimeOffset now) => await tx.ExecuteAsync(
        """
        UPDATE passkey SET sign_count = @count, details = @details, last_used_at = @now
        WHERE credential_id = @id AND person_id = @person AND (sign_count < @count OR (sign_count = 0 AND @count = 0))
        """,
        ("count", (long)info.SignCount), ("details", JsonSerializer.Serialize(PasskeyDetails.Of(info), DetailsJson.Default.PasskeyDetails)), ("now", now.ToMicros()),
        ("id", info.CredentialId), ("person", person)) == 1;

    /// <returns>False: the person has no such passkey.</returns>
    public async Task<bool> RemoveAsync(Tx tx, long person, byte[] credential) =>
        await tx.ExecuteAsync("DELETE FROM passkey WHERE credential_id = @id AND person_id = @person", ("id", credential), ("person", person)) == 1;

    /// <summary>Notes that a challenge was answered well, so that the same answer is not good again.</summary>
    /// <param name="challenge">A hash of it.</param>
    /// <param name="until">When the challenge ends by itself.</param>
    /// <returns>False: it was answered already.</returns>
    public async Task<bool> AnswerAsync(Tx tx, byte[] challenge, DateTimeOffset until, DateTimeOffset now)
    {
        await tx.ExecuteAsync("DELETE FROM one_time_link WHERE workspace_id = 0 AND purpose = @purpose AND expires_at < @now", ("purpose", Purpose), ("now", now.ToMicros()));
        return await tx.ExecuteAsync(
            """
            INSERT INTO one_time_link (workspace_id, token_hash, purpose, subject, expires_at, used_at) VALUES (0, @hash, @purpose, '', @until, @now)
            ON CONFLICT (workspace_id, token_hash) DO NOTHING
            """,
            ("hash", challenge), ("purpose", Purpose), ("until", until.ToMicros()), ("now", now.ToMicros())) == 1;
    }

    private static PasskeyRow Read(DbDataReader row) => new(
        row.GetFieldValue<byte[]>(0), row.GetInt64(1), row.GetString(2), row.GetFieldValue<byte[]>(3), (uint)row.GetInt64(4),
        JsonSerializer.Deserialize(row.GetString(5), DetailsJson.Default.PasskeyDetails)!, row.Instant(6), row.NullableInstant(7));

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(PasskeyDetails))]
    private sealed partial class DetailsJson : JsonSerializerContext;
}
