using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>What a model thinks of a service, read from its answer and bounded. All texts are its own: data for people, never instruction.</summary>
public sealed record ModelVerdict
{
    /// <summary>False: it sees nothing that anybody should look at; the rest then says nothing.</summary>
    public required bool IsAnomaly { get; init; }

    public Severity Severity { get; init; } = Severity.Warning;

    /// <summary>On one line, at most 200 characters.</summary>
    public string Title { get; init; } = "Issue detected";

    /// <summary>At most 2 000 characters.</summary>
    public string RootCause { get; init; } = "Unknown";

    /// <summary>At most 10, each on one line.</summary>
    public IReadOnlyList<string> Factors { get; init; } = [];

    /// <summary>At most 10. Nothing here ever runs: people read them.</summary>
    public IReadOnlyList<ModelAction> Actions { get; init; } = [];

    /// <summary>At most 2 000 characters.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The answer was prose instead of the JSON that was asked for, and was read by its words.</summary>
    public bool IsFromProse { get; init; }
}

/// <param name="Action">Such as <c>restart_service</c>; small letters, digits and underscores, at most 64.</param>
/// <param name="Service">What to do it to; empty: not said.</param>
/// <param name="Reason">On one line; empty: not said.</param>
public sealed record ModelAction(string Action, string Service, string Reason);

public enum VerdictKind
{
    /// <summary>There is a verdict.</summary>
    Read,

    /// <summary>The model would not say anything; asking again may help.</summary>
    Refused,

    /// <summary>Neither the JSON that was asked for nor prose that says something; asking again may help.</summary>
    Unusable,
}

/// <param name="Verdict">Only of <see cref="VerdictKind.Read"/>.</param>
public readonly record struct VerdictReading(VerdictKind Kind, ModelVerdict? Verdict);
