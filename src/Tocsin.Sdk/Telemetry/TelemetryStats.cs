namespace Tocsin.Sdk.Telemetry;

/// <summary>What became of the entries of one kind, so far. Also measured: <c>tocsin.sdk.entries</c> of the meter <c>Tocsin.Sdk</c>.</summary>
public sealed record TelemetryStats
{
    /// <summary>Taken by the server.</summary>
    public long Accepted { get; init; }

    /// <summary>In the queue or on their way.</summary>
    public long Waiting { get; init; }

    /// <summary>Pushed out of the full queue by newer ones.</summary>
    public long Dropped { get; init; }

    /// <summary>In requests that the server refused, or failed at again and again.</summary>
    public long Refused { get; init; }

    /// <summary>Left out by the server, which took the others of their request.</summary>
    public long Rejected { get; init; }

    /// <summary>Still waiting at the end, or given afterwards.</summary>
    public long Unsent { get; init; }

    public long Lost => Dropped + Refused + Rejected + Unsent;
}
