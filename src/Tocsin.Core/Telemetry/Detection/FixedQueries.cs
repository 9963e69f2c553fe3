using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>The answer to a question that a workspace asks all the time.</summary>
public static class FixedQueries
{
    /// <param name="count">How many lines matched within the question's time.</param>
    public static Observation? OfLines(DetectorRule rule, long count, DateTimeOffset now)
    {
        var query = rule.Query!;
        return count > query.MoreThan
            ? Seen(rule, $"{Figures.Of(count)} lines within {Within(query)}", $"{Figures.Of(count)} lines{(query.Text is { Length: > 0 } text ? $" that match {text}" : "")} within {Within(query)}, more than {Figures.Of(query.MoreThan)}", now)
            : null;
    }

    /// <summary>Beyond the limit for the whole time: in each minute that has a value, and most have one.</summary>
    /// <param name="values">Those of the question's time, oldest first.</param>
    public static Observation? OfMetric(DetectorRule rule, string series, IReadOnlyList<double> values, DateTimeOffset now)
    {
        var query = rule.Query!;
        if (values.Count < Math.Max(1, query.Within.TotalMinutes / 2) || !values.All(v => v > query.Above || v < query.Below))
        {
            return null;
        }

        var limit = values[^1] > query.Above ? $"above {Figures.Of(query.Above!.Value)}" : $"below {Figures.Of(query.Below!.Value)}";
        var seen = Seen(rule, $"{series} {limit}", $"{series} is {limit} for {Within(query)}: now {Figures.Of(values[^1])}, from {Figures.Of(values.Min())} to {Figures.Of(values.Max())}", now);
        return seen with { Key = $"{rule.Name}/{series}" };
    }

    private static Observation Seen(DetectorRule rule, string what, string evidence, DateTimeOffset now) => new(
        Detectors.Query, rule.Service ?? "", rule.Name, true, rule.Severity ?? Severity.High, $"{rule.Name}: {what}", "A fixed question is answered with yes.", [evidence])
    {
        Since = now - rule.Query!.Within,
    };

    private static string Within(FixedQuery query) => query.Within.TotalMinutes is var minutes and < 120 ? $"{minutes:0} minutes" : $"{query.Within.TotalHours:0.#} hours";
}
