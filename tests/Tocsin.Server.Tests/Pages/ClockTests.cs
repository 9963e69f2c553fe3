using System.Globalization;

namespace Tocsin.Pages;

public sealed class ClockTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 2, 3, 11, TimeSpan.Zero);
    private static readonly Clock s_berlin = Clock.In("Europe/Berlin", s_now);

    [Theory]
    [InlineData(-2, "just now")]
    [InlineData(-42, "42 s ago")]
    [InlineData(-250, "4 min ago")]
    [InlineData(-3900, "1 h 5 min ago")]
    [InlineData(-90_000, "25 h ago")]
    [InlineData(-300_000, "3 d ago")]
    [InlineData(171, "in 2 min")]
    public void Ages_have_the_unit_that_a_reader_needs(int seconds, string words) => Assert.Equal(words, s_berlin.Relative(s_now.AddSeconds(seconds)));

    [Theory]
    [InlineData("2026-11-20T01:58:00Z", "02:58")]
    [InlineData("2026-11-23T08:00:00Z", "Mon 09:00")]
    [InlineData("2026-12-24T08:00:00Z", "24 Dec 09:00")]
    [InlineData("2027-01-04T08:00:00Z", "4 Jan 2027 09:00")]
    public void A_moment_has_as_much_date_as_it_needs(string at, string words) =>
        Assert.Equal(words, s_berlin.Short(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture)));

    [Fact]
    public void The_whole_moment_names_its_offset() =>
        Assert.Equal("Fri 20 Nov 2026, 03:03:11 (UTC+01:00)", s_berlin.Full(s_now));

    [Fact]
    public void Hovering_adds_the_moment_as_logs_write_it() =>
        Assert.Equal("Fri 20 Nov 2026, 03:03:11 (UTC+01:00) · 2026-11-20 02:03:11 UTC", s_berlin.Hover(s_now));

    [Fact]
    public void In_utc_nothing_is_added() => Assert.Equal("Fri 20 Nov 2026, 02:03:11 (UTC)", Clock.In("UTC", s_now).Hover(s_now));

    [Fact]
    public void The_next_nine_o_clock_is_on_the_reader_s_wall_clock() =>
        Assert.Equal(new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero), s_berlin.Next(new(9, 0)));

    [Fact]
    public void After_nine_the_next_nine_is_tomorrow() =>
        Assert.Equal(new(2026, 11, 21, 2, 0, 0, TimeSpan.Zero), s_berlin.Next(new(3, 0)));

    [Fact]
    public void A_time_that_the_clocks_skip_moves_forward()
    {
        var night = Clock.In("Europe/Berlin", new(2026, 3, 28, 23, 0, 0, TimeSpan.Zero));

        Assert.Equal(new(2026, 3, 29, 1, 0, 0, TimeSpan.Zero), night.Next(new(2, 30)));
    }

    [Theory]
    [InlineData("2026-11-20T09:00", "2026-11-20T09:00")]
    [InlineData("2026-11-20T09:00:30", "2026-11-20T09:00")]
    [InlineData("2026-03-29T02:30", "2026-03-29T03:00")]
    [InlineData("0001-01-01T00:00", null)]
    [InlineData("9999-12-31T23:59", null)]
    [InlineData("tomorrow", null)]
    [InlineData(null, null)]
    public void What_is_typed_into_a_field_is_read_on_the_reader_s_wall_clock(string? typed, string? shown) =>
        Assert.Equal(shown, s_berlin.Field(typed) is { } at ? s_berlin.Field(at) : null);

    [Fact]
    public void An_unknown_zone_reads_as_utc() => Assert.Equal("UTC", Clock.In("Nowhere/Land", s_now).ZoneName);
}
