namespace Tocsin.Routing;

/// <summary>One label condition, in Alertmanager's meaning: a missing label reads as the empty string, regular expressions match the whole value.</summary>
public sealed record Matcher(string Name, MatchOp Op, string Value);
