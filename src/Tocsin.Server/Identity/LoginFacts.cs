using Microsoft.AspNetCore.Http;
using Tocsin.Notify;

namespace Tocsin.Identity;

/// <summary>How somebody came in.</summary>
/// <param name="Kind"><see cref="Web"/> for a browser's cookie, <see cref="Token"/> for a bearer token.</param>
/// <param name="Proof">What was shown: <c>setup</c>, <c>password</c>, <c>passkey</c>, <c>oidc</c>; a second factor is added with <c>+</c>.</param>
/// <param name="Address">Where from, for the list of sessions.</param>
/// <param name="Agent">With which program, as it says itself.</param>
internal sealed record LoginFacts(string Kind, string Proof, string Address, string Agent)
{
    public const string Web = "web";
    public const string Token = "token";

    private const int MaxAgent = 200;

    public static LoginFacts Of(HttpContext http, string kind, string proof) => new(
        kind, proof, http.Connection.RemoteIpAddress?.ToString() ?? "", PlainText.OneLine(http.Request.Headers.UserAgent.ToString(), MaxAgent));
}
