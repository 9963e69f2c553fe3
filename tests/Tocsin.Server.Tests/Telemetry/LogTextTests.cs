using System.Diagnostics;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>What the words of a search mean, asked of single lines.</summary>
public sealed class LogTextTests
{
    private const string Line = "Reconnection to db-1.eu refused after 1812 ms\nCaused by: TimeoutException\0{\"route\":\"/pay/card/\"}\00af7651916cd43dd\0\0";

    [Theory]
    [InlineData("*connect*", true)]
    [InlineData("connect*", false)]
    [InlineData("*nection", true)]
    [InlineData("*nect", false)]
    [InlineData("*NECT* refused", true)]
    [InlineData("-*nect*", false)]
    [InlineData("/refused after \\d{4} ms$/", true)]
    [InlineData("/^refused/", false)]
    [InlineData("/^caused by/", true)]
    [InlineData("/REFUSED.*ms/", true)]
    [InlineData("/refused.*caused/", false)]
    [InlineData("/db-[0-9]\\.(eu|us)/ refused", true)]
    [InlineData("-/db-[0-9]\\.(eu|us)/", false)]
    [InlineData("/db-[23]|timeout/", true)]
    [InlineData("/^[^x]*$/", true)]
    [InlineData("/\\btimeout/", true)]
    [InlineData("/\\bexception\\b/", false)]
    [InlineData("/pay/card/", true)]
    [InlineData("\"/pay/card/\"", true)]
    [InlineData("/pay/card", true)]
    [InlineData("/pay/nobody", false)]
    [InlineData("/refused/ /nobody/", false)]
    [InlineData("*", false)]
    [InlineData("/", true)]
    public void A_text_is_found_by_parts_of_words_and_by_patterns(string text, bool isFound)
    {
        Assert.Null(LogText.Fault(text));
        Assert.Equal(isFound, LogText.Parse(text).Matches(Line));
    }

    [Theory]
    [InlineData("/(/", "no regular expression")]
    [InlineData("/a(?=b)/", "looks around")]
    [InlineData("/(a)\\1/", "refers back")]
    [InlineData("/(a{100}){100}/", "repeats too much")]
    [InlineData("/a{2147483648}/", "repeats too much")]
    [InlineData("paid \"and so on", "no end")]
    public void What_cannot_be_looked_for_is_said_and_otherwise_stands_for_itself(string text, string said)
    {
        Assert.Contains(said, LogText.Fault(text), StringComparison.Ordinal);
        Assert.False(LogText.Parse(text).Matches(Line));
    }

    [Fact]
    public void The_pattern_of_a_guid_is_not_too_much() => Assert.Null(LogText.Fault("/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/"));

    [Fact]
    public void A_pattern_that_others_never_end_with_ends()
    {
        var watch = Stopwatch.StartNew();

        Assert.False(LogText.Parse("/(a+)+(a+)+b$/").Matches(new string('a', TelemetryLimits.Message) + "c"));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("/connection refused by/", "refused")]
    [InlineData("/\\bconnection\\b (refused|reset) by .*peer/", "connection", "by")]
    [InlineData("/took \\d+ ms on host/", "ms", "on")]
    [InlineData("/(?i)connection refused by/")]
    [InlineData("/one two three|four/")]
    [InlineData("/a{b|c}/")]
    [InlineData("/[a b c] x y? z/", "x")]
    [InlineData("/(?:so so so) what ever it/", "what", "ever")]
    [InlineData("*pay-was-dec*", "was")]
    public void Whole_words_within_a_pattern_are_looked_up(string text, params string[] words)
    {
        List<ulong> expected = [];
        foreach (var word in words)
        {
            LogWords.Needs(word, beginsAnywhere: false, endsAnywhere: false, expected);
        }

        Assert.Equal(expected.Order(), LogText.Parse(text).Tokens.Order());
    }

    [Fact]
    public void What_a_block_says_of_its_words_never_hides_a_line_that_matches()
    {
        var random = new Random(20261121);
        string[] texts =
        [
            "*ay*", "*imeout*", "*Except* payment", "/pay.*declined/", "/\\bretry\\b/", "/time\\w+/", "/user_id\\b/", "/^(connection|refused) \\w+$/", "/HTTP\\w* x86/", "/déjà/", "/顧客 \\w/", "/n re/",
            "/connection-refused/", "/\\Bout\\b/", "/d(é)j/", "/o[0-9]\"/",
        ];
        var found = 0;
        foreach (var line in Lines.Random(random, 2_000, 10))
        {
            var text = $"{line.Message}\0{line.Attributes}\0{line.TraceId}\0\0";
            var filter = new TokenFilter(1 << 14);
            LogWords.Add(text, filter);
            var packed = filter.Pack();
            foreach (var asked in texts.Select(LogText.Parse).Where(t => t.Matches(text)))
            {
                found++;
                Assert.All(asked.Tokens, token => Assert.True(TokenFilter.MayHold(packed, token)));
                Assert.Contains(asked.Needle, text, StringComparison.OrdinalIgnoreCase);
            }
        }

        Assert.InRange(found, 1_000, 20_000);
    }
}
