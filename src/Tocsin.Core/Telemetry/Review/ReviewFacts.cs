namespace Tocsin.Telemetry;

/// <summary>What is known of one service over a few minutes: all that a model is told of it.</summary>
public sealed record ReviewFacts
{
    /// <summary>Empty: lines that name no service.</summary>
    public required string Service { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>What somebody says who asks by hand; empty: nobody asked.</summary>
    public string Description { get; init; } = "";

    public IReadOnlyList<LevelFact> Levels { get; init; } = [];

    /// <summary>The most frequent of warnings and worse, most first.</summary>
    public IReadOnlyList<PatternFact> Patterns { get; init; } = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<LogLine> Lines { get; init; } = [];

    /// <summary>Newest first.</summary>
    public IReadOnlyList<MetricFact> Metrics { get; init; } = [];
}

/// <param name="Now">Lines in the time that is looked at.</param>
/// <param name="UsuallyPerSpan">Lines in an equally long time, on average over the hour before.</param>
public sealed record LevelFact(LineLevel Level, long Now, double UsuallyPerSpan);

/// <param name="IsNew">First seen in the time that is looked at, or in the hour before.</param>
public sealed record PatternFact(LineLevel Level, string Pattern, long Count, bool IsNew);

/// <param name="Name">As the sender wrote it.</param>
public sealed record MetricFact(DateTimeOffset At, string Name, double Value, string Unit);
