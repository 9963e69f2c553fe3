using System.Text;
using Tocsin.Alerts;

namespace Tocsin.Tests.Alerts;

public sealed class PrometheusFingerprintTests
{
    [Fact]
    public void The_known_vectors_come_out()
    {
        Assert.Equal("cbf29ce484222325", Text(LabelSet.Empty));
        Assert.Equal("507a62d79ee76c9a", Text(LabelSet.Of(("name", "garland, briggs"), ("fear", "love is not enough"))));
        Assert.Equal("7d2d332feada5c59", Text(LabelSet.Of(("alertname", "HighErrorRate"), ("service", "checkout"), ("severity", "critical"))));
        Assert.Equal("a39a3b44c36808a3", Text(LabelSet.Of(("alertname", "InstanceDown"), ("instance", "10.0.0.1:9100"), ("job", "node"))));
    }

    [Fact]
    public void Empty_values_and_the_order_of_labels_do_not_count() => Assert.Equal(
        Text(LabelSet.Of(("a", "1"), ("b", "2"))),
        Text(LabelSet.Of(("c", ""), ("b", "2"), ("a", "1"))));

    [Fact]
    public void Names_are_sorted_and_all_is_hashed_by_its_UTF8_bytes()
    {
        // U+FF21 sorts after U+1F600 in UTF-16 and before it in UTF-8.
        var labels = LabelSet.Of(("\uFF21", "é"), ("😀", "ß😀"), ("a", "x"));

        Assert.Equal(ByTheBook([("a", "x"), ("\uFF21", "é"), ("😀", "ß😀")]), PrometheusFingerprint.Of(labels));
    }

    private static string Text(LabelSet labels) => PrometheusFingerprint.Text(PrometheusFingerprint.Of(labels));

    private static ulong ByTheBook((string Name, string Value)[] sorted)
    {
        var bytes = sorted.SelectMany(p => (byte[])[.. Encoding.UTF8.GetBytes(p.Name), 0xFF, .. Encoding.UTF8.GetBytes(p.Value), 0xFF]);
        return bytes.Aggregate(14695981039346656037UL, (hash, b) => unchecked((hash ^ b) * 1099511628211UL));
    }
}
