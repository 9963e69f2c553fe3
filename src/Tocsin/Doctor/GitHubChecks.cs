using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Cli;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Issues;
using Tocsin.Outgoing;
using Tocsin.Providers;

namespace Tocsin.Doctor;

/// <summary>Whether alarms get their issues: there is an account, and it may do what it must in each repository that a route names. Changes nothing there.</summary>
internal static class GitHubChecks
{
    private const string Check = "GitHub issues";

    public static async Task<IReadOnlyList<Finding>> RunAsync(IServiceProvider services, IReadOnlyList<EstateModel> estates, TimeProvider time, CancellationToken ct)
    {
        var settings = services.GetRequiredService<IOptions<GitHubOptions>>();
        var repositories = estates.SelectMany(IssueChecker.RepositoriesOf).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (!settings.Value.IsConfigured)
        {
            return repositories.Count == 0
                ? [Finding.Ok(Check, "no account is set, and no route wants issues")]
                : [Finding.Problem(Check, $"routes want issues in {string.Join(", ", repositories)}, and no account is set", "set GitHub:Token, or GitHub:AppId and GitHub:PrivateKeyFile (environment: Tocsin__GitHub__Token, …)")];
        }

        using var gate = new IssueGate(settings, time);
        using var account = new GitHubAccount(settings, gate, services.GetRequiredService<OutgoingConnector>(), services.GetRequiredService<IOptions<OutgoingOptions>>(), time);
        var host = new GitHub(account, settings, services.GetRequiredService<ILogger<GitHub>>());
        List<Finding> findings = [];
        foreach (var repository in repositories.Cast<string?>().DefaultIfEmpty(null))
        {
            var found = await host.CheckAsync(repository, ct);
            var wrong = found.Where(f => !f.IsGood).ToList();
            var name = repository is null ? Check : $"{Check}: {repository}";
            findings.AddRange(wrong.Select(f => Finding.Problem(name, $"{f.Name}: {f.Detail}", "mend it at GitHub or in the settings; until then issues wait, and alarms are paged all the same")));
            if (wrong.Count == 0)
            {
                findings.Add(Finding.Ok(name, repository is null ? "the account is known; no route wants issues" : "the account may read and write issues"));
            }
        }

        if (settings.Value.WebhookSecret.Length == 0 && repositories.Count > 0)
        {
            findings.Add(Finding.Warning(
                Check, $"no webhooks are taken: what people close by hand is seen every {Words.Span(settings.Value.LookEvery)}",
                "set GitHub:WebhookSecret, and a webhook for issues to /in/github"));
        }

        return findings;
    }
}
