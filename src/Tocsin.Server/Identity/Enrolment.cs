using System.Text;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Outgoing;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>How people come to have an account: the first by the setup link, others by registering where that is open.</summary>
internal sealed class Enrolment(Database database, AccountStore accounts, WorkspaceStore workspaces, SignIn signIn, Passwords passwords, IOptions<AccountOptions> options, TimeProvider clock)
{
    public const string SetupPurpose = "setup";

    private const int MaxEmail = 254;

    private static readonly TimeSpan _linkLife = TimeSpan.FromDays(1);

    public Registration Registration => options.Value.Registration;

    /// <summary>The link for the first administrator; null when somebody can administer already.</summary>
    public Task<string?> SetupLinkAsync(CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            var first = (await workspaces.ListAsync(tx)).FirstOrDefault();

            // Whoever registers himself has a workspace of his own: the installation's still has no owner.
            if (Registration == Registration.Open && first is not null ? await accounts.AnyAsync(tx, first.Id) : await accounts.AnyAsync(tx))
            {
                return null;
            }

            first ??= await workspaces.EnsureAsync(tx, WorkspaceStore.Default, clock.GetUtcNow());
            return await accounts.NewLinkAsync(tx, first.Id, SetupPurpose, "owner", clock.GetUtcNow() + _linkLife);
        },
        ct);

    public Task<LinkTarget?> FindSetupAsync(string token, CancellationToken ct) =>
        database.ReadAsync(session => accounts.FindLinkAsync(session, SetupPurpose, token, clock.GetUtcNow()), ct);

    /// <summary>Makes the account that a setup link is for, once, and begins its session.</summary>
    /// <param name="userName">The estate's user to be; <see cref="UserNameOf"/> proposes one.</param>
    public async Task<Result<SignedIn>> SetUpAsync(string link, string email, string userName, string password, LoginFacts facts, CancellationToken ct)
    {
        if (Fault(email, password, userName) is { } fault)
        {
            return fault;
        }

        if (await passwords.HashAsync(password, known: true, ct) is not { } hash)
        {
            return SignIn.Busy();
        }

        return await database.WriteAsync<Result<SignedIn>>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (await accounts.FindLinkAsync(tx, SetupPurpose, link, now) is not { } target || !await accounts.UseLinkAsync(tx, link, now))
                {
                    return Error.NotFound("setup link", "it was used or has expired; start Tocsin again for a new one");
                }

                var role = Enum.Parse<Role>(target.Subject, ignoreCase: true);
                var id = await accounts.SaveAsync(tx, target.Workspace, email, userName, role, hash, now);
                return await signIn.BeginAsync(tx, id, target.Workspace, facts);
            },
            ct);
    }

    /// <summary>Makes an account with a workspace of its own, where registration is open.</summary>
    /// <returns><c>account.exists</c> (a conflict) when the address has one; this costs what making one does.</returns>
    public async Task<Result<SignedIn>> RegisterAsync(string email, string password, LoginFacts facts, CancellationToken ct)
    {
        if (Registration != Registration.Open)
        {
            return new Error(ErrorKind.Forbidden, "registration.closed", "Registration is closed here. Ask somebody of the workspace for an invitation.");
        }

        if (Fault(email, password) is { } fault)
        {
            return fault;
        }

        if (await passwords.HashAsync(password, known: false, ct) is not { } hash)
        {
            return SignIn.Busy();
        }

        return await database.WriteAsync<Result<SignedIn>>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (await accounts.NewPersonAsync(tx, email, hash, emailProved: false, now) is not { } person)
                {
                    return Error.Conflict("account.exists", "There is an account with this address. Log in instead.");
                }

                var name = UserNameOf(email);
                var workspace = await workspaces.NewAsync(tx, name, now);
                await accounts.JoinAsync(tx, workspace.Id, person, name, Role.Owner, now);
                return await signIn.BeginAsync(tx, person, workspace.Id, facts);
            },
            ct);
    }

    /// <summary>A short name from a person's name or address: lower-case letters, digits and dashes.</summary>
    public static string UserNameOf(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name.Split('@')[0].Trim().ToLowerInvariant())
        {
            text.Append(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-');
        }

        var shortened = text.ToString().Trim('-');
        return shortened.Length == 0 ? "admin" : shortened[..Math.Min(40, shortened.Length)];
    }

    /// <summary>What is wrong with an address, or with a password beside it; null: nothing.</summary>
    /// <param name="name">What else others know of the person.</param>
    public static Error? Fault(string email, string password, string name = "") =>
        email.Trim().Length > MaxEmail || MailBox.Fault(email.Trim()) is not null ? Error.Invalid("email", "Enter an e-mail address, such as ana@example.com.")
        : PasswordRules.Fault(password, email.Trim(), name) is { } fault ? Error.Invalid("password", fault)
        : null;
}
