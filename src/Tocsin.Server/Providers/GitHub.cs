using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Issues;

namespace Tocsin.Providers;

/// <summary>Issues at GitHub, or at a GitHub Enterprise Server, by the REST API of 2022-11-28.</summary>
internal sealed class GitHub(GitHubAccount account, IOptions<GitHubOptions> options, ILogger<GitHub> logger) : IIssueHost
{
    private const int PerPage = 100;
    private const int MostPages = 10;
    private const string TeamColour = "1f883d";

    /// <summary>Team labels that are there, as far as this node knows.</summary>
    private readonly ConcurrentDictionary<string, bool> _labels = new(StringComparer.OrdinalIgnoreCase);

    public bool IsConfigured => options.Value.IsConfigured;

    public (DateTimeOffset Until, string Why)? Rests => account.Gate.Rests;

    public HostLimit? Limit => account.Limit;

    public async Task<HostAnswer> CreateAsync(string repository, NewIssue issue, CancellationToken ct)
    {
        if (await MakeLabelsAsync(repository, issue.Teams, ct) is { } later)
        {
            return later;
        }

        var body = new JsonObject { ["title"] = issue.Title, ["body"] = issue.Body, ["labels"] = Texts(issue.Labels) };
        var answer = await account.AskAsync(repository, HttpMethod.Post, $"/repos/{repository}/issues", body, mayHaveWorked: true, ct);
        return answer.Fault is { Verdict: HostVerdict.Gone } gone ? gone with { Verdict = HostVerdict.Refused }
            : answer.Fault
            ?? (IssueOf(answer.Body) is { } made ? HostAnswer.Ok with { Issue = made } : new HostAnswer(HostVerdict.Later, "GitHub's answer names no issue.") { MayHaveWorked = true, GiveUpAfter = 20 });
    }

    public Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> FindAllAsync(string repository, string mark, DateTimeOffset since, CancellationToken ct) =>
        ListAsync(repository, "sort=created&direction=desc", since, item => Contains(item, mark), ct);

    public async Task<HostAnswer> CloseDoubleAsync(string repository, long number, long kept, CancellationToken ct)
    {
        var said = await CommentAsync(repository, number, $"This issue was made twice. #{kept} is kept.", ct);
        return said.Verdict == HostVerdict.Later ? said
            : (await account.AskAsync(
                repository, HttpMethod.Patch, $"/repos/{repository}/issues/{number}", new JsonObject { ["state"] = "closed", ["state_reason"] = "not_planned" }, mayHaveWorked: false, ct)).Fault
            ?? HostAnswer.Ok;
    }

    public async Task<HostAnswer> ReadAsync(string repository, long number, CancellationToken ct)
    {
        var answer = await account.AskAsync(repository, HttpMethod.Get, $"/repos/{repository}/issues/{number}", null, mayHaveWorked: false, ct);
        return answer.Fault ?? HostAnswer.Ok with { Issue = IssueOf(answer.Body) };
    }

    public async Task<HostAnswer> CommentAsync(string repository, long number, string body, CancellationToken ct) =>
        (await account.AskAsync(repository, HttpMethod.Post, $"/repos/{repository}/issues/{number}/comments", new JsonObject { ["body"] = body }, mayHaveWorked: true, ct)).Fault ?? HostAnswer.Ok;

    public async Task<HostAnswer> FindCommentAsync(string repository, long number, string mark, DateTimeOffset since, CancellationToken ct) =>
        await SearchAsync(
            repository, $"/repos/{repository}/issues/{number}/comments?since={Since(since)}&per_page={PerPage}",
            item => Contains(item, mark) ? new HostedIssue(number, null, IsOpen: true, null) : null, ct);

    public async Task<HostAnswer> SetOpenAsync(string repository, long number, bool open, CancellationToken ct)
    {
        var answer = await account.AskAsync(
            repository, HttpMethod.Patch, $"/repos/{repository}/issues/{number}", new JsonObject { ["state"] = open ? "open" : "closed" }, mayHaveWorked: false, ct);
        return answer.Fault ?? HostAnswer.Ok with { Issue = IssueOf(answer.Body) };
    }

    public async Task<HostAnswer> LabelAsync(string repository, long number, IssueStep.Label label, IReadOnlyList<string> teams, CancellationToken ct)
    {
        if (label.Add.Count > 0)
        {
            if (await MakeLabelsAsync(repository, [.. teams.Where(team => label.Add.Contains(IssueText.TeamLabel(team), StringComparer.Ordinal))], ct) is { } later)
            {
                return later;
            }

            var added = await account.AskAsync(
                repository, HttpMethod.Post, $"/repos/{repository}/issues/{number}/labels", new JsonObject { ["labels"] = Texts(label.Add) }, mayHaveWorked: false, ct);
            if (added.Fault is not null)
            {
                return added.Fault;
            }
        }

        foreach (var old in label.Remove)
        {
            var removed = await account.AskAsync(
                repository, HttpMethod.Delete, $"/repos/{repository}/issues/{number}/labels/{Uri.EscapeDataString(old)}", null, mayHaveWorked: false, ct);
            if (removed is { Fault: { } fault, Status: not 404 })
            {
                return fault;
            }
        }

        return HostAnswer.Ok;
    }

    public Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> ChangedAsync(string repository, DateTimeOffset since, CancellationToken ct) =>
        ListAsync(repository, "sort=updated&direction=asc", since, static _ => true, ct);

    public async Task<IReadOnlyList<HostFinding>> CheckAsync(string? repository, CancellationToken ct)
    {
        if (!IsConfigured)
        {
            return [new("account", IsGood: false, "No account is set: the operator sets GitHub:Token, or GitHub:AppId with GitHub:PrivateKeyFile.")];
        }

        List<HostFinding> findings = [];
        if (account.IsApp)
        {
            var app = await account.AskAsAppAsync(HttpMethod.Get, "/app", ct);
            findings.Add(new("account", app.Fault is null, app.Fault is null ? $"The App {Text(app.Body?["name"], Text(app.Body?["slug"], options.Value.AppId))} is known." : app.Fault.Reason));
            if (app.Fault is not null)
            {
                return findings;
            }
        }

        if (repository is not null)
        {
            await CheckRepositoryAsync(repository, findings, ct);
        }
        else if (!account.IsApp)
        {
            var user = await account.AskAsync("", HttpMethod.Get, "/user", null, mayHaveWorked: false, ct);
            findings.Add(new("account", user.Fault is null || user.Status == 403, user.Fault is null ? $"The token is {Text(user.Body?["login"], "somebody")}'s." : user.Status == 403 ? "The token is accepted." : user.Fault.Reason));
        }

        return findings;
    }

    /// <summary>Reading shows whether it is seen; whether it may be written is asked of the App's grants or the account's rights, since trying would leave a trace.</summary>
    private async Task CheckRepositoryAsync(string repository, List<HostFinding> findings, CancellationToken ct)
    {
        if (account.IsApp)
        {
            var installation = await account.AskAsAppAsync(HttpMethod.Get, $"/repos/{repository}/installation", ct);
            findings.Add(new(
                "installation", installation.Fault is null,
                installation.Fault is null ? $"The App is installed on {repository}."
                : installation.Status == 404 ? $"The App is not installed on {repository}: install it there." : installation.Fault.Reason));
            if (installation.Fault is not null)
            {
                return;
            }

            var grants = installation.Body?["permissions"];
            findings.Add(Grant("issues", grants, "write"));
            findings.Add(Grant("metadata", grants, "read"));
        }

        var seen = await account.AskAsync(repository, HttpMethod.Get, $"/repos/{repository}", null, mayHaveWorked: false, ct);
        findings.Add(new("repository", seen.Fault is null, seen.Fault?.Reason ?? $"{repository} is seen."));
        if (seen.Fault is not null)
        {
            return;
        }

        if (seen.Body?["has_issues"]?.GetValueKind() == JsonValueKind.False || seen.Body?["archived"]?.GetValueKind() == JsonValueKind.True)
        {
            findings.Add(new("issues switched on", IsGood: false, $"Issues are switched off in {repository}, or it is archived."));
        }

        if (!account.IsApp && seen.Body?["permissions"] is JsonObject rights)
        {
            var may = ((string[])["push", "triage", "maintain", "admin"]).Any(right => rights[right]?.GetValueKind() == JsonValueKind.True);
            findings.Add(new("issues", may, may ? "The account may label and close issues." : "The account may not label and close issues: give it the role triage, or write."));
        }

        var listed = await account.AskAsync(repository, HttpMethod.Get, $"/repos/{repository}/issues?per_page=1", null, mayHaveWorked: false, ct);
        findings.Add(new("reading issues", listed.Fault is null, listed.Fault?.Reason ?? "Issues can be read."));
    }

    private static HostFinding Grant(string name, JsonNode? grants, string wanted)
    {
        var has = Text((grants as JsonObject)?[name], "none");
        var good = has == wanted || has is "write" or "admin";
        return new(name, good, good ? $"The permission {name} is {has}." : $"The permission {name} is {has}; it must be {wanted}. Change it in the App's settings, and accept the change in the installation.");
    }

    /// <summary>Team labels have a colour of their own. Trouble with them is only logged: the issue goes on without.</summary>
    /// <returns>Null, unless GitHub is to be asked later.</returns>
    private async Task<HostAnswer?> MakeLabelsAsync(string repository, IReadOnlyList<string> teams, CancellationToken ct)
    {
        foreach (var team in teams.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            var label = IssueText.TeamLabel(team);
            if (_labels.ContainsKey($"{repository} {label}"))
            {
                continue;
            }

            var there = await account.AskAsync(repository, HttpMethod.Get, $"/repos/{repository}/labels/{Uri.EscapeDataString(label)}", null, mayHaveWorked: false, ct);
            if (there.Status == 404 && there.Fault is { Verdict: HostVerdict.Refused })
            {
                var body = new JsonObject { ["name"] = label, ["color"] = TeamColour, ["description"] = IssueMarkdown.Cut($"Alert label for {label}", 100) };
                there = await account.AskAsync(repository, HttpMethod.Post, $"/repos/{repository}/labels", body, mayHaveWorked: false, ct);
            }

            if (there.Fault is { Counts: false } rests)
            {
                return rests;
            }

            if (there.Fault is null || there.Status == 422)
            {
                _labels[$"{repository} {label}"] = true;
            }
            else
            {
                logger.LabelFailed(label, repository, there.Fault.Reason);
            }
        }

        return null;
    }

    /// <summary>The issues that were made here and changed since an instant, for which this holds.</summary>
    private async Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> ListAsync(string repository, string order, DateTimeOffset since, Predicate<JsonNode> wanted, CancellationToken ct)
    {
        List<HostedIssue> found = [];
        var answer = await SearchAsync(
            repository, $"/repos/{repository}/issues?state=all&labels={Uri.EscapeDataString(IssueText.AreaLabel)}&{order}&since={Since(since)}&per_page={PerPage}",
            item =>
            {
                if (wanted(item) && IssueOf(item) is { } issue)
                {
                    found.Add(issue);
                }

                return null;
            },
            ct);
        return (answer, found);
    }

    /// <summary>Reads a list page by page until something is found.</summary>
    private async Task<HostAnswer> SearchAsync(string repository, string path, Func<JsonNode, HostedIssue?> pick, CancellationToken ct)
    {
        string? next = path;
        for (var page = 0; page < MostPages && next is not null; page++)
        {
            var answer = await account.AskAsync(repository, HttpMethod.Get, next, null, mayHaveWorked: false, ct);
            if (answer.Fault is not null)
            {
                // A search had no effect, but what it is for may have had one.
                return answer.Fault with { MayHaveWorked = true };
            }

            foreach (var item in answer.Body as JsonArray ?? [])
            {
                if (item is JsonObject && pick(item) is { } found)
                {
                    return HostAnswer.Ok with { Issue = found };
                }
            }

            next = answer.Next;
        }

        return HostAnswer.Ok;
    }

    private static bool Contains(JsonNode item, string mark) => Text(item["body"], "").Contains(mark, StringComparison.Ordinal);

    private static HostedIssue? IssueOf(JsonNode? node)
    {
        if (node is not JsonObject issue || issue["number"] is not JsonValue number || !number.TryGetValue<long>(out var n) || n <= 0 || issue["pull_request"] is JsonObject)
        {
            return null;
        }

        var isOpen = Text(issue["state"], "open") != "closed";
        return new(
            n, Text(issue["html_url"], "") is { Length: > 0 } url ? url : null, isOpen, GitHubAccount.Instant(isOpen ? issue["updated_at"] : issue["closed_at"] ?? issue["updated_at"]),
            Text((issue["closed_by"] as JsonObject)?["login"], "") is { Length: > 0 } by ? by : null);
    }

    private static string Text(JsonNode? node, string otherwise) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : otherwise;

    private static JsonArray Texts(IReadOnlyList<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    /// <summary>Clocks differ by some minutes at most.</summary>
    private static string Since(DateTimeOffset since) => Uri.EscapeDataString((since - TimeSpan.FromMinutes(5)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
}
