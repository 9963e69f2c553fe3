using Tocsin.Telemetry;

namespace Tocsin.Demo.Faults;

/// <summary>How far the figures of a service are from usual; 1 is what the worst of a fault does.</summary>
/// <param name="Throughput">How much of it is missing.</param>
internal readonly record struct Stress(double Cpu, double Memory, double Latency, double ErrorRate, double Throughput)
{
    public static Stress None => default;

    public static Stress Even(double by) => new(by, by, by, by, by);

    public static Stress operator *(Stress stress, double by) =>
        new(stress.Cpu * by, stress.Memory * by, stress.Latency * by, stress.ErrorRate * by, stress.Throughput * by);
}

/// <summary>How many lines and figures one made-up incident has.</summary>
/// <param name="Criticals">Lines of the level critical besides.</param>
/// <param name="StressFrom">The first of the figures that are under stress.</param>
/// <param name="StressTo">The first after it that are not.</param>
internal readonly record struct MockSize(int Lines, int Criticals, int Figures, int StressFrom, int StressTo);

/// <summary>A kind of trouble that is made up: who has it, what they write, and what it does to their figures.</summary>
/// <param name="Name">What <c>--case</c> and <c>/mock</c> call it.</param>
/// <param name="Severity">critical, high or medium.</param>
/// <param name="ErrorShare">How many of its lines tell of the fault, 0 to 1.</param>
internal sealed record FaultCase(string Name, string Severity, string Service, string Title, double ErrorShare, Stress Full)
{
    /// <summary>What such a service writes: <c>{}</c> is a number, another one each time.</summary>
    public required IReadOnlyList<(LineLevel Level, string Text)> Texts { get; init; }

    /// <summary>How much of it <c>/mock/generate-incident</c> makes.</summary>
    public required MockSize Mock { get; init; }

    public static IReadOnlyList<FaultCase> All { get; } =
    [
        new("database", "high", "orders", "The database of orders refuses connections", 0.6, new(0.4, 0.1, 1.3, 1, 1))
        {
            Mock = new(30, 0, 15, 10, 15),
            Texts =
            [
                (LineLevel.Error, "connection to orders-db:5432 refused after {} ms"),
                (LineLevel.Error, "no connection left in the pool: {} in use, {} wait"),
                (LineLevel.Error, "query of order {} given up: statement timeout after {} ms"),
                (LineLevel.Warning, "transaction {} is rolled back and tried again"),
            ],
        },
        new("memory", "critical", "catalog", "The catalog runs out of memory", 0.4, new(0.9, 1.5, 0.9, 0.4, 0.6))
        {
            Mock = new(40, 5, 20, 8, 20),
            Texts =
            [
                (LineLevel.Warning, "garbage collection took {} ms, {} MB are still in use"),
                (LineLevel.Error, "out of memory: {} MB asked for, heap space is full"),
                (LineLevel.Error, "page {} of the catalog not built: memory allocation of {} MB failed"),
                (LineLevel.Critical, "worker {} was killed by the system: out of memory"),
            ],
        },
        new("latency", "medium", "search", "Searches take seconds", 0.3, new(0.5, 0.1, 2, 0.1, 0.7))
        {
            Mock = new(25, 0, 15, 5, 12),
            Texts =
            [
                (LineLevel.Warning, "search took {} ms, expected at most 300"),
                (LineLevel.Warning, "{} searches wait for a thread"),
                (LineLevel.Error, "search given up by its caller after {} ms"),
            ],
        },
        new("service", "critical", "payments", "Payments does not answer", 0.7, new(0.2, 0.1, 1.5, 3, 1.9))
        {
            Mock = new(50, 0, 20, 5, 20),
            Texts =
            [
                (LineLevel.Error, "upstream answered 503 Service Unavailable to payment {}"),
                (LineLevel.Error, "connection reset by the bank's gateway after {} ms"),
                (LineLevel.Critical, "circuit to the bank's gateway is open after {} failures in a row"),
                (LineLevel.Warning, "payment {} is put back into the queue, {} wait there"),
            ],
        },
        new("disk", "high", "inventory", "The disk of inventory is full", 0.5, new(0.3, 0.1, 1.1, 0.8, 0.8))
        {
            Mock = new(20, 8, 15, 10, 15),
            Texts =
            [
                (LineLevel.Warning, "{} MB left on /var/lib/inventory"),
                (LineLevel.Error, "segment {} not written: no space left on device"),
                (LineLevel.Critical, "journal of stock {} cannot be extended, disk full"),
            ],
        },
    ];

    /// <summary>By its name, in any case; null: there is none.</summary>
    public static FaultCase? Find(string name) => All.FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
