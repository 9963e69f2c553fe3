using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>What a query asks of a text, taken apart. <see cref="LogQuery.Text"/> says how it is written.</summary>
internal sealed class LogText
{
    public const int MostCharacters = 1_000;

    private readonly LogTerm[] _wanted;
    private readonly LogTerm[] _unwanted;

    private LogText(List<LogTerm> wanted, List<LogTerm> unwanted)
    {
        // The longest is the rarest, so it is looked for first; where a pattern has no text of its own it is asked of what the others leave.
        _wanted = [.. wanted.OrderByDescending(static t => t.Literal.Length)];
        _unwanted = [.. unwanted];
        List<ulong> tokens = [];
        foreach (var term in _wanted)
        {
            term.Needs(tokens);
        }

        Tokens = [.. tokens.Distinct()];
    }

    /// <summary>What a block's filter must admit.</summary>
    public IReadOnlyList<ulong> Tokens { get; }

    public bool IsEmpty => _wanted.Length + _unwanted.Length == 0;

    /// <summary>A literal that every line has that matches; empty: there is none.</summary>
    public string Needle => _wanted.Length > 0 ? _wanted[0].Literal : "";

    /// <summary>Never fails: a pattern that <see cref="Fault"/> refuses is looked for as it stands.</summary>
    public static LogText Parse(string text)
    {
        List<LogTerm> wanted = [], unwanted = [];
        foreach (var (term, isUnwanted, _) in TermsOf(StorableText.Of(text)))
        {
            if (term is not null)
            {
                (isUnwanted ? unwanted : wanted).Add(term);
            }
        }

        return new(wanted, unwanted);
    }

    /// <summary>What is wrong with a text that a person wrote, and what to write instead; null: nothing.</summary>
    public static string? Fault(string text) =>
        text.Length > MostCharacters ? $"Search for at most {MostCharacters} characters."
        : TermsOf(StorableText.Of(text)).Select(static t => t.Fault).FirstOrDefault(static f => f is not null);

    /// <param name="text">Texts of a line, each closed by <see cref="BlockBuilder.TextEnd"/>, or one text.</param>
    public bool Matches(ReadOnlySpan<char> text)
    {
        foreach (var term in _wanted)
        {
            if (!term.OccursIn(text))
            {
                return false;
            }
        }

        foreach (var term in _unwanted)
        {
            if (term.OccursIn(text))
            {
                return false;
            }
        }

        return true;
    }

    private static IEnumerable<(LogTerm? Term, bool IsUnwanted, string? Fault)> TermsOf(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            var isUnwanted = text[at] == '-' && at + 1 < text.Length && !char.IsWhiteSpace(text[at + 1]);
            at += isUnwanted ? 1 : 0;
            var (end, term, fault) = text[at] == '"' ? PhraseAt(text, at) : PatternEnd(text, at) is > 0 and var close ? PatternAt(text, at, close) : WordAt(text, at);
            at = end;
            yield return (term, isUnwanted, fault);
        }
    }

    private static (int End, LogTerm? Term, string? Fault) PhraseAt(string text, int at)
    {
        var close = text.IndexOf('"', at + 1);
        var end = close < 0 ? text.Length : close;
        var phrase = text[(at + 1)..end].Trim();
        return (end + 1, phrase.Length > 0 ? new LogWordsTerm(phrase, beginsAnywhere: false, endsAnywhere: false) : null, close < 0 ? "A phrase begins and has no end: write another \" behind it." : null);
    }

    private static (int End, LogTerm? Term, string? Fault) WordAt(string text, int at)
    {
        var end = at;
        while (end < text.Length && !char.IsWhiteSpace(text[end]))
        {
            end++;
        }

        var word = text[at..end];
        var (begins, ends) = (word.Length > 1 && word[0] == '*', word.Length > 1 && word[^1] == '*');
        var inner = word[(begins ? 1 : 0)..^(ends ? 1 : 0)];
        return (end, inner.Length > 0 ? new LogWordsTerm(inner, begins, ends) : new LogWordsTerm(word, beginsAnywhere: true, endsAnywhere: true), null);
    }

    private static (int End, LogTerm? Term, string? Fault) PatternAt(string text, int at, int close)
    {
        var pattern = LogPattern.Of(text[(at + 1)..close]);
        return pattern.Ok ? (close + 1, pattern.Value, null) : (close + 1, new LogWordsTerm(text[at..(close + 1)], beginsAnywhere: true, endsAnywhere: true), pattern.Error.Detail);
    }

    /// <returns>Where the <c>/</c> is that closes a pattern: the next that no <c>\</c> escapes and behind which a word could begin; 0: none begins here.</returns>
    private static int PatternEnd(string text, int at)
    {
        if (text[at] != '/')
        {
            return 0;
        }

        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == '/' && i > at + 1 && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1])))
            {
                return i;
            }
        }

        return 0;
    }
}

/// <summary>One thing that a text must, or must not, have.</summary>
internal abstract class LogTerm
{
    /// <summary>A text that is wherever the term occurs, in upper or lower case; empty: there is none.</summary>
    public abstract string Literal { get; }

    public abstract bool OccursIn(ReadOnlySpan<char> text);

    /// <summary>Adds the tokens without which it cannot occur.</summary>
    public abstract void Needs(List<ulong> tokens);
}

/// <summary>Words as they stand.</summary>
/// <param name="beginsAnywhere">In the middle of a word, too.</param>
/// <param name="endsAnywhere">In the middle of a word, too.</param>
internal sealed class LogWordsTerm(string words, bool beginsAnywhere, bool endsAnywhere) : LogTerm
{
    public override string Literal => words;

    public override bool OccursIn(ReadOnlySpan<char> text)
    {
        var at = 0;
        while (text[at..].IndexOf(words, StringComparison.OrdinalIgnoreCase) is >= 0 and var found)
        {
            at += found;
            if ((beginsAnywhere || LogWords.IsEdge(text, at)) && (endsAnywhere || LogWords.IsEdge(text, at + words.Length)))
            {
                return true;
            }

            at++;
        }

        return false;
    }

    public override void Needs(List<ulong> tokens) => LogWords.Needs(words, beginsAnywhere, endsAnywhere, tokens);
}
