using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>Passwords, sessions and the first account. Trying passwords is slow for everybody and bounded for the machine.</summary>
internal sealed class SignIn(Database database, AccountStore accounts, WorkspaceStore workspaces, TimeProvider clock) : IDisposable
{
    public const string SetupPurpose = "setup";
    public const int MinPasswordLength = 12;

    private const int Iterations = 220_000;
    private const int TriesPerMinute = 10;
    private const int MostWindows = 50_000;

    private static readonly TimeSpan _sessionLife = TimeSpan.FromDays(14);
    private static readonly TimeSpan _linkLife = TimeSpan.FromDays(1);
    private static readonly string _nobody = HashPassword(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));

    // Hashing is meant to cost CPU; two at a time leave the rest of the machine to paging.
    private readonly SemaphoreSlim _hashing = new(2);
    private readonly ConcurrentDictionary<string, (long Minute, int Tries)> _tries = new(StringComparer.Ordinal);

    /// <summary>Checks a password and begins a session.</summary>
    /// <returns>The session's token. The refusal is the same, and takes as long, for a wrong password and an unknown address.</returns>
    public async Task<Result<(Account Account, string Token)>> LogInAsync(string email, string password, LoginFacts facts, CancellationToken ct)
    {
        if (!MayTry($"address {facts.Address}") || !MayTry($"account {email.Trim().ToLowerInvariant()}"))
        {
            return new Error(ErrorKind.Unavailable, "login.too_many", "Too many tries. Wait a minute.");
        }

        var found = await database.ReadAsync(session => accounts.FindByEmailAsync(session, email), ct);
        var account = found.FirstOrDefault();
        if (!await MatchesAsync(account?.PasswordHash ?? _nobody, password, ct) || account is null)
        {
            return Error.Forbidden("The address or the password is wrong.");
        }

        var token = await database.WriteAsync(tx => accounts.BeginSessionAsync(tx, account.Workspace, account.Id, facts, clock.GetUtcNow(), _sessionLife), ct);
        return (account, token);
    }

    public Task LogOutAsync(string token, CancellationToken ct) => database.WriteAsync(tx => accounts.EndSessionAsync(tx, token), ct);

    /// <summary>The link for the first administrator; null when there is an account already.</summary>
    public Task<string?> SetupLinkAsync(CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if (await accounts.AnyAsync(tx))
            {
                return null;
            }

            var workspace = (await workspaces.ListAsync(tx)).FirstOrDefault() ?? await workspaces.EnsureAsync(tx, WorkspaceStore.Default, clock.GetUtcNow());
            return await accounts.NewLinkAsync(tx, workspace.Id, SetupPurpose, "owner", clock.GetUtcNow() + _linkLife);
        },
        ct);

    public Task<LinkTarget?> FindSetupAsync(string token, CancellationToken ct) =>
        database.ReadAsync(session => accounts.FindLinkAsync(session, SetupPurpose, token, clock.GetUtcNow()), ct);

    /// <summary>Makes the account that a setup link is for, once, and begins its session.</summary>
    /// <param name="userName">The estate's user to be; <see cref="UserNameOf"/> proposes one.</param>
    public async Task<Result<(Account Account, string Token)>> SetUpAsync(string link, string email, string userName, string password, LoginFacts facts, CancellationToken ct)
    {
        if (!email.Contains('@', StringComparison.Ordinal) || email.Length > 254)
        {
            return Error.Invalid("email", "Enter an e-mail address, such as ana@example.com.");
        }

        if (password.Length < MinPasswordLength)
        {
            return Error.Invalid("password", $"Use at least {MinPasswordLength} characters; a sentence is fine.");
        }

        var hash = await HashAsync(password, ct);
        return await database.WriteAsync<Result<(Account, string)>>(
            async tx =>
            {
                var now = clock.GetUtcNow();
                if (await accounts.FindLinkAsync(tx, SetupPurpose, link, now) is not { } target || !await accounts.UseLinkAsync(tx, link, now))
                {
                    return Error.NotFound("setup link", "it was used or has expired; start Tocsin again for a new one");
                }

                var role = Enum.Parse<Role>(target.Subject, ignoreCase: true);
                var id = await accounts.SaveAsync(tx, target.Workspace, email, userName, role, hash, now);
                var token = await accounts.BeginSessionAsync(tx, target.Workspace, id, facts, now, _sessionLife);
                var account = (await accounts.ListAsync(tx, target.Workspace)).Single(a => a.Id == id);
                return (account, token);
            },
            ct);
    }

    public void Dispose() => _hashing.Dispose();

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

    private bool MayTry(string who)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        if (_tries.Count > MostWindows)
        {
            _tries.Clear();
        }

        return _tries.AddOrUpdate(who, _ => (minute, 1), (_, known) => known.Minute == minute ? (minute, known.Tries + 1) : (minute, 1)).Tries <= TriesPerMinute;
    }

    private async Task<string> HashAsync(string password, CancellationToken ct)
    {
        await _hashing.WaitAsync(ct);
        try
        {
            return HashPassword(password);
        }
        finally
        {
            _hashing.Release();
        }
    }

    private async Task<bool> MatchesAsync(string stored, string password, CancellationToken ct)
    {
        await _hashing.WaitAsync(ct);
        try
        {
            var parts = stored.Split('$');
            var expected = Convert.FromBase64String(parts[3]);
            var actual = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(parts[2]), int.Parse(parts[1]), HashAlgorithmName.SHA512, expected.Length);
            return CryptographicOperations.FixedTimeEquals(expected, actual);
        }
        finally
        {
            _hashing.Release();
        }
    }

    /// <summary>PBKDF2 with its parameters, so that they can grow: <c>pbkdf2-sha512$iterations$salt$hash</c>.</summary>
    private static string HashPassword(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var hash = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA512, 32);
        return $"pbkdf2-sha512${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}";
    }
}
