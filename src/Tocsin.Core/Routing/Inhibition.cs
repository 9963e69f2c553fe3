using Tocsin.Alerts;

namespace Tocsin.Routing;

/// <summary>
/// While an alert that matches all of <paramref name="Source"/> fires, alerts that match all of <paramref name="Target"/> page nobody, if both have the
/// same values of the labels <paramref name="Equal"/>; a label that both lack is equal. An alert that matches both sides is not muted by another one that
/// does, and so never by itself.
/// </summary>
/// <param name="Name">Unique; appears in every explanation.</param>
public sealed record Inhibition(string Name, IReadOnlyList<Matcher> Source, IReadOnlyList<Matcher> Target, IReadOnlyList<string> Equal);

/// <summary>On which side of a rule an alert is. The numbers are stored.</summary>
[Flags]
public enum InhibitionSide
{
    None = 0,
    Source = 1,
    Target = 2,
    Both = Source | Target,
}

/// <summary>An alert's place under one rule.</summary>
/// <param name="Key">The same for all alerts that the rule compares with each other: those of equal labels. Stable over releases while the rule stays as it is.</param>
public readonly record struct InhibitionPlace(long Key, InhibitionSide Side, Inhibition Rule)
{
    /// <summary>Whether an alert at <paramref name="other"/>, of the same key, mutes the one here.</summary>
    public bool IsMutedBy(InhibitionSide other) => Mutes(other, Side);

    /// <summary>Whether a firing alert on one side mutes another on the other side.</summary>
    public static bool Mutes(InhibitionSide source, InhibitionSide target) =>
        source.HasFlag(InhibitionSide.Source) && target.HasFlag(InhibitionSide.Target) && !(source == InhibitionSide.Both && target == InhibitionSide.Both);
}

/// <summary>All inhibition rules of a workspace, ready for use by many threads.</summary>
public sealed class InhibitionSet
{
    private readonly Entry[] _entries;

    private InhibitionSet(Entry[] entries)
    {
        _entries = entries;
        Stamp = entries.Length == 0 ? 0 : GroupKey.Of(string.Join('\n', entries.Select(e => e.Text))).Hash;
    }

    public static InhibitionSet Empty { get; } = new([]);

    public bool IsEmpty => _entries.Length == 0;

    /// <summary>The same for the same rules, on every node and in every release.</summary>
    public long Stamp { get; }

    /// <summary>The rules in the order given. One that <see cref="Check"/> refuses is left out: a fault must page rather than mute.</summary>
    public static InhibitionSet Compile(IReadOnlyList<Inhibition> rules) =>
        rules.Count == 0 ? Empty : new([.. rules.Select(CompileOne).Where(e => e.Ok).Select(e => e.Value!)]);

    /// <summary>What is wrong with a rule; null if nothing is.</summary>
    public static Error? Check(Inhibition rule) => CompileOne(rule).Error;

    /// <summary>The rules that concern an alert, in the order given.</summary>
    public IReadOnlyList<InhibitionPlace> PlacesOf(in RouteSubject subject)
    {
        List<InhibitionPlace> places = [];
        foreach (var entry in _entries)
        {
            var side = entry.SideOf(subject);
            if (side != InhibitionSide.None)
            {
                places.Add(new(entry.KeyOf(subject), side, entry.Rule));
            }
        }

        return places;
    }

    /// <summary>For each rule: the alert's place, or the matcher of the target's side that keeps it out.</summary>
    public IEnumerable<(Inhibition Rule, InhibitionPlace? Place, MatcherCheck? Failed)> Explain(RouteSubject subject)
    {
        foreach (var entry in _entries)
        {
            var failed = entry.Target.FirstOrDefault(m => !m.IsMatch(subject));
            yield return failed is null
                ? (entry.Rule, new(entry.KeyOf(subject), entry.SideOf(subject), entry.Rule), null)
                : (entry.Rule, null, new(failed.Matcher, false, subject.Values(failed.Matcher.Name)));
        }
    }

    private static Result<Entry> CompileOne(Inhibition rule)
    {
        if (rule.Source.Count == 0 || rule.Target.Count == 0)
        {
            return Error.Invalid(rule.Source.Count == 0 ? "source" : "target", "An inhibition rule needs matchers for its source and for its target.");
        }

        var source = CompiledMatcher.CompileAll(rule.Source);
        var target = CompiledMatcher.CompileAll(rule.Target);
        return !source.Ok ? source.Error with { Field = "source" }
            : !target.Ok ? target.Error with { Field = "target" }
            : new Entry(rule, source.Value, target.Value);
    }

    private sealed class Entry(Inhibition rule, IReadOnlyList<CompiledMatcher> source, IReadOnlyList<CompiledMatcher> target)
    {
        private readonly string[] _equal = [.. rule.Equal.Distinct().Order(StringComparer.Ordinal)];

        public Inhibition Rule => rule;

        public IReadOnlyList<CompiledMatcher> Target => target;

        public string Text { get; } = $"{rule.Name}\n{MatcherText.Format(rule.Source)}\n{MatcherText.Format(rule.Target)}\n{string.Join(',', rule.Equal.Distinct().Order(StringComparer.Ordinal))}";

        public InhibitionSide SideOf(in RouteSubject subject) =>
            (Holds(source, subject) ? InhibitionSide.Source : InhibitionSide.None) | (Holds(target, subject) ? InhibitionSide.Target : InhibitionSide.None);

        public long KeyOf(in RouteSubject subject)
        {
            var key = new KeyText(stackalloc char[512]);
            key.Append(Text);
            foreach (var label in _equal)
            {
                key.AppendPair(label, subject.Value(label));
            }

            var hash = GroupKey.Of(key.Written).Hash;
            key.Return();
            return hash;
        }

        private static bool Holds(IReadOnlyList<CompiledMatcher> matchers, in RouteSubject subject)
        {
            foreach (var matcher in matchers)
            {
                if (!matcher.IsMatch(subject))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
