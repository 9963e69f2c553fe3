namespace Tocsin.Pages;

public sealed record RoutingModel(RouteNode Root, IReadOnlyList<PolicyLine> Policies);

/// <summary>One route as text: what it takes and what it decides. Settings that it inherits are left out.</summary>
public sealed record RouteNode(string Name, IReadOnlyList<string> Match, IReadOnlyList<string> Decides, bool Continue, IReadOnlyList<RouteNode> Routes);

public sealed record PolicyLine(string Name, IReadOnlyList<PolicyStepLine> Steps, string End);

/// <param name="After">"at once", "after 5 min".</param>
/// <param name="Whom">"schedule payments-primary".</param>
/// <param name="Now">Whom that reaches now; empty: nobody.</param>
public sealed record PolicyStepLine(string After, string Whom, IReadOnlyList<string> Now);
