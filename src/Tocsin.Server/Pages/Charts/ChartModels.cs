namespace Tocsin.Pages;

/// <summary>One column of stacked parts.</summary>
/// <param name="Text">What it is, for hovering: "14:03: 12 lines".</param>
/// <param name="Href">Where it leads; null: nowhere.</param>
/// <param name="Parts">From the bottom up, one for each class of the chart; never negative.</param>
public sealed record BarColumn(string Text, string? Href, IReadOnlyList<double> Parts);

/// <summary>One line of a chart.</summary>
/// <param name="Css">The classes of its look: colours repeat with dashes.</param>
/// <param name="Gap">The line is broken where nothing was measured for longer.</param>
/// <param name="Points">In the order of time.</param>
public sealed record ChartLine(string Name, string Css, TimeSpan Gap, IReadOnlyList<(DateTimeOffset At, double Value)> Points)
{
    /// <summary>More lines than this cannot be told apart.</summary>
    public const int Most = 12;

    /// <summary>
    /// After how long without a point something is missing: what is measured once a minute has no gap at each second step of half a minute.
    /// </summary>
    public static TimeSpan GapOf(IReadOnlyList<(DateTimeOffset At, double Value)> points, TimeSpan step)
    {
        var usual = points.Count < 2 ? TimeSpan.Zero : points.Zip(points.Skip(1), (a, b) => b.At - a.At).Order().ElementAt((points.Count - 1) / 2);
        return usual * 2.5 > step * 1.5 ? usual * 2.5 : step * 1.5;
    }

    /// <summary>The look of the nth line.</summary>
    public static string Look(int n) => $"l{n % 6}{(n % Most >= 6 ? " dashed" : "")}";
}
