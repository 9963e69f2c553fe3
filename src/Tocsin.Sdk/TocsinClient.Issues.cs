namespace Tocsin.Sdk;

public sealed partial class TocsinClient
{
    /// <summary>Issues that alarms got, newest first.</summary>
    /// <param name="state">open, closed, pending, failed or all.</param>
    /// <param name="repository">Only of this repository, <c>owner/name</c>; null: of all.</param>
    public Task<Page<IssueView>> ListIssuesAsync(
        string state = "all", string? repository = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(Query("api/v1/issues", ("state", state), ("repository", repository), ("cursor", cursor), ("limit", Number(limit))), WireJson.Default.PageIssueView, ct);

    /// <summary>How alarms find their way to issues: how fast, how often it fails, what waits.</summary>
    public Task<PipelineHealthView> GetPipelineHealthAsync(CancellationToken ct = default) => GetAsync("api/v1/pipeline/health", WireJson.Default.PipelineHealthView, ct);

    /// <summary>One issue, with what is remembered of its alarm.</summary>
    public Task<IssueView> GetIssueAsync(long id, CancellationToken ct = default) => GetAsync($"api/v1/issues/{Number(id)}", WireJson.Default.IssueView, ct);

    /// <summary>Tries again what was given up, now. Repeating it changes nothing.</summary>
    public Task<IssueView> RetryIssueAsync(long id, CancellationToken ct = default) => PostAsync($"api/v1/issues/{Number(id)}/retry", WireJson.Default.IssueView, ct);

    /// <summary>Tries out what the installation's GitHub account may do, without leaving a trace.</summary>
    /// <param name="repository">One that a route names; null: only the account.</param>
    public Task<GitHubCheckView> CheckGitHubAsync(string? repository = null, CancellationToken ct = default) =>
        PostAsync("api/v1/github/check", new GitHubCheckRequest(repository), WireJson.Default.GitHubCheckRequest, WireJson.Default.GitHubCheckView, ct);
}
