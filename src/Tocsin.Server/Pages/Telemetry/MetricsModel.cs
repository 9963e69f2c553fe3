namespace Tocsin.Pages;

/// <summary>What was measured, in as many charts as it has units.</summary>
public sealed record MetricsModel(MetricsForm Form)
{
    public Error? Fault { get; init; }

    public IReadOnlyList<MetricChart> Charts { get; init; } = [];

    /// <summary>Series that were chosen and are not drawn, since there were too many.</summary>
    public int LeftOut { get; init; }

    /// <summary>Choices that no series fits, or that have no value in this stretch of time.</summary>
    public IReadOnlyList<string> Empty { get; init; } = [];

    /// <summary>What can be chosen, by name.</summary>
    public IReadOnlyList<MetricName> Names { get; init; } = [];

    /// <summary>Names are of this service only; empty: of all.</summary>
    public string Only { get; init; } = "";

    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>A command that sends the first value; null: there are some already.</summary>
    public string? First { get; init; }

    /// <summary>For each choice, where a detector of its metric is made; empty: the reader may make none.</summary>
    public IReadOnlyList<(string Name, string Href)> Watches { get; init; } = [];

    /// <summary>What was typed into the form that adds a choice, where it was refused.</summary>
    public SeriesPick? Typed { get; init; }
}

/// <param name="Unit">Of all its lines; empty: none.</param>
/// <param name="Times">When at least one line has a point, in order.</param>
public sealed record MetricChart(string Unit, IReadOnlyList<ChartLine> Lines, IReadOnlyList<DateTimeOffset> Times)
{
    public string Title => Unit.Length == 0 ? "Without a unit" : Unit;

    /// <summary>The same as rows, one for each time; null where a line has no point.</summary>
    public IEnumerable<(DateTimeOffset At, double?[] Values)> Rows
    {
        get
        {
            var at = new int[Lines.Count];
            foreach (var time in Times)
            {
                var values = new double?[Lines.Count];
                for (var i = 0; i < Lines.Count; i++)
                {
                    var points = Lines[i].Points;
                    if (at[i] < points.Count && points[at[i]].At == time)
                    {
                        values[i] = points[at[i]++].Value;
                    }
                }

                yield return (time, values);
            }
        }
    }

    /// <param name="lines">Their points in the order of time.</param>
    public static MetricChart Of(string unit, IReadOnlyList<ChartLine> lines) => new(unit, lines, [.. lines.SelectMany(l => l.Points).Select(p => p.At).Distinct().Order()]);
}

/// <summary>One name that something was measured under.</summary>
public sealed record MetricName(string Name, string Unit, string Kind, int Series, IReadOnlyList<string> Services, DateTimeOffset LastAt);
