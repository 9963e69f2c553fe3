using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Hosting;
using Tocsin.Identity.Oidc;

namespace Tocsin.Identity;

/// <summary>Admits by bearer token, by API key (<c>Authorization: Bearer</c> or <c>X-API-Key</c>) or by the browser's session cookie.</summary>
internal sealed class TocsinAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    Admission admission, KeyRing keys, RateLimits limits, AuditTrail trail) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "tocsin";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var presented = Presented.In(Request);
        if (presented.Nothing)
        {
            return AuthenticateResult.NoResult();
        }

        if ((presented.Bearer ?? presented.Key) is { } key && !keys.Knows(key) && limits.OfUnknownKey(Context) is { } wait)
        {
            wait.Keep(Context);
            return AuthenticateResult.Fail("Too many keys from there were refused.");
        }

        if (await admission.FindAsync(presented, Context.RequestAborted) is { } caller)
        {
            return AuthenticateResult.Success(new(caller.ToPrincipal(SchemeName), SchemeName));
        }

        trail.CredentialRefused(Context);
        return AuthenticateResult.Fail("The key or session is unknown, or has ended.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (HttpMethods.IsGet(Request.Method) && Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            Response.Redirect($"/login?next={Uri.EscapeDataString(Request.PathBase + Request.Path + Request.QueryString)}");
            return Task.CompletedTask;
        }

        Response.Headers.WWWAuthenticate = "Bearer";
        return AnswersDetail
            ? DetailAnswer.Of(StatusCodes.Status401Unauthorized, WantsPerson ? DetailAnswer.LogIn : DetailAnswer.SendKey).ExecuteAsync(Context)
            : Problems.Unauthorized().ExecuteAsync(Context);
    }

    // There, a key is as good as nothing where a person is asked for.
    protected override Task HandleForbiddenAsync(AuthenticationProperties properties)
    {
        trail.AccessRefused(Context);
        const string notAllowed = "Your role, or the scopes of your key, do not allow this. Ask an administrator of the workspace.";
        return AnswersDetail && WantsPerson ? HandleChallengeAsync(properties)
            : AnswersDetail ? DetailAnswer.Of(StatusCodes.Status403Forbidden, notAllowed).ExecuteAsync(Context)
            : Pages.Errors.WantsPage(Request)
            ? Pages.Errors.WriteAsync(Context, StatusCodes.Status403Forbidden, trace: null)
            : Error.Forbidden(notAllowed).ToProblem().ExecuteAsync(Context);
    }

    private bool WantsPerson => Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(a => a.Policy == Policies.Person) == true;

    private bool AnswersDetail => Context.GetEndpoint()?.Metadata.GetMetadata<AnswersDetail>() is not null;
}

/// <summary>Reads what a request presents.</summary>
internal static class Credentials
{
    /// <summary>
    /// The API or source key of a request; null when it brings none. Basic authentication's password counts as a key, and so does what
    /// <see cref="QueryToken"/> took out of the address.
    /// </summary>
    public static string? Key(HttpRequest request) => request.Headers["X-API-Key"].ToString() is { Length: > 0 } plain ? plain : Bearer(request) ?? KeyBeside(request);

    /// <summary>What stands in <c>Authorization: Bearer</c>.</summary>
    public static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;

    /// <summary>A key in any other place.</summary>
    public static string? KeyBeside(HttpRequest request)
    {
        if (request.Headers["X-API-Key"].ToString() is { Length: > 0 } plain)
        {
            return plain;
        }

        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
        {
            return QueryToken.Of(request.HttpContext);
        }

        if (header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            Span<byte> decoded = stackalloc byte[512];
            if (Convert.TryFromBase64String(header["Basic ".Length..].Trim(), decoded, out var length))
            {
                var text = System.Text.Encoding.UTF8.GetString(decoded[..length]);
                return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
            }
        }

        return null;
    }
}

/// <summary>The browser's session cookie.</summary>
internal static class SessionCookie
{
    private const string Name = "tocsin";

    public static string? Read(HttpRequest request) => request.Cookies[HostCookie.NameFor(request, Name)];

    public static void Write(HttpContext context, string token) => context.Response.Cookies.Append(HostCookie.NameFor(context.Request, Name), token, Options(context.Request));

    public static void Clear(HttpContext context) => context.Response.Cookies.Delete(HostCookie.NameFor(context.Request, Name), Options(context.Request));

    private static CookieOptions Options(HttpRequest request) => HostCookie.Options(request, SameSiteMode.Lax, TimeSpan.FromDays(14));
}

internal static class IdentitySetup
{
    /// <summary>Accounts, keys and sessions; every route needs a caller unless it says <c>AllowAnonymous</c> and is on the public list.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.AddSingleton<ApiKeyStore>().AddSingleton<ImportedKeyStore>().AddSingleton<ImportedKeys>().AddSingleton<KeyRing>().AddSingleton<KeyDesk>().AddSingleton<AccountKeys>().AddSingleton<AccountStore>();
        services.AddSingleton<Admission>().AddSingleton<Passwords>().AddSingleton<LeakedPasswords>().AddSingleton<NewPasswords>().AddSingleton<LoginLimits>().AddSingleton<SignIn>().AddSingleton<PasswordDoor>().AddSingleton<Setup>().AddSingleton<Enrolment>().AddSingleton<AccountReader>();
        services.AddOidc();
        services.AddSingleton<FactorStore>().AddSingleton<SecondTries>().AddSingleton<FactorCheck>().AddSingleton<SecondStep>().AddSingleton<HalfLogins>();
        services.AddSingleton<FactorDesk>().AddSingleton<FactorDuty>().AddSingleton<SignInRuleDesk>().AddSingleton<Reproof>().AddSingleton<HeldForms>().AddSingleton<FactorReset>();
        services.AddSingleton<PasskeyStore>().AddSingleton<PasskeyPeople>().AddSingleton<PasskeyCeremony>().AddSingleton<PasskeyDesk>().AddSingleton<PasskeyDoor>();
        services.AddSingleton<Members>().AddSingleton<MemberSessions>().AddSingleton<InvitationStore>().AddSingleton<Invitations>().AddSingleton<Joining>().AddSingleton<Namer>().AddSingleton<Registrar>();
        services.AddSingleton<AccountMail>().AddSingleton<AccountMailWriter>().AddSingleton<PasswordReset>();
        services.AddAuthentication(TocsinAuthentication.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, TocsinAuthentication>(TocsinAuthentication.SchemeName, null);
        AccessRule.AddTo(services.AddAuthorizationBuilder());
        return services;
    }
}
