namespace Tocsin.Pages;

public sealed class SafeMarkdownTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("a <img src=x onerror=alert(1)> b")]
    [InlineData("<a href=\"javascript:alert(1)\">x</a>")]
    [InlineData("`<b>`")]
    public void Raw_markup_is_shown_as_text(string text)
    {
        var html = SafeMarkdown.Render(text).Value;

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<a ", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", html, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("[x](javascript:alert(1))")]
    [InlineData("[x](JaVaScRiPt:alert(1))")]
    [InlineData("[x](data:text/html,hi)")]
    [InlineData("[x](vbscript:x)")]
    [InlineData("[x](//evil.example/path)")]
    [InlineData("[x](/relative)")]
    [InlineData("[x][r]\n\n[r]: javascript:alert(1)")]
    [InlineData("<javascript:alert(1)>")]
    public void A_link_to_anything_but_the_web_or_mail_is_text(string text) =>
        Assert.DoesNotContain("href", SafeMarkdown.Render(text).Value, StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("[x](https://a.example/b)")]
    [InlineData("<https://a.example/b>")]
    [InlineData("see https://a.example/b")]
    [InlineData("[x](mailto:ana@a.example)")]
    [InlineData("[x][r]\n\n[r]: https://a.example")]
    public void A_link_that_leaves_carries_no_trust(string text)
    {
        var html = SafeMarkdown.Render(text).Value;

        Assert.Contains("href=", html, StringComparison.Ordinal);
        Assert.Contains("rel=\"noopener noreferrer nofollow\"", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("![pixel](https://evil.example/p.png)")]
    [InlineData("[![pixel](https://evil.example/p.png)](https://a.example)")]
    [InlineData("![p][r]\n\n[r]: https://evil.example/p.png")]
    public void An_image_calls_nobody(string text)
    {
        var html = SafeMarkdown.Render(text).Value;

        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("src=", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Headings_stay_below_those_of_the_page() => Assert.StartsWith("<h3", SafeMarkdown.Render("# Big").Value, StringComparison.Ordinal);
}
