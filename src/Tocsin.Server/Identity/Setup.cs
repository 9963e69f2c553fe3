using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>How the first person comes to have an account: by a link that works once and that only whoever started the server can see.</summary>
internal sealed class Setup(Database database, AccountStore accounts, WorkspaceStore workspaces, SignIn signIn, NewPasswords passwords, AuditTrail audit, TimeProvider clock)
{
    public const string SetupPurpose = "setup";

    private static readonly TimeSpan _linkLife = TimeSpan.FromDays(1);

    /// <summary>The link for the first administrator; null when the first workspace has a member.</summary>
    public Task<string?> SetupLinkAsync(CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            var first = (await workspaces.ListAsync(tx)).FirstOrDefault();

            // Whoever registers himself has a workspace of his own: the installation's first one still has no owner.
            if (first is not null && await accounts.AnyAsync(tx, first.Id))
            {
                return null;
            }

            first ??= await workspaces.EnsureAsync(tx, WorkspaceStore.Default, clock.GetUtcNow());
            return await accounts.NewLinkAsync(tx, first.Id, SetupPurpose, "owner", clock.GetUtcNow() + _linkLife);
        },
        ct);

    /// <returns>Null: the link is none, was used, is too old, or somebody else has become the first member meanwhile.</returns>
    public Task<LinkTarget?> FindSetupAsync(string token, CancellationToken ct) => database.ReadAsync(session => FindAsync(session, token, clock.GetUtcNow()), ct);

    /// <summary>Makes the account that a setup link is for, once, and begins its session.</summary>
    /// <param name="userName">The estate's user to be; <see cref="Enrolment.UserNameOf"/> proposes one.</param>
    public async Task<Result<SignedIn>> SetUpAsync(string link, string email, string userName, string password, LoginFacts facts, CancellationToken ct)
    {
        if (Enrolment.Fault(email, password, userName) is { } fault)
        {
            return fault;
        }

        var hash = await passwords.HashAsync(password, known: true, ct);
        if (!hash.Ok)
        {
            return hash.Error;
        }

        return await database.WriteAsync<Result<SignedIn>>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (await FindAsync(tx, link, now) is not { } target || !await accounts.UseLinkAsync(tx, link, now))
                {
                    return Error.NotFound("setup link", "it was used or has expired; start Tocsin again for a new one");
                }

                var role = Enum.Parse<Role>(target.Subject, ignoreCase: true);
                // Whoever has the link runs this server, so he is believed; what somebody else may have set up under the address ends.
                var person = await accounts.OfProvedEmailAsync(tx, email, now);
                await accounts.EndSessionsOfAsync(tx, person.Id);
                await accounts.SetPasswordAsync(tx, person.Id, hash.Value, now);
                await accounts.JoinAsync(tx, target.Workspace, person.Id, userName, role, now);
                foreach (var chain in (long[])[AuditStore.Installation, target.Workspace])
                {
                    await audit.RecordAsync(tx, chain, new($"user:{userName}", "setup.completed", $"member/{userName}", $"the setup link made {userName} {target.Subject} of workspace {target.Workspace}"));
                }

                return await signIn.BeginAsync(tx, person.Id, target.Workspace, facts);
            },
            ct);
    }

    private async Task<LinkTarget?> FindAsync(Session session, string token, DateTimeOffset now) =>
        await accounts.FindLinkAsync(session, SetupPurpose, token, now) is { } target && !await accounts.AnyAsync(session, target.Workspace) ? target : null;
}
