using Tocsin.Telemetry;

namespace Tocsin.Pages;

public sealed class LogRowTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 20, 14, 3, 11, TimeSpan.Zero);

    [Theory]
    [InlineData("one line", "one line", "", 0)]
    [InlineData("boom\n  at a()\n  at b()\n", "boom", "  at a()\n  at b()\n", 2)]
    [InlineData("boom\r\n  at a()", "boom", "  at a()", 1)]
    [InlineData("\n\nlate\nrest", "late", "rest", 1)]
    [InlineData("", "", "", 0)]
    public void A_stack_trace_is_folded_behind_its_first_line(string message, string head, string rest, int lines)
    {
        var row = Row(message);

        Assert.Equal((head, rest, lines), (row.Head, row.Rest, row.RestLines));
    }

    [Fact]
    public void Attributes_are_shown_one_by_one_and_what_was_cut_as_it_came()
    {
        var sent = Row("x") with { Line = new LogLine(s_now, LineLevel.Info, "x") { Attributes = """{"user": "u-1", "ok": true, "http": {"status": 500}}""" } };
        var cut = sent with { Line = sent.Line with { Attributes = """{"user": "u-""" } };

        Assert.Equal([new("user", "u-1"), new("ok", "True"), new("http", """{"status": 500}""")], sent.Attributes);
        Assert.Equal([new("attributes", """{"user": "u-""")], cut.Attributes);
    }

    private static LogRowModel Row(string message) => new("id", new(s_now, LineLevel.Error, message), 1);
}
