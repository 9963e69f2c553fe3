using System.Collections.Frozen;

namespace Tocsin.Routing;

/// <summary>All silences of a workspace, ready for use by many threads.</summary>
public sealed class SilenceSet
{
    private readonly Entry[] _entries;

    /// <summary>Silences that need one exact label value, by that pair: most alerts meet only a few of many silences.</summary>
    private readonly FrozenDictionary<(string Name, string Value), int[]> _byPair;

    /// <summary>The others, which every alert is tried against.</summary>
    private readonly int[] _anywhere;

    private SilenceSet(Entry[] entries, IReadOnlyList<RefusedSilence> refused)
    {
        _entries = entries;
        Refused = refused;
        var indexed = entries.Select((entry, at) => (Pair: entry.Pair(), at)).ToArray();
        _byPair = indexed.Where(e => e.Pair is not null).GroupBy(e => e.Pair!.Value, e => e.at).ToFrozenDictionary(g => g.Key, g => g.ToArray());
        _anywhere = [.. indexed.Where(e => e.Pair is null).Select(e => e.at)];
    }

    public static SilenceSet Empty { get; } = new([], []);

    /// <summary>Silences that <see cref="Check"/> refuses. They mute nothing: a fault must page rather than mute.</summary>
    public IReadOnlyList<RefusedSilence> Refused { get; }

    public int Count => _entries.Length;

    public static SilenceSet Compile(IReadOnlyList<Silence> silences)
    {
        var entries = new List<Entry>(silences.Count);
        var refused = new List<RefusedSilence>();
        foreach (var silence in silences)
        {
            var entry = CompileOne(silence);
            if (entry.Ok)
            {
                entries.Add(entry.Value);
            }
            else
            {
                refused.Add(new(silence, entry.Error));
            }
        }

        return entries.Count == 0 && refused.Count == 0 ? Empty : new([.. entries], refused);
    }

    /// <summary>What is wrong with a silence that somebody wants to add; null if nothing is.</summary>
    public static Error? Check(Silence silence) => CompileOne(silence).Error;

    /// <summary>The first silence, in the order given, that mutes the alert at this instant; null if none does.</summary>
    public Silence? FirstMatch(in RouteSubject subject, DateTimeOffset now)
    {
        var first = Scan(_anywhere, int.MaxValue, subject, now);
        if (_byPair.Count > 0)
        {
            foreach (var (name, value) in subject.Labels.AsSpan())
            {
                if (_byPair.TryGetValue((name, value), out var some))
                {
                    first = Scan(some, first, subject, now);
                }
            }
        }

        return first == int.MaxValue ? null : _entries[first].Silence;
    }

    /// <summary>Every silence that mutes the alert at this instant, in the order given.</summary>
    public IReadOnlyList<Silence> Matches(RouteSubject subject, DateTimeOffset now)
    {
        List<int> found = [.. _anywhere.Where(at => _entries[at].Mutes(subject, now))];
        foreach (var (name, value) in subject.Labels.AsSpan())
        {
            if (_byPair.TryGetValue((name, value), out var some))
            {
                found.AddRange(some.Where(at => _entries[at].Mutes(subject, now)));
            }
        }

        found.Sort();
        return [.. found.Select(at => _entries[at].Silence)];
    }

    /// <summary>The alerts that a silence would mute while it lasts, in order; its start and end are not looked at.</summary>
    /// <returns>An error if <see cref="Check"/> refuses the silence.</returns>
    public static Result<IReadOnlyList<T>> Preview<T>(Silence silence, IEnumerable<T> alerts, Func<T, RouteSubject> subject)
    {
        var entry = CompileOne(silence);
        if (!entry.Ok)
        {
            return entry.Error;
        }

        var compiled = entry.Value;
        return alerts.Where(alert => compiled.MatchesLabels(subject(alert))).ToArray();
    }

    private int Scan(int[] candidates, int best, in RouteSubject subject, DateTimeOffset now)
    {
        foreach (var at in candidates)
        {
            if (at >= best)
            {
                break;
            }

            if (_entries[at].Mutes(subject, now))
            {
                return at;
            }
        }

        return best;
    }

    private static Result<Entry> CompileOne(Silence silence)
    {
        if (silence.Match.Count == 0)
        {
            return Error.Invalid("match", "A silence needs at least one matcher.");
        }

        if (silence.EndsAt <= silence.StartsAt)
        {
            return Error.Invalid("ends_at", "A silence must end after it starts.");
        }

        var matchers = CompiledMatcher.CompileAll(silence.Match);
        if (!matchers.Ok)
        {
            return matchers.Error;
        }

        // An alert without any label would pass: the silence would mute things that nobody thought of.
        return matchers.Value.All(m => m.IsMatch(new RouteSubject(Alerts.LabelSet.Empty, default, null, null, "")))
            ? Error.Invalid("match", "At least one matcher must refuse the empty value, or the silence mutes alerts that have none of its labels.")
            : new Entry(silence, matchers.Value);
    }

    private sealed record Entry(Silence Silence, IReadOnlyList<CompiledMatcher> Matchers)
    {
        public bool Mutes(in RouteSubject subject, DateTimeOffset now) =>
            Silence.StartsAt <= now && now < Silence.EndsAt && MatchesLabels(subject);

        public bool MatchesLabels(in RouteSubject subject)
        {
            foreach (var matcher in Matchers)
            {
                if (!matcher.IsMatch(subject))
                {
                    return false;
                }
            }

            return true;
        }

        public (string Name, string Value)? Pair() =>
            Matchers.FirstOrDefault(m => m.OnlyLabelValue is not null) is { } matcher ? (matcher.Matcher.Name, matcher.OnlyLabelValue!) : null;
    }
}

public sealed record RefusedSilence(Silence Silence, Error Error);
