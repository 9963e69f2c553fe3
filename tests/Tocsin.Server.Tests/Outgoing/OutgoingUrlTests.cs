using Tocsin.Outgoing;

namespace Tocsin.Tests.Outgoing;

public sealed class OutgoingUrlTests
{
    [Theory]
    [InlineData("http://127.0.0.1:9001/first")]
    [InlineData("https://hooks.example.com")]
    [InlineData("HTTPS://Hooks.Example.COM/a?b=c#d")]
    [InlineData("https://hooks.example.com:8443/")]
    [InlineData("http://my_service:8080/hook")]
    [InlineData("http://[::1]:9001/x")]
    [InlineData("https://xn--bcher-kva.example/")]
    [InlineData("https://example.com./")]
    [InlineData("https://user.example/@name?x=a@b")]
    public void Ordinary_addresses_are_read(string url) => Assert.Null(OutgoingUrl.Fault(url));

    /// <summary>Other spellings of addresses inside, and what could be read in two ways: each is refused before anything is resolved.</summary>
    public static TheoryData<string> Tricks =>
    [
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://127.0.1/",
        "http://127.0.0.01/",
        "http://127.0.0.1.:80.1/",
        "http://user@127.0.0.1/",
        "http://user:password@example.com/",
        "http://example.com@127.0.0.1/",
        "http://@127.0.0.1/",
        "http://１２７.0.0.1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://local\u00adhost/",
        "http://localhost\u0000.example.com/",
        "http://[fe80::1%25eth0]/",
        "http://[::ffff:127.0.0.1/",
        "http://[127.0.0.1]/",
        "http:\\\\127.0.0.1\\",
        "http://example.com\\@127.0.0.1/",
        " http://127.0.0.1/",
        "http://127.0.0.1/\r\nHost: x",
        "http://127.0.0.1/a b",
        "http://exa%6dple.com/",
        "http:///path",
        "http://",
        "http://:80/",
        "http://a..b/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:8o/",
        "//example.com/",
        "example.com/hook",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
        "javascript:alert(1)",
        "",
    ];

    [Theory]
    [MemberData(nameof(Tricks))]
    public void Anything_else_is_refused_with_a_sentence(string url)
    {
        Assert.EndsWith(".", OutgoingUrl.Fault(url), StringComparison.Ordinal);
        Assert.Equal("url", OutgoingUrl.Parse(url, "url").Error?.Field);
    }
}
