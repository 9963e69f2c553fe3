using Tocsin.Identity;

namespace Tocsin.Tests.Identity;

public sealed class LoginLimitsTests
{
    private readonly VirtualClock _clock = new();
    private readonly LoginLimits _limits;

    public LoginLimitsTests() => _limits = new(_clock);

    [Fact]
    public void Ten_tries_are_let_through_in_any_minute_and_then_no_more()
    {
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Null(_limits.Take("place 192.0.2.7")));
        Assert.InRange(_limits.Take("place 192.0.2.7")!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));

        var let = 0;
        for (var second = 0; second < 59; second++)
        {
            let += _limits.Take("place 192.0.2.7") is null ? 1 : 0;
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(let, 0, 10);
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Null(_limits.Take("place 192.0.2.7"));
    }

    [Fact]
    public void A_try_that_turned_out_good_is_not_counted()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(_limits.Take("account ana@example.test"));
            _limits.Return("account ana@example.test");
        }
    }

    [Fact]
    public void A_flood_of_other_names_neither_uses_up_nor_frees_the_tries_of_one()
    {
        Assert.All(Enumerable.Range(0, 10), _ => Assert.Null(_limits.Take("account ana@example.test")));
        Assert.Null(_limits.Take("account bo@example.test"));

        for (var i = 0; i < 20_000; i++)
        {
            _limits.Take($"account {i}@example.test");
        }

        Assert.NotNull(_limits.Take("account ana@example.test"));
        Assert.Null(_limits.Take("account bo@example.test"));
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::/64")]
    [InlineData("", "")]
    public void A_place_is_an_address_or_the_network_of_one_that_has_many(string address, string place) => Assert.Equal(place, LoginLimits.PlaceOf(address));
}

public sealed class PasswordRulesTests
{
    [Theory]
    [InlineData("short")]
    [InlineData("elevenchars")]
    [InlineData("aaaaaaaaaaaaaaaaaaaa")]
    [InlineData("abababababababab")]
    [InlineData("PasswordPassword")]
    [InlineData("Password123456!")]
    [InlineData("Welcome2026!!")]
    [InlineData("qwertyuiop12")]
    [InlineData("ana@example.test")]
    [InlineData("ana.example.ana1")]
    [InlineData("Tocsin2026Admin")]
    public void What_is_short_or_tried_first_is_refused(string password) => Assert.NotNull(PasswordRules.Fault(password, "ana@example.test", "ana"));

    [Theory]
    [InlineData("a long walk to the sea")]
    [InlineData("vT9#kQ2m!xWz")]
    [InlineData("schreibtischlampe")]
    [InlineData("анна любит море")]
    [InlineData("            x y z w ä")]
    public void What_is_long_and_its_own_is_taken(string password) => Assert.Null(PasswordRules.Fault(password, "ana@example.test", "ana"));

    [Fact]
    public void It_has_an_end() => Assert.NotNull(PasswordRules.Fault(string.Concat(Enumerable.Range(0, 70).Select(i => $"{i:000} ")), "ana@example.test"));
}
