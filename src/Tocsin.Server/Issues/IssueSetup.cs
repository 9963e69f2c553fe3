using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
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
        services.AddOptions<PipelineOptions>().BindConfiguration("Pipeline").ValidateOnStart();
        services.AddSingleton<IValidateOptions<PipelineOptions>, PipelineOptionsValidator>();
        return services.AddSingleton(new SettingsSection("GitHub", typeof(GitHubOptions))).AddSingleton(new SettingsSection("Pipeline", typeof(PipelineOptions)));
    }

    public static IServiceCollection AddIssues(this IServiceCollection services) =>
        services.AddSingleton<PipelineStore>().AddSingleton<PipelineMeter>().AddSingleton<IssueJournal>().AddSingleton<AwsKeys>().AddSingleton<PipelineFigures>().AddSingleton<PipelineGauges>().AddSingleton<IssueStore>().AddSingleton<IssueFlow>().AddSingleton<IssueNotes>().AddSingleton<IssueDesk>().AddSingleton<IssueChecker>().AddSingleton<Pages.GitHubPageEndpoints.GitHubReader>().AddSingleton<IssueGate>()
            .AddSingleton<GitHubAccount>().AddSingleton<IIssueHost, GitHub>();
}
