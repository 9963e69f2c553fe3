using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class EstateReferenceTests
{
    private static readonly EstateResolver Resolver = new(
        name => name switch { "HOST" => "example.test", "EMPTY" => "", _ => null },
        path => path == "/run/secrets/token" ? "s3cret" : Error.Invalid("file", $"{path} is not there"));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$5 and {braces}", "$5 and {braces}")]
    [InlineData("https://${env:HOST}/x", "https://example.test/x")]
    [InlineData("${env:HOST}${env:HOST}", "example.testexample.test")]
    [InlineData("${env:MISSING:-5m}", "5m")]
    [InlineData("${env:EMPTY:-5m}", "5m")]
    [InlineData("${env:HOST:-5m}", "example.test")]
    [InlineData("${env:MISSING:-}", "")]
    [InlineData("${env:MISSING:-http://127.0.0.1:9001/x}", "http://127.0.0.1:9001/x")]
    [InlineData("${file:/run/secrets/token}", "s3cret")]
    [InlineData("$${env:HOST}", "${env:HOST}")]
    [InlineData("a $${ b", "a ${ b")]
    public void References_are_filled_in(string text, string filled) => Assert.Equal(filled, EstateReferences.Fill(text, Resolver).Value);

    [Theory]
    [InlineData("${env:MISSING}", "the environment variable MISSING is not set; set it, or write ${env:MISSING:-text} for a default")]
    [InlineData("${env:EMPTY}", "the environment variable EMPTY is not set; set it, or write ${env:EMPTY:-text} for a default")]
    [InlineData("${env:}", "\"\" is no name of an environment variable")]
    [InlineData("${env:A B}", "\"A B\" is no name of an environment variable")]
    [InlineData("${file:/nowhere}", "/nowhere is not there")]
    [InlineData("${file:token}", "\"token\" is not an absolute path")]
    [InlineData("${HOST}", "\"${HOST\" starts no known reference: write ${env:NAME}, ${env:NAME:-default} or ${file:/path}, or $${ for a plain ${")]
    [InlineData("x ${env:HOST", "a reference is not closed: \"}\" is missing; write $${ for a plain ${")]
    public void What_cannot_be_filled_says_why(string text, string why) => Assert.Equal(why, EstateReferences.Fill(text, Resolver).Error!.Detail);

    [Fact]
    public void A_file_of_this_machine_is_read_without_its_last_line_end()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "line 1\nline 2\r\n");
            Assert.Equal("line 1\nline 2", EstateReferences.Fill($"${{file:{path}}}", EstateResolver.Process).Value);

            File.WriteAllText(path, new string('x', 65 * 1024));
            Assert.Equal($"{path} has more than 64 KiB", EstateReferences.Fill($"${{file:{path}}}", EstateResolver.Process).Error!.Detail);
        }
        finally
        {
            File.Delete(path);
        }

        Assert.Equal($"{path} is not there", EstateReferences.Fill($"${{file:{path}}}", EstateResolver.Process).Error!.Detail);
    }

    [Fact]
    public void Defaults_are_not_shown_where_secrets_may_stand() =>
        Assert.Equal("x ${env:A:-…} ${env:B} $${c", EstateReferences.WithoutDefaults("x ${env:A:-whsec_1} ${env:B} $${c"));
}
