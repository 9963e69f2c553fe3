using System.Text;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Identity.Oidc;
using Tocsin.Outgoing;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>How people make accounts themselves, where that is open.</summary>
internal sealed class Enrolment(Registrar registrar, Joining joining, PasswordDoor door, NewPasswords passwords, PasswordRule rule, IOptions<AccountOptions> options)
{
    public const int MaxEmail = 254;

    public Registration Registration => options.Value.Registration;

    /// <summary>Whether anybody may make an account with a password.</summary>
    public bool IsOpen => Registration == Registration.Open && rule.AdmitsAll;

    /// <summary>How tries to register from one place are counted.</summary>
    public static string Tries(LoginFacts facts) => $"register {LoginLimits.PlaceOf(facts.Address)}";

    /// <summary>Makes an account with a workspace of its own, where registration is open.</summary>
    /// <returns><c>account.exists</c> (a conflict) when the address has one; this costs what making one does.</returns>
    public async Task<Result<SignedIn>> RegisterAsync(string email, string password, LoginFacts facts, CancellationToken ct)
    {
        if (Registration != Registration.Open)
        {
            return Closed();
        }

        if (!rule.AdmitsAll)
        {
            return Error.Forbidden(PasswordRule.Refusal);
        }

        if (Fault(email, password) is { } fault)
        {
            return fault;
        }

        var hash = await passwords.HashAsync(password, known: false, ct);
        return hash.Ok ? await registrar.RegisterAsync(email, hash.Value, facts, ct) : hash.Error;
    }

    /// <summary>Makes an account for somebody who was invited and says so himself; closed where registration is.</summary>
    public async Task<Result<SignedIn>> JoinAsync(string link, string email, string password, LoginFacts facts, CancellationToken ct)
    {
        if (Registration == Registration.Closed)
        {
            return Closed();
        }

        return await joining.FindAsync(link, ct) is { } invitation && invitation.Email.Equals(email.Trim(), StringComparison.OrdinalIgnoreCase)
            ? await AcceptAsync(link, invitation, password, facts, ct)
            : new Error(ErrorKind.Forbidden, "invitation.not_found", "There is no such invitation for this address; it may have been used, taken back, or be older than a week.");
    }

    /// <summary>
    /// Makes the account of somebody new who was invited, and logs in. Open to whoever has the link, whatever registration is. Who has an account already, and is let in nowhere
    /// any more, comes in with its password.
    /// </summary>
    /// <returns><see cref="SignIn.SecondNeeded"/>: he is back, and has a second factor to show.</returns>
    public async Task<Result<SignedIn>> AcceptAsync(string link, Invitation invitation, string password, LoginFacts facts, CancellationToken ct)
    {
        if (!rule.AdmitsAll)
        {
            return Error.Forbidden(PasswordRule.Refusal);
        }

        if (await joining.PersonAsync(invitation, ct) is { } person && await joining.IsOutsideAsync(person, ct))
        {
            return await door.CheckAsync(person, password, facts, ct) is { } wrong ? wrong : await joining.ReturnAsync(link, invitation, person, facts, ct);
        }

        if (Fault(invitation.Email, password, invitation.UserName ?? "") is { } fault)
        {
            return fault;
        }

        var hash = await passwords.HashAsync(password, known: true, ct);
        return hash.Ok ? await joining.JoinNewAsync(link, invitation, hash.Value, facts, ct) : hash.Error;
    }

    private static Error Closed() => new(ErrorKind.Forbidden, "registration.closed", "Registration is closed here. Ask somebody of the workspace for an invitation.");

    /// <summary>A short name from a person's name or address: lower-case letters, digits and dashes.</summary>
    public static string UserNameOf(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name.Split('@')[0].Trim().ToLowerInvariant())
        {
            text.Append(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-');
        }

        var shortened = text.ToString().Trim('-');
        return shortened.Length == 0 ? "admin" : shortened[..Math.Min(40, shortened.Length)].TrimEnd('-');
    }

    /// <summary>What is wrong with an address, or with a password beside it; null: nothing.</summary>
    /// <param name="name">What else others know of the person.</param>
    public static Error? Fault(string email, string password, string name = "") =>
        email.Trim().Length > MaxEmail || MailBox.Fault(email.Trim()) is not null ? Error.Invalid("email", "Enter an e-mail address, such as ana@example.com.")
        : PasswordRules.Fault(password, email.Trim(), name) is { } fault ? Error.Invalid("password", fault)
        : null;
}

/// <summary>Makes accounts of people whom nobody invited.</summary>
internal sealed class Registrar(Database database, AccountStore accounts, SignIn signIn, TimeProvider clock)
{
    public Task<Result<SignedIn>> RegisterAsync(string email, string hash, LoginFacts facts, CancellationToken ct) => database.WriteAsync<Result<SignedIn>>(
        async tx =>
        {
            var now = clock.GetUtcNow();
            if (await accounts.NewPersonAsync(tx, email, hash, emailProved: false, now) is not { } person)
            {
                return Error.Conflict("account.exists", "There is an account with this address. Log in instead.");
            }

            var name = Enrolment.UserNameOf(email);
            var workspace = await WorkspaceStore.NewAsync(tx, name, now);
            await accounts.JoinAsync(tx, workspace.Id, person, name, Role.Owner, now);
            return await signIn.BeginAsync(tx, person, workspace.Id, facts);
        },
        ct);
}
