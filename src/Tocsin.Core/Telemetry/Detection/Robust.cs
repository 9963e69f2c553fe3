namespace Tocsin.Telemetry;

/// <summary>Statistics that a few wild values do not move.</summary>
public static class Robust
{
    /// <summary>Turns a median absolute deviation into what the standard deviation of a normal distribution would be.</summary>
    public const double MadToDeviation = 1.4826;

    /// <summary>The median; of an even number of values the mean of the two in the middle. The values are sorted in place.</summary>
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static double Median(Span<double> values)
    {
        if (values.IsEmpty)
        {
            throw new ArgumentException("There is no median of nothing.", nameof(values));
        }

        values.Sort();
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    /// <summary>The median and the spread around it. The values are overwritten.</summary>
    public static (double Median, double Deviation) Spread(Span<double> values)
    {
        var median = Median(values);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Math.Abs(values[i] - median);
        }

        return (median, MadToDeviation * Median(values));
    }

    /// <summary>The value that this share of the values does not exceed; of the sorted values.</summary>
    public static double Quantile(ReadOnlySpan<double> sorted, double share) => sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(share * sorted.Length))];
}
