using Tocsin.Data;

namespace Tocsin.Identity.Oidc;

/// <summary>Who is who at the provider.</summary>
internal sealed class OidcStore
{
    /// <returns>The person; null: never seen.</returns>
    public Task<long?> FindAsync(Session session, string issuer, string subject) => session.ScalarAsync(
        "SELECT person_id FROM external_login WHERE issuer = @issuer AND subject = @subject", ("issuer", issuer), ("subject", subject));

    public Task LinkAsync(Tx tx, string issuer, string subject, long person, DateTimeOffset now) => tx.ExecuteAsync(
        "INSERT INTO external_login (issuer, subject, person_id, created_at, last_used_at) VALUES (@issuer, @subject, @person, @now, @now)",
        ("issuer", issuer), ("subject", subject), ("person", person), ("now", now.ToMicros()));

    public Task TouchAsync(Tx tx, string issuer, string subject, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE external_login SET last_used_at = @now WHERE issuer = @issuer AND subject = @subject",
        ("now", now.ToMicros()), ("issuer", issuer), ("subject", subject));
}
