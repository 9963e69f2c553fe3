using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;

namespace Tocsin.Identity.Oidc;

/// <summary>Somebody who came back from the provider and is in.</summary>
/// <param name="IdToken">What the provider knows its own session by.</param>
internal sealed record OidcSession(Account Account, string Token, string IdToken);

/// <summary>The two halves of a login by the provider: to it, and back with a code.</summary>
internal sealed class OidcSignIn(
    OidcProvider provider, OidcEntry entry, IOptions<OidcOptions> settings, SteadyClock clock, ILogger<OidcSignIn> logger) : IDisposable
{
    /// <summary>Codes that are exchanged at once; more are told to come again, so that false codes can't pile up requests.</summary>
    private const int MostAtOnce = 32;

    private const string NotIn = "The provider's answer could not be accepted. Try again; if it stays so, an administrator finds the reason in the server's log.";

    private readonly OidcOptions _settings = settings.Value;
    private readonly SemaphoreSlim _exchanging = new(MostAtOnce);

    /// <summary>Where the browser goes.</summary>
    /// <param name="redirect">The address at which it comes back.</param>
    public async Task<Result<(string Address, OidcFlow Flow)>> BeginAsync(string redirect, string next, CancellationToken ct)
    {
        var document = await provider.DocumentAsync(ct);
        if (!document.Ok)
        {
            return Failed(document.Error);
        }

        var flow = OidcFlow.Begin(redirect, next, clock.GetUtcNow());
        return (OidcUrl.With(
            document.Value.Authorize,
            [
                ("response_type", "code"), ("client_id", _settings.ClientId), ("redirect_uri", redirect), ("scope", _settings.Scopes), ("state", flow.State),
                ("nonce", flow.Nonce), ("code_challenge", flow.Challenge), ("code_challenge_method", "S256"), .. LoginStrength.Asked(_settings),
            ]), flow);
    }

    /// <summary>Ends a login that came back with a code.</summary>
    /// <param name="issuer">Who answers, as the answer says itself; null: it does not.</param>
    public async Task<Result<OidcSession>> EndAsync(OidcFlow flow, string code, string? issuer, LoginFacts facts, CancellationToken ct)
    {
        if (!await _exchanging.WaitAsync(TimeSpan.Zero, ct))
        {
            return Error.Unavailable("Many people are logging in at this moment. Try again in a few seconds.");
        }

        try
        {
            var document = await provider.DocumentAsync(ct);
            if (!document.Ok)
            {
                return Failed(document.Error);
            }

            if (issuer is null ? document.Value.NamesItself : issuer != document.Value.Issuer)
            {
                return Refused("the answer does not name the provider that was asked.");
            }

            var tokens = await provider.ExchangeAsync(document.Value, code, flow.Redirect, flow.Verifier, ct);
            if (!tokens.Ok)
            {
                return Failed(tokens.Error);
            }

            var person = await PersonAsync(document.Value, tokens.Value, flow, ct);
            if (!person.Ok)
            {
                return person.Error;
            }

            var admitted = await entry.AdmitAsync(person.Value, facts, ct);
            if (!admitted.Ok)
            {
                logger.LoginRefused(admitted.Error.Detail);
                return admitted.Error;
            }

            return new OidcSession(admitted.Value.Account, admitted.Value.Token, tokens.Value.IdToken);
        }
        finally
        {
            _exchanging.Release();
        }
    }

    public void Dispose() => _exchanging.Dispose();

    private async Task<Result<DirectoryPerson>> PersonAsync(ProviderDocument document, ProviderTokens tokens, OidcFlow flow, CancellationToken ct)
    {
        var checkedToken = await CheckAsync(document, tokens, flow, ct);
        if (!checkedToken.Ok)
        {
            return checkedToken.Error;
        }

        var claims = checkedToken.Value;
        if (LoginStrength.Fault(claims, _settings, clock.WallNow) is { } weak)
        {
            logger.LoginRefused(weak);
            return Error.Forbidden($"{_settings.Name} let you in, but not as is asked for here: with a stronger method, or more recently. Sign out there, then try again.");
        }

        JsonElement? more = null;
        if (!DirectoryPerson.IsWhole(claims, _settings) && document.UserInfo is { } address && tokens.AccessToken is { } access)
        {
            var info = await provider.UserInfoAsync(address, access, ct);
            if (!info.Ok)
            {
                return Failed(info.Error);
            }

            if (info.Value.ValueKind != JsonValueKind.Object || info.Value.Text("sub") != claims.Text("sub"))
            {
                return Refused("its userinfo is about somebody else.");
            }

            more = info.Value;
        }

        return DirectoryPerson.Read(claims, more, _settings);
    }

    private async Task<Result<JsonElement>> CheckAsync(ProviderDocument document, ProviderTokens tokens, OidcFlow flow, CancellationToken ct)
    {
        var wish = new IdTokenWish(document.Issuer, _settings.ClientId, flow.Nonce, tokens.AccessToken);
        var keys = await provider.KeysAsync(ct);
        for (var again = false; keys.Ok; again = true)
        {
            // By the wall clock: the provider wrote its times by its own, and ours may lean for hours after a jump.
            switch (IdToken.Check(tokens.IdToken, wish, keys.Value, clock.WallNow))
            {
                case IdTokenOutcome.Good good:
                    return good.Claims;
                case IdTokenOutcome.Bad bad:
                    return Refused(bad.Why);
                case IdTokenOutcome.UnknownKey when again:
                    return Refused("its ID token is signed with a key that is not in its key set.");
            }

            keys = await provider.NewKeysAsync(ct);
        }

        return Failed(keys.Error);
    }

    private Error Failed(Error error)
    {
        logger.ProviderFailed(error.Detail);
        return Error.Unavailable($"{_settings.Name} does not answer as it should just now. Try again in a minute{(_settings.AllowPasswords ? ", or sign in with your password" : "")}.");
    }

    private Error Refused(string why)
    {
        logger.LoginRefused(why);
        return Error.Forbidden(NotIn);
    }
}

internal static class OidcUrl
{
    /// <summary>An address with further parameters; those that it has stay.</summary>
    public static string With(string address, params ReadOnlySpan<(string Name, string Value)> parameters)
    {
        var text = new System.Text.StringBuilder(address.Split('#')[0]);
        var joint = address.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        foreach (var (name, value) in parameters)
        {
            text.Append(joint).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            joint = '&';
        }

        return text.ToString();
    }
}
