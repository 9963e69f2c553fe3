using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Tocsin.Load;

/// <summary>What every table of figures says about where it comes from.</summary>
public static class Table
{
    /// <summary>Prints the command, the commit, the versions and the machine as Markdown, so that a figure can be repeated.</summary>
    public static void Origin(string command, IEnumerable<(string Name, string Version)> targets)
    {
        Console.WriteLine();
        Console.WriteLine($"`{command}`, commit {Commit()}, {string.Join("; ", targets.Select(t => $"{t.Name}: {t.Version}"))}; "
            + $"{RuntimeInformation.FrameworkDescription} on {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores ({Processor()}).");
        Console.WriteLine();
    }

    public static void Row(params string[] cells) => Console.WriteLine($"| {string.Join(" | ", cells)} |");

    public static void Head(params string[] cells)
    {
        Row(cells);
        Console.WriteLine($"|{string.Concat(Enumerable.Repeat("---|", cells.Length))}");
    }

    public static string Number(double value) => value switch
    {
        >= 1000 => value.ToString("#,##0", CultureInfo.InvariantCulture).Replace(',', ' '),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0", CultureInfo.InvariantCulture),
    };

    public static string Ratio(double ours, double theirs) => theirs > 0 ? (ours / theirs).ToString("0.00 ×", CultureInfo.InvariantCulture) : "";

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <param name="sorted">In rising order, not empty.</param>
    /// <param name="share">0 to 1.</param>
    public static double Percentile(IReadOnlyList<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static string Commit()
    {
        var dirty = Git("status", "--porcelain").Length > 0;
        return Git("rev-parse", "--short", "HEAD") + (dirty ? " with local changes" : "");
    }

    private static string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, UseShellExecute = false });
        return git?.StandardOutput.ReadToEnd().Trim() ?? "";
    }

    private static string Processor() =>
        File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) is { } line
            ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();
}
