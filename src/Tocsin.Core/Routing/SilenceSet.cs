using System.Collections.Frozen;
using Tocsin.OnCall;

namespace Tocsin.Routing;

/// <summary>All silences of a workspace, ready for use by many threads.</summary>
public sealed class SilenceSet
{
    private readonly Entry[] _entries;

    /// <summary>Silences that need one exact label value, by that pair: most alerts meet only a few of many silences.</summary>
    private readonly FrozenDictionary<(string Name, string Value), int[]> _byPair;

    /// <summary>The others, which every alert is tried against.</summary>
    private readonly int[] _anywhere;

    private readonly Entry[] _ofServices;

    private SilenceSet(Entry[] entries, IReadOnlyList<RefusedSilence> refused)
    {
        _entries = entries;
        _ofServices = Array.FindAll(entries, e => e.Silence.Services.Count > 0);
        Refused = refused;
        var indexed = entries.Select((entry, at) => (Pair: entry.Pair(), at)).ToArray();
        _byPair = indexed.Where(e => e.Pair is not null).GroupBy(e => e.Pair!.Value, e => e.at).ToFrozenDictionary(g => g.Key, g => g.ToArray());
        _anywhere = [.. indexed.Where(e => e.Pair is null).Select(e => e.at)];
    }

    public static SilenceSet Empty { get; } = new([], []);

    /// <summary>Silences that <see cref="Check"/> refuses. They mute nothing: a fault must page rather than mute.</summary>
    public IReadOnlyList<RefusedSilence> Refused { get; }

    public int Count => _entries.Length;

    /// <summary>Whether one that names services mutes now: an alert may also get its service from its route.</summary>
    public bool NameServices(DateTimeOffset now)
    {
        foreach (var entry in _ofServices)
        {
            if (entry.At(now) is not null)
            {
                return true;
            }
        }

        return false;
    }

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

    /// <summary>Whether a silence mutes every alert there is, whatever its labels.</summary>
    /// <returns>False also for one that <see cref="Check"/> refuses.</returns>
    public static bool IsTotal(Silence silence) => silence.Services.Count == 0 && CompileOne(silence).Value is { } entry && entry.Matchers.All(m => m.TakesAnything);

    /// <summary>Every silence, with what mutes and since and until when if it mutes at this instant, whatever alerts there are; in the order given.</summary>
    public IEnumerable<(Silence Silence, Occurrence? Now)> At(DateTimeOffset now) => _entries.Select(e => (e.Silence, e.At(now)));

    /// <summary>When a silence mutes next, or mutes now; null: never again.</summary>
    /// <param name="silence">One that <see cref="Check"/> accepts.</param>
    public static Occurrence? NowOrNext(Silence silence, DateTimeOffset now) => CompileOne(silence).Value?.NowOrNext(now);

    /// <summary>
    /// Which silence mutes an alert at this instant, with the reason why each of the others does not: for explanations.
    /// </summary>
    public IEnumerable<SilenceCheck> Explain(RouteSubject subject, DateTimeOffset now) => _entries.Select(e => e.Explain(subject, now));

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
        if (silence.Match.Count == 0 && silence.Services.Count == 0)
        {
            return Error.Invalid("match", "A silence needs at least one matcher or service.");
        }

        if (silence.EndsAt <= silence.StartsAt)
        {
            return Error.Invalid("ends_at", "A silence must end after it starts.");
        }

        if (silence.Repeats is { } times && !ZoneRules.Has(times.TimeZone))
        {
            return Error.Invalid("time_zone", $"'{times.TimeZone}' is not a known IANA time zone, such as Europe/Berlin.");
        }

        var matchers = CompiledMatcher.CompileAll(silence.Match);
        if (!matchers.Ok)
        {
            return matchers.Error;
        }

        IReadOnlyList<CompiledMatcher> all = silence.Services.Count == 0 ? matchers.Value : [CompiledMatcher.AnyOf("service", silence.Services), .. matchers.Value];

        // An alert without any label would pass: the silence would mute things that nobody thought of.
        return all.All(m => m.IsMatch(new RouteSubject(Alerts.LabelSet.Empty, default, null, null, "")))
            ? Error.Invalid("match", "At least one matcher must refuse the empty value, or the silence mutes alerts that have none of its labels.")
            : new Entry(silence, all);
    }

    private sealed record Entry(Silence Silence, IReadOnlyList<CompiledMatcher> Matchers)
    {
        private readonly WeeklyClock? _clock = Silence.Repeats is { } times ? new(times) : null;

        public bool Mutes(in RouteSubject subject, DateTimeOffset now) =>
            Silence.StartsAt <= now && now < Silence.EndsAt && MatchesLabels(subject) && (_clock is null || _clock.At(now) is not null);

        /// <summary>The stretch of muting that covers an instant.</summary>
        public Occurrence? At(DateTimeOffset now) =>
            now < Silence.StartsAt || now >= Silence.EndsAt ? null
            : _clock is null ? new(Silence.StartsAt, Silence.EndsAt)
            : _clock.At(now) is { } o ? Within(o) : null;

        public Occurrence? NowOrNext(DateTimeOffset now) =>
            now >= Silence.EndsAt ? null
            : At(now) is { } covering ? covering
            : _clock is null ? new(Silence.StartsAt, Silence.EndsAt)
            : now < Silence.StartsAt && At(Silence.StartsAt) is { } first ? first
            : _clock.Next(now < Silence.StartsAt ? Silence.StartsAt : now) is { } next && next.From < Silence.EndsAt ? Within(next)
            : null;

        public SilenceCheck Explain(in RouteSubject subject, DateTimeOffset now)
        {
            foreach (var matcher in Matchers)
            {
                if (!matcher.IsMatch(subject))
                {
                    return new(Silence, null, new MatcherCheck(matcher.Matcher, false, subject.Values(matcher.Matcher.Name)));
                }
            }

            return new(Silence, At(now), null);
        }

        private Occurrence Within(Occurrence o) => new(
            o.From > Silence.StartsAt ? o.From : Silence.StartsAt, o.To < Silence.EndsAt ? o.To : Silence.EndsAt);

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

/// <summary>What a silence does to an alert at an instant.</summary>
/// <param name="Now">Since and until when it mutes the alert; null: it does not.</param>
/// <param name="Failed">The first matcher that does not hold; null: all hold, and only its times decide.</param>
public sealed record SilenceCheck(Silence Silence, Occurrence? Now, MatcherCheck? Failed);
