using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tocsin.Alerts;

namespace Tocsin.Tests.Alerts;

public sealed class SenderTimeTests
{
    private static readonly DateTimeOffset ReceivedAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01t09:30:00z", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01 09:30:00Z", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01T09:30:00.123456789Z", "2026-03-01T09:30:00.1234567")]
    [InlineData("2026-03-01T09:30:00,5Z", "2026-03-01T09:30:00.5000000")]
    [InlineData("2026-03-01T10:30:00+01:00", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01T09:30:00.131+0000", "2026-03-01T09:30:00.1310000")]
    [InlineData("2026-03-01T04:00:00-0530", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01T10:30:00+01", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01 09:30:00 +0000", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01T09:30", "2026-03-01T09:30:00.0000000")]
    [InlineData("2026-03-01", "2026-03-01T00:00:00.0000000")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.0000000")]
    [InlineData("1772357400", "2026-03-01T09:30:00.0000000")]
    [InlineData("1772357400.25", "2026-03-01T09:30:00.2500000")]
    [InlineData("1.7723574e9", "2026-03-01T09:30:00.0000000")]
    [InlineData("1772357400123", "2026-03-01T09:30:00.1230000")]
    [InlineData("1772357400123456", "2026-03-01T09:30:00.1234560")]
    [InlineData("1772357400123456789", "2026-03-01T09:30:00.1234567")]
    [InlineData(" 1772357400 ", "2026-03-01T09:30:00.0000000")]
    public void Every_form_that_senders_write_is_read(string text, string expected)
    {
        var time = SenderTime.Read(text);

        Assert.Equal(SenderTimeKind.Set, time.Kind);
        Assert.Equal(expected, time.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture));
        Assert.Equal(TimeSpan.Zero, time.At.Offset);
        Assert.Equal(time, SenderTime.Read(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("0")]
    [InlineData("0.0")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00.000Z")]
    [InlineData("0001-01-01T00:00:00+00:00")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    public void Zero_means_not_set(string text) => Assert.Equal(SenderTimeKind.NotSet, SenderTime.Read(text).Kind);

    [Theory]
    [InlineData("now")]
    [InlineData("2026-02-30T00:00:00Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-03-01T24:00:00Z")]
    [InlineData("2026-03-01T09:60:00Z")]
    [InlineData("2026-03-01T09:30:61Z")]
    [InlineData("2026-03-01T09:30:00Q")]
    [InlineData("2026-03-01T09:30:00+1")]
    [InlineData("2026-03-01T09:30:00+01:0")]
    [InlineData("2026-03-01T09:30:00+01:00x")]
    [InlineData("2026-03-01x")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59-01:00")]
    [InlineData("1e999999")]
    [InlineData("99999999999999999999999999")]
    [InlineData("-99999999999999999999")]
    [InlineData("NaN")]
    [InlineData("１７７２３５７４００")]
    [InlineData("Sun, 01 Mar 2026 09:30:00 GMT, or thereabouts, as far as anybody here can remember")]
    public void What_is_no_time_is_unreadable(string text) => Assert.Equal(SenderTimeKind.Unreadable, SenderTime.Read(text).Kind);

    [Fact]
    public void A_time_that_cannot_be_true_is_ignored_with_a_warning()
    {
        Assert.Equal((ReceivedAt.AddHours(24), 0), Judged(ReceivedAt.AddHours(24)));
        Assert.Equal((null, 1), Judged(ReceivedAt.AddHours(24).AddTicks(1)));
        Assert.Equal((new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), 0), Judged(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        Assert.Equal((null, 1), Judged(new DateTimeOffset(1999, 12, 31, 23, 59, 59, TimeSpan.Zero)));
        Assert.Equal((null, 1), Judged(new SenderTime(SenderTimeKind.Unreadable, default)));
        Assert.Equal((null, 0), Judged(new SenderTime(SenderTimeKind.NotSet, default)));
    }

    [Fact]
    public void A_warning_names_the_field_and_the_time()
    {
        var warnings = default(Warnings);
        SenderTime.Read("2031-05-06T07:08:09Z").Plausible("startsAt", ReceivedAt, ref warnings);

        Assert.Equal("startsAt is more than 24 hours in the future (2031-05-06T07:08:09Z); it was ignored.", Assert.Single(warnings.Sentences));
    }

    [Fact]
    public void No_bytes_make_it_throw() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(5000).WithReplay(20264, 3),
        Prop.ForAll(
            Gen.ListOf(Gen.Elements<byte>([.. "0123456789-:TZ+. eE"u8, 0, 0xFF])).Select(b => b.ToArray()).ToArbitrary(),
            bytes => SenderTime.Read(bytes).Kind == SenderTimeKind.Set || SenderTime.Read(bytes).At == default));

    private static (DateTimeOffset?, int) Judged(DateTimeOffset at) => Judged(new SenderTime(SenderTimeKind.Set, at));

    private static (DateTimeOffset?, int) Judged(SenderTime time)
    {
        var warnings = default(Warnings);
        return (time.Plausible("startsAt", ReceivedAt, ref warnings), warnings.Sentences.Count);
    }
}
