using System.Text;
using Spectre.Console;

namespace Tocsin.Cli;

/// <summary>Colour is a help for the eye only; the words say the same.</summary>
internal enum Tone
{
    None,
    Strong,
    Faint,
    Red,
    Yellow,
    Green,
    Magenta,
}

/// <summary>A piece of a line.</summary>
internal readonly record struct Cell(string Text, Tone Tone = Tone.None)
{
    public static implicit operator Cell(string? text) => new(Plain.Line(text));
}

/// <summary>Aligned columns, two blanks apart, nothing drawn around them: <c>cut</c> and <c>awk</c> read them as people do.</summary>
internal sealed class Table(params string[] headings)
{
    private const int Gap = 2;
    private const int NarrowestLast = 20;

    private readonly List<Cell[]> _rows = [];

    /// <summary>As many cells as there are headings; the last column is shortened on a narrow screen.</summary>
    public void Add(params Cell[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, headings.Length);
        _rows.Add(cells);
    }

    public void Write(Terminal terminal)
    {
        Cell[] head = [.. headings.Select(heading => new Cell(heading, Tone.Faint))];
        var widths = new int[headings.Length];
        foreach (var row in _rows.Prepend(head))
        {
            for (var i = 0; i < row.Length; i++)
            {
                widths[i] = Math.Max(widths[i], row[i].Text.GetCellWidth());
            }
        }

        var beforeLast = widths[..^1].Sum() + (Gap * (widths.Length - 1));
        var last = terminal.Width is { } screen ? Math.Max(screen - beforeLast, NarrowestLast) : int.MaxValue;
        foreach (var row in _rows.Prepend(head))
        {
            var line = new StringBuilder();
            for (var i = 0; i < row.Length - 1; i++)
            {
                line.Append(terminal.Paint(row[i])).Append(' ', widths[i] - row[i].Text.GetCellWidth() + Gap);
            }

            line.Append(terminal.Paint(row[^1] with { Text = Shorten(row[^1].Text, last) }));
            terminal.Out.WriteLine(line.ToString().TrimEnd());
        }
    }

    private static string Shorten(string text, int width)
    {
        if (text.GetCellWidth() <= width)
        {
            return text;
        }

        var (kept, used) = (0, 1);
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.ToString().GetCellWidth();
            if (used > width)
            {
                break;
            }

            kept += rune.Utf16SequenceLength;
        }

        return text[..kept].TrimEnd() + "…";
    }
}

internal static class Paints
{
    public static string Paint(this Terminal terminal, Cell cell) =>
        !terminal.Colour || cell.Tone == Tone.None || cell.Text.Length == 0 ? cell.Text : $"\u001b[{Code(cell.Tone)}m{cell.Text}\u001b[0m";

    private static string Code(Tone tone) => tone switch
    {
        Tone.Strong => "1",
        Tone.Faint => "2",
        Tone.Red => "31",
        Tone.Yellow => "33",
        Tone.Green => "32",
        Tone.Magenta => "35",
        _ => "0",
    };
}
