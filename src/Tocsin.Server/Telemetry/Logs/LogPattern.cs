using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tocsin.Telemetry;

/// <summary>
/// A regular expression that is asked of the message and the attributes, each by itself. It never goes back in the text, so that the longest line costs what its length does, and
/// its counts are bounded, since they become states.
/// </summary>
internal sealed class LogPattern : LogTerm
{
    /// <summary>States that a pattern may come to: about its characters, those that a count repeats as often as it says.</summary>
    public const int MostStates = 5_000;

    private static readonly SearchValues<char> _counted = SearchValues.Create("0123456789,");
    private static readonly SearchValues<char> _special = SearchValues.Create(@"\[](){}.*+?^$|#");

    private readonly Regex _regex;
    private readonly (string Text, bool BeginsAnywhere, bool EndsAnywhere)[] _literals;

    private LogPattern(Regex regex, List<(string Text, bool BeginsAnywhere, bool EndsAnywhere)> literals)
    {
        (_regex, _literals) = (regex, [.. literals]);
        Literal = literals.Select(static l => l.Text).MaxBy(static l => l.Length) ?? "";
    }

    public override string Literal { get; }

    /// <summary>Reads a pattern, or says what is wrong with it.</summary>
    public static Result<LogPattern> Of(string pattern)
    {
        if (States(pattern) > MostStates)
        {
            return Error.Invalid("q", $"/{pattern}/ repeats too much: use smaller counts in braces.");
        }

        try
        {
            var regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Multiline);
            return new LogPattern(regex, Literals(pattern));
        }
        catch (ArgumentException e)
        {
            return Error.Invalid("q", $"/{pattern}/ is no regular expression: {e.Message} Put a path into quotes.");
        }
        catch (NotSupportedException)
        {
            return Error.Invalid("q", $"/{pattern}/ looks around or refers back, which no search in logs does.");
        }
    }

    public override bool OccursIn(ReadOnlySpan<char> text)
    {
        while (true)
        {
            var end = text.IndexOf(BlockBuilder.TextEnd);
            if (_regex.IsMatch(end < 0 ? text : text[..end]))
            {
                return true;
            }

            if (end < 0 || end + 1 == text.Length)
            {
                return false;
            }

            text = text[(end + 1)..];
        }
    }

    public override void Needs(List<ulong> tokens)
    {
        foreach (var (text, begins, ends) in _literals)
        {
            LogWords.Needs(text, begins, ends, tokens);
        }
    }

    private static long States(string pattern)
    {
        Stack<long> outer = [];
        var (sum, last) = (0L, 0L);
        for (var i = 0; i < pattern.Length && sum <= MostStates; i++)
        {
            switch (pattern[i])
            {
                case '(':
                    outer.Push(sum);
                    (sum, last) = (0, 0);
                    continue;
                case ')' when outer.Count > 0:
                    (sum, last) = (outer.Pop() + sum, sum);
                    continue;
                case '{' when CountEnd(pattern, i) is { } end:
                    sum += last * (Count(pattern[(i + 1)..end]) - 1);
                    i = end;
                    continue;
                case '[':
                    i = ClassEnd(pattern, i) ?? i;
                    break;
                case '\\':
                    i = AfterEscape(pattern, i + 1);
                    break;
            }

            (sum, last) = (sum + 1, 1);
        }

        return sum;
    }

    /// <returns>Where the <c>}</c> of a count is; null: the brace stands for itself.</returns>
    private static int? CountEnd(string pattern, int at) =>
        pattern.IndexOf('}', at) is > 0 and var end && end > at + 1 && pattern.AsSpan(at + 1, end - at - 1).IndexOfAnyExcept(_counted) < 0 ? end : null;

    /// <summary>How often at most; of <c>{3,}</c> how often at least.</summary>
    private static long Count(string braces) =>
        long.TryParse(braces.Split(',', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Clamp(count, 1, MostStates + 1)
            : MostStates + 1;

    /// <summary>
    /// The texts that stand in every match: what a pattern says plainly, outside of groups and classes. With a choice at the top, or options, nothing is sure. Upper and lower
    /// case are one here as they are there but for the Kelvin sign, which no log needs.
    /// </summary>
    private static List<(string Text, bool BeginsAnywhere, bool EndsAnywhere)> Literals(string pattern)
    {
        List<(string, bool, bool)> literals = [];
        var run = new StringBuilder();
        var isBound = false;
        var depth = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\')
            {
                i++;
                var next = i < pattern.Length ? pattern[i] : '\\';
                if (depth == 0 && (!char.IsAsciiLetterOrDigit(next) && next != '_'))
                {
                    Add(next, i);
                    continue;
                }

                // A boundary is one of letters and digits too, unless it may be left out.
                var isBoundary = next == 'b' && (i + 1 == pattern.Length || pattern[i + 1] is not ('*' or '?' or '{'));
                Close(endsAnywhere: !isBoundary);
                isBound = isBoundary;
                i = AfterEscape(pattern, i);
            }
            else if (c == '[')
            {
                Close(endsAnywhere: true);
                if (ClassEnd(pattern, i) is not { } end)
                {
                    return [];
                }

                i = end;
            }
            else if (c is '(' or ')')
            {
                // Options within a pattern change what its characters mean.
                if (c == '(' && i + 1 < pattern.Length && pattern[i + 1] == '?' && !pattern.AsSpan(i).StartsWith("(?:"))
                {
                    return [];
                }

                Close(endsAnywhere: true);
                depth += c == '(' ? 1 : -1;
            }
            else if (c == '|' && depth == 0)
            {
                return [];
            }
            else if (c == '{')
            {
                Close(endsAnywhere: true);
                i = CountEnd(pattern, i) ?? i;
            }
            else if (_special.Contains(c))
            {
                Close(endsAnywhere: true);
            }
            else if (depth == 0)
            {
                Add(c, i);
            }
        }

        Close(endsAnywhere: true);
        return literals;

        void Add(char c, int at)
        {
            // What may be left out is in no literal; what may be repeated ends one.
            var next = at + 1 < pattern.Length ? pattern[at + 1] : ' ';
            if (next is '*' or '?' or '{')
            {
                Close(endsAnywhere: true);
                return;
            }

            run.Append(c);
            if (next == '+')
            {
                Close(endsAnywhere: true);
            }
        }

        void Close(bool endsAnywhere)
        {
            if (run.Length > 0)
            {
                literals.Add((run.ToString(), !isBound, endsAnywhere));
            }

            run.Clear();
            isBound = false;
        }
    }

    /// <returns>The last character of an escape such as <c>\x41</c> or <c>\p{Lu}</c>.</returns>
    private static int AfterEscape(string pattern, int at) => at >= pattern.Length ? at : pattern[at] switch
    {
        'p' or 'P' => pattern.IndexOf('}', at) is > 0 and var end ? end : at,
        'x' => Math.Min(at + 2, pattern.Length - 1),
        'u' => Math.Min(at + 4, pattern.Length - 1),
        'c' => Math.Min(at + 1, pattern.Length - 1),
        _ => at,
    };

    /// <returns>Where the <c>]</c> is; null: the class takes one away from another, which nobody here follows.</returns>
    private static int? ClassEnd(string pattern, int at)
    {
        for (var i = at + 1; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    break;
                case '[':
                    return null;
                case ']' when i > at + 1 && !(i == at + 2 && pattern[at + 1] == '^'):
                    return i;
            }
        }

        return null;
    }
}
