using System.Text;
using Tocsin.Identity;

namespace Tocsin.Tests.Identity;

public sealed class TotpTests
{
    // The secret and the codes of RFC 6238, appendix B, of which the apps show the last six digits.
    private static readonly byte[] s_secret = Encoding.ASCII.GetBytes("12345678901234567890");

    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1111111111, "050471")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_standard(long second, string code)
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(second);

        Assert.Equal(code, Totp.Code(s_secret, Totp.StepOf(at)));
        Assert.Equal(Totp.StepOf(at), Totp.Find(s_secret, $" {code[..3]} {code[3..]} ", at, lastStep: 0));
    }

    [Fact]
    public void A_code_is_good_for_one_step_before_and_after_and_never_again_once_its_step_was_accepted()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        var step = Totp.StepOf(now);

        Assert.Equal([false, true, true, true, false], Enumerable.Range(-2, 5).Select(i => Totp.Find(s_secret, Totp.Code(s_secret, step + i), now, lastStep: 0) is not null));
        Assert.Null(Totp.Find(s_secret, Totp.Code(s_secret, step), now, lastStep: step));
        Assert.Null(Totp.Find(s_secret, Totp.Code(s_secret, step - 1), now, lastStep: step));
        Assert.Equal(step + 1, Totp.Find(s_secret, Totp.Code(s_secret, step + 1), now, lastStep: step));
        Assert.Null(Totp.Find(s_secret, "", now, lastStep: 0));
    }

    [Fact]
    public void A_secret_is_written_as_apps_read_it()
    {
        Assert.Equal("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", Totp.TextOf(s_secret));
        Assert.Equal(["MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB"], ((string[])["f", "fo", "foo", "foob", "fooba"]).Select(t => Totp.TextOf(Encoding.ASCII.GetBytes(t))));
        Assert.Equal(
            "otpauth://totp/Tocsin:ana%40acme.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tocsin", Totp.AddressOf(s_secret, "ana@acme.example", "Tocsin"));
        Assert.Equal(20, Totp.NewSecret().Length);
    }

    [Fact]
    public void Recovery_codes_are_long_all_different_and_read_however_they_are_typed()
    {
        var codes = RecoveryCodes.New();

        Assert.Equal(RecoveryCodes.Count, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Matches("^([0-9a-hjkmnp-tv-z]{4}-){6}[0-9a-hjkmnp-tv-z]{4}$", code));
        Assert.Equal(RecoveryCodes.HashOf("0123-1abc-defg-hjkm-npqr-stvw-xyz0"), RecoveryCodes.HashOf(" o i23labc DEFGhjkm npqrstvw XYZO"));
        Assert.NotNull(RecoveryCodes.HashOf("0123-1abc-defg-hjkm"));
        Assert.Null(RecoveryCodes.HashOf("0123-1abc-defg-hjkm-npqr-stvw"));
        Assert.Null(RecoveryCodes.HashOf("123456"));
        Assert.Null(RecoveryCodes.HashOf("0123-1abc-defg-hjku"));
    }
}
