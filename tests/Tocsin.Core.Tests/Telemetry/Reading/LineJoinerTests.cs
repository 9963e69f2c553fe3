using FsCheck;
using FsCheck.Fluent;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>Stack traces as their languages print them, between ordinary lines: each is one entry with the line that it belongs to.</summary>
public sealed class LineJoinerTests
{
    [Theory]
    [InlineData("one\ntwo\n\nthree\n", 3)]
    [InlineData("one\n  indented, but no trace\nthree", 3)]
    [InlineData("2026-11-21 11:00:00,123 - ERROR - failed\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nValueError: bad\n2026-11-21 11:00:01,000 - INFO - next", 2)]
    [InlineData("Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()\nKeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"b.py\", line 1, in h\n    i()\nValueError: bad\nnext line", 2)]
    [InlineData("ERROR com.x.Y - failed\njava.lang.IllegalStateException: bad\n\tat com.x.Y.f(Y.java:1)\n\tat com.x.Y.g(Y.java:2)\nCaused by: java.io.IOException: disk\n\tat com.x.Z.h(Z.java:3)\n\t... 12 more\nINFO next", 2)]
    [InlineData("Exception in thread \"main\" java.lang.RuntimeException: x\n    at a.B.c(B.java:1)\n    Suppressed: java.lang.Exception: y\n        at a.B.d(B.java:2)\nnext", 2)]
    [InlineData("fail: Shop.Orders[17]\n      It broke\n      System.InvalidOperationException: bad\n         at Shop.Orders.Pay() in /src/Orders.cs:line 7\n         --- End of inner exception stack trace ---\n         at Shop.Main()\ninfo: Shop.Orders[0]\n      next", 2)]
    [InlineData("Unhandled exception. System.InvalidOperationException: bad\n ---> System.Exception: inner\n   at A.B()\n   --- End of inner exception stack trace ---\n   at C.D()\n--- End of stack trace from previous location ---\n   at E.F()\nnext", 2)]
    [InlineData("panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.pay(0x1, 0x2)\n\t/src/main.go:7 +0x1d\nmain.main()\n\t/src/main.go:3 +0x20\nexit status 2\nnext", 2)]
    [InlineData("2026/11/21 11:00:00 http: panic serving 10.0.0.1:5: boom\ngoroutine 7 [running]:\nnet/http.(*conn).serve.func1()\n\t/go/server.go:1 +0xb\ncreated by net/http.(*Server).Serve in goroutine 1\n\t/go/server.go:2 +0x5\n2026/11/21 11:00:01 next", 2)]
    [InlineData("TypeError: x is not a function\n    at pay (/srv/a.js:1:2)\n    at async Server.<anonymous> (/srv/b.js:3:4) {\n  code: 'E_PAY'\n}\nnext", 2)]
    [InlineData("app.rb:3:in 'Integer': bad (ArgumentError)\n\tfrom app.rb:3:in 'pay'\n\tfrom app.rb:7:in '<main>'\nnext", 2)]
    [InlineData("ActionView::Error (bad):\napp/views/a.erb:3:in 'render'\napp/controllers/a.rb:7:in `show'\nnext", 2)]
    [InlineData("PHP Fatal error:  Uncaught Exception: bad in /srv/a.php:3\nStack trace:\n#0 /srv/a.php(7): pay()\n#1 {main}\n  thrown in /srv/a.php on line 3\nnext", 2)]
    [InlineData("thread 'main' panicked at src/main.rs:2:5:\nindex out of bounds\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n[next]", 2)]
    [InlineData("one\nCaused by: two\nthree", 2)]
    [InlineData("one\r\n\tat a.B.c(B.java:1)\r\nthree\r\n", 2)]
    [InlineData("java.lang.Exception: alone\n\tat a.B.c(B.java:1)", 1)]
    [InlineData("a plain line\njava.lang.Exception: of its own\n\tat a.B.c(B.java:1)", 2)]
    [InlineData("\n\n \n", 0)]
    [InlineData("", 0)]
    public void Stack_traces_stay_whole(string text, int entries)
    {
        var found = Entries(text);

        Assert.True(found.Count == entries, $"{found.Count} entries:\n{string.Join("\n---\n", found)}");
        Assert.All(found, entry => Assert.Contains(entry, text, StringComparison.Ordinal));

        // Nothing but blank lines is lost.
        Assert.Equal(Words(text), found.SelectMany(Words));
    }

    [Fact]
    public void However_lines_follow_each_other_none_is_lost_or_doubled() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(3_000).WithReplay(20274, 3),
        Prop.ForAll(
            Gen.ListOf(Gen.Elements(
                "", "  ", "plain", "2026-11-21 11:00:00,123 - ERROR - x", "Traceback (most recent call last):", "  File \"a.py\", line 1", "    code()", "ValueError: bad", "\tat a.B.c(B.java:1)", "Caused by: x.Y: z",
                "java.lang.Exception: x", "panic: x", "goroutine 1 [running]:", "main.f(0x1)", "\t/a.go:1 +0x1", "fail: A.B[1]", "      message", "}", "thread 'main' panicked at a.rs:1:1:", "#0 /a.php(1): f()", "#1 {main}",
                "a.rb:3:in 'f'", "\tfrom a.rb:1", "level=info msg=x", "During handling of the above exception, another exception occurred:", "\r")).ToArbitrary(),
            lines => Words(string.Join('\n', lines)).SequenceEqual(Entries(string.Join('\n', lines)).SelectMany(Words))));

    [Fact]
    public void A_long_text_costs_time_in_proportion()
    {
        var text = string.Join('\n', Enumerable.Repeat("Traceback (most recent call last):\n\n\n\n\n  File \"a\"\n    x\n\n", 50_000));

        Assert.NotEmpty(Entries(text));
        Assert.Single(Entries("Traceback (most recent call last):" + new string('\n', 400_000) + "  x"));
    }

    private static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static List<string> Entries(string text)
    {
        List<string> entries = [];
        var joiner = new LineJoiner(text);
        while (joiner.Next(out var entry))
        {
            entries.Add(entry.ToString());
        }

        return entries;
    }
}
