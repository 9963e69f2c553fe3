using System.Globalization;
using System.Text;
using Tocsin.Telemetry;

namespace Tocsin.Demo.Faults;

/// <summary>What one service measured at an instant.</summary>
/// <param name="ErrorRate">0 to 1.</param>
/// <param name="Throughput">Requests a second.</param>
internal readonly record struct MadeFigures(DateTimeOffset At, string Service, double CpuPercent, double MemoryPercent, double LatencyMs, double ErrorRate, double Throughput)
{
    public IEnumerable<(string Name, string Unit, double Value)> Metrics =>
        [("cpu_percent", "%", CpuPercent), ("memory_percent", "%", MemoryPercent), ("latency_ms", "ms", LatencyMs), ("error_rate", "", ErrorRate), ("throughput", "1/s", Throughput)];
}

/// <summary>Lines and figures of a small shop's ten services, as they usually are. The same seed makes the same.</summary>
internal sealed class MadeTraffic
{
    public static readonly IReadOnlyList<string> Services =
        ["gateway", "accounts", "orders", "catalog", "search", "payments", "inventory", "shipping", "mail", "recommendations"];

    private const double UsualErrors = 0.002;
    private const double UsualWarnings = 0.01;

    private static readonly (LineLevel Level, string Text)[] _calm =
    [
        (LineLevel.Info, "GET /{}/{} answered 200 in {} ms"),
        (LineLevel.Info, "GET /{}/{} answered 200 in {} ms"),
        (LineLevel.Info, "POST /{} answered 201 in {} ms"),
        (LineLevel.Info, "job {} done, {} rows"),
        (LineLevel.Debug, "cache hit for key {}"),
    ];

    private readonly Random _random;
    private readonly Dictionary<string, MadeFigures> _usual;

    public MadeTraffic(int seed)
    {
        _random = new(seed);
        _usual = Services.ToDictionary(static s => s, s => new MadeFigures(default, s, Between(20, 40), Between(40, 60), Between(50, 150), Between(0.001, 0.01), Between(1_000, 5_000)));
    }

    /// <summary>A service, each as likely as any other.</summary>
    public string AnyService() => Services[_random.Next(Services.Count)];

    /// <summary>One of some, each as likely as any other.</summary>
    public T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    /// <summary>True in so many of a hundred cases.</summary>
    /// <param name="share">0 to 1.</param>
    public bool Happens(double share) => _random.NextDouble() < share;

    /// <summary>An instant within a span that ends at <paramref name="to"/>.</summary>
    public DateTimeOffset Within(TimeSpan span, DateTimeOffset to) => to - (span * _random.NextDouble());

    /// <summary>An ordinary line; now and then one of those warnings and errors that every service has.</summary>
    public LogLine Calm(string service, DateTimeOffset at)
    {
        var luck = _random.NextDouble();
        var (level, text) = luck < UsualErrors ? (LineLevel.Error, "request {} failed: the caller went away")
            : luck < UsualErrors + UsualWarnings ? (LineLevel.Warning, "call took {} ms, tried again")
            : Any(_calm);
        return Line(service, at, level, text);
    }

    /// <summary>A line that tells of a fault.</summary>
    /// <param name="least">Of this level at least.</param>
    public LogLine Bad(FaultCase fault, string service, DateTimeOffset at, LineLevel least = LineLevel.Debug)
    {
        var (level, text) = Any([.. fault.Texts.Where(t => t.Level >= least)]);
        return Line(service, at, level, text);
    }

    /// <summary>What a service measures under stress, with a little noise.</summary>
    public MadeFigures Figures(string service, DateTimeOffset at, Stress stress)
    {
        var usual = _usual[service];
        return new(
            at, service,
            Round(Math.Clamp(usual.CpuPercent + (50 * stress.Cpu) + Between(-3, 3), 0, 99.5), 1),
            Round(Math.Clamp(usual.MemoryPercent + (35 * stress.Memory) + Between(-1, 1), 0, 99.5), 1),
            Round(Math.Max(1, usual.LatencyMs + (2_000 * stress.Latency) + Between(-10, 10)), 1),
            Round(Math.Clamp(usual.ErrorRate + (0.15 * stress.ErrorRate) + Between(-0.001, 0.001), 0, 1), 4),
            Math.Round(Math.Max(0, usual.Throughput * (1 - (0.5 * stress.Throughput)) * Between(0.97, 1.03))));
    }

    private LogLine Line(string service, DateTimeOffset at, LineLevel level, string text) =>
        new(at, level, Fill(text)) { Service = service, Source = $"{service}-{_random.Next(1, 4)}", TraceId = $"{_random.NextInt64():x16}{_random.NextInt64():x16}" };

    private string Fill(string text)
    {
        var parts = text.Split("{}");
        var filled = new StringBuilder(parts[0]);
        foreach (var part in parts[1..])
        {
            filled.Append(CultureInfo.InvariantCulture, $"{_random.Next(1, 10_000)}").Append(part);
        }

        return filled.ToString();
    }

    private double Between(double low, double high) => low + ((high - low) * _random.NextDouble());

    private static double Round(double value, int decimals) => Math.Round(value, decimals);
}
