using Tocsin.Estate;
using Tocsin.Routing;
using Tocsin.Sdk;

namespace Tocsin.Issues;

/// <summary>"Test connection": what the installation's account may do in a repository that a workspace's routes name.</summary>
internal sealed class IssueChecker(IIssueHost host, IssueNotes notes)
{
    /// <param name="repository">Null: only the account is checked.</param>
    public async Task<Result<GitHubCheckView>> CheckAsync(EstateSnapshot estate, string? repository, CancellationToken ct)
    {
        if (!notes.MayUse(estate))
        {
            return Error.Forbidden("This workspace may not use the installation's GitHub account; the operator names the workspaces that may in GitHub:Workspaces.");
        }

        // Others are nobody's business here: the account may see much more than this workspace's people.
        if (repository is not null && !RepositoriesOf(estate.Model).Contains(repository, StringComparer.OrdinalIgnoreCase))
        {
            return Error.Invalid("repository", "No route names this repository; write it into a route's \"issues\" first.");
        }

        var findings = await host.CheckAsync(repository, ct);
        return new GitHubCheckView(findings.All(f => f.IsGood), [.. findings.Select(f => new GitHubFindingView(f.Name, f.IsGood, f.Detail))]);
    }

    /// <summary>The repositories that routes name, each once.</summary>
    public static IReadOnlyList<string> RepositoriesOf(EstateModel estate) =>
        [.. All(estate.Route).Select(route => route.Issues).OfType<string>().Where(name => name != Route.NoIssues).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)];

    private static IEnumerable<Route> All(Route route) => route.Routes.SelectMany(All).Prepend(route);
}
