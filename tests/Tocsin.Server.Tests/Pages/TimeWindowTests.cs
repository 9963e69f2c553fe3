using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What the addresses of the pages about logs and metrics say.</summary>
public sealed class TimeWindowTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 14, 3, 11, TimeSpan.Zero);
    private static readonly Clock s_berlin = Clock.In("Europe/Berlin", s_now);

    [Fact]
    public void Nothing_is_the_last_hour_and_a_length_ends_now()
    {
        Assert.Equal(new("1h", s_now.AddHours(-1), s_now), Parse());
        Assert.Equal(new("36h", s_now.AddHours(-36), s_now), Parse(last: "36h"));
    }

    [Fact]
    public void A_form_names_times_of_the_readers_wall_clock_and_a_link_names_instants()
    {
        var instants = new TimeWindow("", new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero), new(2026, 11, 20, 9, 30, 0, TimeSpan.Zero));

        Assert.Equal(instants, Parse(from: "2026-11-20T09:00", to: "2026-11-20T10:30:00"));
        Assert.Equal(instants, Parse(from: "2026-11-20T08:00:00Z", to: "2026-11-20T08:30:00-01:00"));
        Assert.Equal(instants, Parse(last: "7d", from: "2026-11-20T08:00:00Z", to: "2026-11-20T09:30:00Z"));
    }

    [Fact]
    public void Without_an_end_it_ends_now_and_without_a_beginning_it_is_the_hour_before()
    {
        Assert.Equal(s_now, Parse(from: "2026-11-20T08:00:00Z").To);
        Assert.Equal(new(2026, 11, 20, 7, 0, 0, TimeSpan.Zero), Parse(to: "2026-11-20T08:00:00Z").From);
    }

    [Theory]
    [InlineData("soon", "", "", "last")]
    [InlineData("0", "", "", "last")]
    [InlineData("600d", "", "", "last")]
    [InlineData("", "yesterday", "", "from")]
    [InlineData("", "2026-11-20T08:00:00", "2026-11-20", "to")]
    [InlineData("", "2026-11-20T10:00", "2026-11-20T10:00", "to")]
    [InlineData("", "1999-01-01T00:00", "2026-11-20T10:00", "from")]
    [InlineData("", "0001-01-01T00:00:00Z", "", "from")]
    [InlineData("", "9999-12-31T23:59:59Z", "", "from")]
    public void What_cannot_be_meant_is_refused_beside_its_field(string last, string from, string to, string field) =>
        Assert.Equal(field, TimeWindow.Parse(last, from, to, s_berlin).Error!.Field);

    [Fact]
    public void What_is_printed_is_read_again_as_the_same()
    {
        foreach (var window in (TimeWindow[])[TimeWindow.Until("6h", s_berlin), TimeWindow.Between(s_now.AddTicks(-1234567), s_now.AddDays(-2))])
        {
            var query = window.Pairs.ToDictionary(p => p.Key, p => p.Value);
            Assert.Equal(window, Parse(query.GetValueOrDefault("last"), query.GetValueOrDefault("from"), query.GetValueOrDefault("to")));
        }
    }

    [Fact]
    public void A_zoom_is_in_whole_seconds_whichever_way_it_was_dragged_and_never_empty()
    {
        var (one, other) = (s_now.AddMilliseconds(-500), s_now.AddMilliseconds(-90_200));

        Assert.Equal(new("", s_now.AddSeconds(-91), s_now), TimeWindow.Between(one, other));
        Assert.Equal(TimeWindow.Between(one, other), TimeWindow.Between(other, one));
        Assert.Equal(new("", s_now, s_now.AddSeconds(1)), TimeWindow.Between(s_now, s_now));
    }

    [Fact]
    public void Steps_aside_are_as_long_and_none_leads_beyond_now()
    {
        var hour = Parse();
        var before = hour.Earlier();

        Assert.Equal((s_now.AddHours(-2), s_now.AddHours(-1)), (before.From, before.To));
        Assert.Equal((s_now.AddHours(-1), s_now), (before.Later(s_berlin)!.From, before.Later(s_berlin)!.To));
        Assert.Null(hour.Later(s_berlin));
        Assert.Equal((s_now.AddHours(-2), s_now), (hour.Wider(s_berlin).From, hour.Wider(s_berlin).To));
        Assert.Equal(s_now.AddHours(-2.5), before.Wider(s_berlin).From);
    }

    [Fact]
    public void What_the_logs_are_asked_is_in_their_address_and_each_link_changes_one_thing()
    {
        var asked = new LogsForm(TimeWindow.Until("6h", s_berlin)) { Q = "\"card declined\" -test & more", Level = "error", Service = "checkout", Template = 42, Trace = "abc" };

        var (read, fault) = Read(asked.Address);

        Assert.Null(fault);
        Assert.Equal(asked, read);
        Assert.Equal(LineLevel.Error, read.Least);
        Assert.Equal(asked with { Service = "" }, Read((asked with { Service = "" }).Address).Form);
        Assert.StartsWith("/logs/download?", asked.At("/logs/download", new KeyValuePair<string, string>("format", "csv")), StringComparison.Ordinal);
        var zoomed = Read($"{asked.Zoom("/logs")}from=2026-11-20T08:00:00.000Z&to=2026-11-20T08:01:00.000Z").Form;
        Assert.Equal(asked with { Window = new("", new(2026, 11, 20, 8, 0, 0, TimeSpan.Zero), new(2026, 11, 20, 8, 1, 0, TimeSpan.Zero)) }, zoomed);
    }

    [Fact]
    public void Without_a_filter_a_zoom_has_only_its_times() => Assert.Equal("/logs?", new LogsForm(Parse()).Zoom("/logs"));

    [Fact]
    public void A_level_or_a_pattern_that_does_not_exist_narrows_nothing()
    {
        var (form, fault) = Read("/logs?level=loud&template=many");

        Assert.Null(fault);
        Assert.False(form.IsNarrowed);
        Assert.Equal(LineLevel.Debug, form.Least);
    }

    private static TimeWindow Parse(string? last = null, string? from = null, string? to = null) => TimeWindow.Parse(last, from, to, s_berlin).Value!;

    private static (LogsForm Form, Error? Fault) Read(string address) =>
        LogsForm.Read(new QueryCollection(Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(new("http://localhost"), address).Query).ToDictionary(p => p.Key, p => new StringValues([.. p.Value]))), s_berlin);
}
