using System.Globalization;
using System.Text;

namespace Tocsin.Pages;

/// <summary>Where things are in a drawing, and what its axes say. Lengths are parts of a thousand of the drawing's width and height.</summary>
internal static class ChartScale
{
    public const double Size = 1000;

    private static readonly TimeSpan[] _steps =
    [
        TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30),
        TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(3), TimeSpan.FromHours(6), TimeSpan.FromHours(12),
        TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(7), TimeSpan.FromDays(14), TimeSpan.FromDays(28),
    ];

    private static readonly string[] _thousands = ["", " k", " M", " G", " T", " P"];

    private static readonly string[] _binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>
    /// Round values for the lines across a drawing, evenly spaced: the first at or below the least, the last at or above the most. Zero is
    /// among them unless that would press all that there is to see into less than half of the height.
    /// </summary>
    /// <param name="lines">About how many, at least 2.</param>
    public static IReadOnlyList<double> Values(double least, double most, int lines)
    {
        if (least > 0 && least < most / 2)
        {
            least = 0;
        }
        else if (most < 0 && most > least / 2)
        {
            most = 0;
        }

        if (most <= least)
        {
            (least, most) = least == 0 ? (0d, 1d) : least > 0 ? (0d, least * 2) : (least * 2, 0d);
        }

        // Halves, since the whole span of two great numbers is none.
        var raw = ((most / 2) - (least / 2)) / (lines - 1) * 2;
        var unit = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = (raw / unit) switch { <= 1.0001 => 1, <= 2.0001 => 2, <= 2.5001 => 2.5, <= 5.0001 => 5, _ => 10 } * unit;
        var (first, last) = (Math.Floor(least / step), Math.Ceiling(most / step));
        if (!(step > 0) || !(last - first is >= 1 and <= 100) || !double.IsFinite(first * step) || !double.IsFinite(last * step))
        {
            return double.IsFinite(most) && most > least ? [least, most] : [double.MinValue, double.MaxValue];
        }

        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    /// <summary>How far between least and most a value is: 0 to 1.</summary>
    public static double Part(double value, double least, double most) =>
        (most / 2) - (least / 2) is > 0 and var half ? Math.Clamp(((value / 2) - (least / 2)) / half, 0, 1) : 0.5;

    public static double Part(DateTimeOffset at, DateTimeOffset from, DateTimeOffset to) => Part(at.UtcTicks, from.UtcTicks, to.UtcTicks);

    /// <summary>Round times of the reader's wall clock between the two, at most so many, and what they are called.</summary>
    public static IReadOnlyList<(DateTimeOffset At, string Text)> Times(DateTimeOffset from, DateTimeOffset to, Clock clock, int most)
    {
        var step = _steps.FirstOrDefault(s => (to - from) / s <= most, TimeSpan.FromDays(Math.Ceiling((to - from).TotalDays / most)));
        List<(DateTimeOffset, string)> times = [];
        var local = clock.Local(from).DateTime;
        for (local = new(local.Ticks - (local.Ticks % step.Ticks), DateTimeKind.Unspecified); times.Count < most; local += step)
        {
            var at = clock.Instant(local);
            if (at > to)
            {
                break;
            }

            // Where the clock is put on or back, two of its times can be one instant.
            if (at >= from && (times.Count == 0 || times[^1].Item1 < at))
            {
                times.Add((at, local.ToString(step < TimeSpan.FromMinutes(1) ? "HH:mm:ss" : step >= TimeSpan.FromDays(1) ? "d MMM" : local.TimeOfDay == TimeSpan.Zero ? "ddd d" : "HH:mm", CultureInfo.InvariantCulture)));
            }
        }

        return times;
    }

    /// <summary>
    /// A line through points that are in the order of time, for the path of a drawing that is 1000 by 1000. It is broken wherever nothing was measured
    /// for longer than the gap; a point that is alone is a dot.
    /// </summary>
    public static string Path(IReadOnlyList<(DateTimeOffset At, double Value)> points, DateTimeOffset from, DateTimeOffset to, double least, double most, TimeSpan gap)
    {
        var path = new StringBuilder();
        for (var i = 0; i < points.Count; i++)
        {
            var (x, y) = (Part(points[i].At, from, to) * Size, (1 - Part(points[i].Value, least, most)) * Size);
            var begins = i == 0 || points[i].At - points[i - 1].At > gap;
            var ends = i == points.Count - 1 || points[i + 1].At - points[i].At > gap;
            path.Append(begins ? 'M' : 'L').Append(Unit(x)).Append(' ').Append(Unit(y));
            if (begins && ends)
            {
                path.Append("h.01");
            }
        }

        return path.ToString();
    }

    /// <summary>A number as people read it, with its unit: 1.2 k, 512 MiB, 350 ms, 12 %.</summary>
    public static string Number(double value, string unit = "")
    {
        if (unit is "By" or "B" or "bytes" or "byte")
        {
            return Scaled(value, 1024, _binary, " ");
        }

        var text = Scaled(value, 1000, _thousands, "");
        return unit is "" or "1" ? text : $"{text} {unit}";
    }

    /// <summary>A length in a drawing, with no more digits than can be seen.</summary>
    public static string Unit(double length) => length.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A place in a drawing that is as wide as its page: "12.5%".</summary>
    public static string Percent(double part) => (part * 100).ToString("0.###", CultureInfo.InvariantCulture) + "%";

    private static string Scaled(double value, double by, string[] names, string between)
    {
        var power = 0;
        for (; Math.Abs(value) >= by && power < names.Length - 1; power++)
        {
            value /= by;
        }

        var number = Math.Abs(value) switch
        {
            0 => "0",
            >= 1e6 or < 1e-4 => value.ToString("0.##e+0", CultureInfo.InvariantCulture),
            >= 100 => value.ToString("0.#", CultureInfo.InvariantCulture),
            >= 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
            _ => value.ToString("0.####", CultureInfo.InvariantCulture),
        };
        return names[power].Length == 0 ? number : number + between + names[power];
    }
}
