using System.Globalization;

namespace Tocsin.Alerts;

/// <summary>Priorities as senders write them in the label <c>priority</c>: P0 to P5, 1 to 5, or words of their own.</summary>
public static class PriorityText
{
    /// <summary>The longest that is kept.</summary>
    public const int MaxLength = 40;

    public const string Label = "priority";

    /// <summary>As it is compared: a number alone gets its P; null for none.</summary>
    public static string? Read(string text)
    {
        var trimmed = text.Trim();
        return trimmed.Length is 0 or > MaxLength ? null
            : Rank(trimmed) is { } rank ? $"P{rank.ToString(CultureInfo.InvariantCulture)}"
            : trimmed;
    }

    /// <summary>The one with the lower number; of two words the first.</summary>
    public static string? MoreUrgent(string? one, string? other) => (one, other) switch
    {
        (null, _) => other,
        (_, null) => one,
        _ => (Rank(other) ?? int.MaxValue) < (Rank(one) ?? int.MaxValue) ? other : one,
    };

    private static int? Rank(string text)
    {
        var digits = text.AsSpan(text[0] is 'p' or 'P' ? 1 : 0);
        return digits is [>= '0' and <= '9'] ? digits[0] - '0' : null;
    }
}
