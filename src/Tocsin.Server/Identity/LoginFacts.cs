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
    /// <summary>The proof of a passkey, which counts as two: the device, and the person whom it recognised.</summary>
    public const string Passkey = "passkey";

    /// <summary>The proof of single sign-on, whose provider asks for as many factors as it likes.</summary>
    public const string SingleSignOn = "oidc";

    public const string Web = "web";
    public const string Token = "token";

    private const int MaxAgent = 200;

    /// <summary>Whether nothing more is asked for, whatever second factors the person has.</summary>
    public bool IsEnough => Proof is Passkey or SingleSignOn || Proof.Contains('+', StringComparison.Ordinal);

    public static LoginFacts Of(HttpContext http, string kind, string proof) => new(
        kind, proof, http.Connection.RemoteIpAddress?.ToString() ?? "", PlainText.OneLine(http.Request.Headers.UserAgent.ToString(), MaxAgent));
}
