using FsCheck;
using FsCheck.Fluent;
using Tocsin.Routing;

namespace Tocsin.Tests.Routing;

public sealed class MatcherTextTests
{
    [Theory]
    [InlineData("service=checkout", "service", MatchOp.Equal, "checkout")]
    [InlineData("service = \"checkout\"", "service", MatchOp.Equal, "checkout")]
    [InlineData(" team!=ops ", "team", MatchOp.NotEqual, "ops")]
    [InlineData("severity=~critical|high", "severity", MatchOp.Regex, "critical|high")]
    [InlineData("severity =~ \"warn(ing)?\"", "severity", MatchOp.Regex, "warn(ing)?")]
    [InlineData("env!~dev.*", "env", MatchOp.NotRegex, "dev.*")]
    [InlineData("team=\"\"", "team", MatchOp.Equal, "")]
    [InlineData("\"two words\"=\"a, b\"", "two words", MatchOp.Equal, "a, b")]
    [InlineData("Größe=groß", "Größe", MatchOp.Equal, "groß")]
    [InlineData(@"q=""a\""b\\c\n\t\x41\101\u00e9\U0001F600""", "q", MatchOp.Equal, "a\"b\\c\n\tAAé😀")]
    [InlineData(@"q=""\xc3\xa9""", "q", MatchOp.Equal, "é")]
    public void One_matcher_is_read(string text, string name, MatchOp op, string value) =>
        Assert.Equal([new Matcher(name, op, value)], MatcherText.Parse(text).Value!);

    [Theory]
    [InlineData("a=1,b=2")]
    [InlineData("a=1, b=2,")]
    [InlineData("{a=1,b=2}")]
    [InlineData("{ a = 1 , b = \"2\" , }")]
    [InlineData("  {a=1,b=2}  ")]
    public void A_list_may_have_braces_and_one_last_comma(string text) =>
        Assert.Equal([new Matcher("a", MatchOp.Equal, "1"), new Matcher("b", MatchOp.Equal, "2")], MatcherText.Parse(text).Value!);

    [Theory]
    [InlineData("{}")]
    [InlineData(" { } ")]
    public void Empty_braces_are_an_empty_list(string text) => Assert.Empty(MatcherText.Parse(text).Value!);

    [Theory]
    [InlineData("", 1, "expected a label name")]
    [InlineData("   ", 4, "expected a label name")]
    [InlineData("service", 8, "expected one of = != =~ !~, found the end")]
    [InlineData("service>5", 10, "expected one of")]
    [InlineData("service:x", 10, "expected one of")]
    [InlineData("service x", 9, "expected one of")]
    [InlineData("service=", 9, "expected a value")]
    [InlineData("=x", 1, "expected a label name")]
    [InlineData("\"\"=x", 3, "cannot be empty")]
    [InlineData("a=1 b=2", 5, "expected a comma, found 'b'")]
    [InlineData("{a=1 b=2}", 6, "expected a comma or '}'")]
    [InlineData("{a=1", 5, "expected '}'")]
    [InlineData("a=1}", 4, "expected a comma")]
    [InlineData("{a=1}}", 6, "expected the end of the text")]
    [InlineData("a=1,,", 5, "expected a label name")]
    [InlineData("{,}", 2, "expected a label name")]
    [InlineData("a=x=y", 4, "expected a comma, found '='")]
    [InlineData("a=\"open", 3, "has no closing quote")]
    [InlineData("a=\"open\\\"", 3, "has no closing quote")]
    [InlineData(@"a=""\q""", 4, "an escape must be one of")]
    [InlineData(@"a=""\x4""", 4, "an escape must be one of")]
    [InlineData(@"a=""\400""", 4, "an escape must be one of")]
    [InlineData(@"a=""\ud800""", 4, "an escape must be one of")]
    [InlineData(@"a=""\UFFFFFFFF""", 4, "an escape must be one of")]
    [InlineData(@"a=""\xff""", 3, "valid UTF-8")]
    [InlineData("a=~\"(\"", 4, "leaves 1 parenthesis open")]
    [InlineData("ok=1, a=~\"x(?=y)\"", 10, "linear time")]
    public void A_mistake_is_told_with_its_place(string text, int position, string expected)
    {
        var error = MatcherText.Parse(text).Error;

        Assert.NotNull(error);
        Assert.StartsWith($"Position {position} of '{text}': ", error.Detail, StringComparison.Ordinal);
        Assert.Contains(expected, error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_formatted_is_read_back_equal() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000).WithReplay(20261, 3),
        Prop.ForAll<NonEmptyString, string?, int>((name, value, op) =>
        {
            // Half a surrogate pair is no text; adapters have replaced it long before.
            var matcher = new Matcher(Whole(name.Get), (MatchOp)(Math.Abs(op % 2)), Whole(value ?? ""));
            return MatcherText.Parse(MatcherText.Format([matcher])).Value!.Single() == matcher;
        }));

    [Fact]
    public void No_text_makes_it_throw() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(5000).WithReplay(20262, 3),
        Prop.ForAll(
            Gen.ListOf(Gen.Elements("{", "}", "=", "!", "~", ",", "\\", "\"", "'", "`", " ", "a", "x", "U", "(", ")", "[", "?", "*", "{2", "\ud800"))
                .Select(string.Concat).ToArbitrary(),
            text =>
            {
                var result = MatcherText.Parse(text);
                return result.Ok || result.Error.Detail.Length > 0;
            }));

    private static string Whole(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
