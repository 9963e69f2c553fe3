using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Tocsin.Issues;
using Tocsin.Notify;
using Tocsin.Outgoing;
using Tocsin.Telemetry;

namespace Tocsin.Providers;

/// <summary>What the interfaces of models have in common: one guarded client, one meaning of each status, and no key in any text.</summary>
internal sealed class ModelHttp : IDisposable
{
    private const int AnswerMaxBytes = 1024 * 1024;

    private readonly AiOptions _options;
    private readonly TimeProvider _clock;
    private readonly GuardedHttp _http;
    private readonly HttpClient _client;

    public ModelHttp(IOptions<AiOptions> options, OutgoingConnector connector, IOptions<OutgoingOptions> outgoing, TimeProvider clock)
    {
        (_options, _clock) = (options.Value, clock);

        // A client of its own: the operator names its address, so it may be an internal one, and no workspace's request shares its connections.
        _http = new(connector, outgoing, clock, namedByOperator: true);
        _client = _http.CreateClient(_options.Timeout, AnswerMaxBytes);
    }

    public AiOptions Options => _options;

    /// <summary>Posts JSON.</summary>
    /// <returns>A JSON object with its status, or how else it ended.</returns>
    public Task<(JsonDocument? Body, ModelAnswer? Fault)> PostAsync(string url, JsonNode body, CancellationToken ct, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return SendAsync(request, ct);
    }

    /// <summary>Sends once, and disposes of the request.</summary>
    public async Task<(JsonDocument? Body, ModelAnswer? Fault)> SendAsync(HttpRequestMessage sent, CancellationToken ct)
    {
        using var request = sent;
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct);
            var text = await response.Content.ReadAsStringAsync(ct);
            var after = response.Headers.TryGetValues("Retry-After", out var values) ? RetryAfter.Read(values.FirstOrDefault(), _clock.GetUtcNow()) : null;
            return Read((int)response.StatusCode, after, text);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, new ModelAnswer.Later($"The model did not answer within {_options.Timeout.TotalSeconds:0.#} s.", MayHaveCost: true));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, OutgoingFailure.RefusalIn(e) is { } refusal ? new ModelAnswer.Refused(refusal) : new ModelAnswer.Later(OutgoingFailure.Describe(e)));
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    private (JsonDocument? Body, ModelAnswer? Fault) Read(int status, TimeSpan? after, string text) => status switch
    {
        >= 200 and <= 299 => JsonAnswer.Parse(text) is { } body ? (body, null) : (null, new ModelAnswer.Later("The model's answer is no JSON object.", MayHaveCost: true)),
        429 => (null, new ModelAnswer.Later($"The model's provider sets a limit (HTTP 429{Reason(text)}).", after)),
        408 or 409 or 425 or >= 500 => (null, new ModelAnswer.Later($"The model's provider fails (HTTP {status}{Reason(text)}).", after)),
        401 or 403 => (null, new ModelAnswer.Refused($"The model's provider does not accept the key, or it may not use this model (HTTP {status}): check Ai:ApiKey and Ai:Model.")),
        404 => (null, new ModelAnswer.Refused("There is no such model or address (HTTP 404): check Ai:BaseUrl and Ai:Model.")),
        >= 300 and <= 399 => (null, new ModelAnswer.Refused($"HTTP {status}: redirects are not followed; write the final address into Ai:BaseUrl.")),
        _ => (null, new ModelAnswer.Refused($"The model's provider refuses the question (HTTP {status}{Reason(text)}).")),
    };

    /// <summary>What the provider says about it, without what could be a key.</summary>
    private string Reason(string text)
    {
        using var json = JsonAnswer.Parse(text);
        var said = json is null ? "" : json.RootElement.Part("error").Text("message") is { Length: > 0 } inner ? inner : json.RootElement.Text("message");
        var line = PlainText.OneLine(SecretText.Redact(_options.Key.Length > 0 ? said.Replace(_options.Key, SecretText.Instead, StringComparison.Ordinal) : said), 200);
        return line.Length > 0 ? $": {line}" : "";
    }
}
