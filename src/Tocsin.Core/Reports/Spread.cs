namespace Tocsin.Reports;

/// <summary>How long something took, over several cases.</summary>
/// <param name="Count">At least 1: of no case nothing is said.</param>
/// <param name="Median">Of an even number the middle between the two in the middle.</param>
/// <param name="P90">The shortest that at least nine of ten cases did not exceed.</param>
public sealed record Spread(int Count, TimeSpan Median, TimeSpan Mean, TimeSpan P90)
{
    /// <returns>Null: there is no case.</returns>
    public static Spread? Of(IEnumerable<TimeSpan> spans)
    {
        var sorted = spans.Order().ToArray();
        if (sorted.Length == 0)
        {
            return null;
        }

        var (middle, total) = (sorted.Length / 2, sorted.Aggregate(0m, (sum, span) => sum + span.Ticks));
        var median = sorted.Length % 2 == 1 ? sorted[middle] : TimeSpan.FromTicks(sorted[middle - 1].Ticks + ((sorted[middle] - sorted[middle - 1]).Ticks / 2));
        return new(sorted.Length, median, TimeSpan.FromTicks((long)(total / sorted.Length)), sorted[(((sorted.Length * 9) + 9) / 10) - 1]);
    }
}
