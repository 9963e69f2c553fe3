using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Tocsin.Identity;

namespace Tocsin.Tests.Identity;

/// <summary>Our codes are those of a well-known encoder (npm <c>qrcode</c> 1.5.4, version 10, correction M, bytes), module by module, under every mask.</summary>
public sealed partial class QrCodeTests
{
    private const string Address = "otpauth://totp/Tocsin:ana%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tocsin";

    [Theory]
    [InlineData(Address, 1, "7a9880764ff7 c9fbeddfe990 f9f63a0c8f3f d26d2a718c5d 7e494a3acdb0 2ed980b53adc dce0e65f425a 8cb761d98fdd")]
    [InlineData("é", 1, "81f0b34ac083 6effcce7eafd 10003f7f6e7f 6701857235f3 c5259b07a4c0 d1991d63a8e3 07807aabcb64 2253d476d381")]
    [InlineData("r", 213, "53718db18883 251b5b7ac3de 8c4e359fed26 3dc6165a5aa2 4d3a78d807dd 0c9e4c106fa9 8734ce8dc199 332314b7a79b")]
    public void Each_module_is_where_the_other_encoder_has_it(string text, int times, string prints)
    {
        var whole = string.Concat(Enumerable.Repeat(text, times));

        Assert.Equal(prints.Split(' '), Enumerable.Range(0, 8).Select(mask => Print(QrCode.Of(whole, mask)!)));
        Assert.Contains(Print(QrCode.Of(whole)!), prints.Split(' '));
    }

    [Fact]
    public void What_is_too_long_has_none() => Assert.Null(QrCode.Of(new('r', 214)));

    private static string Print(QrCode code)
    {
        var dark = new StringBuilder(new string('0', QrCode.Size * QrCode.Size));
        foreach (Match module in Module().Matches(code.Path()))
        {
            var (x, y) = (int.Parse(module.Groups[1].ValueSpan, CultureInfo.InvariantCulture), int.Parse(module.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
            dark[(y * QrCode.Size) + x] = '1';
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(dark.ToString())))[..12];
    }

    [GeneratedRegex(@"M(\d+) (\d+)h1v1h-1z")]
    private static partial Regex Module();
}
