namespace Tocsin.Telemetry;

/// <summary>
/// Where words begin and end. A word is a run of letters and digits; inside of a run a word also begins at a hump, as in <c>TimeoutException</c>, unless it has very
/// many of them. Each letter of a script without spaces is a word.
/// </summary>
internal static class LogWords
{
    /// <summary>A run with more parts is no name but a code.</summary>
    private const int MostParts = 8;

    private const ulong Prime = 0x9E3779B97F4A7C15;

    private enum Sign : byte
    {
        None,
        Lower,
        Upper,
        Alone,
    }

    /// <summary>Adds every token under which a word of the text can be looked for.</summary>
    public static void Add(ReadOnlySpan<char> text, TokenFilter filter)
    {
        var at = 0;
        Span<int> parts = stackalloc int[MostParts + 1];
        while (at < text.Length)
        {
            var sign = SignOf(text[at]);
            if (sign == Sign.None)
            {
                at++;
                continue;
            }

            if (sign == Sign.Alone)
            {
                filter.Add(Token(text.Slice(at, 1)));
                at++;
                continue;
            }

            var end = RunEnd(text, at);
            AddRun(text[at..end], parts, filter);
            at = end;
        }
    }

    /// <summary>The tokens that a text must have for this literal to occur in it.</summary>
    /// <param name="beginsAnywhere">Its first word may go on before it.</param>
    /// <param name="endsAnywhere">Its last word may go on behind it.</param>
    public static void Needs(ReadOnlySpan<char> literal, bool beginsAnywhere, bool endsAnywhere, List<ulong> tokens)
    {
        var at = 0;
        while (at < literal.Length)
        {
            var sign = SignOf(literal[at]);
            var end = sign is Sign.None or Sign.Alone ? at + 1 : RunEnd(literal, at);

            if (sign != Sign.None && (sign == Sign.Alone || !((beginsAnywhere && at == 0) || (endsAnywhere && end == literal.Length))))
            {
                tokens.Add(Token(literal[at..end]));
            }

            at = end;
        }
    }

    /// <summary>Whether a word may begin or end between the characters at <paramref name="at"/> - 1 and <paramref name="at"/>.</summary>
    public static bool IsEdge(ReadOnlySpan<char> text, int at)
    {
        if (at == 0 || at == text.Length)
        {
            return true;
        }

        if (SignOf(text[at - 1]) is Sign.None or Sign.Alone || SignOf(text[at]) is Sign.None or Sign.Alone)
        {
            return true;
        }

        var start = at;
        while (start > 0 && SignOf(text[start - 1]) is Sign.Lower or Sign.Upper)
        {
            start--;
        }

        var run = text[start..RunEnd(text, at)];
        Span<int> parts = stackalloc int[MostParts + 1];
        return IsHump(run, at - start) && Parts(run, parts) <= MostParts;
    }

    /// <summary>The same number for the same word in upper and lower case, in every release.</summary>
    public static ulong Token(ReadOnlySpan<char> word)
    {
        var token = (ulong)word.Length;
        foreach (var c in word)
        {
            token = (token ^ Upper(c)) * Prime;
            token ^= token >> 29;
        }

        return token * Prime;
    }

    private static void AddRun(ReadOnlySpan<char> run, Span<int> parts, TokenFilter filter)
    {
        filter.Add(Token(run));
        var count = Parts(run, parts);
        if (count is 1 or > MostParts)
        {
            return;
        }

        // Every stretch of neighbouring parts can be looked for as one word.
        for (var first = 0; first < count; first++)
        {
            for (var last = first; last < count; last++)
            {
                var end = last + 1 < count ? parts[last + 1] : run.Length;
                if (first > 0 || end < run.Length)
                {
                    filter.Add(Token(run[parts[first]..end]));
                }
            }
        }
    }

    /// <summary>Where the parts of a run begin.</summary>
    /// <returns>How many there are; more than <see cref="MostParts"/>: too many.</returns>
    private static int Parts(ReadOnlySpan<char> run, Span<int> parts)
    {
        parts[0] = 0;
        var count = 1;
        for (var i = 1; i < run.Length; i++)
        {
            if (IsHump(run, i))
            {
                if (count == MostParts)
                {
                    return MostParts + 1;
                }

                parts[count++] = i;
            }
        }

        return count;
    }

    /// <summary><c>timeout|Exception</c>, <c>HTTP|Server</c>.</summary>
    private static bool IsHump(ReadOnlySpan<char> run, int at) =>
        SignOf(run[at]) == Sign.Upper && (SignOf(run[at - 1]) == Sign.Lower || (at + 1 < run.Length && char.IsLower(run[at + 1])));

    private static int RunEnd(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && SignOf(text[at]) is Sign.Lower or Sign.Upper)
        {
            at++;
        }

        return at;
    }

    private static Sign SignOf(char c) =>
        c < 128
            ? (char.IsAsciiLetterUpper(c) ? Sign.Upper : char.IsAsciiLetterOrDigit(c) ? Sign.Lower : Sign.None)
            : char.GetUnicodeCategory(c) switch
            {
                System.Globalization.UnicodeCategory.OtherLetter => Sign.Alone,
                System.Globalization.UnicodeCategory.UppercaseLetter or System.Globalization.UnicodeCategory.TitlecaseLetter => Sign.Upper,
                _ => char.IsLetterOrDigit(c) ? Sign.Lower : Sign.None,
            };

    private static uint Upper(char c) => c < 128 ? (uint)(char.IsAsciiLetterLower(c) ? c - 32 : c) : char.ToUpperInvariant(c);
}
