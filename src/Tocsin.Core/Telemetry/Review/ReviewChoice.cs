namespace Tocsin.Telemetry;

/// <summary>What the counters and newest metrics say of one service: enough to choose, without reading a line.</summary>
public sealed record ServiceFigures(string Service)
{
    /// <summary>Lines of level critical in the time that is looked at.</summary>
    public long Critical { get; init; }

    /// <summary>Lines of level error or worse in it.</summary>
    public long Errors { get; init; }

    /// <summary>The same in an equally long time, on average over the hour before.</summary>
    public double UsualErrors { get; init; }

    /// <summary>Kinds of lines of level error or worse that the hour before did not have.</summary>
    public int NewErrorPatterns { get; init; }

    /// <summary>Newest figures beyond a rule's threshold.</summary>
    public IReadOnlyList<SnapshotField> Beyond { get; init; } = [];
}

/// <summary>Which services a model is asked about: those that the rules would look at too, since each question costs money and a doubt costs sleep.</summary>
public static class ReviewChoice
{
    private const long SomeErrors = 3;
    private const double TimesUsual = 2;

    /// <summary>Whether there is something to ask about.</summary>
    public static bool IsWorthIt(ServiceFigures figures) =>
        figures.Critical > 0 || figures.Beyond.Count > 0 || (figures.Errors > 0 && figures.NewErrorPatterns > 0)
        || (figures.Errors >= SomeErrors && figures.Errors > figures.UsualErrors * TimesUsual);

    /// <summary>Whether what was found before can be called over: nothing of it is left but what the service wrote before it too.</summary>
    /// <param name="usualErrors">In an equally long time, on average over the hour before it was found.</param>
    public static bool IsQuiet(ServiceFigures figures, double usualErrors) => figures is { Critical: 0, Beyond.Count: 0 } && figures.Errors <= usualErrors * TimesUsual;

    /// <summary>The worst first.</summary>
    public static IReadOnlyList<ServiceFigures> Worst(IEnumerable<ServiceFigures> services, int most) =>
    [
        .. services.Where(IsWorthIt)
            .OrderByDescending(s => s.Critical > 0).ThenByDescending(s => s.Beyond.Count).ThenByDescending(s => s.Errors - s.UsualErrors)
            .ThenBy(s => s.Service, StringComparer.Ordinal).Take(most),
    ];

    /// <summary>Whether a figure is beyond the threshold of the assistant's rules.</summary>
    public static bool IsBeyond(SnapshotField field, double value) => field switch
    {
        SnapshotField.CpuPercent => value > 85,
        SnapshotField.MemoryPercent => value > 90,
        SnapshotField.LatencyMs => value > 2000,
        SnapshotField.ErrorRate => value > 0.05,
        _ => false,
    };
}
