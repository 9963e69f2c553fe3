using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>What a request presents, in the order in which it is looked at. A cookie counts only where nothing else is presented.</summary>
/// <param name="Bearer">A bearer token of <c>/auth/login</c>, or a key.</param>
/// <param name="Key">A key in another place: <c>X-API-Key</c>, Basic authentication's password, or the stream's address.</param>
internal readonly record struct Presented(string? Bearer, string? Key, string? Cookie)
{
    public bool Nothing => Bearer is null && Key is null && Cookie is null;

    public static Presented In(HttpRequest request)
    {
        var bearer = Credentials.Bearer(request);
        var key = Credentials.KeyBeside(request);
        return new(bearer, key, bearer is null && key is null ? SessionCookie.Read(request) : null);
    }
}

/// <summary>Who somebody is by what he presents: for requests, and again and again for streams that stay open.</summary>
internal sealed class Admission(KeyRing keys, AccountStore accounts, Database database, IOptions<AccountOptions> options, TimeProvider clock)
{
    private const int TokenLength = 43;

    private static readonly TimeSpan _noteSeenEvery = TimeSpan.FromMinutes(5);

    /// <summary>Tries the bearer token first, then the key beside it, so that a token that has ended does no harm where a good key stands too.</summary>
    /// <returns>Null: nothing of it is good.</returns>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<Caller?> FindAsync(Presented presented, CancellationToken ct)
    {
        if (presented.Bearer is { } bearer
            && (await OfLoginAsync(bearer, LoginFacts.Token, ct) ?? await OfKeyAsync(bearer, ct)) is { } caller)
        {
            return caller;
        }

        return presented.Key is { } key ? await OfKeyAsync(key, ct)
            : presented.Cookie is { } cookie ? await OfLoginAsync(cookie, LoginFacts.Web, ct)
            : null;
    }

    private async Task<Caller?> OfKeyAsync(string text, CancellationToken ct) => (await keys.FindAsync(text, ct))?.ToCaller();

    private async Task<Caller?> OfLoginAsync(string token, string kind, CancellationToken ct)
    {
        if (token.Length != TokenLength)
        {
            return null;
        }

        var now = clock.GetUtcNow();
        if (await database.ReadAsync(session => accounts.FindLoginAsync(session, token, kind, now, options.Value.IdleSince(now)), ct) is not var (account, login))
        {
            return null;
        }

        if (now - login.SeenAt > _noteSeenEvery)
        {
            try
            {
                await database.WriteAsync(tx => accounts.SeenAsync(tx, login.Id, now), ct);
            }
            catch (StoreUnavailableException)
            {
                // When somebody was last here is worth less than letting him read while nothing can be stored.
            }
        }

        return new(account.Workspace, account.WorkspaceName, account.Role, $"user:{account.UserName}", account.UserName)
        {
            Person = account.Id,
            Login = new(login.Id, login.Kind, login.Proof, login.ProvedAt),
        };
    }
}
