using System.Text.RegularExpressions;

namespace Tocsin.Issues;

/// <summary>Takes out of a text what looks like a secret, before it is shown to more people than got the alert.</summary>
public static partial class SecretText
{
    public const string Instead = "REDACTED";

    /// <summary>User info and secrets of addresses, values of names that mean a secret, and tokens that are known by their form.</summary>
    public static string Redact(string text)
    {
        text = PrivateKey().Replace(text, Instead);
        text = UserInfo().Replace(text, $"${{named}}{Instead}@");
        text = Credentials().Replace(text, $"${{named}} {Instead}");
        text = Named().Replace(text, $"${{named}}{Instead}");
        return Token().Replace(text, Instead);
    }

    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----(.|\n)*?(-----END [A-Z ]*PRIVATE KEY-----|$)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PrivateKey();

    [GeneratedRegex(@"(?<named>[A-Za-z][A-Za-z0-9+.-]*://)[^\s/?#]*@", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"\b(?<named>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Credentials();

    [GeneratedRegex(
        """(?<named>(password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|signature|credential|[?&](sig|auth|key|code|session))["']?\s*[=:]\s*["']?)[^\s&"',;<>(){}\[\]]+""",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    [GeneratedRegex(
        @"\b((AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,}|(xox[a-z]|xapp)-[A-Za-z0-9-]{10,}|whsec_[A-Za-z0-9+/=]{16,}|sk-[A-Za-z0-9_-]{20,}|tcn_[A-Za-z0-9_]{20,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Token();
}
