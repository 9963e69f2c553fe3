using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Demo.Fakes;
using Tocsin.Devices;

namespace Tocsin.Tests.Devices;

/// <summary>The example of RFC 8291, appendix A, and the two halves held against each other.</summary>
public sealed class PushCipherTests
{
    private const string Plain = "When I grow up, I want to be a watermelon";
    private const string Sender = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    private const string SenderPublic = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    private const string Browser = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    private const string BrowserPublic = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    private const string Auth = "BTBZMqHH6r4Tts7J_aSIgg";
    private const string Salt = "DGv6ra1nlYgDCS1FRnbzlw";
    private const string Body =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    [Fact]
    public void The_example_of_the_standard_comes_out_byte_for_byte()
    {
        var point = Base64Url.DecodeFromChars(SenderPublic);
        using var sender = ECDiffieHellman.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = Base64Url.DecodeFromChars(Sender),
            Q = new() { X = point[1..33], Y = point[33..] },
        });

        var body = PushCipher.Encrypt(
            Encoding.UTF8.GetBytes(Plain), Base64Url.DecodeFromChars(BrowserPublic), Base64Url.DecodeFromChars(Auth), sender, Base64Url.DecodeFromChars(Salt));

        Assert.Equal(Body, Base64Url.EncodeToString(body));
    }

    [Fact]
    public void The_fake_browser_reads_the_example_of_the_standard()
    {
        var browser = new FakeBrowserKeys(Base64Url.DecodeFromChars(Browser), Base64Url.DecodeFromChars(Auth));

        Assert.Equal(BrowserPublic, Base64Url.EncodeToString(browser.Public));
        Assert.Equal(Plain, Encoding.UTF8.GetString(browser.Decrypt(Base64Url.DecodeFromChars(Body))!));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(PushCipher.MostPlainBytes)]
    public void What_was_encrypted_is_read_by_the_browser_and_nobody_else(int length)
    {
        var (browser, other) = (new FakeBrowserKeys(), new FakeBrowserKeys());
        var plain = new byte[length];
        new Random(length).NextBytes(plain);

        var body = PushCipher.Encrypt(plain, browser.Public, browser.Auth);

        Assert.True(body.Length <= 4096);
        Assert.Equal(plain, browser.Decrypt(body));
        Assert.Null(other.Decrypt(body));
        body[^1] ^= 1;
        Assert.Null(browser.Decrypt(body));
    }

    [Fact]
    public void Two_messages_with_one_text_share_nothing()
    {
        var browser = new FakeBrowserKeys();

        var (first, second) = (PushCipher.Encrypt("text"u8, browser.Public, browser.Auth), PushCipher.Encrypt("text"u8, browser.Public, browser.Auth));

        Assert.NotEqual(first[..16], second[..16]);
        Assert.NotEqual(first[21..86], second[21..86]);
    }

    [Fact]
    public void A_point_beside_the_curve_is_refused()
    {
        var point = new FakeBrowserKeys().Public;
        Assert.True(PushCipher.IsPoint(point));

        point[^1] ^= 1;
        Assert.False(PushCipher.IsPoint(point));
        Assert.False(PushCipher.IsPoint([2, .. point[1..33]]));
        Assert.ThrowsAny<CryptographicException>(() => PushCipher.Encrypt("text"u8, point, new byte[16]));
    }
}
