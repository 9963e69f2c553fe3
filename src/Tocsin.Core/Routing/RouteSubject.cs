using Tocsin.Alerts;

namespace Tocsin.Routing;

/// <summary>
/// What matchers look at. A matcher's name reads the label of that name. Five names also read what Tocsin made of the alert, so that a rule
/// can be written in Tocsin's words and still works in the sender's:
/// <list type="bullet">
/// <item><c>severity</c>: the label and the canonical word (critical, high, warning, info);</item>
/// <item><c>service</c>: the label and the canonical service, which may come from <c>app</c>, <c>job</c>, ...;</item>
/// <item><c>env</c> and <c>environment</c>: the label of that name and the canonical environment;</item>
/// <item><c>source</c>: the label and the name of the source that received the alert;</item>
/// <item><c>alertname</c>: the label, or the title of an alert whose sender has no such label.</item>
/// </list>
/// A name with two values matches positively (<c>=</c>, <c>=~</c>) if either does; <c>!=</c> and <c>!~</c> are the exact opposite.
/// A name without any value reads as the empty string.
/// </summary>
/// <param name="Severity">With the source's default already applied.</param>
/// <param name="Source">The name of the source, unique in the workspace.</param>
/// <param name="Title">Stands in for a missing <c>alertname</c>; null: nothing does.</param>
public readonly record struct RouteSubject(
    LabelSet Labels, Severity Severity, string? Service, string? Environment, string Source, string? Title = null)
{
    /// <summary>The subject of a signal that <paramref name="source"/> received.</summary>
    public static RouteSubject Of(Signal signal, Estate.Source source) => new(
        signal.Labels,
        signal.Severity == Severity.Unset ? source.DefaultSeverity : signal.Severity,
        signal.Service,
        signal.Environment,
        source.Name,
        signal.Title);

    /// <summary>The one value that a name stands for where only one is possible (grouping): the sender's if there is one.</summary>
    public string Value(string name) => Labels[name] is { Length: > 0 } value ? value : Canonical(FieldOf(name));

    /// <summary>The labels that make the alert's group, those without a value left out; <c>...</c> stands for all labels.</summary>
    /// <param name="groupBy">As a <see cref="Destination"/> has it.</param>
    public LabelSet GroupLabels(IReadOnlyList<string> groupBy)
    {
        var subject = this;
        return groupBy.Contains("...")
            ? Labels
            : LabelSet.From(groupBy.Select(name => KeyValuePair.Create(name, subject.Value(name))));
    }

    /// <summary>All values that a matcher of this name is tried against, at least one.</summary>
    public IReadOnlyList<string> Values(string name)
    {
        var (label, field) = (Labels[name], FieldOf(name));
        var canonical = Canonical(field);
        return canonical.Length == 0 || (label.Length > 0 && (field == SubjectField.AlertName || label == canonical)) ? [label]
            : label.Length == 0 ? [canonical]
            : [label, canonical];
    }

    internal static SubjectField FieldOf(string name) => name switch
    {
        "severity" => SubjectField.Severity,
        "service" => SubjectField.Service,
        "env" or "environment" => SubjectField.Environment,
        "source" => SubjectField.Source,
        "alertname" => SubjectField.AlertName,
        _ => SubjectField.Label,
    };

    internal string Canonical(SubjectField field) => field switch
    {
        SubjectField.Severity => Severity.Word(),
        SubjectField.Service => Service ?? "",
        SubjectField.Environment => Environment ?? "",
        SubjectField.Source => Source,
        SubjectField.AlertName => Title ?? "",
        _ => "",
    };
}

/// <summary>Which canonical value stands beside the label of a name.</summary>
internal enum SubjectField
{
    Label,
    Severity,
    Service,
    Environment,
    Source,
    AlertName,
}
