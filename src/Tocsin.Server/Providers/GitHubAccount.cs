using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Tocsin.Issues;
using Tocsin.Operations;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>What GitHub answered, read as far as its kind of fault can be told without knowing the question.</summary>
/// <param name="Status">0: none.</param>
/// <param name="Body">Null: none, or no JSON.</param>
/// <param name="Fault">Null: it was done.</param>
internal sealed record GitHubAnswer(int Status, JsonNode? Body, HostAnswer? Fault)
{
    public string? Next { get; init; }
}

/// <summary>
/// One account at GitHub's REST API: a token, or an App whose signed assertion becomes an installation's token, kept until shortly before its
/// end. Everything asked goes through the gate: pace, breaker, limits.
/// </summary>
internal sealed class GitHubAccount : IDisposable
{
    private const int AnswerMaxBytes = 4 * 1024 * 1024;

    /// <summary>A token that ends while a request is on its way would cost that request.</summary>
    private static readonly TimeSpan _margin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _assertionAge = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _assertionLife = TimeSpan.FromSeconds(540);

    private readonly GitHubOptions _options;
    private readonly IssueGate _gate;
    private readonly TimeProvider _clock;
    private readonly GuardedHttp _http;
    private readonly HttpClient _client;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, (long Id, DateTimeOffset Until)> _installations = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<long, (string Value, DateTimeOffset Until)> _tokens = [];

    public GitHubAccount(IOptions<GitHubOptions> options, IssueGate gate, OutgoingConnector connector, IOptions<OutgoingOptions> outgoing, TimeProvider clock)
    {
        (_options, _gate, _clock) = (options.Value, gate, clock);

        // A client of its own: the operator names its address, so it may be an internal one, and no workspace's request shares its connections.
        _http = new(connector, outgoing, clock, namedByOperator: true);
        _client = _http.CreateClient(outgoing.Value.Timeout, AnswerMaxBytes);
    }

    public IssueGate Gate => _gate;

    /// <summary>The limit that GitHub named with its last answer to this node; null: none yet.</summary>
    public HostLimit? Limit { get; private set; }

    public bool IsApp => _options.AppId.Length > 0;

    /// <summary>Asks once, for a repository.</summary>
    /// <param name="path">Below the base address, such as <c>/repos/acme/alerts/issues</c>; or an address that GitHub gave there.</param>
    /// <param name="mayHaveWorked">Whether a request without an answer may have had an effect.</param>
    public async Task<GitHubAnswer> AskAsync(string repository, HttpMethod verb, string path, JsonNode? body, bool mayHaveWorked, CancellationToken ct)
    {
        if (!IsApp)
        {
            return await SendAsync(verb, path, body, _options.Token, mayHaveWorked, ct);
        }

        var (token, fault) = await TokenAsync(repository, ct);
        if (token is null)
        {
            return fault!;
        }

        var answer = await SendAsync(verb, path, body, token, mayHaveWorked, ct);
        if (answer.Status == 401)
        {
            await ForgetAsync(repository, ct);
        }

        return answer;
    }

    /// <summary>Asks as the App itself, by its assertion.</summary>
    public async Task<GitHubAnswer> AskAsAppAsync(HttpMethod verb, string path, CancellationToken ct) =>
        _options.ReadKey() is { Ok: true } key ? await SendAsync(verb, path, null, Assertion(key.Value), mayHaveWorked: false, ct)
        : new(0, null, new(HostVerdict.Refused, _options.ReadKey().Error!.Detail));

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
        _turn.Dispose();
    }

    private async Task<(string? Token, GitHubAnswer? Fault)> TokenAsync(string repository, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            var now = _clock.GetUtcNow();
            if (!_installations.TryGetValue(repository, out var installation) || installation.Until <= now)
            {
                var asked = await AskAsAppAsync(HttpMethod.Get, $"/repos/{repository}/installation", ct);
                if (asked.Fault is not null)
                {
                    return (null, asked.Status == 404 ? asked with { Fault = new(HostVerdict.Refused, $"The App is not installed on {repository}, or there is no such repository: install it there.") } : asked);
                }

                if (asked.Body?["id"] is not JsonValue id || !id.TryGetValue<long>(out var number))
                {
                    return (null, new(asked.Status, null, Garbled()));
                }

                _installations[repository] = installation = (number, now + TimeSpan.FromHours(1));
            }

            if (_tokens.TryGetValue(installation.Id, out var known) && known.Until - _margin > now)
            {
                return (known.Value, null);
            }

            var made = await AskAsAppAsync(HttpMethod.Post, $"/app/installations/{installation.Id}/access_tokens", ct);
            if (made.Fault is not null)
            {
                _installations.Remove(repository);
                return (null, made);
            }

            if (made.Body?["token"]?.GetValueKind() != JsonValueKind.String || Instant(made.Body["expires_at"]) is not { } until)
            {
                return (null, new(made.Status, null, Garbled()));
            }

            _tokens[installation.Id] = (made.Body["token"]!.GetValue<string>(), until);
            return (_tokens[installation.Id].Value, null);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task ForgetAsync(string repository, CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_installations.Remove(repository, out var installation))
            {
                _tokens.Remove(installation.Id);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private string Assertion(string pem)
    {
        var issuedAt = _clock.GetUtcNow() - _assertionAge;
        var header = """{"alg":"RS256","typ":"JWT"}"""u8;
        var claims = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["iat"] = issuedAt.ToUnixTimeSeconds(),
            ["exp"] = (issuedAt + _assertionLife).ToUnixTimeSeconds(),
            ["iss"] = _options.AppId,
        }.ToJsonString());
        var signed = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(claims)}";
        using var key = RSA.Create();
        key.ImportFromPem(pem);
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private async Task<GitHubAnswer> SendAsync(HttpMethod verb, string path, JsonNode? body, string bearer, bool mayHaveWorked, CancellationToken ct)
    {
        if (await _gate.EnterAsync(ct) is { } rests)
        {
            return new(0, null, new(HostVerdict.Later, $"not tried: {rests.Why}") { RetryAt = rests.Until, Counts = false });
        }

        using var request = new HttpRequestMessage(verb, path.StartsWith("http", StringComparison.Ordinal) ? path : _options.BaseUrl.TrimEnd('/') + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        request.Headers.Accept.ParseAdd("application/vnd.github+json");
        request.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct);
            return Read(response, await response.Content.ReadAsStringAsync(ct), mayHaveWorked);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Away("GitHub did not answer in time.", mayHaveWorked);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return OutgoingFailure.RefusalIn(e) is { } refusal
                ? new(0, null, new(HostVerdict.Later, refusal) { GiveUpAfter = 3 })
                : Away(OutgoingFailure.Describe(e), mayHaveWorked);
        }
    }

    private GitHubAnswer Read(HttpResponseMessage response, string text, bool mayHaveWorked)
    {
        var status = (int)response.StatusCode;
        var json = Parse(text);
        Limit = LimitIn(response, _clock.GetUtcNow()) ?? Limit;
        if (status is >= 500 or (>= 100 and < 200))
        {
            return Away($"GitHub answered {status}.", mayHaveWorked, status);
        }

        if (LimitFault(response, status, json) is { } limited)
        {
            Instruments.GitHubRequests.Add(1, new KeyValuePair<string, object?>("outcome", "limited"));
            return new(status, json, limited);
        }

        if (status is >= 200 and < 300 && json is null && status != 204 && text.Length > 0)
        {
            return Away("GitHub's answer was cut off, or is no JSON.", mayHaveWorked, status);
        }

        _gate.Worked();
        Instruments.GitHubRequests.Add(1, new KeyValuePair<string, object?>("outcome", status < 300 ? "ok" : "refused"));
        return status is >= 200 and < 300
            ? new(status, json, null) { Next = NextOf(response) }
            : new(status, json, Refusal(status, response, Message(json)));
    }

    private static HostLimit? LimitIn(HttpResponseMessage response, DateTimeOffset now) =>
        int.TryParse(Header(response, "x-ratelimit-limit"), NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
        && int.TryParse(Header(response, "x-ratelimit-remaining"), NumberStyles.None, CultureInfo.InvariantCulture, out var remaining)
        && long.TryParse(Header(response, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var reset) && reset is > 0 and < 253_402_300_000
            ? new(limit, remaining, DateTimeOffset.FromUnixTimeSeconds(reset), now)
            : null;

    /// <summary>Limits are told with 429 or 403, and in several ways.</summary>
    private HostAnswer? LimitFault(HttpResponseMessage response, int status, JsonNode? json)
    {
        var now = _clock.GetUtcNow();
        var message = Message(json);
        var isLimit = status == 429
            || (status == 403 && (response.Headers.Contains("Retry-After") || Header(response, "x-ratelimit-remaining") == "0"
                || message.Contains("rate limit", StringComparison.OrdinalIgnoreCase) || message.Contains("abuse", StringComparison.OrdinalIgnoreCase)));
        if (!isLimit)
        {
            return null;
        }

        var asked = RetryAfter.Read(Header(response, "Retry-After"), now) is { } wait ? now + wait : default(DateTimeOffset?);
        var reset = Header(response, "x-ratelimit-remaining") == "0" && long.TryParse(Header(response, "x-ratelimit-reset"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and < 253_402_300_000 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : default(DateTimeOffset?);
        var until = asked ?? (reset > now + TimeSpan.FromHours(2) ? now + TimeSpan.FromHours(2) : reset);
        return new(HostVerdict.Later, $"GitHub set a limit (HTTP {status}).") { RetryAt = _gate.Limited(until), Counts = false };
    }

    private static HostAnswer Refusal(int status, HttpResponseMessage response, string message) => status switch
    {
        401 => new(HostVerdict.Later, "GitHub does not accept the account (HTTP 401): check GitHub:Token, or GitHub:AppId and its key, and this machine's clock.") { GiveUpAfter = 3 },
        403 when IsFinal(message) => new(HostVerdict.Refused, $"The account may not do that (HTTP 403: {message}). It needs read and write access to issues."),
        403 => new(HostVerdict.Later, $"GitHub forbids it (HTTP 403: {message}).") { GiveUpAfter = 8 },
        404 => new(HostVerdict.Refused, "There is no such repository or issue, or the account may not see it (HTTP 404): check the route's repository, and what the account has access to."),
        410 => new(HostVerdict.Gone, $"It is gone, or issues are switched off there (HTTP 410: {message})."),
        >= 300 and < 400 => new(HostVerdict.Refused, $"The repository has moved (HTTP {status}{(response.Headers.Location is { } to ? $" to {Notify.PlainText.OneLine(to.ToString(), 200)}" : "")}): write its new name into the route."),
        _ => new(HostVerdict.Refused, $"GitHub refused it (HTTP {status}: {message})."),
    };

    private static bool IsFinal(string message) => ((string[])["not accessible", "must have", "permission", "archived", "disabled", "read-only"])
        .Any(word => message.Contains(word, StringComparison.OrdinalIgnoreCase));

    private GitHubAnswer Away(string reason, bool mayHaveWorked, int status = 0)
    {
        _gate.Failed();
        Instruments.GitHubRequests.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
        return new(status, null, new(HostVerdict.Later, reason) { MayHaveWorked = mayHaveWorked });
    }

    private static HostAnswer Garbled() => new(HostVerdict.Later, "GitHub's answer lacks what it always has.") { GiveUpAfter = 8 };

    public static DateTimeOffset? Instant(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.String && DateTimeOffset.TryParse(node.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.ToUniversalTime() : null;

    private static JsonNode? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Message(JsonNode? json) =>
        json is JsonObject body && body["message"]?.GetValueKind() == JsonValueKind.String ? Notify.PlainText.OneLine(body["message"]!.GetValue<string>(), 200) : "no reason given";

    private static string Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? values.First().Trim() : "";

    /// <summary>The next page of a list; only one of the API that was asked.</summary>
    private string? NextOf(HttpResponseMessage response)
    {
        foreach (var link in Header(response, "Link").Split(','))
        {
            if (link.Contains("rel=\"next\"", StringComparison.Ordinal) && link.IndexOf('<', StringComparison.Ordinal) is >= 0 and var from && link.IndexOf('>', StringComparison.Ordinal) is var to && to > from
                && link[(from + 1)..to] is var url && url.StartsWith(_options.BaseUrl.TrimEnd('/') + "/", StringComparison.Ordinal))
            {
                return url;
            }
        }

        return null;
    }
}
