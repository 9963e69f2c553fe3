using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Identity;

/// <summary>Where passkeys are made and used.</summary>
/// <param name="Domain">What they are bound to.</param>
/// <param name="Origin">The only origin whose answers are taken.</param>
internal sealed record PasskeyPlace(string Domain, string Origin)
{
    /// <returns>Null: passkeys do not work here. Browsers want https, or localhost by that name; and what is bound to a name is no good at an IP address.</returns>
    public static PasskeyPlace? Of(ServerOptions options, HttpRequest request)
    {
        var here = $"{request.Scheme}://{request.Host}";
        var publicly = new Uri(options.PublicUrl.Length > 0 ? options.PublicBase : here);
        var origin = publicly.GetLeftPart(UriPartial.Authority);
        var isLocal = publicly.Host == "localhost";
        return publicly.HostNameType == UriHostNameType.Dns && (isLocal || (publicly.Scheme == Uri.UriSchemeHttps && options.PublicUrl.Length > 0))
            && string.Equals(origin, here, StringComparison.OrdinalIgnoreCase)
                ? new(publicly.Host, origin)
                : null;
    }
}

/// <summary>A challenge that a browser was given.</summary>
/// <param name="For">What it is for and, where that is known, for whom: an answer is good for nothing else.</param>
/// <param name="State">The framework's own note.</param>
internal sealed record PasskeyChallenge(string For, string State, DateTimeOffset ExpiresAt);

/// <summary>An answer to a challenge that was looked at and is right.</summary>
/// <param name="Challenge">A hash of the challenge, to be stored as answered.</param>
/// <param name="Until">When the challenge ends by itself.</param>
internal sealed record PasskeyAnswer(PasskeyOwner Owner, UserPasskeyInfo Info, byte[] Challenge, DateTimeOffset Until);

/// <summary>
/// Asks browsers for passkeys and looks at what they answer, by the framework's handler of WebAuthn. A device must have recognised its owner (by a
/// finger, a face, a PIN), so that a passkey is two factors. The challenge goes along as a sealed cookie, for five minutes.
/// </summary>
internal sealed partial class PasskeyCeremony(PasskeyPeople people, SecretBox box, IOptions<ServerOptions> server, AuditTrail audit, TimeProvider clock)
{
    public const string Refused = "login.passkey_refused";

    private static readonly TimeSpan _life = TimeSpan.FromMinutes(5);

    private readonly SealedCookie<PasskeyChallenge> _cookie = new(box, "tocsin-passkey", ChallengeJson.Default.PasskeyChallenge);

    public PasskeyPlace? PlaceOf(HttpRequest request) => PasskeyPlace.Of(server.Value, request);

    /// <summary>Begins making a passkey.</summary>
    /// <returns>What the browser is to be given, as JSON.</returns>
    public async Task<Result<string>> OfferAsync(HttpContext http, PasskeyOwner owner, string name, string purpose)
    {
        if (PlaceOf(http.Request) is not { } place)
        {
            return NotHere();
        }

        using var users = Users(owner, http);
        var made = await Handler(users, place).MakeCreationOptionsAsync(new() { Id = owner.Handle, Name = owner.Email, DisplayName = name }, http);
        Keep(http, purpose, made.AttestationState);
        return made.CreationOptionsJson;
    }

    /// <summary>Begins asking for a passkey.</summary>
    /// <param name="owner">Whose; null: anybody's.</param>
    /// <returns>What the browser is to be given, as JSON.</returns>
    public async Task<Result<string>> AskAsync(HttpContext http, PasskeyOwner? owner, string purpose)
    {
        if (PlaceOf(http.Request) is not { } place)
        {
            return NotHere();
        }

        using var users = Users(owner, http);
        var made = await Handler(users, place).MakeRequestOptionsAsync(owner!, http);
        Keep(http, purpose, made.AssertionState);
        return made.RequestOptionsJson;
    }

    /// <summary>Looks at a passkey that was made.</summary>
    public async Task<Result<PasskeyAnswer>> MadeAsync(HttpContext http, PasskeyOwner owner, string credentialJson, string purpose)
    {
        if (PlaceOf(http.Request) is not { } place)
        {
            return NotHere();
        }

        if (Take(http, purpose) is not { } challenge)
        {
            return TooLate();
        }

        using var users = Users(owner, http);
        var result = await Handler(users, place).PerformAttestationAsync(new() { HttpContext = http, CredentialJson = credentialJson, AttestationState = challenge.State });
        return result.Succeeded && result.UserEntity.Id == owner.Handle ? Answer(owner, result.Passkey, challenge) : Wrong(owner, result.Failure);
    }

    /// <summary>Looks at a passkey that was used.</summary>
    /// <param name="owner">Whose it must be; null: anybody's.</param>
    public async Task<Result<PasskeyAnswer>> UsedAsync(HttpContext http, PasskeyOwner? owner, string credentialJson, string purpose, CancellationToken ct)
    {
        if (PlaceOf(http.Request) is not { } place)
        {
            return NotHere();
        }

        if (Take(http, purpose) is not { } challenge)
        {
            return TooLate();
        }

        var only = owner ?? await people.OfAnswerAsync(credentialJson, ct);
        using var users = Users(only, http);
        var result = await Handler(users, place).PerformAssertionAsync(new() { HttpContext = http, CredentialJson = credentialJson, AssertionState = challenge.State });
        return result.Succeeded ? Answer(result.User, result.Passkey, challenge) : Wrong(only, result.Failure);
    }

    private void Keep(HttpContext http, string purpose, string? state) => _cookie.Write(http, new(purpose, state ?? "", clock.GetUtcNow() + _life), _life);

    /// <summary>The challenge that this browser was given for this; it has it no more.</summary>
    private PasskeyChallenge? Take(HttpContext http, string purpose)
    {
        var challenge = _cookie.Read(http.Request);
        _cookie.Clear(http);
        return challenge is not null && challenge.For == purpose && challenge.ExpiresAt > clock.GetUtcNow() ? challenge : null;
    }

    private static PasskeyAnswer Answer(PasskeyOwner owner, UserPasskeyInfo info, PasskeyChallenge challenge) =>
        new(owner, info, ApiKeyText.Hash(challenge.State), challenge.ExpiresAt);

    private UserManager<PasskeyOwner> Users(PasskeyOwner? owner, HttpContext http) => new(
        people.Only(owner), Options.Create(new IdentityOptions()), new PasswordHasher<PasskeyOwner>(), [], [],
        new UpperInvariantLookupNormalizer(), new(), http.RequestServices, NullLogger<UserManager<PasskeyOwner>>.Instance);

    private static PasskeyHandler<PasskeyOwner> Handler(UserManager<PasskeyOwner> users, PasskeyPlace place) => new(users, Options.Create(new IdentityPasskeyOptions
    {
        ServerDomain = place.Domain,
        UserVerificationRequirement = "required",
        ResidentKeyRequirement = "required",
        AttestationConveyancePreference = "none",
        AuthenticatorTimeout = _life,
        ValidateOrigin = context => ValueTask.FromResult(!context.CrossOrigin && context.Origin == place.Origin),
    }));

    private static Error NotHere() => new(
        ErrorKind.Forbidden, "passkey.not_here", "Passkeys work at an https address that Server:PublicUrl names, or at http://localhost.");

    private static Error TooLate() => new(ErrorKind.Forbidden, Refused, "That took too long, or was answered already. Try again.");

    // The reason, such as a count that went back, is for the audit; whoever asked gets no help with the next try.
    private Error Wrong(PasskeyOwner? owner, PasskeyException? failure)
    {
        audit.Refused(
            owner?.Workspace ?? AuditStore.Installation,
            new(AuditEntry.Nobody, Refused, owner is null ? "" : AuditEntry.LoginName(owner.Email), failure?.Message ?? "The answer is for somebody else.") { Result = AuditResult.Refused });
        return new(ErrorKind.Forbidden, Refused, "That passkey is not known here, or its answer is not right. Try again, or sign in another way.");
    }

    [JsonSerializable(typeof(PasskeyChallenge))]
    private sealed partial class ChallengeJson : JsonSerializerContext;
}
