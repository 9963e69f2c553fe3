using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>By what somebody showed who he is, for people.</summary>
internal static class ProofWords
{
    /// <param name="proof">As <see cref="LoginFacts.Proof"/>: "password+totp" is "password and authenticator app".</param>
    public static string Of(string proof) => string.Join(" and ", proof.Split('+').Select(part => part switch
    {
        FactorCheck.App => "authenticator app",
        FactorCheck.Recovery => "recovery code",
        LoginFacts.SingleSignOn => "single sign-on",
        "setup" => "the setup link",
        _ => part,
    }));
}
