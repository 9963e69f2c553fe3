using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Issues;
using Tocsin.OnCall;
using Tocsin.Pages;
using Tocsin.Telemetry;
using Tocsin.Tests.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>
/// Who may use which route, for every route that the server has. The table of docs/security/access.md is drawn from the routes and read by people:
/// one that is added without a line there fails here.
/// </summary>
public sealed partial class AccessMatrixTests : IAsyncLifetime
{
    private const string Mark = "only-of-acme";
    private const string Missing = "4040404";
    private const string Responder = "ana";

    private static readonly Who[] _callers =
        [Who.Key(Role.Publisher), Who.Person(Role.Viewer), Who.Person(Role.Responder), Who.Person(Role.Admin), Who.Person(Role.Owner), Who.Key(Role.Owner)];

    private static readonly string _page = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/security/access.md"));

    private HttpBench _bench = null!;
    private HttpClient _anybody = null!;
    private Dictionary<string, string> _ofAcme = [];

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync();
        _anybody = _bench.Anybody();
        await _anybody.FireAsync(HttpBench.PrometheusKey, $"alertname={Mark},service=checkout,severity=critical,team=payments,priority=P1");
        await _bench.PagedAsync();
        await _anybody.PostJsonAsync($"/in/generic/{HttpBench.GenericKey}", $"{Mark} is not JSON");
        var owner = await _bench.PersonAsync("head", Role.Owner);
        var silence = await owner.PostAsync(
            "/api/v1/silences",
            $$"""{"match": ["alertname=\"{{Mark}}-2\""], "starts_at": "{{DateTimeOffset.UtcNow:O}}", "ends_at": "{{DateTimeOffset.UtcNow.AddDays(1):O}}", "comment": "{{Mark}}"}""", HttpStatusCode.Created);
        var key = await owner.PostAsync("/api-keys", $$"""{"name": "{{Mark}}"}""");
        var device = await owner.PostAsync("/api/v1/me/devices", $$"""{"kind": "app", "name": "{{Mark}}", "token": "{{Mark}}"}""", HttpStatusCode.Created);
        var shift = $$"""
            "from": "{{DateTimeOffset.UtcNow.AddDays(300):O}}", "to": "{{DateTimeOffset.UtcNow.AddDays(301):O}}"
            """;
        var cover = await owner.PostAsync("/api/v1/schedules/primary/overrides", $$"""{"user": "bo", "reason": "{{Mark}}", {{shift}}}""", HttpStatusCode.Created);
        var away = await owner.PostAsync("/api/v1/time-off", $$"""{"user": "ana", "reason": "{{Mark}}", {{shift}}}""", HttpStatusCode.Created);
        var workspace = await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default) ?? 0;
        var swap = await _bench.Service<Database>().WriteAsync(
            tx => _bench.Service<SwapStore>().AddAsync(tx, workspace, new()
            {
                Schedule = "primary",
                Asker = "ana",
                Note = Mark,
                From = DateTimeOffset.UtcNow.AddDays(5),
                To = DateTimeOffset.UtcNow.AddDays(6),
                MadeAt = DateTimeOffset.UtcNow,
                ExpiresAt = DateTimeOffset.UtcNow.AddDays(5),
            }),
            default);
        await _bench.Service<SpanIntake>().StoreAsync(workspace, [new("0af7651916cd43dd8448eb211c80319c", "1", Mark, DateTimeOffset.UtcNow, TimeSpan.Zero)], default);
        await _bench.Service<Database>().WriteAsync(
            tx => _bench.Service<FindingStore>().AddAsync(tx, workspace, new() { Detector = "review-of-acme", Service = "checkout", Title = Mark }, DateTimeOffset.UtcNow), default);
        await owner.PostAsync("/api/v1/estate/apply", $$"""{"apiVersion": "tocsin/v1", "detectors": [{"name": "{{Mark}}", "type": "missing-data"}]}""");
        _ofAcme = new(StringComparer.Ordinal)
        {
            ["incidents/{number}"] = "1",
            ["logs/{id}"] = await LineAsync(workspace),
            ["i/{number}"] = "1",
            ["incidents/{id}"] = "1",
            ["alerts/{id}"] = await IdAsync("alert"),
            ["alerts/{group}"] = "acme",
            ["sessions/{id}"] = await IdAsync("login"),
            ["devices/{id}"] = $"{device["id"]}",
            ["sessions/{session}"] = await IdAsync("login"),
            ["keys/{id}"] = await IdAsync("api_key"),
            ["api-keys/{prefix}"] = key["key"].Text()[..12],
            ["members/{id}"] = (await owner.GetJsonAsync("/api/v1/me"))["id"].Text(),
            ["invitations/{id}"] = $"{(await owner.PostAsync("/api/v1/invitations", $$"""{"email": "{{Mark}}@example.test", "role": "viewer"}""", HttpStatusCode.Created))["invitation"]!["id"]}",
            ["deliveries/{id}"] = await IdAsync("delivery"),
            ["rejected/{id}"] = await IdAsync("delivery"),
            ["replay/{id}"] = await IdAsync("delivery"),
            ["silences/{id}"] = silence["id"].Text(),
            ["silence/{id}"] = silence["id"].Text(),
            ["maintenance/{id}"] = silence["id"].Text(),
            ["dead/{id}"] = await IdAsync("job"),
            ["issues/{id}"] = await IssueAsync(),
            ["detectors/{name}"] = Mark,
            ["detectors/{detector}"] = "review-of-acme",
            ["traces/{id}"] = "0af7651916cd43dd8448eb211c80319c",
            ["schedules/{name}"] = "primary",
            ["overrides/{id}"] = $"{cover["id"]}",
            ["time-off/{id}"] = $"{away["id"]}",
            ["calendar-links/{kind}"] = "user",
            ["calendar/{kind}"] = "user",
            ["cover/{schedule}"] = "primary",
            ["{schedule}/{id}"] = $"{cover["id"]}",
            ["away/{id}"] = $"{away["id"]}",
            ["{id}/{answer}"] = "accept",
            ["{kind}/{name}"] = "ana",
            ["swaps/{id}"] = $"{swap.Id}",
            ["services/{name}"] = "checkout",
            ["sources/{name}"] = "scripts",
            ["channels/{name}"] = "ops",
            ["users/{name}"] = "ana",
            ["policies/{name}"] = "payments",
            ["{name}/{method}"] = "phone",
            ["contact/{method}"] = "phone",
            ["bulk/{verb}"] = "acknowledge",
        };
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Who_may_use_each_route_is_written_down()
    {
        var drawn = new StringBuilder("| route | publisher | viewer | responder | admin | owner | owner's key |\n|---|---|---|---|---|---|---|\n");
        var open = new StringBuilder();
        foreach (var route in Routes())
        {
            if (route.IsOpen)
            {
                open.Append($"- `{route.Name}`\n");
                continue;
            }

            var may = await Task.WhenAll(_callers.Select(caller => MayAsync(route, caller)));
            drawn.Append($"| `{route.Name}` | {string.Join(" | ", may.Select(m => m ? "yes" : "–"))} |\n");
        }

        var page = await File.ReadAllTextAsync(_page);
        var filled = Fill(Fill(page, "open", open.ToString()), "roles", drawn.ToString());
        if (Environment.GetEnvironmentVariable("TOCSIN_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(_page, filled);
        }

        Assert.True(page == filled || Environment.GetEnvironmentVariable("TOCSIN_WRITE_DOCS") == "1",
            "docs/security/access.md is out of date. Write it again, and read what it then says: TOCSIN_WRITE_DOCS=1 dotnet test tests/Tocsin.Server.Tests --filter AccessMatrix");
    }

    [Fact]
    public async Task Every_route_lets_in_whom_its_rule_names_and_nobody_else()
    {
        List<string> wrong = [];
        foreach (var route in Routes().Where(r => !r.IsOpen))
        {
            var nobody = await AskAsync(route, Values(route, Missing), null);
            if (nobody.Status is not HttpStatusCode.Unauthorized)
            {
                wrong.Add($"{route.Name} answers {(int)nobody.Status} to nobody");
            }

            foreach (var caller in _callers)
            {
                // A responder may test her own contact methods, so the route is asked about herself.
                var values = Values(route, Missing);
                if (route.Pattern.Contains("/users/{name}", StringComparison.Ordinal))
                {
                    values["name"] = Responder;
                }

                var (may, got) = (await MayAsync(route, caller), await AskAsync(route, values, await CredentialAsync(caller, "acme")));
                if (may == (got.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden))
                {
                    wrong.Add($"{route.Name} answers {(int)got.Status} to {caller}, who {(may ? "may" : "may not")}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task What_another_workspace_has_is_as_if_it_were_not_there()
    {
        var before = await EventsAsync();
        List<string> wrong = [];
        foreach (var route in Routes().Where(r => !r.IsOpen && r.Parameters.Length > 0))
        {
            if (route is { Method: "GET", Streams: false })
            {
                Assert.Equal((route.Name, HttpStatusCode.OK), (route.Name, (await AskAsync(route, Values(route), await CredentialAsync(Who.Person(Role.Owner), "acme"))).Status));
            }

            var theirs = await AskAsync(route, Values(route), await CredentialAsync(Who.Person(Role.Owner), "other"), withForm: true);
            var nothing = await AskAsync(route, Values(route, Missing), await CredentialAsync(Who.Person(Role.Owner), "other"), withForm: true);
            if (theirs.Status != nothing.Status || Blank(theirs.Body, route) != Blank(nothing.Body, route))
            {
                wrong.Add($"{route.Name}: {(int)theirs.Status} {theirs.Body}\n  but where nothing is: {(int)nothing.Status} {nothing.Body}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await EventsAsync());
    }

    [Fact]
    public async Task No_list_page_or_search_shows_what_another_workspace_has()
    {
        List<string> seen = [];
        foreach (var route in Routes().Where(r => r.Method == "GET" && !r.Streams))
        {
            var (own, other) = (await AskAsync(route, Values(route), await CredentialAsync(Who.Person(Role.Owner), "acme")), await AskAsync(route, Values(route), await CredentialAsync(Who.Person(Role.Owner), "other")));
            Assert.DoesNotContain(Mark, other.Body, StringComparison.Ordinal);
            if (own.Body.Contains(Mark, StringComparison.Ordinal))
            {
                seen.Add(route.Name);
            }
        }

        // Those who may see it do, so that the test could fail.
        Assert.Contains("GET /api/v1/incidents", seen);
        Assert.Contains("GET /", seen);
        Assert.True(seen.Count >= 8, string.Join('\n', seen));
    }

    private List<Route> Routes()
    {
        var routes = (
            from endpoint in _bench.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
            let pattern = ParameterKind().Replace("/" + endpoint.RoutePattern.RawText!.Trim('/'), "")
            select new Route(method, pattern, endpoint)).OrderBy(r => r.Pattern, StringComparer.Ordinal).ThenBy(r => r.Method, StringComparer.Ordinal).ToList();
        Assert.True(routes.Count > 80, $"Only {routes.Count} routes were found.");
        return routes;
    }

    private async Task<bool> MayAsync(Route route, Who who)
    {
        var policies = _bench.Service<IAuthorizationPolicyProvider>();
        var policy = await AuthorizationPolicy.CombineAsync(policies, route.Endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>()) ?? await policies.GetFallbackPolicyAsync();
        var caller = who.IsKey
            ? new Caller(1, "acme", who.Role, "key:somebody", null)
            : new Caller(1, "acme", who.Role, "user:somebody", "somebody") { Person = 1, Login = new(1, LoginFacts.Web, "password", DateTimeOffset.UtcNow) };
        return (await _bench.Service<IAuthorizationService>().AuthorizeAsync(caller.ToPrincipal("test"), null, policy!)).Succeeded;
    }

    /// <summary>A person's session, new each time since some routes end it; a key for who can only be a key.</summary>
    private async Task<string> CredentialAsync(Who who, string workspace) => who.IsKey
        ? await _bench.KeyAsync(who.Role, workspace)
        : await _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                var accounts = _bench.Service<AccountStore>();
                var owner = (await _bench.Service<WorkspaceStore>().ListAsync(tx)).Single(w => w.Name == workspace);
                var person = await accounts.MemberAsync(tx, owner.Id, $"{who.Role}@{workspace}.test", who.Role == Role.Responder ? Responder : $"{who.Role}", who.Role);
                return await accounts.BeginSessionAsync(tx, owner.Id, person, new(LoginFacts.Web, "password", "127.0.0.1", ""), DateTimeOffset.UtcNow, TimeSpan.FromHours(1));
            },
            default);

    private async Task<(HttpStatusCode Status, string Body)> AskAsync(Route route, IReadOnlyDictionary<string, string> values, string? credential, bool withForm = false)
    {
        var path = route.Parameters.Aggregate(route.Pattern, (text, name) => text.Replace($"{{{name}}}", values[name], StringComparison.Ordinal));
        using var request = new HttpRequestMessage(new(route.Method), path);
        if (credential is not null)
        {
            request.Headers.Add(credential.StartsWith("tcn_", StringComparison.Ordinal) ? "X-API-Key" : "Cookie", credential.StartsWith("tcn_", StringComparison.Ordinal) ? credential : $"tocsin={credential}");
        }

        if (route.Method is not "GET")
        {
            request.Content = withForm && !path.StartsWith("/api/", StringComparison.Ordinal)
                ? new FormUrlEncodedContent([new(FormTokens.Field, FormToken(credential!))])
                : new StringContent("{}", Encoding.UTF8, "application/json");
        }

        using var response = await _anybody.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return (response.StatusCode, response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync());
    }

    private string FormToken(string session)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Cookie = $"tocsin={session}";
        return _bench.Service<FormTokens>().For(http);
    }

    /// <summary>What a route's address names, in the workspace acme; or what is nowhere.</summary>
    private Dictionary<string, string> Values(Route route, string? nowhere = null)
    {
        Dictionary<string, string> values = [];
        foreach (var name in route.Parameters)
        {
            var at = route.Pattern.IndexOf($"{{{name}}}", StringComparison.Ordinal);
            var known = _ofAcme.FirstOrDefault(known => route.Pattern[..(at + name.Length + 2)].EndsWith(known.Key, StringComparison.Ordinal)).Value;
            Assert.True((known ?? nowhere) is not null || route.IsOpen, $"Say in {nameof(AccessMatrixTests)} which object of acme {route.Name} could name.");
            values[name] = nowhere ?? known ?? Missing;
        }

        return values;
    }

    /// <summary>An issue that an alarm of the alert pipeline's kind would get.</summary>
    private async Task<string> LineAsync(long workspace)
    {
        var now = DateTimeOffset.UtcNow;
        await _bench.Service<LogIntake>().StoreAsync(workspace, [new(now, LineLevel.Error, Mark)], default);
        return Assert.Single((await _bench.Service<LogSearch>().SearchAsync(workspace, new() { From = now.AddHours(-1), To = now.AddHours(1) }, 1, null, default)).Lines).Id;
    }

    private Task<string> IssueAsync() => _bench.Service<Database>().WriteAsync(
        async tx =>
        {
            var workspace = await tx.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'") ?? 0;
            var e = Issues.IssueBench.Firing(0, Mark);
            await _bench.Service<IssueStore>().SaveAsync(tx, workspace, [new RecordRow(1, IssueDecider.Decide(null, e, Issues.IssueBench.Repository, reopens: false, e.OccurredAt).Record)]);
            await _bench.Service<IssueStore>().SaveAsync(tx, workspace, [new IssueRow(1, 1, 1, Issues.IssueBench.Repository, e.OccurredAt, e.OccurredAt, TrackedIssue.Open(e, []))]);
            return "1";
        },
        default);

    private async Task<string> IdAsync(string table) =>
        $"{await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync($"SELECT MAX(id) FROM {table}"), default) ?? 1}";

    private Task<long?> EventsAsync() => _bench.Service<Database>().ReadAsync(
        session => session.ScalarAsync("SELECT COUNT(*) FROM event WHERE workspace_id = (SELECT id FROM workspace WHERE name = 'acme') AND actor NOT IN ('system')"), default);

    private static string Fill(string page, string name, string text)
    {
        var (begin, end) = ($"<!-- {name} -->\n", $"<!-- /{name} -->");
        var at = page.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        return page[..at] + text + page[page.IndexOf(end, StringComparison.Ordinal)..];
    }

    /// <summary>Without the names that differ, and without what is of one request only.</summary>
    private string Blank(string body, Route route) => OfOneRequest().Replace(
        Values(route).Values.Append(Missing).Aggregate(body, (text, value) => Regex.Replace(text, $@"\b{Regex.Escape(value)}\b", "@")), "#");

    [GeneratedRegex(@":\w+(?=\})|\*+(?=\w+\})")]
    private static partial Regex ParameterKind();

    [GeneratedRegex("""(?<=name="form" value=")[^"]+|(?<=data-now=")\d+|[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+""")]
    private static partial Regex OfOneRequest();

    private static string Here([CallerFilePath] string file = "") => file;

    private sealed record Who(Role Role, bool IsKey)
    {
        public static Who Key(Role role) => new(role, IsKey: true);

        public static Who Person(Role role) => new(role, IsKey: false);

        public override string ToString() => $"a {Role}{(IsKey ? "'s key" : "")}";
    }

    private sealed partial record Route(string Method, string Pattern, RouteEndpoint Endpoint)
    {
        public string Name => $"{Method} {Pattern}";

        public bool IsOpen => Endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

        public bool Streams => Pattern.EndsWith("/stream", StringComparison.Ordinal) || Pattern.StartsWith("/alerts", StringComparison.Ordinal);

        public string[] Parameters { get; } = [.. Parameter().Matches(Pattern).Select(m => m.Groups[1].Value)];

        [GeneratedRegex(@"\{(\w+)\}")]
        private static partial Regex Parameter();
    }
}
