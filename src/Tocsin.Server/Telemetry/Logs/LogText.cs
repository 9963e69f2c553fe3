using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>What a query asks of a text, taken apart. <see cref="LogQuery.Text"/> says how it is written.</summary>
internal sealed class LogText
{
    public const int MostCharacters = 1_000;

    private readonly Term[] _wanted;
    private readonly Term[] _unwanted;

    private LogText(List<Term> terms)
    {
        // The longest is the rarest, so it is looked for first.
        _wanted = [.. terms.Where(t => !t.IsUnwanted).OrderByDescending(t => t.Literal.Length)];
        _unwanted = [.. terms.Where(t => t.IsUnwanted)];
        List<ulong> tokens = [];
        foreach (var term in _wanted)
        {
            LogWords.Needs(term.Literal, term.IsStart, tokens);
        }

        Tokens = [.. tokens.Distinct()];
    }

    /// <summary>What a block's filter must admit.</summary>
    public IReadOnlyList<ulong> Tokens { get; }

    public bool IsEmpty => _wanted.Length + _unwanted.Length == 0;

    /// <summary>A literal that every line has that matches; empty: there is none.</summary>
    public string Needle => _wanted.Length > 0 ? _wanted[0].Literal : "";

    public static LogText Parse(string text)
    {
        text = StorableText.Of(text);
        List<Term> terms = [];
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
            if (text[at] == '"')
            {
                var end = text.IndexOf('"', at + 1);
                end = end < 0 ? text.Length : end;
                Add(text[(at + 1)..end].Trim(), isStart: false);
                at = end + 1;
            }
            else
            {
                var end = at;
                while (end < text.Length && !char.IsWhiteSpace(text[end]))
                {
                    end++;
                }

                var word = text[at..end];
                var isStart = word.Length > 1 && word[^1] == '*';
                Add(isStart ? word[..^1] : word, isStart);
                at = end;
            }

            void Add(string literal, bool isStart)
            {
                if (literal.Length > 0)
                {
                    terms.Add(new(literal, isStart, isUnwanted));
                }
            }
        }

        return new(terms);
    }

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

    private readonly record struct Term(string Literal, bool IsStart, bool IsUnwanted)
    {
        public bool OccursIn(ReadOnlySpan<char> text)
        {
            var at = 0;
            while (text[at..].IndexOf(Literal, StringComparison.OrdinalIgnoreCase) is >= 0 and var found)
            {
                at += found;
                if (LogWords.IsEdge(text, at) && (IsStart || LogWords.IsEdge(text, at + Literal.Length)))
                {
                    return true;
                }

                at++;
            }

            return false;
        }
    }
}
