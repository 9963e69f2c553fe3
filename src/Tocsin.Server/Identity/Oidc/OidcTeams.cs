using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;

namespace Tocsin.Identity.Oidc;

/// <summary>Lets the teams of the estate follow the provider's groups. Teams of estate files stay as their files say.</summary>
internal sealed class OidcTeams(EstateDesk desk, IEstates estates, IOptions<OidcOptions> settings, ILogger<OidcTeams> logger)
{
    private readonly IReadOnlyDictionary<string, string> _teams = settings.Value.TeamByGroup;

    /// <summary>Puts somebody into the teams of their groups, and out of those of others that are mapped. What cannot be done is logged; the login stands.</summary>
    public async Task FollowAsync(Account account, DirectoryPerson person, CancellationToken ct)
    {
        try
        {
            await TryAsync(account, person, ct);
        }
        catch (StoreUnavailableException e)
        {
            logger.TeamsNotFollowed(account.UserName, e.Message);
        }
    }

    private async Task TryAsync(Account account, DirectoryPerson person, CancellationToken ct)
    {
        if (_teams.Count == 0 || await estates.FindAsync(account.Workspace, ct) is not { } estate || IsSettled(estate.Model, account, person))
        {
            return;
        }

        var wish = new EstateWish(account.WorkspaceName, [], Goes: _ => false, TakesOver: false) { From = stored => Wanted(stored, account, person) };
        var outcome = await desk.ApplyAsync([wish], "automation:oidc", only: false, ct);
        estates.Forget(account.Workspace);
        if ((outcome.Ok ? outcome.Value.Faults.Select(f => f.Message).FirstOrDefault() : outcome.Error.Detail) is { } fault)
        {
            logger.TeamsNotFollowed(account.UserName, fault);
        }
    }

    private bool IsSettled(EstateModel estate, Account account, DirectoryPerson person) => _teams.Values.Distinct(StringComparer.Ordinal).All(name =>
        !estate.Teams.TryGetValue(name, out var team) || team.Members.Contains(account.UserName, StringComparer.Ordinal) == Belongs(person, name));

    private bool Belongs(DirectoryPerson person, string team) =>
        person.Groups.Any(group => _teams.TryGetValue(group, out var name) && name == team);

    /// <summary>The teams as they should be, and the person if the estate does not have one of that name yet: members of teams must be there.</summary>
    private List<EstateObject> Wanted(IReadOnlyList<EstateObject> stored, Account account, DirectoryPerson person)
    {
        var wanted = new List<EstateObject>();
        foreach (var name in _teams.Values.Distinct(StringComparer.Ordinal))
        {
            if (stored.FirstOrDefault(o => o.Kind == "team" && o.Name == name) is not { } team)
            {
                logger.TeamMissing(name);
                continue;
            }

            var members = (team.Body.Find("members") as EstateList)?.Items ?? [];
            var isIn = members.Any(m => m is EstateScalar scalar && scalar.Text == account.UserName);
            if (isIn == Belongs(person, name))
            {
                continue;
            }

            if (team.Origin is { } origin)
            {
                logger.TeamOfFile(account.UserName, name, origin);
                continue;
            }

            var now = isIn ? members.Where(m => m is not EstateScalar scalar || scalar.Text != account.UserName) : [.. members, Text(account.UserName)];
            wanted.Add(team with { Body = team.Body.With("members", new EstateList([.. now], Mark.None)) });
        }

        if (wanted.Count > 0 && !stored.Any(o => o.Kind == "user" && o.Name == account.UserName))
        {
            wanted.Add(NewUser(account, person));
        }

        return wanted;
    }

    private static EstateObject NewUser(Account account, DirectoryPerson person)
    {
        List<EstateEntry> entries = [Entry("name", account.UserName), Entry("role", account.Role.Word())];
        if (person.FullName is { } name)
        {
            entries.Add(Entry("full_name", name));
        }

        // An address that nobody vouches for must not get pages.
        if (person is { Email: { } email, EmailIsVerified: true })
        {
            entries.Add(Entry("email", email));
            var mail = new EstateMap([Entry("name", "mail"), Entry("type", "email"), Entry("address", email)], Mark.None);
            entries.Add(new("contact", Mark.None, new EstateList([mail], Mark.None)));
        }

        return new(account.WorkspaceName, "user", account.UserName, new EstateMap(entries, Mark.None), null, $"user {account.UserName}");
    }

    private static EstateEntry Entry(string key, string value) => new(key, Mark.None, Text(value));

    // People choose what they are called at the provider; a reference in it would read this server's environment.
    private static EstateScalar Text(string value) => new(value.Replace("${", "$${", StringComparison.Ordinal), Mark.None);
}
