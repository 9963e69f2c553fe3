using System.Text.RegularExpressions;
using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>
/// What stands in the search box: matchers (<c>severity>=warning env!=dev service=~"check.*"</c>) and words, all of which must hold.
/// Pure; user-given regular expressions run without backtracking, so no input is slow.
/// </summary>
internal sealed class InboxFilter
{
    private readonly IReadOnlyList<Term> _terms;

    private InboxFilter(string text, IReadOnlyList<Term> terms, string? fault) => (Text, _terms, Fault) = (text, terms, fault);

    public static InboxFilter All { get; } = new("", [], null);

    public string Text { get; }

    /// <summary>What could not be read, as one sentence; that term is left out.</summary>
    public string? Fault { get; }

    public bool IsEmpty => _terms.Count == 0;

    /// <summary>The terms as understood, for the "nothing found" page.</summary>
    public IReadOnlyList<string> Terms => [.. _terms.Select(t => t.ToString())];

    public static InboxFilter Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return All;
        }

        text = text.Length > 500 ? text[..500] : text;
        var terms = new List<Term>();
        string? fault = null;
        foreach (var word in Split(text))
        {
            if (Term.Parse(word, out var problem) is { } term)
            {
                terms.Add(term);
            }

            fault ??= problem;
        }

        return new(text.Trim(), terms, fault);
    }

    public bool Matches(Incident incident) => _terms.All(t => t.Matches(incident));

    /// <summary>The incident that fails exactly one term, and that term; null when none comes so near.</summary>
    public (Incident Incident, string Term)? Nearest(IEnumerable<Incident> incidents)
    {
        foreach (var incident in incidents)
        {
            var failing = _terms.Where(t => !t.Matches(incident)).Take(2).ToList();
            if (failing.Count == 1 && _terms.Count > 1)
            {
                return (incident, failing[0].ToString());
            }
        }

        return null;
    }

    /// <summary>Splits at blanks outside double quotes.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var (start, quoted) = (0, false);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] == '"')
            {
                quoted = !quoted;
            }

            if (i == text.Length || (!quoted && (char.IsWhiteSpace(text[i]) || text[i] == ',')))
            {
                if (i > start)
                {
                    yield return text[start..i];
                }

                start = i + 1;
            }
        }
    }

    private abstract record Term
    {
        private static readonly string[] Operators = [">=", "<=", "=~", "!~", "!=", "="];

        public static Term? Parse(string word, out string? fault)
        {
            fault = null;
            var at = word.IndexOfAny(['=', '!', '<', '>']);
            if (at <= 0)
            {
                return new Word(word.Trim('"'));
            }

            var op = Operators.FirstOrDefault(o => word.AsSpan(at).StartsWith(o, StringComparison.Ordinal));
            if (op is null)
            {
                return new Word(word.Trim('"'));
            }

            var (name, value) = (word[..at].ToLowerInvariant(), word[(at + op.Length)..].Trim('"'));
            if (op is ">=" or "<=")
            {
                if (name == "severity" && Words.SeverityRank(value) > 0)
                {
                    return new Rank(op, Words.SeverityRank(value), word);
                }

                fault = $"{op} compares severities only (severity>=warning); \"{word}\" was left out.";
                return null;
            }

            if (op is "=~" or "!~")
            {
                try
                {
                    var regex = new Regex($"^(?:{value})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
                    return new Pattern(name, op == "=~", regex, word);
                }
                catch (Exception e) when (e is ArgumentException or NotSupportedException)
                {
                    fault = $"\"{value}\" is not a regular expression that can be used here; \"{word}\" was left out.";
                    return null;
                }
            }

            return new Equal(name, op == "=", value, word);
        }

        public abstract bool Matches(Incident incident);

        /// <summary>What an incident answers to a label's name; the empty string for what it does not have.</summary>
        protected static string Read(Incident incident, string name) => name switch
        {
            "severity" => incident.Severity,
            "status" => incident.Status,
            "service" => incident.Service ?? Label(incident, name),
            "env" or "environment" => incident.Environment ?? Label(incident, name),
            "route" => incident.Route,
            "policy" => incident.Policy,
            "urgency" => incident.Urgency,
            "number" => incident.Number.ToString(),
            _ => Label(incident, name),
        };

        private static string Label(Incident incident, string name) =>
            incident.GroupLabels.FirstOrDefault(l => string.Equals(l.Key, name, StringComparison.OrdinalIgnoreCase)).Value ?? "";

        private sealed record Word(string Text) : Term
        {
            public override bool Matches(Incident incident) =>
                Has(incident.Title) || Has(incident.Service) || Has(incident.Environment) || Has($"#{incident.Number}")
                || incident.GroupLabels.Values.Any(Has);

            public override string ToString() => Text;

            private bool Has(string? text) => text?.Contains(Text, StringComparison.OrdinalIgnoreCase) == true;
        }

        private sealed record Equal(string Name, bool Wanted, string Value, string Source) : Term
        {
            public override bool Matches(Incident incident) =>
                string.Equals(Read(incident, Name), Value, StringComparison.OrdinalIgnoreCase) == Wanted;

            public override string ToString() => Source;
        }

        private sealed record Pattern(string Name, bool Wanted, Regex Regex, string Source) : Term
        {
            public override bool Matches(Incident incident) => Regex.IsMatch(Read(incident, Name)) == Wanted;

            public override string ToString() => Source;
        }

        private sealed record Rank(string Op, int Value, string Source) : Term
        {
            public override bool Matches(Incident incident) =>
                Op == ">=" ? Words.SeverityRank(incident.Severity) >= Value : Words.SeverityRank(incident.Severity) <= Value;

            public override string ToString() => Source;
        }
    }
}
