using System.Globalization;

namespace Tocsin.Pages;

public sealed class ChartScaleTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0, 7.3, "0 2 4 6 8")]
    [InlineData(0.2, 12, "0 5 10 15")]
    [InlineData(98.2, 99.1, "98 98.25 98.5 98.75 99 99.25")]
    [InlineData(-3, 3, "-4 -2 0 2 4")]
    [InlineData(0, 0, "0 0.25 0.5 0.75 1")]
    [InlineData(5, 5, "0 2.5 5 7.5 10")]
    [InlineData(-5, -5, "-10 -7.5 -5 -2.5 0")]
    public void Lines_across_a_drawing_are_at_round_values_around_what_is_drawn(double least, double most, string values) =>
        Assert.Equal(values, string.Join(' ', ChartScale.Values(least, most, 5).Select(v => Math.Round(v, 6).ToString(CultureInfo.InvariantCulture))));

    [Theory]
    [InlineData(double.MinValue, double.MaxValue)]
    [InlineData(0, double.MaxValue)]
    [InlineData(1e300, 1.0000000000000002e300)]
    [InlineData(0, double.Epsilon)]
    public void The_ends_of_what_a_number_can_hold_are_drawn_too(double least, double most)
    {
        var values = ChartScale.Values(least, most, 5);

        Assert.InRange(values.Count, 2, 101);
        Assert.All(values, v => Assert.True(double.IsFinite(v)));
        Assert.InRange(ChartScale.Part(most, values[0], values[^1]), 0, 1);
    }

    [Fact]
    public void Times_are_round_on_the_wall_clock_of_the_reader()
    {
        var kolkata = Clock.In("Asia/Kolkata", s_noon);

        Assert.Equal(["17:00", "18:00", "19:00", "20:00", "21:00", "22:00"], ChartScale.Times(s_noon.AddHours(-1), s_noon.AddHours(5), kolkata, 6).Select(t => t.Text));
        Assert.Equal(["Fri 20", "06:00", "12:00", "18:00", "Sat 21"], ChartScale.Times(s_noon.AddHours(-18), s_noon.AddHours(8), kolkata, 6).Select(t => t.Text));
        Assert.Equal(["12:00:00", "12:00:15", "12:00:30", "12:00:45"], ChartScale.Times(s_noon, s_noon.AddSeconds(50), Clock.In("UTC", s_noon), 6).Select(t => t.Text));
    }

    [Fact]
    public void The_night_in_which_the_clock_is_put_back_has_no_time_twice()
    {
        var berlin = Clock.In("Europe/Berlin", s_noon);
        var night = new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero);

        var times = ChartScale.Times(night, night.AddHours(6), berlin, 6);

        Assert.Equal(times.Select(t => t.At).Distinct(), times.Select(t => t.At));
        Assert.Equal(times.Select(t => t.At).Order(), times.Select(t => t.At));
    }

    [Fact]
    public void A_line_is_broken_where_nothing_was_measured_and_a_point_alone_is_a_dot()
    {
        (DateTimeOffset, double)[] points = [(s_noon, 0), (s_noon.AddMinutes(1), 5), (s_noon.AddMinutes(5), 10), (s_noon.AddMinutes(9), 0), (s_noon.AddMinutes(10), 10)];

        Assert.Equal("M0 1000L100 500M500 0h.01M900 1000L1000 0", ChartScale.Path(points, s_noon, s_noon.AddMinutes(10), 0, 10, TimeSpan.FromMinutes(2)));
    }

    [Theory]
    [InlineData(0, "", "0")]
    [InlineData(0.0423, "", "0.0423")]
    [InlineData(12.345, "%", "12.35 %")]
    [InlineData(350.04, "ms", "350 ms")]
    [InlineData(12_345, "", "12.35 k")]
    [InlineData(-2_500_000, "1", "-2.5 M")]
    [InlineData(536_870_912, "By", "512 MiB")]
    [InlineData(1e300, "", "1e+285 P")]
    [InlineData(0.0000012, "s", "1.2e-6 s")]
    public void Numbers_have_no_more_digits_than_a_reader_needs(double value, string unit, string text) => Assert.Equal(text, ChartScale.Number(value, unit));
}
