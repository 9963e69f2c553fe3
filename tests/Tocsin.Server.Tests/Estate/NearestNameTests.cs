using Tocsin.Estate;

namespace Tocsin.Tests.Estate;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("paymnets", "payments")]
    [InlineData("Payments", "payments")]
    [InlineData("polcy", "policy")]
    [InlineData("to", "do")]
    public void A_slip_finds_the_name(string slip, string name) =>
        Assert.Equal(name, NearestName.Find(slip, ["payments", "policy", "platform", "do"]));

    [Theory]
    [InlineData("")]
    [InlineData("checkout")]
    [InlineData("pay")]
    public void What_is_too_far_finds_nothing(string text) => Assert.Null(NearestName.Find(text, ["payments", "policy", "do"]));

    [Fact]
    public void The_closest_wins_and_of_equals_the_first_in_order() =>
        Assert.Equal("team-a", NearestName.Find("team-x", ["team-b", "team-a", "teams-xyz"]));
}
