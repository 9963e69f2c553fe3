using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Somebody has shown the first of two proofs. It opens nothing but the page that asks for the second, and ends by itself.</summary>
/// <param name="Proof">What was shown, as <see cref="LoginFacts.Proof"/>.</param>
/// <param name="Password">A print of the password's hash: when the password is changed meanwhile, this ends.</param>
/// <param name="Workspace">The one to look at afterwards; null: that of last time.</param>
/// <param name="Next">A path of ours to go to afterwards.</param>
internal sealed record HalfLogin(long Person, string Proof, string Password, string? Workspace, string Next, DateTimeOffset ExpiresAt);

/// <summary>Half logins, kept by the browser itself, sealed.</summary>
internal sealed partial class HalfLogins(SecretBox box, Database database, AccountStore accounts, TimeProvider clock)
{
    private static readonly TimeSpan _life = TimeSpan.FromMinutes(5);

    private readonly SealedCookie<HalfLogin> _cookie = new(box, "tocsin-half", HalfJson.Default.HalfLogin);

    /// <summary>Notes that whoever has that address has shown a first proof in this very request; the browser is to go to <c>/login/second</c> then.</summary>
    /// <exception cref="InvalidOperationException">Nobody has the address any more.</exception>
    public async Task BeginAsync(HttpContext http, string email, string proof, string next, CancellationToken ct)
    {
        var person = await database.ReadAsync(session => accounts.FindPersonAsync(session, email), ct) ?? throw new InvalidOperationException("Who just proved who he is is gone.");
        _cookie.Write(http, new(person.Id, proof, Print(person), null, next, clock.GetUtcNow() + _life), _life);
    }

    /// <returns>Null: nobody, or too long ago, or the password was changed since.</returns>
    public async Task<(HalfLogin Half, PersonRow Person)?> FindAsync(HttpRequest request, CancellationToken ct) =>
        _cookie.Read(request) is { } half && half.ExpiresAt > clock.GetUtcNow()
            && await database.ReadAsync(session => accounts.FindPersonAsync(session, half.Person), ct) is { } person && Print(person) == half.Password
            ? (half, person)
            : null;

    public void End(HttpContext http) => _cookie.Clear(http);

    private static string Print(PersonRow person) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(person.PasswordHash ?? "")).AsSpan(0, 8));

    [JsonSerializable(typeof(HalfLogin))]
    private sealed partial class HalfJson : JsonSerializerContext;
}
