using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>Events of a span of time.</summary>
public readonly record struct SloEvents(double Bad, double All)
{
    public double Share => All > 0 ? Bad / All : 0;

    public static SloEvents operator +(SloEvents a, SloEvents b) => new(a.Bad + b.Bad, a.All + b.All);
}

/// <summary>
/// How fast a service level objective loses what it may lose: over a long span, so that it matters, and over a short one, so that it is still so.
/// </summary>
public static class SloBurn
{
    /// <summary>Burning at this rate for the long span costs: 2 % of a month's budget in an hour, 5 % in six hours, 10 % in a day or in three.</summary>
    private static readonly (TimeSpan Long, TimeSpan Short, double Rate, Severity Severity)[] _windows =
    [
        (TimeSpan.FromHours(1), TimeSpan.FromMinutes(5), 14.4, Severity.High),
        (TimeSpan.FromHours(6), TimeSpan.FromMinutes(30), 6, Severity.High),
        (TimeSpan.FromDays(1), TimeSpan.FromHours(2), 3, Severity.Warning),
        (TimeSpan.FromDays(3), TimeSpan.FromHours(6), 1, Severity.Warning),
    ];

    /// <summary>With fewer events one bad one would already be too many.</summary>
    private const double LeastEvents = 50;

    private const double LeastBad = 3;

    /// <summary>At or below this rate the objective is kept, whatever was lost before; a little less than 1, so that nothing goes back and forth.</summary>
    private const double Kept = 0.9;

    /// <summary>The longest span that is looked at.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(3);

    /// <param name="over">The events of the newest span of that length.</param>
    public static Observation? Decide(DetectorRule slo, Func<TimeSpan, SloEvents> over)
    {
        var budget = 1 - slo.Objective;
        Observation? still = null;
        foreach (var (longer, shorter, rate, severity) in _windows)
        {
            var (all, late) = (over(longer), over(shorter));
            var (burnt, burning) = (all.Share / budget, late.Share / budget);
            var isMuch = IsShare(slo) || (all.All >= LeastEvents && all.Bad >= LeastBad);
            if (all.All <= 0 || !isMuch || burnt <= rate / 2 || burning <= Math.Max(rate / 2, Kept))
            {
                continue;
            }

            Observation seen = new(
                Detectors.Slo, slo.Service ?? "", slo.Name, burnt > rate && burning > rate, slo.Severity ?? severity,
                $"{Figures.Service(slo.Service ?? "")}: {slo.Name} loses its budget {Figures.Of(burning)} times too fast",
                $"The objective of {Figures.Share(slo.Objective)} is not kept.",
                [
                    $"{Figures.Share(all.Share)} bad over {Span(longer)}: {Figures.Of(burnt)} times what the objective allows, {Figures.Of(rate)} is too much",
                    $"{Figures.Share(late.Share)} bad over {Span(shorter)}: {Figures.Of(burning)} times",
                ]);
            if (seen.IsClear)
            {
                return seen;
            }

            // What is almost too much for one span may be too much for a longer one.
            still ??= seen;
        }

        return still;
    }

    /// <summary>Whether it is measured by a share, whose every value stands for a minute.</summary>
    private static bool IsShare(DetectorRule slo) => slo.Measure is { Total: null, Bad: not null };

    private static string Span(TimeSpan span) => span < TimeSpan.FromHours(1) ? $"{span.TotalMinutes:0} minutes" : span == TimeSpan.FromHours(1) ? "1 hour" : span < TimeSpan.FromDays(1) ? $"{span.TotalHours:0} hours" : span == TimeSpan.FromDays(1) ? "1 day" : $"{span.TotalDays:0} days";
}
