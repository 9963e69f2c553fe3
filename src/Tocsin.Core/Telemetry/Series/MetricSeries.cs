using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Telemetry;

/// <summary>Which series are asked for: those that meet every condition.</summary>
public sealed record SeriesFilter
{
    /// <summary>The exact name; null: any.</summary>
    public string? Name { get; init; }

    /// <summary>The exact service; null: any; empty: those that name none.</summary>
    public string? Service { get; init; }

    /// <summary>Conditions on tags; a missing tag reads as the empty string.</summary>
    public IReadOnlyList<Matcher> Tags { get; init; } = [];
}

/// <summary>One series: all samples of one name, service and tags.</summary>
/// <param name="Id">Made of name, service and tags: the same on every node and for ever.</param>
/// <param name="Unit">As the newest sample says.</param>
/// <param name="Kind">As the newest sample says.</param>
/// <param name="LastAt">When its newest sample was measured, UTC; what another node stored may be told up to a minute late.</param>
public sealed record MetricSeries(long Id, string Name, string Service, string Unit, MetricKind Kind, LabelSet Tags, DateTimeOffset LastAt);

/// <summary>How the samples of one step become one value.</summary>
public enum Aggregation
{
    Avg,
    Min,
    Max,
    Sum,
    Last,

    /// <summary>How many samples there are.</summary>
    Count,

    /// <summary>Growth per second. A counter that falls began anew at zero, and so does a gauge; samples of the kind delta are added up.</summary>
    Rate,

    /// <summary>The median of the samples, interpolated; likewise the next two.</summary>
    P50,
    P95,
    P99,
}
