using System.Text.Json;
using Tocsin.Outgoing;

namespace Tocsin.Identity.Oidc;

/// <summary>What a provider says of itself (OpenID Connect Discovery 1.0), as far as it is used here.</summary>
/// <param name="UserInfo">Null: it has none.</param>
/// <param name="EndSession">Where a person can log out of the provider too; null: it can't be asked for.</param>
/// <param name="PostsSecret">The client's secret goes into the form, not into a header.</param>
/// <param name="NamesItself">Its answers to the browser carry <c>iss</c> (RFC 9207); one without is another's.</param>
internal sealed record ProviderDocument(
    string Issuer, string Authorize, string Token, string Keys, string? UserInfo, string? EndSession, bool PostsSecret, bool NamesItself)
{
    /// <summary>Reads the document of the provider that was asked for.</summary>
    /// <param name="authority">As it is set.</param>
    public static Result<ProviderDocument> Read(JsonElement json, string authority)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return Fault("it is no JSON object");
        }

        // Some end their name with a slash; apart from that it is the very one that the operator trusts.
        if (json.Text("issuer") is not { } issuer || issuer.TrimEnd('/') != authority.TrimEnd('/'))
        {
            return Fault($"its issuer is not {authority}; set Oidc:Authority to the issuer that the provider names");
        }

        var (authorize, token, keys) = (json.Text("authorization_endpoint"), json.Text("token_endpoint"), json.Text("jwks_uri"));
        if (!IsGood(authorize, authority) || !IsGood(token, authority) || !IsGood(keys, authority))
        {
            return Fault("it lacks authorization_endpoint, token_endpoint or jwks_uri, or one of them is not an https address");
        }

        string? Optional(string name) => json.Text(name) is { } url && IsGood(url, authority) ? url : null;
        var ways = Words(json, "token_endpoint_auth_methods_supported");
        return new ProviderDocument(
            issuer, authorize!, token!, keys!, Optional("userinfo_endpoint"), Optional("end_session_endpoint"),
            PostsSecret: ways.Count > 0 && !ways.Contains("client_secret_basic") && ways.Contains("client_secret_post"),
            NamesItself: json.TryGetProperty("authorization_response_iss_parameter_supported", out var names) && names.ValueKind == JsonValueKind.True);
    }

    /// <summary>Where https is asked for, all of it is https: one address in clear would give the secret or the keys away.</summary>
    private static bool IsGood(string? url, string authority) => url is not null && OutgoingUrl.Fault(url) is null
        && (authority.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) : OidcAddress.IsSafe(url));

    private static HashSet<string> Words(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(word => word.Text() ?? "")] : [];

    private static Error Fault(string why) => Error.Unavailable($"The provider's discovery document cannot be used: {why}.");
}
