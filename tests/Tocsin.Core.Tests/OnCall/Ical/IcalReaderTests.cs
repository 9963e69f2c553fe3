namespace Tocsin.OnCall.Ical;

public sealed class IcalReaderTests
{
    [Fact]
    public void A_repeated_event_keeps_its_wall_clock_over_a_change_of_the_clock_and_so_does_its_end()
    {
        var entries = Read("""
            DTSTART;TZID=Europe/Berlin:20261019T090000
            DTEND;TZID=Europe/Berlin:20261026T090000
            RRULE:FREQ=WEEKLY;COUNT=2
            """).Entries;

        Assert.Equal(["2026-10-19 07:00 to 2026-10-26 08:00", "2026-10-26 08:00 to 2026-11-02 08:00"], entries.Select(Span));
    }

    [Fact]
    public void A_zone_may_have_the_name_that_windows_gives_it_or_stand_behind_a_prefix()
    {
        Assert.Equal("2026-07-01 07:00", Begin("DTSTART;TZID=W. Europe Standard Time:20260701T090000"));
        Assert.Equal("2026-07-01 07:00", Begin("DTSTART;TZID=\"/mozilla.org/20070129_1/Europe/Berlin\":20260701T090000"));
        Assert.Equal("2026-07-01 13:00", Begin("DTSTART;TZID=Eastern Standard Time:20260701T090000"));
    }

    [Fact]
    public void A_zone_that_nobody_knows_is_said_and_its_event_left_out()
    {
        var read = Read("DTSTART;TZID=Middle Earth:20260701T090000\nDURATION:PT1H");

        Assert.Empty(read.Entries);
        Assert.Equal(["the time zone 'Middle Earth' is not known; its events are left out"], read.Faults);
    }

    [Fact]
    public void A_time_that_the_clock_skips_moves_forward_and_of_one_that_it_shows_twice_the_first_counts()
    {
        Assert.Equal("2026-03-29 01:30", Begin("DTSTART;TZID=Europe/Berlin:20260329T023000"));
        Assert.Equal("2026-10-25 00:30", Begin("DTSTART;TZID=Europe/Berlin:20261025T023000"));
    }

    [Fact]
    public void Whole_days_and_times_without_a_zone_are_where_the_reader_lives()
    {
        Assert.Equal("2026-07-31 15:00 to 2026-08-02 15:00", Span(Read("DTSTART;VALUE=DATE:20260801\nDTEND;VALUE=DATE:20260803", "Asia/Tokyo").Entries[0]));
        Assert.Equal("2026-08-01 00:00", Begin("DTSTART:20260801T090000", "Asia/Tokyo"));
        Assert.Equal("2026-08-01 to 2026-08-02", Days(Read("DTSTART;VALUE=DATE:20260801").Entries[0]));
    }

    [Fact]
    public void An_exception_may_name_the_day_and_a_changed_time_replaces_its_own()
    {
        var entries = Read("""
            DTSTART:20260701T090000Z
            DURATION:PT1H
            RRULE:FREQ=DAILY;COUNT=4
            EXDATE;VALUE=DATE:20260702
            END:VEVENT
            BEGIN:VEVENT
            UID:1
            RECURRENCE-ID:20260703T090000Z
            DTSTART:20260703T120000Z
            DURATION:PT2H
            SUMMARY:Later
            """).Entries;

        Assert.Equal(["2026-07-01 09:00 to 2026-07-01 10:00", "2026-07-03 12:00 to 2026-07-03 14:00", "2026-07-04 09:00 to 2026-07-04 10:00"], entries.Select(Span));
        Assert.Equal("Later", entries[1].Summary);
    }

    [Fact]
    public void A_cancelled_event_is_not_there_and_a_cancelled_time_of_one_neither()
    {
        Assert.Empty(Read("DTSTART:20260701T090000Z\nDURATION:PT1H\nSTATUS:CANCELLED").Entries);
        Assert.Equal(["2026-07-01 09:00 to 2026-07-01 10:00"], Read("""
            DTSTART:20260701T090000Z
            DURATION:PT1H
            RRULE:FREQ=DAILY;COUNT=2
            END:VEVENT
            BEGIN:VEVENT
            UID:1
            RECURRENCE-ID:20260702T090000Z
            DTSTART:20260702T090000Z
            DURATION:PT1H
            STATUS:CANCELLED
            """).Entries.Select(Span));
    }

    [Fact]
    public void Positions_in_a_week_count_the_whole_week_from_its_first_day()
    {
        Assert.Equal(["2026-07-03 09:00", "2026-07-10 09:00"], Read("""
            DTSTART:20260703T090000Z
            DURATION:PT1H
            RRULE:FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=-1;COUNT=2
            """).Entries.Select(e => Text(e.From)));
    }

    [Fact]
    public void People_are_named_by_their_addresses_in_the_summary_and_as_those_who_attend()
    {
        var entry = Assert.Single(Read("""
            DTSTART:20260701T090000Z
            DURATION:PT1H
            SUMMARY:On call: Ana@Example.com\, backup
            ATTENDEE;CN="Bo, the second":mailto:bo@example.com
            ATTENDEE:mailto:ana@example.com
            """).Entries);

        Assert.Equal(["ana@example.com", "bo@example.com"], entry.People);
        Assert.Equal("On call: Ana@Example.com, backup", entry.Summary);
    }

    [Fact]
    public void Folded_lines_are_read_as_one()
    {
        Assert.Equal("Long text", Assert.Single(Read("DTSTART:20260701T0900\n 00Z\nDURATION:PT1H\nSUMMARY:Long\n  te\n\txt").Entries).Summary);
    }

    [Theory]
    [InlineData("FREQ=HOURLY", "the part 'FREQ=HOURLY' of a repetition is not understood")]
    [InlineData("FREQ=WEEKLY;BYHOUR=9", "the part 'BYHOUR=9' of a repetition is not understood")]
    [InlineData("FREQ=YEARLY;BYWEEKNO=20", "the part 'BYWEEKNO=20' of a repetition is not understood")]
    [InlineData("FREQ=WEEKLY;INTERVAL=0", "the part 'INTERVAL=0' of a repetition is not understood")]
    public void A_rule_that_is_not_understood_is_said_and_only_the_first_time_stays(string rule, string fault)
    {
        var read = Read($"DTSTART:20260701T090000Z\nDURATION:PT1H\nRRULE:{rule}");

        Assert.Equal([fault], read.Faults);
        Assert.Single(read.Entries);
    }

    [Fact]
    public void A_calendar_that_would_go_on_for_ever_ends_with_a_fault()
    {
        var events = string.Concat(Enumerable.Range(0, 4000).Select(i => $"BEGIN:VEVENT\r\nUID:{i}\r\nDTSTART:00020101T000000Z\r\nDURATION:PT1M\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"));
        var read = IcalReader.Read($"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n", "UTC", From, To).Value!;

        Assert.Contains("the repetitions go on for too long; later times are missing", read.Faults);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Please log in</html>")]
    [InlineData("BEGIN:VEVENT\nEND:VEVENT")]
    public void What_is_no_calendar_is_refused(string text) => Assert.False(IcalReader.Read(text, "UTC", From, To).Ok);

    [Fact]
    public void Our_own_text_is_read_back_as_it_was_and_no_line_is_longer_than_75_octets()
    {
        const string summary = "On call: Zoë, Ana; \\ and 日本語日本語日本語日本語日本語日本語日本語日本語\nsecond line";
        var writer = new IcalWriter();
        writer.Line("BEGIN", "VCALENDAR");
        writer.Line("BEGIN", "VEVENT");
        writer.Text("UID", "1");
        writer.Instant("DTSTART", From);
        writer.Instant("DTEND", From.AddHours(1));
        writer.Text("SUMMARY", summary);
        writer.Line("END", "VEVENT");
        writer.Line("END", "VCALENDAR");
        var text = writer.ToString();

        Assert.All(text.Split("\r\n"), line => Assert.True(System.Text.Encoding.UTF8.GetByteCount(line) <= 75, line));
        Assert.DoesNotContain('\uFFFD', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)));
        Assert.Equal(summary.Replace('\n', ' '), IcalReader.Read(text, "UTC", From, To).Value!.Entries[0].Summary);
    }

    private static readonly DateTimeOffset From = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static IcalContent Read(string lines, string zone = "UTC") => IcalReader.Read(
        $"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n{lines.ReplaceLineEndings("\r\n")}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", zone, From, To).Value!;

    private static string Begin(string line, string zone = "UTC") => Text(Read($"{line}\nDURATION:PT1H", zone).Entries[0].From);

    private static string Text(DateTimeOffset at) => at.ToString("yyyy-MM-dd HH:mm");

    private static string Span(IcalEntry entry) => $"{Text(entry.From)} to {Text(entry.To)}";

    private static string Days(IcalEntry entry) => $"{entry.From:yyyy-MM-dd} to {entry.To:yyyy-MM-dd}";
}
