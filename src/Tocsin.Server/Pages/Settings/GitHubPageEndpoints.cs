using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Issues;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class GitHubPageEndpoints
{
    private const string Path = "/settings/github";
    private const int MostFailed = 50;

    public static void MapGitHubPages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup(Path).RequireAuthorization(Policies.Configure);
        group.MapGet("/", Show);
        group.MapPost("/check", Check).AddEndpointFilter<FormFilter>();
        group.MapPost("/issues/{id:long}/retry", Retry).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, GitHubReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return new Rendered<GitHubPage, GitHubModel>(page.Frame, await reader.ReadAsync(page, BaseUrl(http.Request), ct));
    }

    /// <summary>"Test connection": shows what was found, and keeps nothing.</summary>
    private static async Task<IResult> Check(HttpContext http, FrameFactory frames, GitHubReader reader, IssueChecker checker, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var repository = (await http.Request.ReadFormAsync(ct))["repository"].ToString().Trim();
        var result = await checker.CheckAsync(page.Estate, repository.Length == 0 ? null : repository, ct);
        return new Rendered<GitHubPage, GitHubModel>(
            page.Frame, await reader.ReadAsync(page, BaseUrl(http.Request), ct) with { Check = result.Value, Checked = repository, Fault = result.Error?.Detail });
    }

    private static async Task<IResult> Retry(long id, HttpContext http, IssueDesk desk, CancellationToken ct) =>
        await desk.RetryAsync(Caller.Of(http.User), id, ct) ? Done.Well(Path, "It is tried again now.") : Done.Refused(Path, Error.NotFound("issue", $"{id}").Detail);

    private static string BaseUrl(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    /// <summary>Reads how matters stand.</summary>
    internal sealed class GitHubReader(Database database, IssueStore issues, IssueNotes notes, IIssueHost host, IOptions<GitHubOptions> options)
    {
        public async Task<GitHubModel> ReadAsync(PageRequest page, string baseUrl, CancellationToken ct)
        {
            var (counts, failed, known) = await database.ReadAsync(
                async session => (
                    await issues.CountAsync(session, page.Workspace),
                    await issues.ListAsync(session, page.Workspace, "failed", null, long.MaxValue, MostFailed),
                    await issues.RepositoriesAsync(session, page.Workspace)),
                ct);
            var settings = options.Value;
            return new()
            {
                Account = settings.AppId.Length > 0 ? $"the App {settings.AppId}" : settings.Token.Length > 0 ? "a token" : null,
                MayUse = notes.MayUse(page.Estate),
                Rests = host.Rests is { } rests ? $"{rests.Why}; asked again in {Words.Span(rests.Until - page.Now)}" : null,
                HookUrl = $"{baseUrl}/in/github",
                TakesHooks = settings.WebhookSecret.Length > 0,
                LookEvery = settings.LookEvery,
                Repositories = [.. IssueChecker.RepositoriesOf(page.Estate.Model).Select(name => known.Find(row => row.Repository == name) is { } row ? new GitHubRepository(name, row.LookedAt, row.ToldAt) : new(name, null, null))],
                Failed = [.. failed.Select(row => IssueViews.Of(row, 0))],
                Open = counts.Open,
                Pending = counts.Pending,
            };
        }
    }
}
