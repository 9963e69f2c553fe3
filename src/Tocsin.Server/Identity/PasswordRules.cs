namespace Tocsin.Identity;

/// <summary>What a password must be: long, and not what anybody would try first. No kinds of characters are asked for, and none refused.</summary>
internal static class PasswordRules
{
    public const int Shortest = 12;

    private const int FewestDifferent = 5;
    private const int FewestOfItsOwn = 6;

    /// <summary>Words that are tried first. A password that has little besides them, its owner's address and name is as good as none.</summary>
    private static readonly string[] _tried =
    [
        "password", "passwort", "passw0rd", "p@ssw0rd", "p@ssword", "motdepasse", "contraseña", "geheim", "secret", "letmein", "welcome", "willkommen", "bonjour",
        "administrator", "admin", "changeme", "changeit", "default", "iloveyou", "football", "baseball", "superman", "starwars", "dragon", "monkey", "princess",
        "sunshine", "whatever", "trustno1", "computer", "internet", "database", "qwertyuiop", "qwerty", "asdfghjkl", "asdfgh", "zxcvbnm", "azertyuiop", "azerty",
        "1qaz2wsx", "1q2w3e4r", "q1w2e3r4", "qazwsx", "abcdefghijklmnopqrstuvwxyz", "abcdefgh", "abcdef", "abc123", "1234567890", "0123456789", "12345678", "123456", "987654321",
        "correcthorsebatterystaple", "correct horse battery staple", "tocsin", "pagerduty", "oncall", "incident", "summer", "winter", "spring", "autumn",
        "2020", "2021", "2022", "2023", "2024", "2025", "2026", "2027",
    ];

    /// <summary>What is wrong with a password as one sentence; null when nothing is.</summary>
    /// <param name="about">What others know of its owner: the address, the name.</param>
    public static string? Fault(string password, params ReadOnlySpan<string> about)
    {
        if (password.Length < Shortest)
        {
            return $"Use at least {Shortest} characters; a sentence is fine.";
        }

        if (password.Length > Passwords.Longest)
        {
            return $"Use at most {Passwords.Longest} characters.";
        }

        var left = password.ToLowerInvariant();
        if (left.Distinct().Count() < FewestDifferent)
        {
            return "That repeats a few characters only, and would be guessed early. Use something else; a sentence is fine.";
        }

        foreach (var text in about)
        {
            // The whole first, so that its parts do not leave their separators behind.
            left = Without(left, text.ToLowerInvariant());
            foreach (var part in text.ToLowerInvariant().Split(['@', '.', ' ', '-', '_', '+'], StringSplitOptions.RemoveEmptyEntries))
            {
                left = Without(left, part);
            }
        }

        foreach (var word in _tried)
        {
            left = Without(left, word);
        }

        return left.Length < FewestOfItsOwn ? "That is little more than your name, your address or words that are tried first. Use something else; a sentence is fine." : null;
    }

    // Very short parts are in every text.
    private static string Without(string text, string part) => part.Length < 3 ? text : text.Replace(part, "", StringComparison.Ordinal);
}
