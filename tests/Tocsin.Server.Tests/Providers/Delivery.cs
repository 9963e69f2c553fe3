using System.Text;
using Tocsin.Providers;
using Source = Tocsin.Estate.Source;

namespace Tocsin.Tests.Providers;

/// <summary>Deliveries as they arrive at noon on 1 March 2026, and the bodies that are kept in Payloads.</summary>
internal static class Delivery
{
    public static readonly DateTimeOffset ReceivedAt = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly Source Monitoring = new("monitoring", "any", "source-key-0000000000001");

    public static InboundRequest Of(string body, Source? source = null, params (string Name, string Value)[] headers) =>
        Of(Encoding.UTF8.GetBytes(body), source, headers);

    public static InboundRequest Of(byte[] body, Source? source = null, params (string Name, string Value)[] headers) => new(
        body,
        name => headers.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? "",
        source ?? Monitoring,
        ReceivedAt);

    /// <param name="file">Such as <c>grafana/firing</c>.</param>
    public static byte[] Body(string file) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Providers", "Payloads", $"{file}.json"));

    /// <summary>Every kept body.</summary>
    public static IEnumerable<string> Files => Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Providers", "Payloads"), "*.json", SearchOption.AllDirectories)
        .Select(f => $"{Path.GetFileName(Path.GetDirectoryName(f))}/{Path.GetFileNameWithoutExtension(f)}")
        .Order(StringComparer.Ordinal);

    public static ParsedDelivery Parsed(this IAlertSource provider, string file, Source? source = null)
    {
        var result = provider.Parse(Of(Body(file), source));
        Assert.True(result.Ok, result.Error?.Detail);
        return result.Value;
    }

    public static ParsedDelivery ParsedText(this IAlertSource provider, string body, Source? source = null)
    {
        var result = provider.Parse(Of(body, source));
        Assert.True(result.Ok, result.Error?.Detail);
        return result.Value;
    }
}
