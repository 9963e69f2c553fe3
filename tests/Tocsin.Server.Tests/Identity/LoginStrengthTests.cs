using System.Text.Json;
using Tocsin.Identity.Oidc;

namespace Tocsin.Tests.Identity;

public sealed class LoginStrengthTests
{
    private static readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Theory]
    [InlineData("{}", "", "", 0, true)]
    [InlineData("""{"acr": "mfa"}""", "strong mfa", "", 0, true)]
    [InlineData("""{"acr": "password"}""", "strong mfa", "", 0, false)]
    [InlineData("""{"acr": ["mfa"]}""", "mfa", "", 0, false)]
    [InlineData("{}", "mfa", "", 0, false)]
    [InlineData("""{"amr": ["pwd", "hwk"]}""", "", "mfa, hwk", 0, true)]
    [InlineData("""{"amr": ["pwd"]}""", "", "mfa hwk", 0, false)]
    [InlineData("""{"amr": "hwk"}""", "", "hwk", 0, false)]
    [InlineData("{}", "", "hwk", 0, false)]
    [InlineData("""{"auth_time": 1799999400}""", "", "", 10, true)]
    [InlineData("""{"auth_time": 1799999339}""", "", "", 10, false)]
    [InlineData("""{"auth_time": 1800000061}""", "", "", 10, false)]
    [InlineData("""{"auth_time": "1800000000"}""", "", "", 10, false)]
    [InlineData("{}", "", "", 10, false)]
    public void A_login_is_taken_only_if_it_is_as_strong_and_as_young_as_is_asked(string claims, string acr, string amr, int minutes, bool good)
    {
        using var json = JsonDocument.Parse(claims);

        Assert.Equal(good, LoginStrength.Fault(json.RootElement, new() { AcrValues = acr, AmrValues = amr, MaxAgeMinutes = minutes }, _now) is null);
    }
}
