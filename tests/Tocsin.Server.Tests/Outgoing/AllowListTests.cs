using System.Net;
using Tocsin.Outgoing;

namespace Tocsin.Tests.Outgoing;

public sealed class AllowListTests
{
    [Fact]
    public void An_entry_allows_its_host_and_port_and_nothing_else()
    {
        var list = AllowList.Parse("hooks.internal:8443, 10.0.0.7:9001", out var faults);

        Assert.Empty(faults);
        Assert.True(list.HasName("hooks.internal", 8443));
        Assert.True(list.HasName("Hooks.Internal.", 8443));
        Assert.False(list.HasName("hooks.internal", 443));
        Assert.False(list.HasName("other.internal", 8443));
        Assert.True(list.HasAddress(IPAddress.Parse("10.0.0.7"), 9001));
        Assert.True(list.HasAddress(IPAddress.Parse("::ffff:10.0.0.7"), 9001));
        Assert.False(list.HasAddress(IPAddress.Parse("10.0.0.7"), 9002));
        Assert.False(list.HasAddress(IPAddress.Parse("10.0.0.8"), 9001));
    }

    [Fact]
    public void Without_a_port_the_two_of_the_web_are_meant()
    {
        var list = AllowList.Parse("hooks.internal,10.0.0.7,[fd00::7],fd00::8", out var faults);

        Assert.Empty(faults);
        Assert.True(list.HasName("hooks.internal", 80));
        Assert.True(list.HasName("hooks.internal", 443));
        Assert.False(list.HasName("hooks.internal", 8080));
        Assert.True(list.HasAddress(IPAddress.Parse("10.0.0.7"), 443));
        Assert.True(list.HasAddress(IPAddress.Parse("fd00::7"), 80));
        Assert.True(list.HasAddress(IPAddress.Parse("fd00::8"), 443));
    }

    [Fact]
    public void Localhost_means_its_addresses_too()
    {
        var list = AllowList.Parse("localhost:9001", out _);

        Assert.True(list.HasAddress(IPAddress.Loopback, 9001));
        Assert.True(list.HasAddress(IPAddress.IPv6Loopback, 9001));
        Assert.False(list.HasAddress(IPAddress.Loopback, 9002));
    }

    [Fact]
    public void Every_wrong_entry_is_named_and_the_right_ones_stay()
    {
        var list = AllowList.Parse("good.internal:1, http://x:80, host:0, host:70000, 10.0.0.0/8, [::1, a:b:c", out var faults);

        Assert.Equal(6, faults.Count);
        Assert.Contains("'http://x:80'", faults[0], StringComparison.Ordinal);
        Assert.True(list.HasName("good.internal", 1));
    }

    [Fact]
    public void An_empty_list_allows_nothing_inside()
    {
        var list = AllowList.Parse("", out var faults);

        Assert.Empty(faults);
        Assert.False(list.HasAddress(IPAddress.Loopback, 80));
    }
}
