using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Tocsin.Outgoing;

namespace Tocsin.Identity.Oidc;

/// <summary>The provider's answer to a code.</summary>
/// <param name="AccessToken">Null: none came.</param>
internal sealed record ProviderTokens(string IdToken, string? AccessToken);

/// <summary>
/// Talks with the configured provider, through the guarded client: its discovery document and keys, kept for an hour, and the exchange of codes.
/// A provider that fails is left alone for some seconds, so that nobody can make this process hammer it.
/// </summary>
internal sealed class OidcProvider(GuardedHttp guarded, IOptions<OidcOptions> settings, IOptions<OutgoingOptions> outgoing, TimeProvider clock) : IDisposable
{
    /// <summary>Key sets with certificate chains are larger than other answers.</summary>
    public const int MostBytes = 256 * 1024;

    private static readonly TimeSpan _fresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan _sulk = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _refetch = TimeSpan.FromMinutes(1);
    private static readonly JsonDocumentOptions _strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly OidcOptions _settings = settings.Value;
    private readonly TimeSpan _timeout = outgoing.Value.Timeout;
    private readonly HttpClient _http = guarded.CreateClient(Timeout.InfiniteTimeSpan, MostBytes);
    private readonly SemaphoreSlim _one = new(1);
    private volatile Kept<ProviderDocument>? _document;
    private volatile Kept<SigningKey[]>? _keys;
    private volatile Kept<Error>? _failure;

    /// <summary>Why the provider could not be asked the last time, while that is less than a minute ago; null: it could, or nobody tried.</summary>
    public Error? Trouble => Fresh(_failure, _refetch);

    /// <summary>The provider's description of itself, not older than an hour.</summary>
    public async Task<Result<ProviderDocument>> DocumentAsync(CancellationToken ct) =>
        Fresh(_document, _fresh) is { } document ? document : await OneByOneAsync(() => ReadDocumentAsync(ct), ct);

    /// <summary>The provider's keys, not older than an hour.</summary>
    public Task<Result<SigningKey[]>> KeysAsync(CancellationToken ct) => KeysAsync(_fresh, ct);

    /// <summary>The keys after one was named that is not among them: asked for again, at most once a minute.</summary>
    public Task<Result<SigningKey[]>> NewKeysAsync(CancellationToken ct) => KeysAsync(_refetch, ct);

    /// <summary>Exchanges a code for tokens, once.</summary>
    /// <param name="redirect">The same address that the browser was sent back to.</param>
    /// <param name="verifier">What only the browser's own login knows (PKCE).</param>
    public async Task<Result<ProviderTokens>> ExchangeAsync(ProviderDocument document, string code, string redirect, string verifier, CancellationToken ct)
    {
        Dictionary<string, string> form = new()
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = redirect,
            ["code_verifier"] = verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, document.Token);
        if (_settings.ClientSecret.Length > 0 && !document.PostsSecret)
        {
            // RFC 6749 2.3.1: both are form-encoded before they are joined.
            var pair = $"{WebUtility.UrlEncode(_settings.ClientId)}:{WebUtility.UrlEncode(_settings.ClientSecret)}";
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
        else
        {
            form["client_id"] = _settings.ClientId;
            if (_settings.ClientSecret.Length > 0)
            {
                form["client_secret"] = _settings.ClientSecret;
            }
        }

        request.Content = new FormUrlEncodedContent(form);
        var answer = await AskAsync(request, "token endpoint", ct);
        return !answer.Ok ? answer.Error
            : answer.Value.ValueKind == JsonValueKind.Object && answer.Value.Text("id_token") is { } token
                ? new ProviderTokens(token, answer.Value.Text("access_token"))
                : Error.Unavailable("The provider's token endpoint gave no ID token.");
    }

    /// <summary>What the provider tells about a person beyond the ID token; its <c>sub</c> must be compared by the caller.</summary>
    public async Task<Result<JsonElement>> UserInfoAsync(string address, string accessToken, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {accessToken}");
        return await AskAsync(request, "userinfo endpoint", ct);
    }

    public void Dispose()
    {
        _http.Dispose();
        _one.Dispose();
    }

    private async Task<Result<SigningKey[]>> KeysAsync(TimeSpan fresh, CancellationToken ct) =>
        Fresh(_keys, fresh) is { } keys ? keys : await OneByOneAsync(() => ReadKeysAsync(fresh, ct), ct);

    /// <summary>One request at a time for all who wait for the same; those after a failure hear of it instead of trying too.</summary>
    private async Task<Result<T>> OneByOneAsync<T>(Func<Task<Result<T>>> read, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (Fresh(_failure, _sulk) is { } failed)
            {
                return failed;
            }

            var result = await read();
            _failure = result.Ok ? null : Keep(result.Error);
            return result;
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<Result<ProviderDocument>> ReadDocumentAsync(CancellationToken ct)
    {
        if (Fresh(_document, _fresh) is { } known)
        {
            return known;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, $"{_settings.Authority.TrimEnd('/')}/.well-known/openid-configuration");
        var answer = await AskAsync(request, "discovery document", ct);
        var read = answer.Ok ? ProviderDocument.Read(answer.Value, _settings.Authority) : answer.Error;
        if (read.Ok)
        {
            _document = Keep(read.Value);
        }

        return read;
    }

    private async Task<Result<SigningKey[]>> ReadKeysAsync(TimeSpan fresh, CancellationToken ct)
    {
        if (Fresh(_keys, fresh) is { } known)
        {
            return known;
        }

        var document = await ReadDocumentAsync(ct);
        if (!document.Ok)
        {
            return document.Error;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, document.Value.Keys);
        var answer = await AskAsync(request, "key set", ct);
        if (!answer.Ok)
        {
            return answer.Error;
        }

        if (SigningKey.ReadSet(answer.Value) is not { Length: > 0 } keys)
        {
            return Error.Unavailable("The provider's key set has no key that can check a signature.");
        }

        _keys = Keep(keys);
        return keys;
    }

    private Kept<T> Keep<T>(T value) => new(value, clock.GetUtcNow());

    private T? Fresh<T>(Kept<T>? kept, TimeSpan span)
        where T : class => kept is not null && clock.GetUtcNow() - kept.At < span ? kept.Value : null;

    /// <returns>The JSON of a 200; else what was wrong, in words that hold nothing of the answer.</returns>
    private async Task<Result<JsonElement>> AskAsync(HttpRequestMessage request, string what, CancellationToken ct)
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var limit = new CancellationTokenSource(_timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                var hint = (int)response.StatusCode is >= 300 and < 400 ? "; redirects are not followed" : "";
                return Error.Unavailable($"The provider's {what} answered {(int)response.StatusCode}{hint}.");
            }

            using var json = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(either.Token), _strict);
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            return Error.Unavailable($"The provider's {what} is not JSON.");
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Error.Unavailable($"The provider's {what} did not come within {_timeout.TotalSeconds:0.#} s.");
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return Error.Unavailable($"The provider's {what} is larger than {MostBytes / 1024} KiB.");
        }
        catch (HttpRequestException e)
        {
            return Error.Unavailable($"The provider's {what}: {OutgoingFailure.RefusalIn(e) ?? OutgoingFailure.Describe(e)}");
        }
    }

    private sealed record Kept<T>(T Value, DateTimeOffset At);
}
