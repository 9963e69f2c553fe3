using System.Text;

namespace Tocsin.Cli;

/// <summary>A series of values as one line of text: the lowest and the highest fill its height.</summary>
internal static class Sparkline
{
    private const string Heights = "▁▂▃▄▅▆▇█";

    /// <param name="values">Null: nothing was measured there.</param>
    /// <param name="width">Characters, at least 1; with more values than that, each character is the highest of its share.</param>
    public static string Draw(IReadOnlyList<double?> values, int width)
    {
        var columns = Math.Min(width, values.Count);
        var known = values.OfType<double>().ToArray();
        if (known.Length == 0)
        {
            return new(' ', columns);
        }

        var (low, high) = (known.Min(), known.Max());
        var line = new StringBuilder(columns);
        for (var column = 0; column < columns; column++)
        {
            var share = values.Skip(column * values.Count / columns).Take(((column + 1) * values.Count / columns) - (column * values.Count / columns));
            line.Append(share.Max() is { } value ? Heights[high > low ? (int)Math.Round((value - low) / (high - low) * (Heights.Length - 1)) : 0] : ' ');
        }

        return line.ToString();
    }
}
