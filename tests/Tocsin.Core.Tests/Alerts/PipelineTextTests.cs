using Tocsin.Alerts;

namespace Tocsin.Tests.Alerts;

public sealed class PipelineTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("P0", 0)]
    [InlineData("p1", 1)]
    [InlineData(" P2\t", 2)]
    [InlineData("3", 3)]
    [InlineData("\uFEFF0", 0)]
    [InlineData("P4", null)]
    [InlineData("4", null)]
    [InlineData("P01", null)]
    [InlineData("P 1", null)]
    [InlineData("high", null)]
    [InlineData("", null)]
    [InlineData("P1\u0085", null)]
    public void A_priority_is_P0_to_P3_or_its_digit(string text, int? expected) => Assert.Equal(expected, PipelineText.Priority(text));

    [Theory]
    [InlineData("dev-infra", "dev-infra")]
    [InlineData(" Dev Infra , ML ", "dev-infra,ml")]
    [InlineData("a \t\n b", "a-b")]
    [InlineData(",,a,,", "a")]
    [InlineData("a,a", "a,a")]
    [InlineData("A_B-1", "a_b-1")]
    [InlineData("a\uFEFFb", "a-b")]
    [InlineData("", "")]
    [InlineData(" , ", "")]
    public void Teams_stand_between_commas(string list, string expected)
    {
        var findings = new PipelineFindings(strict: true);

        Assert.Equal(expected, string.Join(',', PipelineText.Teams(list, findings)));
        Assert.Empty(findings.Faults);
    }

    [Fact]
    public void A_team_of_fifty_characters_is_one_and_of_fifty_one_is_none()
    {
        Assert.Empty(Strict(f => PipelineText.Teams(new string('a', 50), f)));
        Assert.Equal("too_long", Assert.Single(Strict(f => PipelineText.Teams(new string('a', 51), f))).Kind);
        // The blanks around it are not counted.
        Assert.Empty(Strict(f => PipelineText.Teams($"  {new string('a', 50)}  ", f)));
    }

    [Fact]
    public void Ten_teams_are_taken_and_an_eleventh_is_a_fault()
    {
        Assert.Empty(Strict(f => PipelineText.Teams(string.Join(',', Enumerable.Range(0, 10)), f)));
        Assert.Equal("too_many", Assert.Single(Strict(f => PipelineText.Teams(string.Join(',', Enumerable.Range(0, 11)), f))).Kind);

        var lenient = new PipelineFindings(strict: false);
        Assert.Equal(10, PipelineText.Teams(string.Join(',', Enumerable.Range(0, 11)), lenient).Count);
        Assert.Empty(lenient.Faults);
        Assert.Single(lenient.Warnings);
    }

    [Fact]
    public void A_team_with_other_characters_is_a_fault_or_is_put_right()
    {
        Assert.Equal("invalid", Assert.Single(Strict(f => PipelineText.Teams("a/b", f))).Kind);
        Assert.Equal(["a-b"], PipelineText.Teams("a/b", new(strict: false)));
        Assert.Empty(PipelineText.Teams("///", new(strict: false)));
    }

    [Theory]
    [InlineData("2025-09-16T16:59:17.131+0000", "2025-09-16T16:59:17.131Z")]
    [InlineData("2025-09-16T16:59:17.1319Z", "2025-09-16T16:59:17.131Z")]
    [InlineData("2025-09-16T16:59:17+02:00", "2025-09-16T14:59:17.000Z")]
    [InlineData("2025-09-16T16:59:17-0730", "2025-09-17T00:29:17.000Z")]
    [InlineData("2025-09-16", "2025-09-16T00:00:00.000Z")]
    [InlineData("", "2026-03-01T12:00:00.000Z")]
    [InlineData("yesterday", "2026-03-01T12:00:00.000Z")]
    [InlineData("2025-02-30T00:00:00Z", "2026-03-01T12:00:00.000Z")]
    [InlineData("2016-02-28T00:00:00Z", "2026-03-01T12:00:00.000Z")]
    [InlineData("2016-03-02T00:00:00Z", "2016-03-02T00:00:00.000Z")]
    [InlineData("2027-03-02T00:00:00Z", "2026-03-01T12:00:00.000Z")]
    [InlineData("2027-02-28T00:00:00Z", "2027-02-28T00:00:00.000Z")]
    public void A_time_is_UTC_in_milliseconds_and_one_that_cannot_be_is_now(string text, string expected) =>
        Assert.Equal(expected, PipelineText.Format(PipelineText.Time(text, Now, new(strict: true))));

    [Fact]
    public void A_time_of_more_than_fifty_characters_is_a_fault() =>
        Assert.Equal(("too_long", "occurred_at"), Strict(f => PipelineText.Time(new string('2', 51), Now, f)) is [var fault] ? (fault.Kind, fault.Field) : default);

    [Theory]
    [InlineData("2025-09-16T16:59:17Z", true)]
    [InlineData("2025-09-16t16:59:17z", true)]
    [InlineData("2025-09-16 16:59:17Z", true)]
    [InlineData("2025-09-16T16:59:17.123456789Z", true)]
    [InlineData("2025-09-16T16:59:17+0200", true)]
    [InlineData("2025-09-16T16:59:17-07:30", true)]
    [InlineData("2016-12-31T23:59:60Z", true)]
    [InlineData("2016-12-31T16:59:60-07:00", true)]
    [InlineData("2016-12-31T12:59:60Z", false)]
    [InlineData("2025-09-16", false)]
    [InlineData("2025-09-16T16:59:17", false)]
    [InlineData("2025-09-16T16:59Z", false)]
    [InlineData("2025-02-30T00:00:00Z", false)]
    [InlineData("2025-09-16T24:00:00Z", false)]
    [InlineData("2025-09-16T16:59:17.Z", false)]
    [InlineData("2025-09-16T16:59:17 Z", false)]
    [InlineData("2025-09-16T16:59:17+2:00", false)]
    [InlineData("", false)]
    [InlineData("now", false)]
    public void A_canonical_event_has_a_time_of_RFC_3339(string text, bool good) => Assert.Equal(good, PipelineText.Rfc3339(text) is not null);

    [Fact]
    public void A_fraction_of_a_hundred_digits_is_read_all_the_same() =>
        Assert.Equal(new(2025, 9, 16, 16, 59, 17, TimeSpan.Zero), PipelineText.Rfc3339($"2025-09-16T16:59:17.{new string('0', 100)}Z"));

    [Theory]
    [InlineData("a\nb", "a\nb")]
    [InlineData("a\r\nb\rc", "a\nb\nc")]
    [InlineData("metadata: x", "metadata: x")]
    [InlineData("configuration=5", "configuration=5")]
    [InlineData("zone=eu", "zone=eu")]
    [InlineData("a < b && c > 'd' \"e\"", "a < b && c > 'd' \"e\"")]
    [InlineData("javasjavascript:cript:", "javasjavascript:cript:")]
    [InlineData("a\u0000b\u007Fc\u001B[31m", "a b c [31m")]
    [InlineData("  x  ", "x")]
    [InlineData("\n\n", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void Cleaning_damages_nothing(string? text, string? expected) => Assert.Equal(expected, PipelineText.Clean(text, 100));

    [Fact]
    public void A_cut_never_leaves_half_a_character()
    {
        Assert.Equal("ab", PipelineText.Clean("ab😀", 3));
        Assert.Equal("ab😀", PipelineText.Clean("ab😀", 4));
        Assert.Equal("😀😀", PipelineText.CutPoints("😀😀😀", 2));
        Assert.Equal(3, PipelineText.CodePoints("😀😀😀"));
    }

    [Theory]
    [InlineData("https://wiki.example/a?b=1&c=2#d", "https://wiki.example/a?b=1&c=2#d")]
    [InlineData("  http://1.2.3.4/x ", "http://1.2.3.4/x")]
    [InlineData("wiki.example/x", "https://wiki.example/x")]
    [InlineData("https://wiki.example/a b|c", "https://wiki.example/a%20b%7Cc")]
    [InlineData("https://user:secret@wiki.example/x@y", "https://wiki.example/x@y")]
    [InlineData("HTTPS://wiki.example", "HTTPS://wiki.example")]
    [InlineData("http://localhost/x", null)]
    [InlineData("http://grafana:3000/x", null)]
    [InlineData("http://[::1]/x", null)]
    [InlineData("ftp://wiki.example/x", null)]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("host.example:3000/x", null)]
    [InlineData("https://", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void An_address_is_one_of_the_web_or_is_left_out(string? text, string? expected) =>
        Assert.Equal(expected, PipelineText.Url(text, "RUNBOOK", new(strict: true)));

    [Fact]
    public void An_address_may_be_2048_characters_long()
    {
        var longest = $"https://wiki.example/{new string('x', 2048 - 21)}";

        Assert.Equal(longest, PipelineText.Url(longest, "RUNBOOK", new(strict: true)));
        Assert.Null(PipelineText.Url($"{longest}x", "RUNBOOK", new(strict: true)));
    }

    private static IReadOnlyList<PipelineFault> Strict<T>(Func<PipelineFindings, T> read)
    {
        var findings = new PipelineFindings(strict: true);
        read(findings);
        return findings.Faults;
    }
}
