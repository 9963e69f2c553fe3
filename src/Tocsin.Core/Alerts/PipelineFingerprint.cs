using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Alerts;

/// <summary>
/// The identity of an event of the alert pipeline: SHA-256 over its source, title and provider identity. Bit for bit what the pipeline's own
/// code computes, which trims and lower-cases as JavaScript does.
/// </summary>
public static class PipelineFingerprint
{
    /// <param name="accountId">Left out of the hash if it is null or empty, as are the other two.</param>
    /// <returns>Sixty-four lower-case hexadecimal digits.</returns>
    public static string Of(string source, string title, string? accountId, string? region, string? alarmId) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Input(source, title, accountId, region, alarmId))));

    /// <summary>What is hashed, as text: people compare it when two events have one fingerprint, or one event has two.</summary>
    public static string Input(string source, string title, string? accountId, string? region, string? alarmId)
    {
        var text = new StringBuilder();
        Pair(text, "account_id", accountId);
        Pair(text, "alarm_id", alarmId);
        Pair(text, "region", region);
        text.Append("source=").Append(source).Append("|title=").Append(Lower(PipelineText.Trim(title)));
        return text.ToString();
    }

    private static void Pair(StringBuilder text, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            text.Append(name).Append('=').Append(value).Append('|');
        }
    }

    /// <summary>The full mapping of Unicode: the dotted capital I becomes two characters, and a capital sigma at the end of a word the final form.</summary>
    internal static string Lower(string text)
    {
        if (text.AsSpan().IndexOfAny('\u0130', '\u03A3') < 0)
        {
            return text.ToLowerInvariant();
        }

        var lower = new StringBuilder(text.Length + 4);
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\u0130':
                    lower.Append("i\u0307");
                    break;
                case '\u03A3':
                    lower.Append(CasedBeside(text, i, -1) && !CasedBeside(text, i, 1) ? '\u03C2' : '\u03C3');
                    break;
                case var c when char.IsHighSurrogate(c) && i + 1 < text.Length:
                    lower.Append(text.Substring(i++, 2).ToLowerInvariant());
                    break;
                default:
                    lower.Append(char.ToLowerInvariant(text[i]));
                    break;
            }
        }

        return lower.ToString();
    }

    /// <summary>Whether the next letter in a direction, marks and the like skipped, has a case.</summary>
    private static bool CasedBeside(string text, int at, int step)
    {
        for (var i = at + step; i >= 0 && i < text.Length; i += step)
        {
            var category = char.GetUnicodeCategory(text[i]);
            if (category is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter)
            {
                return true;
            }

            var skipped = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
                or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
                || text[i] is '\'' or '.' or ':' or '\u00B7' or '\u2018' or '\u2019' or '\u2024' or '\u2027';
            if (!skipped)
            {
                return false;
            }
        }

        return false;
    }
}
