using System.Globalization;
using Tocsin.Telemetry;

namespace Tocsin.Bench;

/// <summary>Made-up lines of a few services, as web shops write them: about 130 characters each, most with an id of their own.</summary>
internal sealed class LogLines(int seed)
{
    /// <summary>A word that only <see cref="RareOne"/> has.</summary>
    public const string Rare = "quarantined";

    private static readonly string[] _services = ["checkout", "payments", "search", "basket", "mail", "gateway", "stock", "accounts"];

    private readonly Random _random = new(seed);

    public static LogLine RareOne(DateTimeOffset at) => new(at, LineLevel.Warning, $"Message 17 was {Rare} after 3 attempts") { Service = "mail", Source = "stdout", Environment = "production" };

    public LogLine[] Next(int count, DateTimeOffset at)
    {
        var lines = new LogLine[count];
        for (var i = 0; i < count; i++)
        {
            lines[i] = One(at.AddTicks(i));
        }

        return lines;
    }

    private LogLine One(DateTimeOffset at)
    {
        var service = _services[_random.Next(_services.Length)];
        var (level, message) = _random.Next(100) switch
        {
            < 50 => (LineLevel.Info, string.Create(CultureInfo.InvariantCulture, $"GET /api/v1/orders/{_random.Next(1_000_000)}/items HTTP/1.1 200 {_random.Next(20_000)} {_random.Next(900)}ms request={_random.NextInt64():x16}")),
            < 75 => (LineLevel.Info, string.Create(CultureInfo.InvariantCulture, $"Order {_random.Next(10_000_000)} of customer {_random.Next(100_000)} was stored in {_random.NextDouble() * 90:0.0} ms, {_random.Next(12)} items, basket {_random.NextInt64():x16}")),
            < 90 => (LineLevel.Debug, string.Create(CultureInfo.InvariantCulture, $"Cache miss for key user:{_random.Next(100_000)}:profile, loaded from replica {_random.Next(4)} in {_random.Next(40)} ms")),
            < 98 => (LineLevel.Warning, string.Create(CultureInfo.InvariantCulture, $"Slow query took {_random.Next(500, 9_000)} ms: rows={_random.Next(50_000)} table=orders connection={_random.Next(64)}")),
            _ => (LineLevel.Error, string.Create(CultureInfo.InvariantCulture, $"Connection to 10.0.{_random.Next(256)}.{_random.Next(256)}:5432 refused, payment {_random.Next(10_000_000)} declined after {_random.Next(5)} retries")),
        };
        return new(at, level, message) { Service = service, Source = "stdout", Environment = "production" };
    }
}
