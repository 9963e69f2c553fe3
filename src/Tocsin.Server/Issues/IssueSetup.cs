using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Providers;

namespace Tocsin.Issues;

internal static class IssueSetup
{
    public static IServiceCollection AddIssueSettings(this IServiceCollection services)
    {
        services.AddOptions<GitHubOptions>().BindConfiguration("GitHub").ValidateOnStart();
        services.AddSingleton<IValidateOptions<GitHubOptions>, GitHubOptionsValidator>();
        services.AddSingleton<IValidateOptions<GitHubOptions>, GitHubAccountValidator>();
        return services.AddSingleton(new SettingsSection("GitHub", typeof(GitHubOptions)));
    }

    public static IServiceCollection AddIssues(this IServiceCollection services) =>
        services.AddSingleton<IssueStore>().AddSingleton<IssueFlow>().AddSingleton<IssueNotes>().AddSingleton<IssueDesk>().AddSingleton<IssueChecker>().AddSingleton<Pages.GitHubPageEndpoints.GitHubReader>().AddSingleton<IssueGate>()
            .AddSingleton<GitHubAccount>().AddSingleton<IIssueHost, GitHub>();
}
