using Tocsin.Sdk;

namespace Tocsin.Pages;

public sealed record ServicesModel(IReadOnlyList<ServiceLine> Services);

/// <param name="Open">Open incidents.</param>
/// <param name="Worst">The worst severity among them; null: none is open.</param>
/// <param name="First">Who is called first now.</param>
public sealed record ServiceLine(
    string Name, string? Description, string? Team, string? Policy, int Open, string? Worst, IReadOnlyList<string> First)
{
    /// <summary>False: only its logs or metrics name it.</summary>
    public bool IsDeclared { get; init; } = true;

    /// <summary>Null: nothing of it was seen for an hour, or the store of logs and metrics does not answer.</summary>
    public ServiceFigures? Figures { get; init; }
}

/// <summary>What logs and metrics say of a service now.</summary>
/// <param name="Lines">Lines over the last hour, evenly spaced.</param>
public sealed record ServiceFigures(ServiceView Now, IReadOnlyList<double> Lines)
{
    /// <summary>Of its lines, 0 to 1.</summary>
    public double ErrorShare => Now.LogsPerMinute > 0 ? Now.ErrorsPerMinute / Now.LogsPerMinute : 0;

    /// <summary>The newest values.</summary>
    public IReadOnlyList<(string Name, string Value)> Fields =>
    [
        .. ((string Name, double? Value, string Unit)[])
        [
            ("CPU", Now.CpuPercent, "%"), ("memory", Now.MemoryPercent, "%"), ("latency", Now.LatencyMs, "ms"), ("errors", Now.ErrorRate * 100, "%"), ("throughput", Now.Throughput, "/s"),
        ] is var all ? all.Where(f => f.Value is not null).Select(f => (f.Name, ChartScale.Number(Math.Round(f.Value!.Value, 2), f.Unit))) : [],
    ];
}

public sealed record ServiceModel
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    public string? Team { get; init; }

    public required PolicyLine Policy { get; init; }

    /// <summary>The worst and oldest first.</summary>
    public IReadOnlyList<Incident> Open { get; init; } = [];

    /// <summary>The newest first.</summary>
    public IReadOnlyList<Incident> Ended { get; init; } = [];
}
