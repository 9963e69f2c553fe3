using System.Collections.Frozen;

namespace Tocsin.Alerts;

/// <summary>
/// The words that senders use for "how bad", and our four. Adapters whose sender means something else by a word
/// (Azure's Sev1, New Relic's HIGH) bring a table of their own.
/// </summary>
public static class SeverityWords
{
    private static readonly FrozenDictionary<string, Severity> Known = WordTable.Of(
        (Severity.Critical, "critical crit fatal emergency disaster page p0 p1 sev0 sev1 s1 urgent highest"),
        (Severity.High, "high error err major p2 sev2 average"),
        (Severity.Warning, "warning warn minor p3 sev3 medium moderate"),
        (Severity.Info, "info informational notice low debug none ok p4 p5 sev4 sev5 lowest"));

    /// <summary>What a sender's word means, without regard to case and outer blanks; <see cref="Severity.Unset"/> for a word we do not know.</summary>
    public static Severity Read(string? word) =>
        string.IsNullOrEmpty(word) ? Severity.Unset
        : Known.TryGetValue(word, out var severity) || Known.TryGetValue(word.Trim(), out severity) ? severity
        : Severity.Unset;

    /// <summary>Our word, lower case; the empty string for <see cref="Severity.Unset"/>.</summary>
    public static string Word(this Severity severity) => severity switch
    {
        Severity.Critical => "critical",
        Severity.High => "high",
        Severity.Warning => "warning",
        Severity.Info => "info",
        _ => "",
    };
}
