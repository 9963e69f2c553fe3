using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tocsin.Demo.Fakes;

/// <summary>Somebody whom the fake provider knows.</summary>
/// <param name="IsVerified">Null: the provider says nothing about it.</param>
internal sealed record FakePerson(string Subject, string? Email, bool? IsVerified, string Name, params string[] Groups);

/// <summary>
/// An OpenID Connect provider that checks as a good one would (client, redirect, PKCE, codes once) and signs real tokens. Whoever comes chooses who to
/// be, by a page of links or by <c>?as=SUBJECT</c>. It lies and fails as it was told.
/// </summary>
internal sealed class FakeOidc : FakeHttp
{
    public const string ClientId = "tocsin";
    public const string ClientSecret = "a secret: with / odd + signs";

    private readonly ConcurrentDictionary<string, Grant> _codes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FakePerson> _access = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<FakeFault>> _faultsAt = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _asked = new(StringComparer.Ordinal);
    private int _keys = 1;
    private FakeSigner? _withdrawn;

    private FakeOidc(TimeProvider clock)
        : base(clock)
    {
    }

    /// <summary>The key that signs; its public half is in the key set.</summary>
    public FakeSigner Signer { get; private set; } = FakeSigner.Rsa("key-1");

    /// <summary>Who can come, by subject.</summary>
    public ConcurrentDictionary<string, FakePerson> People { get; } = new(StringComparer.Ordinal);

    /// <summary>What the next tokens are like; stays until it is changed.</summary>
    public FakeLie Lie { get; set; }

    /// <summary>Further claims of its ID tokens, such as how somebody logged in.</summary>
    public JsonObject Besides { get; set; } = [];

    /// <summary>Leaves all but the subject to userinfo, as some providers do.</summary>
    public bool IsThin { get; set; }

    /// <summary>Takes the client's secret from the form only.</summary>
    public bool PostsSecret { get; set; }

    /// <summary>Names itself in what it sends back with the browser (RFC 9207).</summary>
    public string? AnswersAs { get; set; }

    /// <summary>The groups claim; a list as long as a test likes.</summary>
    public Func<FakePerson, JsonNode?> GroupsOf { get; set; } = static person => new JsonArray([.. person.Groups.Select(group => (JsonNode)group)]);

    public string Issuer => Url.AbsoluteUri.TrimEnd('/');

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeOidc> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeOidc(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>The next requests of that path meet this fault, one each.</summary>
    public void FailAt(string path, FakeFault fault, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _faultsAt.GetOrAdd(path, _ => new()).Enqueue(fault);
        }
    }

    /// <summary>How often that path was asked for.</summary>
    public int Asked(string path) => _asked.GetValueOrDefault(path);

    /// <summary>Signs with a new key from now on; the old one is no longer in the key set.</summary>
    public void Rotate(bool toEllipticCurve = false) =>
        Signer = toEllipticCurve ? FakeSigner.EllipticCurve($"key-{++_keys}") : FakeSigner.Rsa($"key-{++_keys}");

    /// <summary>Signs with a key that may no longer be in the key set.</summary>
    public void SignWith(FakeSigner signer) => _withdrawn = signer;

    protected override bool IsWork(PathString path) => true;

    protected override FakeFault? NextFault(PathString path)
    {
        _asked.AddOrUpdate(path.Value!, 1, static (_, count) => count + 1);
        return _faultsAt.TryGetValue(path.Value!, out var faults) && faults.TryDequeue(out var fault) ? fault : base.NextFault(path);
    }

    protected override FakeAnswer? Show(PathString path) => null;

    protected override FakeAnswer Take(HttpRequest request, byte[] body) => request.Path.Value switch
    {
        "/.well-known/openid-configuration" => Says(Discovery()),
        "/keys" => Says(new JsonObject { ["keys"] = new JsonArray(Signer.PublicKey(), new JsonObject { ["kty"] = "OKP", ["crv"] = "Ed25519", ["x"] = "AA", ["kid"] = "odd" }) }),
        "/authorize" => Authorize(request.Query),
        "/token" => Exchange(request, QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body))),
        "/userinfo" => UserInfo(request),
        "/logout" => Leave(request.Query),
        _ => new(404, "Nothing here.\n"),
    };

    private static FakeAnswer Says(JsonNode json, int status = 200) => new(status, json.ToJsonString(), "application/json");

    private static FakeAnswer Wrong(string error, int status = 400) => Says(new JsonObject { ["error"] = error }, status);

    private JsonObject Discovery() => new()
    {
        ["issuer"] = Lie == FakeLie.DiscoveryOfAnother ? "https://login.other.example" : Issuer,
        ["authorization_endpoint"] = $"{Issuer}/authorize",
        ["token_endpoint"] = $"{Issuer}/token",
        ["jwks_uri"] = $"{Issuer}/keys",
        ["userinfo_endpoint"] = $"{Issuer}/userinfo",
        ["end_session_endpoint"] = $"{Issuer}/logout",
        ["response_types_supported"] = new JsonArray("code"),
        ["subject_types_supported"] = new JsonArray("public"),
        ["id_token_signing_alg_values_supported"] = new JsonArray("RS256", "ES256"),
        ["token_endpoint_auth_methods_supported"] = PostsSecret ? new JsonArray("client_secret_post") : new JsonArray("client_secret_basic", "client_secret_post"),
        ["code_challenge_methods_supported"] = new JsonArray("S256"),
        ["authorization_response_iss_parameter_supported"] = AnswersAs is not null,
    };

    private FakeAnswer Authorize(IQueryCollection query)
    {
        var redirect = query["redirect_uri"].ToString();
        if (query["client_id"] != ClientId || !Uri.TryCreate(redirect, UriKind.Absolute, out var back) || back.AbsolutePath != "/login/oidc/callback")
        {
            return new(400, "This client or its redirect address is not known here.\n");
        }

        if (query["response_type"] != "code" || query["code_challenge_method"] != "S256" || query["code_challenge"].ToString().Length != 43 || !query["scope"].ToString().Split(' ').Contains("openid"))
        {
            return new(302, "", Location: QueryHelpers.AddQueryString(redirect, new Dictionary<string, string?> { ["error"] = "invalid_request", ["state"] = query["state"] }));
        }

        if (query["as"].ToString() is "nobody")
        {
            return new(302, "", Location: QueryHelpers.AddQueryString(redirect, new Dictionary<string, string?> { ["error"] = "access_denied", ["state"] = query["state"] }));
        }

        if (!People.TryGetValue(query["as"].ToString(), out var person))
        {
            return new(200, Choice(query), "text/html; charset=utf-8");
        }

        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        _codes[code] = new(person, redirect, query["nonce"].ToString(), query["code_challenge"].ToString());
        Dictionary<string, string?> answer = new() { ["code"] = code, ["state"] = query["state"] };
        if (AnswersAs is { Length: > 0 } issuer)
        {
            answer["iss"] = issuer;
        }

        return new(302, "", Location: QueryHelpers.AddQueryString(redirect, answer));
    }

    private string Choice(IQueryCollection query)
    {
        var all = query.ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString(), StringComparer.Ordinal);
        var links = People.Values.Select(person =>
            $"<li><a href=\"{WebUtility.HtmlEncode(QueryHelpers.AddQueryString("/authorize", new Dictionary<string, string?>(all) { ["as"] = person.Subject }))}\">{WebUtility.HtmlEncode(person.Name)}</a></li>");
        return $"<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Fake provider</title></head><body><h1>Who are you?</h1><ul>{string.Concat(links)}</ul></body></html>\n";
    }

    private FakeAnswer Exchange(HttpRequest request, Dictionary<string, Microsoft.Extensions.Primitives.StringValues> form)
    {
        string Field(string name) => form.GetValueOrDefault(name).ToString();
        var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{WebUtility.UrlEncode(ClientId)}:{WebUtility.UrlEncode(ClientSecret)}"))}";
        var isClient = PostsSecret ? Field("client_id") == ClientId && Field("client_secret") == ClientSecret : request.Headers.Authorization == basic;
        if (!isClient)
        {
            return Wrong("invalid_client", 401);
        }

        if (Field("grant_type") != "authorization_code" || !_codes.TryRemove(Field("code"), out var grant) || grant.Redirect != Field("redirect_uri")
            || grant.Challenge != Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Field("code_verifier")))))
        {
            return Wrong("invalid_grant");
        }

        var access = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        _access[access] = grant.Person;
        var token = FakeIdToken.Write(this, _withdrawn ?? Signer, grant.Person, grant.Nonce, access, Clock.GetUtcNow());
        return Says(new JsonObject { ["access_token"] = access, ["token_type"] = "Bearer", ["expires_in"] = 300, ["id_token"] = Lie == FakeLie.NoToken ? null : token });
    }

    private FakeAnswer UserInfo(HttpRequest request)
    {
        if (!_access.TryGetValue(request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal), out var person))
        {
            return Wrong("invalid_token", 401);
        }

        var claims = FakeIdToken.ClaimsOf(this, person);
        claims["sub"] = Lie == FakeLie.UserInfoOfAnother ? "somebody-else" : person.Subject;
        return Says(claims);
    }

    private static FakeAnswer Leave(IQueryCollection query) => query["post_logout_redirect_uri"].ToString() is { Length: > 0 } back
        ? new(302, "", Location: back)
        : new(200, "You are signed out.\n");

    private sealed record Grant(FakePerson Person, string Redirect, string Nonce, string Challenge);
}
