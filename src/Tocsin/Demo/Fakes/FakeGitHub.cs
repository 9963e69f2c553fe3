using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <summary>
/// GitHub's REST API as far as issues go: checks a token or an App's signed assertion, headers and forms; keeps repositories, labels, issues and
/// comments; has limits, and fails as it was told.
/// </summary>
internal sealed partial class FakeGitHub : FakeHttp
{
    public const string Token = "ghp_thetokenofthefakegithubserver0123456";
    public const string AppId = "4711";
    public const string HookSecret = "the-secret-of-the-webhook";
    private const int Installation = 99;
    private const string Bot = "tocsin[bot]";

    private readonly Lock _gate = new();
    private readonly RSA _key = RSA.Create(2048);
    private readonly Dictionary<string, FakeRepository> _repositories = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DateTimeOffset> _tokens = [];
    private readonly List<string> _calls = [];

    private FakeGitHub(TimeProvider clock)
        : base(clock)
    {
    }

    /// <summary>The App's key, as it is downloaded.</summary>
    public string PrivateKey => _key.ExportRSAPrivateKeyPem();

    /// <summary>How many installation tokens were given.</summary>
    public int TokensGiven { get; private set; }

    /// <summary>What each request meets; null: nothing. Besides the faults that were told one by one.</summary>
    public Func<string, FakeFault?>? Chaos { get; set; }

    /// <summary>Called after a request did its work and before it is answered.</summary>
    public Action<string>? Meanwhile { get; set; }

    /// <summary>Until then each request is told so, with the headers of the primary limit.</summary>
    public DateTimeOffset LimitedUntil { get; set; }

    /// <summary>Requests that were answered by the server itself, such as <c>POST /repos/acme/alerts/issues</c>, in their order.</summary>
    public string[] Calls
    {
        get
        {
            lock (_gate)
            {
                return [.. _calls];
            }
        }
    }

    public static async Task<FakeGitHub> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default, params string[] repositories)
    {
        var fake = new FakeGitHub(clock);
        foreach (var repository in repositories)
        {
            fake._repositories[repository] = new();
        }

        await fake.ListenAsync(port, ct);
        return fake;
    }

    public FakeRepository Repository(string name) => _repositories[name];

    public IReadOnlyList<FakeIssue> Issues(string repository)
    {
        lock (_gate)
        {
            return [.. _repositories[repository].Issues];
        }
    }

    /// <summary>Takes back all installation tokens.</summary>
    public void Revoke()
    {
        lock (_gate)
        {
            _tokens.Clear();
        }
    }

    /// <summary>What a person does on the site.</summary>
    /// <returns>What the webhook carries.</returns>
    public byte[] ByHand(string repository, int number, bool open, string login = "octocat")
    {
        lock (_gate)
        {
            var issue = _repositories[repository].Issues[number - 1];
            Set(issue, open, login);
            return Hook(issue, open ? "reopened" : "closed", login);
        }
    }

    public byte[] Delete(string repository, int number)
    {
        lock (_gate)
        {
            _repositories[repository].Deleted.Add(number);
            return Hook(_repositories[repository].Issues[number - 1], "deleted", "octocat");
        }
    }

    public static string Sign(byte[] body, string secret = HookSecret) => $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body))}";

    protected override bool IsWork(PathString path) => path != "/";

    protected override FakeFault? NextFault(PathString path) => base.NextFault(path) ?? Chaos?.Invoke(path.Value ?? "");

    protected override FakeAnswer? Show(PathString path)
    {
        lock (_gate)
        {
            return new(200, new JsonArray([.. _repositories.Values.SelectMany(r => r.Issues).Select(Json)]).ToJsonString() + "\n", "application/json");
        }
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        FakeAnswer answer;
        lock (_gate)
        {
            var headers = request.HttpContext.Response.Headers;
            headers["x-ratelimit-limit"] = "5000";
            headers["x-ratelimit-remaining"] = Math.Max(1, 4999 - _calls.Count).ToString(CultureInfo.InvariantCulture);
            headers["x-ratelimit-reset"] = Clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            answer = Answer(request, body);
            _calls.Add($"{request.Method} {request.Path}");
            if (_calls.Count > 100_000)
            {
                _calls.RemoveRange(0, 50_000);
            }
        }

        Meanwhile?.Invoke($"{request.Method} {request.Path}");
        return answer;
    }

    private FakeAnswer Answer(HttpRequest request, byte[] body)
    {
        if (request.Headers.UserAgent.Count == 0)
        {
            return Says(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.");
        }

        if (request.Headers.Accept != "application/vnd.github+json" || request.Headers["X-GitHub-Api-Version"] != "2022-11-28")
        {
            return Says(400, "The headers Accept and X-GitHub-Api-Version are wrong.");
        }

        if (LimitedUntil > Clock.GetUtcNow())
        {
            request.HttpContext.Response.Headers["x-ratelimit-remaining"] = "0";
            request.HttpContext.Response.Headers["x-ratelimit-reset"] = LimitedUntil.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            return Says(403, "API rate limit exceeded for installation.");
        }

        JsonObject? form = null;
        try
        {
            form = body.Length == 0 ? null : JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            return Says(400, "Problems parsing JSON");
        }

        var bearer = request.Headers.Authorization.ToString() is ['B', 'e', 'a', 'r', 'e', 'r', ' ', .. var token] ? token : "";
        var parts = request.Path.Value!.Trim('/').Split('/');
        return (request.Method, parts) switch
        {
            (_, ["app", ..]) or (_, ["repos", _, _, "installation"]) => JwtFault(bearer) is { } fault ? Says(401, fault) : OfApp(request.Method, parts),
            _ when !IsToken(bearer) => Says(401, "Bad credentials"),
            ("GET", ["user"]) => Is(200, new JsonObject { ["login"] = Bot }),
            (_, ["repos", var owner, var name, .. var rest]) => _repositories.TryGetValue($"{owner}/{name}", out var repository) && repository.IsSeen
                ? OfRepository(request, repository, $"{owner}/{name}", rest, form)
                : Says(404, "Not Found"),
            _ => Says(404, "Not Found"),
        };
    }

    private FakeAnswer OfRepository(HttpRequest request, FakeRepository repository, string name, string[] rest, JsonObject? form)
    {
        var isWrite = request.Method != "GET";
        if (isWrite && !repository.MayWrite)
        {
            return Says(403, "Resource not accessible by integration");
        }

        if (rest is [] && !isWrite)
        {
            return Is(200, new JsonObject { ["full_name"] = name, ["has_issues"] = repository.HasIssues, ["archived"] = false, ["permissions"] = new JsonObject { ["push"] = repository.MayWrite, ["pull"] = true } });
        }

        if (rest is ["labels", ..])
        {
            return OfLabels(request.Method, repository, rest, form);
        }

        if (!repository.HasIssues)
        {
            return Says(410, "Issues are disabled for this repo");
        }

        if (repository.MadeUp && rest is ["issues", var asked, ..] && int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var older) && older < 10_000)
        {
            while (repository.Issues.Count < older)
            {
                repository.Issues.Add(new(name, repository.Issues.Count + 1, "An issue of before", "") { ChangedAt = Clock.GetUtcNow() });
            }
        }

        return rest switch
        {
            ["issues"] => isWrite ? Open(repository, name, form) : List(request, repository.Issues.Where(i => !repository.Deleted.Contains(i.Number))),
            ["issues", var number, .. var more] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) =>
                repository.Deleted.Contains(n) ? Says(410, "This issue was deleted")
                : n > 0 && n <= repository.Issues.Count ? OfIssue(request, repository.Issues[n - 1], more, form)
                : Says(404, "Not Found"),
            _ => Says(404, "Not Found"),
        };
    }

    private static FakeAnswer OfLabels(string method, FakeRepository repository, string[] rest, JsonObject? form)
    {
        if (method == "GET" && rest is [_, var asked])
        {
            return repository.Labels.Contains(Uri.UnescapeDataString(asked)) ? Is(200, new JsonObject { ["name"] = Uri.UnescapeDataString(asked) }) : Says(404, "Not Found");
        }

        return method != "POST" || rest is not [_] ? Says(404, "Not Found")
            : Text(form, "name") is not { Length: > 0 and <= 50 } name || Text(form, "color") is not { Length: 6 } || Text(form, "description") is { Length: > 100 } ? Says(422, "Validation Failed")
            : repository.Labels.Add(name) ? Is(201, new JsonObject { ["name"] = name })
            : Says(422, "Validation Failed: already_exists");
    }

    private FakeAnswer Open(FakeRepository repository, string name, JsonObject? form)
    {
        if (form is null || form.Any(f => f.Key is not ("title" or "body" or "labels" or "assignees" or "milestone")) || Text(form, "title") is not { Length: > 0 and <= 256 } title
            || Text(form, "body") is not { Length: <= 65_536 } body || form["labels"] is not JsonArray labels || labels.Any(l => l?.ToString() is not { Length: > 0 and <= 50 }))
        {
            return Says(422, "Validation Failed");
        }

        var issue = new FakeIssue(name, repository.Issues.Count + 1, title, body) { ChangedAt = Clock.GetUtcNow() };
        issue.Labels.AddRange(labels.Select(l => l!.ToString()));
        repository.Labels.UnionWith(issue.Labels);
        repository.Issues.Add(issue);
        return Is(201, Json(issue));
    }

    private FakeAnswer OfIssue(HttpRequest request, FakeIssue issue, string[] more, JsonObject? form)
    {
        switch (request.Method, more)
        {
            case ("GET", []):
                return Is(200, Json(issue));
            case ("PATCH", []):
                if (Text(form, "state") is not ("open" or "closed") || form!.Any(f => f.Key is not ("state" or "state_reason" or "title" or "body" or "labels")))
                {
                    return Says(422, "Validation Failed");
                }

                Set(issue, Text(form, "state") == "open", Bot);
                return Is(200, Json(issue));
            case ("GET", ["comments"]):
                return Page(request, [.. issue.Comments.Select((text, i) => (JsonNode)new JsonObject { ["id"] = i + 1, ["body"] = text })]);
            case ("POST", ["comments"]):
                if (Text(form, "body") is not { Length: > 0 and <= 65_536 } comment || form!.Count != 1)
                {
                    return Says(422, "Validation Failed");
                }

                issue.Comments.Add(comment);
                issue.CommentedAt.Add(Clock.GetUtcNow());
                issue.ChangedAt = Clock.GetUtcNow();
                return Is(201, new JsonObject { ["id"] = issue.Comments.Count, ["body"] = comment });
            case ("POST", ["labels"]) when form is not null && form["labels"] is JsonArray added && added.All(l => l?.ToString() is { Length: > 0 and <= 50 }):
                issue.Labels.AddRange(added.Select(l => l!.ToString()).Except(issue.Labels));
                return new(200, "[]", "application/json");
            case ("DELETE", ["labels", var label]):
                return issue.Labels.Remove(Uri.UnescapeDataString(label)) ? new(200, "[]", "application/json") : Says(404, "Label does not exist");
            default:
                return Says(404, "Not Found");
        }
    }

    private static FakeAnswer List(HttpRequest request, IEnumerable<FakeIssue> issues)
    {
        var query = request.Query;
        var since = DateTimeOffset.TryParse(query["since"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : DateTimeOffset.MinValue;
        var state = query["state"].ToString() is { Length: > 0 } asked ? asked : "open";
        var labels = query["labels"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries);
        var found = issues.Where(i => i.ChangedAt >= since && (state == "all" || (state == "open") == i.IsOpen) && labels.All(i.Labels.Contains));
        var ordered = query["sort"] == "updated" ? found.OrderBy(i => i.ChangedAt) : found.OrderBy(i => i.Number);
        return Page(request, [.. (query["direction"] == "asc" ? ordered : ordered.Reverse()).Select(i => (JsonNode)Json(i))]);
    }

    private static FakeAnswer Page(HttpRequest request, JsonNode[] all)
    {
        var size = int.TryParse(request.Query["per_page"], out var wanted) ? Math.Clamp(wanted, 1, 100) : 30;
        var page = int.TryParse(request.Query["page"], out var number) ? number : 1;
        if (all.Length > page * size)
        {
            var others = string.Concat(request.Query.Where(q => q.Key != "page").Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value.ToString())}&"));
            request.HttpContext.Response.Headers.Link = $"<{request.Scheme}://{request.Host}{request.Path}?{others}page={page + 1}>; rel=\"next\"";
        }

        return new(200, new JsonArray([.. all.Skip((page - 1) * size).Take(size)]).ToJsonString(), "application/json");
    }

    private void Set(FakeIssue issue, bool open, string login)
    {
        if (issue.IsOpen != open)
        {
            (issue.IsOpen, issue.ClosedAt, issue.ClosedBy) = (open, open ? null : Clock.GetUtcNow(), open ? null : login);
        }

        issue.ChangedAt = Clock.GetUtcNow();
    }

    private static byte[] Hook(FakeIssue issue, string action, string login) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["action"] = action,
        ["issue"] = Json(issue),
        ["repository"] = new JsonObject { ["full_name"] = issue.Repository },
        ["sender"] = new JsonObject { ["login"] = login, ["type"] = "User" },
    }.ToJsonString());

    private static JsonObject Json(FakeIssue issue) => new()
    {
        ["number"] = issue.Number,
        ["html_url"] = $"https://github.invalid/{issue.Repository}/issues/{issue.Number}",
        ["title"] = issue.Title,
        ["body"] = issue.Body,
        ["state"] = issue.IsOpen ? "open" : "closed",
        ["labels"] = new JsonArray([.. issue.Labels.Select(l => new JsonObject { ["name"] = l })]),
        ["comments"] = issue.Comments.Count,
        ["updated_at"] = Time(issue.ChangedAt),
        ["closed_at"] = issue.ClosedAt is { } at ? Time(at) : null,
        ["closed_by"] = issue.ClosedBy is { } by ? new JsonObject { ["login"] = by } : null,
    };

    private static string? Text(JsonObject? form, string name) => form is not null && form[name] is JsonValue text && text.GetValueKind() == JsonValueKind.String ? text.GetValue<string>() : null;

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static FakeAnswer Is(int status, JsonObject body) => new(status, body.ToJsonString(), "application/json");

    private static FakeAnswer Says(int status, string message) =>
        Is(status, new JsonObject { ["message"] = message, ["documentation_url"] = "https://docs.github.invalid/rest" });
}
