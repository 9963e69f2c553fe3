using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Pages;
using Tocsin.Sdk;

namespace Tocsin.Identity;

/// <summary>
/// Accounts at the addresses and in the shapes of the reliability assistant, so that its programs need no change: a login answers with a
/// bearer token that opens everything the person may do.
/// </summary>
internal static class AuthEndpoints
{
    private const int PreviewLength = 12;

    private static readonly TakesBody _body = new("application/json", "An object with `email` and `password`, both texts; to log in with a second factor also `code`. Unknown members are ignored.");

    private static readonly Refuses _broken = new(StatusCodes.Status422UnprocessableEntity, "The body is not such an object, or the password is too weak for a new account; `detail` is a list that names each place.");
    private static readonly Refuses _tooMany = new(StatusCodes.Status429TooManyRequests, "Too many tries from this address or for this account.");

    public static void MapAuth(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("/auth").WithTags("Accounts").AllowAnonymous().WithMetadata(AnswersDetail.Instance, _body, _broken, _tooMany);
        open.MapPost("/register", Register).Produces<SessionToken>().WithName("register")
            .WithMetadata(
                new Refuses(StatusCodes.Status400BadRequest, "There is an account with this address."),
                new Refuses(StatusCodes.Status403Forbidden, "Registration is closed here, or asks for an invitation."));
        open.MapPost("/login", LogIn).Produces<SessionToken>().WithName("log_in")
            .WithMetadata(
                new Refuses(StatusCodes.Status401Unauthorized, "The address or the password is wrong; or both are right and a second factor is asked for: its code goes into `code`."),
                new Refuses(StatusCodes.Status403Forbidden, "The account is disabled, suspended, or a member of no workspace."));

        var mine = routes.MapGroup("").WithTags("Accounts").RequireAuthorization(Policies.Person).WithMetadata(AnswersDetail.Instance);
        mine.MapPost("/auth/logout", LogOut).Produces<LoggedOut>().WithName("log_out");
        mine.MapGet("/auth/me", Me).Produces<AccountUser>().WithName("get_auth_me");
        mine.MapGet("/account/overview", Overview).Produces<AccountOverview>().WithName("get_account_overview");
    }

    /// <summary>Makes an account, with a workspace of its own, and logs in. With `invitation`, the token of one, it is made a member of the workspace that invited it instead.</summary>
    internal static async Task<IResult> Register(HttpContext http, Enrolment enrolment, LoginLimits limits, StarterEstate starter, AccountReader reader, CancellationToken ct)
    {
        var facts = LoginFacts.Of(http, LoginFacts.Token, "password");
        if (enrolment.Registration != Registration.Closed && limits.Take(Enrolment.Tries(facts)) is { } wait)
        {
            return Refuse(http, PasswordDoor.TooMany(wait), wait);
        }

        var (email, password, body, refusal) = await ReadAsync(http, ct);
        var (invitation, noText) = refusal is null ? DetailAnswer.TextOrNull(body, "invitation") : (null, null);
        if ((refusal ?? noText) is { } broken)
        {
            return broken;
        }

        var result = invitation is { } link ? await enrolment.JoinAsync(link, email, password, facts, ct) : await enrolment.RegisterAsync(email, password, facts, ct);
        if (!result.Ok)
        {
            return result.Error.Kind == ErrorKind.Conflict ? DetailAnswer.Of(StatusCodes.Status400BadRequest, result.Error.Detail) : Refuse(http, result.Error);
        }

        if (invitation is not null)
        {
            return await TokenAsync(result.Value, reader, ct);
        }

        // Without it there would be nothing to send alerts to. A fault in it costs the account nothing: a page says how to go on.
        await starter.MakeAsync(result.Value.Account, result.Value.Account.UserName, "UTC", ct);
        return await TokenAsync(result.Value, reader, ct);
    }

    /// <summary>Begins a session for a program: the token lasts as long as `Accounts:TokenHours` says.</summary>
    internal static async Task<IResult> LogIn(HttpContext http, PasswordDoor door, SecondStep second, AccountReader reader, CancellationToken ct)
    {
        var (email, password, body, refusal) = await ReadAsync(http, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var (workspace, fault) = DetailAnswer.TextOrNull(body, "workspace");
        var (code, codeFault) = DetailAnswer.TextOrNull(body, "code");
        if ((fault ?? codeFault) is { } broken)
        {
            return broken;
        }

        var facts = LoginFacts.Of(http, LoginFacts.Token, "password");
        var result = await door.LogInAsync(email, password, facts, workspace, ct);
        if (code is not null && !result.Ok && result.Error.Code == SignIn.SecondNeeded)
        {
            result = await second.FinishAsync(email, code, facts, workspace, ct);
        }

        return result.Ok ? await TokenAsync(result.Value, reader, ct)
            : result.Error.Code is SignIn.SecondNeeded ? DetailAnswer.Of(StatusCodes.Status401Unauthorized, $"{result.Error.Detail} Send it as 'code'.")
            : result.Error.Code is PasswordDoor.Wrong or FactorCheck.Wrong ? DetailAnswer.Of(StatusCodes.Status401Unauthorized, result.Error.Detail)
            : Refuse(http, result.Error);
    }

    /// <summary>Ends all sessions of the person, in browsers too.</summary>
    internal static async Task<Ok<LoggedOut>> LogOut(ClaimsPrincipal user, SignIn signIn, CancellationToken ct)
    {
        await signIn.LogOutEverywhereAsync(Caller.Of(user), ct);
        return TypedResults.Ok(new LoggedOut("logged out"));
    }

    /// <summary>The account that is logged in.</summary>
    internal static async Task<Ok<AccountUser>> Me(ClaimsPrincipal user, AccountReader reader, CancellationToken ct) =>
        TypedResults.Ok(await reader.UserAsync(Caller.Of(user).Person!.Value, ct));

    /// <summary>The account that is logged in, with its keys and what its workspace is connected to.</summary>
    internal static async Task<Ok<AccountOverview>> Overview(ClaimsPrincipal user, AccountReader reader, IEstates estates, IOptions<KeyOptions> options, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var account = await reader.UserAsync(caller.Person!.Value, ct);
        var model = (await estates.OfAsync(user, ct)).Model;
        var slack = model.Channels.Values.Any(c => c.Type == "slack") || model.Users.Values.Any(u => u.Contact.Any(c => c.Type == "slack"));
        var keys = await reader.KeysAsync(caller.Person.Value, PreviewLength, ct);
        return TypedResults.Ok(new AccountOverview(
            new(account.Id, account.Email, account.CreatedAt, account.IsActive, new("free", "active", null)),
            new(new(slack, []), new(false), new(false), new(false)),
            new(keys.Count, options.Value.MaxPerAccount, keys)));
    }

    private static async Task<(string Email, string Password, JsonElement Body, IResult? Refusal)> ReadAsync(HttpContext http, CancellationToken ct)
    {
        var (body, refusal) = await DetailAnswer.ReadAsync(http.Request, ct);
        if (refusal is not null)
        {
            return ("", "", body, refusal);
        }

        var (email, noEmail) = DetailAnswer.Text(body, "email");
        var (password, noPassword) = DetailAnswer.Text(body, "password");
        return (email, password, body, noEmail ?? noPassword);
    }

    private static async Task<IResult> TokenAsync(SignedIn who, AccountReader reader, CancellationToken ct) =>
        TypedResults.Ok(new SessionToken(who.Token, "bearer", await reader.UserAsync(who.Account.Id, ct)));

    private static IResult Refuse(HttpContext http, Error error, TimeSpan? wait = null)
    {
        if (wait is { } seconds)
        {
            http.Response.Headers.RetryAfter = $"{Math.Ceiling(seconds.TotalSeconds)}";
        }

        return DetailAnswer.Of(error);
    }
}

/// <summary>Accounts as others see them.</summary>
internal sealed class AccountReader(Database database, AccountStore accounts, AccountIds ids, IOptions<AccountOptions> options)
{
    public async Task<AccountUser> UserAsync(long person, CancellationToken ct)
    {
        var row = await database.ReadAsync(session => accounts.FindPersonAsync(session, person), ct)
            ?? throw new InvalidOperationException($"Person {person} is logged in and not there.");
        return new(ids.Of(row.Id), row.Email, DetailAnswer.Time(row.CreatedAt), row.DisabledAt is null);
    }

    /// <summary>The keys of the assistant's kind that a person has made.</summary>
    public Task<List<OverviewKey>> KeysAsync(long person, int preview, CancellationToken ct) => database.ReadAsync(
        session => session.QueryAsync(
            "SELECT name, prefix, created_at, last_used_at, revoked_at FROM api_key WHERE person_id = @person AND kind = 'sra' ORDER BY id",
            row => new OverviewKey(
                row.GetString(0), $"{row.GetString(1)[..Math.Min(preview, row.GetString(1).Length)]}...", DetailAnswer.Time(row.Instant(2)),
                row.NullableInstant(3) is { } used ? DetailAnswer.Time(used) : null, row.IsDBNull(4)),
            ("person", person)),
        ct);

    /// <summary>Who asks, with all workspaces and the session.</summary>
    public Task<MeView> MeAsync(Caller caller, DateTimeOffset now, CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            var role = caller.Role.Word();
            if (caller.Person is not { } person || await accounts.FindPersonAsync(session, person) is not { } row)
            {
                return new MeView(caller.Actor, role, caller.WorkspaceName, null, null, null, [new(caller.WorkspaceName, role, true)], null);
            }

            var memberships = await accounts.OfPersonAsync(session, person);
            var login = (await accounts.LoginsAsync(session, person, now, options.Value.IdleSince(now))).Find(l => l.Id == caller.Login?.Id);
            return new MeView(
                caller.Actor, role, caller.WorkspaceName, ids.Of(person), caller.User, row.Email,
                [.. memberships.Where(m => !m.IsOut).Select(m => new MembershipView(m.WorkspaceName, m.Role.Word(), m.Workspace == caller.Workspace))],
                login is null ? null : Of(login, NameOf(login, memberships), caller));
        },
        ct);

    /// <summary>What the person is logged in with, newest use first.</summary>
    public Task<List<SessionView>> SessionsAsync(Caller caller, DateTimeOffset now, CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            var memberships = await accounts.OfPersonAsync(session, caller.Person!.Value);
            return (await accounts.LoginsAsync(session, caller.Person.Value, now, options.Value.IdleSince(now))).ConvertAll(login => Of(login, NameOf(login, memberships), caller));
        },
        ct);

    /// <param name="workspace">What the workspace is called that the login looks at.</param>
    public static SessionView Of(LoginRow login, string workspace, Caller caller) => new(
        login.Id, login.Kind, login.Proof, workspace, login.Address, login.Agent, login.CreatedAt, login.SeenAt, login.ExpiresAt, login.Id == caller.Login?.Id);

    private static string NameOf(LoginRow login, List<Account> memberships) => memberships.Find(m => m.Workspace == login.Workspace)?.WorkspaceName ?? "";
}
