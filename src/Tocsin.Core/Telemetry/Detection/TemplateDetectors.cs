using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>An error whose kind was never seen before and that comes again: not while a service is new, nor once for all.</summary>
public static class NewErrorTemplate
{
    private const int Least = 3;

    /// <summary>For a service whose errors are often of new kinds.</summary>
    private const int LeastAmongMany = 12;

    private const int Many = 5;

    /// <summary>Minutes in which a service shows which errors it has.</summary>
    private const int Learning = 60;

    private const int New = 60;
    private const int Quiet = 30;

    public static IEnumerable<Observation> Decide(ServiceHistory service, DetectorRule rule, long minute)
    {
        var to = minute + 1;
        var newToday = 0;
        foreach (var template in service.Templates.Values)
        {
            newToday += template.Level >= LineLevel.Error && Age(template, minute) is >= 0 and < Minutes.OfDay && !WasLearning(service, template) ? 1 : 0;
        }

        var least = (newToday > Many ? LeastAmongMany : Least) * (rule.Sensitivity == Sensitivity.Low ? 3 : 1);
        foreach (var template in service.Templates.Values)
        {
            var age = Age(template, minute);
            if (template.Level < LineLevel.Error || age is < 0 or >= Minutes.OfDay || WasLearning(service, template))
            {
                continue;
            }

            // Within its first hour it may begin; after that it only goes on.
            var count = template.Lines.Sum(to - New, to);
            if (count == 0 || template.Lines.Sum(to - Quiet, to) == 0)
            {
                continue;
            }

            var spoken = template.Lines.Known(to - New, to).Count(v => v > 0);
            var isClear = age < New && count >= least && (spoken >= 2 || rule.Sensitivity == Sensitivity.High);
            var last = template.Lines.Sum(to - 5, to);
            yield return new(
                Detectors.NewError, service.Name, $"{template.Id}", isClear,
                rule.Severity ?? (template.Level == LineLevel.Critical || last >= 20 ? Severity.High : Severity.Warning),
                $"{Figures.Service(service.Name)}: new error: {Figures.Short(template.Pattern, 150)}",
                "An error of a kind that this service never wrote before comes again and again.",
                [
                    $"first seen at {Figures.Clock(Minutes.Of(template.FirstSeenAt))}, {Figures.Of(count)} times within the last hour, {Figures.Of(last)} within the last 5 minutes",
                    $"pattern: {Figures.Short(template.Pattern, 300)}",
                ])
            {
                Since = template.FirstSeenAt,
            };
        }
    }

    private static bool WasLearning(ServiceHistory service, TemplateHistory template) => Minutes.Of(template.FirstSeenAt) - service.KnownSince < Learning;

    private static long Age(TemplateHistory template, long minute) => minute - Minutes.Of(template.FirstSeenAt);
}

/// <summary>One kind of line far more often than its own past explains, while the rest of the service does not write more.</summary>
public static class TemplateBurst
{
    private const int Recent = 22;
    private const int Gap = 2;
    private const double Least = 50;

    public static IEnumerable<Observation> Decide(ServiceHistory service, DetectorRule rule, long minute)
    {
        var strict = ErrorBurst.Strictness(rule.Sensitivity);
        var to = minute + 1;
        if (minute - service.KnownSince < 60)
        {
            yield break;
        }

        var all = service.Lines.Sum(to - ErrorBurst.Piece, to);
        var allBefore = service.Lines.Sum(to - ((Recent + Gap + 1) * ErrorBurst.Piece), to - ((Gap + 1) * ErrorBurst.Piece));
        foreach (var template in service.Templates.Values)
        {
            var count = template.Lines.Sum(to - ErrorBurst.Piece, to);
            if (count < Least * strict / 2 || template.Level < LineLevel.Info)
            {
                continue;
            }

            var past = Past.Of(template.Lines.Pieces(to - ((Gap + 1) * ErrorBurst.Piece), Recent, ErrorBurst.Piece), ErrorBurst.Usual(template.Lines, service.KnownSince, minute));
            var limit = Math.Max(Least * strict, Math.Max(past.Median + (10 * strict * past.Deviation), Math.Max(3 * strict * past.High, 2 * past.UsualHigh)));
            var still = Math.Max(Least * strict / 2, past.Median + (4 * strict * past.Deviation));

            // More of everything is traffic.
            var others = Math.Max(1, all - count);
            var othersBefore = Math.Max(1, allBefore - template.Lines.Sum(to - ((Recent + Gap + 1) * ErrorBurst.Piece), to - ((Gap + 1) * ErrorBurst.Piece))) / Recent;
            if (count <= still || others > 2 * othersBefore)
            {
                continue;
            }

            yield return new(
                Detectors.TemplateBurst, service.Name, $"{template.Id}", count > limit, rule.Severity ?? Severity.Warning,
                $"{Figures.Service(service.Name)}: {Figures.Of(count)} times within 5 minutes: {Figures.Short(template.Pattern, 120)}",
                "One kind of line comes far more often than it usually does.",
                [
                    $"{Figures.Of(count)} lines within 5 minutes until {Figures.Clock(to)}; in the two hours before: median {Figures.Of(past.Median)}, at most {Figures.Of(past.High)}",
                    .. past.UsualCount > 0 ? [$"at this time on {past.UsualCount} earlier days: at most {Figures.Of(past.UsualHigh)}"] : Array.Empty<string>(),
                    $"pattern: {Figures.Short(template.Pattern, 300)}",
                ])
            {
                Since = Minutes.At(to - ErrorBurst.Piece),
            };
        }
    }
}

/// <summary>One kind of line that came as regularly as a heart beats, and no longer does, while its service goes on writing.</summary>
public static class TemplateStopped
{
    private const int Looked = 120;
    private const int LongestSilence = 150;

    /// <summary>Hours of the past that a look needs.</summary>
    internal const int Hours = ((Looked + LongestSilence) / 60) + 1;

    private const int LeastSilence = 15;

    /// <summary>Minutes without any line of the service.</summary>
    private const int Break = 3;
    private const double ManyMissing = 60;

    /// <param name="watchedSince">Silence of the time before it proves nothing.</param>
    public static IEnumerable<Observation> Decide(ServiceHistory service, DetectorRule rule, long minute, long watchedSince)
    {
        var to = minute + 1;
        var strict = ErrorBurst.Strictness(rule.Sensitivity);
        if (service.Lines.Sum(to - 5, to) == 0)
        {
            yield break;
        }

        foreach (var template in service.Templates.Values)
        {
            // That errors stop is no trouble.
            if (template.Level >= LineLevel.Error || minute - Minutes.Of(template.FirstSeenAt) < Minutes.OfDay || template.Lines.Sum(to - LeastSilence, to) > 0)
            {
                continue;
            }

            var last = LastLine(template, minute);
            if (last is not { } end || Beat(template, end) is not { } beat || Math.Max(LeastSilence, 4 * beat.Gap) * strict is var enough && minute - end < enough)
            {
                continue;
            }

            // Nothing is missing of a time in which nobody watched, or in which the service was silent as a whole, as when it is started anew.
            var isClear = minute - Math.Max(watchedSince, Resumed(service, end, minute)) >= enough;

            // What comes by chance pauses by chance: many lines must be missing.
            var missing = template.Lines.Sum(end - 59, end + 1) / 60 * (minute - end);
            if (!beat.IsRegular && missing < ManyMissing * strict)
            {
                continue;
            }

            // At the same time of earlier days it must have spoken too, and as regularly: not a job that ends each evening.
            var silence = minute - end;
            var since = Minutes.Of(template.FirstSeenAt);
            bool WasAway(long there) => template.Lines.Sum(there - Math.Min(silence, Season.Around), there + 1) == 0;
            if (Season.Before(minute, since).Any(WasAway) || Season.Lately(minute, since) is { Count: > 0 } lately && lately.All(WasAway))
            {
                continue;
            }

            // A line that was worded anew is another kind of line from then on.
            if (service.Templates.Values.Any(other => Math.Abs(Minutes.Of(other.FirstSeenAt) - end) <= 30))
            {
                continue;
            }

            yield return new(
                Detectors.TemplateStopped, service.Name, $"{template.Id}", isClear, rule.Severity ?? Severity.Warning,
                $"{Figures.Service(service.Name)}: no longer written: {Figures.Short(template.Pattern, 150)}",
                "A kind of line that came regularly no longer comes, while the service goes on writing.",
                [
                    $"last seen at {Figures.Clock(end)}, {silence} minutes ago; in the two hours before, it was never away for more than {beat.Gap} minutes",
                    $"the service wrote {Figures.Of(service.Lines.Sum(to - 5, to))} other lines within the last 5 minutes",
                    $"pattern: {Figures.Short(template.Pattern, 300)}",
                ])
            {
                Since = Minutes.At(end + 1),
            };
        }
    }

    /// <summary>The minute with which the service began to write again after its last break since <paramref name="end"/>; that minute if it had none.</summary>
    private static long Resumed(ServiceHistory service, long end, long minute)
    {
        var (resumed, silent) = (end, 0);
        for (var at = end + 1; at <= minute; at++)
        {
            var speaks = service.Lines[at] > 0;
            resumed = speaks && silent >= Break ? at : resumed;
            silent = speaks ? 0 : silent + 1;
        }

        return resumed;
    }

    private static long? LastLine(TemplateHistory template, long minute)
    {
        for (var at = minute; at > minute - LongestSilence; at--)
        {
            if (template.Lines[at] > 0)
            {
                return at;
            }
        }

        return null;
    }

    /// <summary>
    /// The longest pause, in minutes, of the two hours until <paramref name="end"/>, and whether all pauses were about as long; null: it came too
    /// seldom to speak of a beat.
    /// </summary>
    private static (long Gap, bool IsRegular)? Beat(TemplateHistory template, long end)
    {
        var (longest, spoken, last) = (0L, 0, end - Looked);
        for (var at = end - Looked + 1; at <= end; at++)
        {
            if (template.Lines[at] > 0)
            {
                longest = Math.Max(longest, at - last);
                last = at;
                spoken++;
            }
        }

        return spoken >= 20 && longest <= 10 ? (longest, longest <= 1 + (1.5 * Looked / spoken)) : null;
    }
}
