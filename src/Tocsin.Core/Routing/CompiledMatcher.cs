using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Tocsin.Routing;

/// <summary>A matcher ready for use by many threads. Which values it is tried against: see <see cref="RouteSubject"/>.</summary>
public sealed class CompiledMatcher
{
    private readonly SubjectField _field;
    private readonly bool _negative;
    private readonly string? _literal;
    private readonly FrozenSet<string>? _literals;
    private readonly Regex? _regex;

    private CompiledMatcher(Matcher matcher, string? literal, FrozenSet<string>? literals, Regex? regex)
    {
        Matcher = matcher;
        _field = RouteSubject.FieldOf(matcher.Name);
        _negative = matcher.Op is MatchOp.NotEqual or MatchOp.NotRegex;
        (_literal, _literals, _regex) = (literal, literals, regex);
    }

    public Matcher Matcher { get; }

    /// <summary>The single value that this matcher wants of a plain label; null if it takes several, or reads more than a label.</summary>
    internal string? OnlyLabelValue => !_negative && _field == SubjectField.Label && _literal is { Length: > 0 } ? _literal : null;

    /// <summary>
    /// Compiles a matcher. Regular expressions match the whole value, in RE2's syntax, in linear time; one that cannot be matched so
    /// (look-around, back references) is an error, as is an empty name.
    /// </summary>
    public static Result<CompiledMatcher> Compile(Matcher matcher)
    {
        if (matcher.Name.Length == 0)
        {
            return Error.Invalid("match", "A matcher needs a label name before its operator.");
        }

        if (matcher.Op is MatchOp.Equal or MatchOp.NotEqual)
        {
            return new CompiledMatcher(matcher, matcher.Value, null, null);
        }

        if (GoPattern.Literals(matcher.Value) is { } words)
        {
            return words.Count == 1
                ? new CompiledMatcher(matcher, words[0], null, null)
                : new CompiledMatcher(matcher, null, words.ToFrozenSet(), null);
        }

        var regex = GoPattern.Compile(matcher.Value);
        return regex.Ok ? new CompiledMatcher(matcher, null, null, regex.Value) : regex.Error;
    }

    /// <summary>One of some values, none of them read as a pattern.</summary>
    internal static CompiledMatcher AnyOf(string name, IReadOnlyList<string> values)
    {
        var matcher = values is [var only]
            ? new Matcher(name, MatchOp.Equal, only)
            : new Matcher(name, MatchOp.Regex, string.Join('|', values.Select(Regex.Escape)));
        return values is [var literal] ? new(matcher, literal, null, null) : new(matcher, null, values.ToFrozenSet(StringComparer.Ordinal), null);
    }

    /// <summary>Compiles all, or gives the first error.</summary>
    public static Result<IReadOnlyList<CompiledMatcher>> CompileAll(IReadOnlyList<Matcher> matchers)
    {
        var compiled = new CompiledMatcher[matchers.Count];
        for (var i = 0; i < compiled.Length; i++)
        {
            var one = Compile(matchers[i]);
            if (!one.Ok)
            {
                return one.Error;
            }

            compiled[i] = one.Value;
        }

        return compiled;
    }

    public bool IsMatch(in RouteSubject subject)
    {
        var label = subject.Labels[Matcher.Name];
        if (_field == SubjectField.Label)
        {
            return Holds(label) != _negative;
        }

        var canonical = label.Length > 0 && _field == SubjectField.AlertName ? "" : subject.Canonical(_field);
        var any = (label.Length > 0, canonical.Length > 0) switch
        {
            (true, true) => Holds(label) || Holds(canonical),
            (false, true) => Holds(canonical),
            _ => Holds(label),
        };
        return any != _negative;
    }

    private bool Holds(string value) =>
        _literal is not null ? string.Equals(_literal, value, StringComparison.Ordinal)
        : _literals is not null ? _literals.Contains(value)
        : _regex!.IsMatch(value);

    /// <summary>Whether the matcher lets pass whatever an alert may say.</summary>
    internal bool TakesAnything => !_negative && Array.TrueForAll(Probes(), probe => IsMatch(probe));

    // Two unlikely values, since one alone could be what a pattern names; a severity is always one of four words.
    private RouteSubject[] Probes() => _field == SubjectField.Severity
        ? [.. Enum.GetValues<Alerts.Severity>().Where(s => s != Alerts.Severity.Unset).Select(s => new RouteSubject(Alerts.LabelSet.Empty, s, null, null, ""))]
        : [.. ((string[])["0", "\uE000 anything"]).Select(value => new RouteSubject(Alerts.LabelSet.Of((Matcher.Name, value)), default, null, null, value))];

    public override string ToString() => MatcherText.Format(Matcher);
}
