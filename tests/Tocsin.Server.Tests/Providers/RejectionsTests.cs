using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

public sealed class RejectionsTests
{
    [Fact]
    public void Beyond_a_thousand_bad_elements_are_counted_and_the_good_ones_still_taken()
    {
        var delivery = new Alertmanager().ParsedText($"[{string.Concat(Enumerable.Repeat("1,", 1500))}{{\"labels\":{{\"a\":\"b\"}}}}]");

        Assert.Single(delivery.Signals);
        Assert.Equal(1001, delivery.Rejected.Count);
        Assert.Equal("[999]", delivery.Rejected[999].Path);
        Assert.Equal("500 further elements could not be read either.", delivery.Rejected[1000].Reason);
    }
}
