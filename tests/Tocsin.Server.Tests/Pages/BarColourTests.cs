using System.Globalization;
using System.Text.RegularExpressions;

namespace Tocsin.Pages;

/// <summary>The colours that tell people apart on a timeline: told apart, and read, by everybody.</summary>
public sealed partial class BarColourTests
{
    /// <summary>Full protanopia, deuteranopia and tritanopia in linear RGB (Machado, Oliveira and Fernandes 2009), and no deficiency.</summary>
    private static readonly double[][] s_eyes =
    [
        [1, 0, 0, 0, 1, 0, 0, 0, 1],
        [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
        [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
    ];

    [Theory]
    [InlineData(0, "#14181F")]
    [InlineData(1, "#E9EDF3")]
    [InlineData(2, "#E9EDF3")]
    public void Any_two_of_the_eight_differ_to_every_eye_and_text_is_read_on_each(int theme, string text)
    {
        var all = Bar().Matches(StaticFiles.TextOf("tokens.css")).Select(m => m.Groups["colour"].Value).ToArray();
        var colours = all.Skip(8 * theme).Take(8).Select(Linear).ToArray();

        Assert.Equal(24, all.Length);
        Assert.All(colours, colour => Assert.InRange(Contrast(colour, Linear(text)), 4.5, 21));
        foreach (var eye in s_eyes)
        {
            var seen = colours.Select(c => Lab(Through(eye, c))).ToArray();
            for (var i = 0; i < seen.Length; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    Assert.True(Distance(seen[i], seen[j]) >= 15, $"p{j} and p{i} are {Distance(seen[i], seen[j]):0.0} apart.");
                }
            }
        }
    }

    private static double[] Linear(string hex) => [.. Enumerable.Range(0, 3)
        .Select(i => int.Parse(hex.AsSpan(1 + (2 * i), 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0)
        .Select(c => c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4))];

    private static double[] Through(double[] eye, double[] c) =>
        [.. Enumerable.Range(0, 3).Select(i => Math.Clamp((eye[3 * i] * c[0]) + (eye[(3 * i) + 1] * c[1]) + (eye[(3 * i) + 2] * c[2]), 0, 1))];

    private static double Luminance(double[] c) => (0.2126 * c[0]) + (0.7152 * c[1]) + (0.0722 * c[2]);

    private static double Contrast(double[] a, double[] b) => (Math.Max(Luminance(a), Luminance(b)) + 0.05) / (Math.Min(Luminance(a), Luminance(b)) + 0.05);

    /// <summary>CIE 1976, D65.</summary>
    private static double[] Lab(double[] c)
    {
        static double Curve(double t) => t > 0.008856 ? Math.Cbrt(t) : (7.787 * t) + (16.0 / 116);
        var x = Curve(((0.4124 * c[0]) + (0.3576 * c[1]) + (0.1805 * c[2])) / 0.95047);
        var y = Curve(Luminance(c));
        var z = Curve(((0.0193 * c[0]) + (0.1192 * c[1]) + (0.9505 * c[2])) / 1.08883);
        return [(116 * y) - 16, 500 * (x - y), 200 * (y - z)];
    }

    private static double Distance(double[] a, double[] b) => Math.Sqrt(a.Zip(b).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)));

    [GeneratedRegex("--p[0-7]: (?<colour>#[0-9A-F]{6});", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Bar();
}
