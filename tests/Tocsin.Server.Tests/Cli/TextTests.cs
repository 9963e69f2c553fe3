using Tocsin.Cli;

namespace Tocsin.Tests.Cli;

public sealed class TextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("Zürich ◆ 東京", "Zürich ◆ 東京")]
    [InlineData("a\tb\nc\rd", "a b cd")]
    [InlineData("\u001b[31;1mred\u001b[0m", "red")]
    [InlineData("\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\", "link")]
    [InlineData("\u001b]52;c;Y2F0\u0007x", "x")]
    [InlineData("\u009d0;title\u009cx", "x")]
    [InlineData("\u001bP1$r\u001b\\x", "x")]
    [InlineData("\u001bcx", "x")]
    [InlineData("x\u001b", "x")]
    [InlineData("x\u001b[", "x")]
    [InlineData("\u001b]never ends", "never ends")]
    [InlineData("\u001b]one\u001b]two\u0007three", "three")]
    [InlineData("\u007f\u0085x\u0000", "x")]
    [InlineData("safe\u202eexe.txt\u2066", "safeexe.txt")]
    public void Only_what_can_be_read_is_left(string text, string expected) => Assert.Equal(expected, Plain.Line(text));

    [Fact]
    public void A_block_keeps_its_lines() => Assert.Equal("a\n\tb", Plain.Block("a\r\n\tb\u001b[2K"));

    [Theory]
    [InlineData(0, "now")]
    [InlineData(-12, "12 s ago")]
    [InlineData(-60, "1 min ago")]
    [InlineData(-3599, "59 min ago")]
    [InlineData(-47 * 3600, "47 h ago")]
    [InlineData(-48 * 3600, "2 d ago")]
    [InlineData(300, "in 5 min")]
    public void Times_are_relative_in_their_largest_unit(int seconds, string expected) =>
        Assert.Equal(expected, Words.Relative(FakeServer.Now.AddSeconds(seconds), FakeServer.Now));
}
