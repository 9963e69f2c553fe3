using Tocsin.Outgoing;

namespace Tocsin.Tests.Outgoing;

public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 5, 2, 58, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("3", 3)]
    [InlineData(" 120 ", 120)]
    [InlineData("3600", 3600)]
    [InlineData("3601", 3600)]
    [InlineData("99999999999999999999", 3600)]
    [InlineData("Mon, 05 Jan 2026 02:58:30 GMT", 30)]
    [InlineData("Mon, 05 Jan 2026 02:50:00 GMT", 0)]
    [InlineData("Tue, 06 Jan 2026 02:58:00 GMT", 3600)]
    public void Seconds_and_dates_are_read_and_kept_within_an_hour(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryAfter.Read(text, Now));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-5")]
    [InlineData("1.5")]
    [InlineData("soon")]
    [InlineData("tomorrow 10:00")]
    public void Anything_else_asks_for_nothing(string? text) => Assert.Null(RetryAfter.Read(text, Now));
}
