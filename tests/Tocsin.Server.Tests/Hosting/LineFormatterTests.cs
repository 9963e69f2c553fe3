using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Hosting;

namespace Tocsin.Tests.Hosting;

public sealed class LineFormatterTests
{
    [Fact]
    public void An_event_is_one_line_and_nothing_in_it_moves_a_cursor_or_turns_the_reading() => Assert.Equal(
        """ warn: Tocsin.Jobs[2101] red \u001b[31m\r\nfail: Tocsin[1] forged\u202e\u2028 ä 🙂""" + "\n",
        Written(LogLevel.Warning, "red \e[31m\r\nfail: Tocsin[1] forged\u202e\u2028 ä 🙂", null));

    [Fact]
    public void An_exception_stands_on_the_same_line()
    {
        var line = Written(LogLevel.Error, "failed", new InvalidOperationException("two\nlines", new IOException("inside")));

        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.Contains("failed System.InvalidOperationException: two\\nlines", line, StringComparison.Ordinal);
        Assert.Contains("System.IO.IOException: inside", line, StringComparison.Ordinal);
    }

    [Fact]
    public void It_begins_with_the_instant_in_UTC() =>
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: ", Whole(LogLevel.Information, "", null));

    private static string Written(LogLevel level, string message, Exception? e) => Whole(level, message, e)["2026-01-05T02:58:00.000Z".Length..];

    private static string Whole(LogLevel level, string message, Exception? e)
    {
        using StringWriter writer = new() { NewLine = "\n" };
        new LineFormatter(new SteadyClock(TimeProvider.System)).Write(new LogEntry<string>(level, "Tocsin.Jobs", new EventId(2101), message, e, static (state, _) => state), null, writer);
        return writer.ToString();
    }
}
