using System.Buffers;

namespace Tocsin.Telemetry;

/// <summary>Tells by its characters alone what a piece of a line is.</summary>
internal static class PieceKinds
{
    private const int LeastHex = 8;
    private const int LeastId = 5;
    private const int MostUnit = 3;

    private static readonly SearchValues<char> _digits = SearchValues.Create("0123456789");

    // Units of time in front of smaller ones, and the sign of an exponent.
    private static readonly SearchValues<char> _between = SearchValues.Create("dhmsnuµeE");

    /// <summary>What a word is that goes from space to space; null: it is to be looked at part by part.</summary>
    /// <param name="word">Not empty.</param>
    public static PieceKind? Whole(ReadOnlySpan<char> word)
    {
        if (!word.ContainsAny(_digits))
        {
            return IsMail(word) ? PieceKind.Mail : null;
        }

        return IsUuid(word) ? PieceKind.Uuid
            : IsTime(word) ? PieceKind.Time
            : IsAddress(word) ? PieceKind.Address
            : IsNumber(word) ? PieceKind.Number
            : IsMail(word) ? PieceKind.Mail
            : null;
    }

    /// <summary>What a part between inner marks is; null: a word, perhaps with a number behind it.</summary>
    public static PieceKind? Part(ReadOnlySpan<char> part)
    {
        var digits = 0;
        var hex = 0;
        foreach (var c in part)
        {
            digits += char.IsAsciiDigit(c) ? 1 : 0;
            hex += char.IsAsciiHexDigit(c) ? 1 : 0;
        }

        if (digits == 0)
        {
            return null;
        }

        if (IsNumber(part))
        {
            return PieceKind.Number;
        }

        if ((part.Length >= LeastHex && hex == part.Length) || (part.Length > 2 && part.StartsWith("0x", StringComparison.OrdinalIgnoreCase) && hex == part.Length - 1))
        {
            return PieceKind.Hex;
        }

        var letters = part.TrimEnd("0123456789");
        return part.Length >= LeastId && letters.ContainsAny(_digits) ? PieceKind.Id : null;
    }

    private static bool IsNumber(ReadOnlySpan<char> text)
    {
        var at = text[0] is '-' or '+' && text.Length > 1 ? 1 : 0;
        if (!char.IsAsciiDigit(text[at]))
        {
            return false;
        }

        var letters = 0;
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (char.IsAsciiDigit(c) || c is '.' or ',')
            {
                // 2m30s and 1.5e7 are numbers, 7f9c8b is none.
                if (letters > 0 && text[(at - letters)..at].ContainsAnyExcept(_between))
                {
                    return false;
                }

                letters = 0;
            }
            else if ((char.IsAsciiLetter(c) || c is '%' or 'µ') && ++letters <= MostUnit)
            {
                // A unit, or an exponent.
            }
            else if (c is not ('-' or '+') || text[at - 1] is not ('e' or 'E'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsUuid(ReadOnlySpan<char> text)
    {
        if (text.Length != 36)
        {
            return false;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23 ? text[i] != '-' : !char.IsAsciiHexDigit(text[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>10:00:00, 2026-01-05, 2026/01/05T10:00:00.123+02:00, 05/Jan/2026:10:00:00 and their like.</summary>
    private static bool IsTime(ReadOnlySpan<char> text)
    {
        if (text.Length < 8 || !char.IsAsciiDigit(text[0]))
        {
            return false;
        }

        var (colons, strokes, letters) = (0, 0, 0);
        foreach (var c in text)
        {
            if (c == ':')
            {
                colons++;
            }
            else if (c is '-' or '/')
            {
                strokes++;
            }
            else if (char.IsAsciiLetter(c))
            {
                letters++;
            }
            else if (!char.IsAsciiDigit(c) && c is not ('.' or ',' or '+'))
            {
                return false;
            }
        }

        // The letters of T, Z and the names of months; a date has two strokes at its known places.
        var isDate = (text.Length >= 10 && text[4] is '-' or '/' && text[7] == text[4]) || (text.Length >= 11 && text[2] == '/' && text[6] == '/');
        return letters <= (isDate ? 4 : 0) && (isDate || (colons == 2 && strokes == 0 && text[2] == ':' && text[5] == ':'));
    }

    private static bool IsAddress(ReadOnlySpan<char> text)
    {
        var (dots, colons) = (text.Count('.'), text.Count(':'));
        if (dots == 3)
        {
            foreach (var c in text)
            {
                if (!char.IsAsciiDigit(c) && c is not ('.' or ':' or '/'))
                {
                    return false;
                }
            }

            return true;
        }

        if (colons < 2 || (colons != 7 && !text.Contains("::", StringComparison.Ordinal)))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigit(c) && c is not (':' or '.' or '%' or '/'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsMail(ReadOnlySpan<char> text)
    {
        var at = text.IndexOf('@');
        return at > 0 && text[(at + 1)..].IndexOf('.') > 0 && !text.Contains('/') && !text.Contains(':');
    }
}
