using Tocsin.Alerts;
using Tocsin.Estate;

namespace Tocsin.Providers;

/// <summary>Which of the alert pipeline's three kinds of sender a body comes from.</summary>
internal enum PipelineKind
{
    CloudWatch,
    Grafana,
    Normalized,
}

/// <summary>How a source reads canonical events: as the pipeline itself, or so that nothing is lost.</summary>
/// <param name="Strict">What the pipeline would have rejected is rejected.</param>
/// <param name="Team">Of events that name none; null: such an event has no canonical form.</param>
/// <param name="Priority">Of events that name none, 0 to 3; null: it follows the severity if there is a default team, else such an event has no canonical form.</param>
/// <param name="HasDefaults">Whether every event is made canonical, whatever it lacks.</param>
/// <param name="NoData">What an alarm without data counts as: ignore, firing or resolved; null: the source does not say.</param>
internal sealed record PipelineRules(bool Strict, string? Team, int? Priority, bool HasDefaults, string? NoData)
{
    public const string StrictKey = "strict";
    public const string TeamKey = "team";
    public const string PriorityKey = "priority";
    public const string NoDataKey = "insufficient_data";

    private const string DefaultTeam = "unassigned";

    /// <summary>The settings that each source has which reads canonical events.</summary>
    /// <param name="defaults">Whether a team is made up for those that name none.</param>
    public static IReadOnlyList<ProviderSetting> Settings(bool defaults) =>
    [
        new(StrictKey, "true: an alert without team or priority, or with one that the alert pipeline would have rejected, is rejected, kept, and can be replayed. Default: false; nothing is lost."),
        new(TeamKey, $"The team of alerts that name none, for issues. Default: {(defaults ? DefaultTeam : "none; such an alert has no canonical event")}."),
        new(PriorityKey, $"P0, P1, P2 or P3: of alerts that name none, for issues. Default: {(defaults ? "P1 for critical ones, P2 for high ones, P3 for the others" : "none; such an alert has no canonical event")}."),
    ];

    public static ProviderSetting NoDataSetting { get; } = new(
        NoDataKey, "What an alarm without data counts as: ignore, firing or resolved. Ignored ones are recorded and page nobody. Default: ignore; a strict source rejects them unless this is set.");

    /// <summary>Types of sources whose every alert becomes a canonical event.</summary>
    private static readonly string[] _withDefaults = [AlertPipeline.Id, "normalized", "sns", "sqs"];

    /// <summary>Whether the source is one of the alert pipeline, or is told how to read canonical events; else what makes none is not worth a word.</summary>
    public bool IsAsked { get; init; }

    public static PipelineRules Of(Source source)
    {
        var settings = source.Settings;
        var defaults = _withDefaults.Contains(source.Type);
        var team = settings.GetValueOrDefault(TeamKey) is { Length: > 0 } set && PipelineText.Teams(set, new(strict: false)) is [var first, ..] ? first : null;
        return new(
            IsTrue(settings.GetValueOrDefault(StrictKey)), team ?? (defaults ? DefaultTeam : null), PipelineText.Priority(settings.GetValueOrDefault(PriorityKey) ?? ""), defaults,
            settings.GetValueOrDefault(NoDataKey))
        {
            IsAsked = defaults || settings.ContainsKey(StrictKey) || settings.ContainsKey(TeamKey) || settings.ContainsKey(PriorityKey),
        };
    }

    /// <summary>How a payload is read that no source has sent yet.</summary>
    public static PipelineRules Trial(bool strict) => new(strict, DefaultTeam, null, HasDefaults: true, NoData: null) { IsAsked = true };

    public static IEnumerable<Error> Check(Source source)
    {
        if (source.Settings.GetValueOrDefault(StrictKey) is not (null or "true" or "false" or "yes" or "no"))
        {
            yield return Error.Invalid(StrictKey, "\"strict\" is true or false.");
        }

        if (source.Settings.GetValueOrDefault(PriorityKey) is { } priority && PipelineText.Priority(priority) is null)
        {
            yield return Error.Invalid(PriorityKey, "\"priority\" is P0, P1, P2 or P3.");
        }

        if (source.Settings.GetValueOrDefault(TeamKey) is { } team)
        {
            var findings = new PipelineFindings(strict: true);
            if (PipelineText.Teams(team, findings).Count != 1 || findings.Faults.Count > 0)
            {
                yield return Error.Invalid(TeamKey, "\"team\" is one name of at most 50 letters, digits, _ and -.");
            }
        }

        if (source.Settings.GetValueOrDefault(NoDataKey) is not (null or "ignore" or "firing" or "resolved"))
        {
            yield return Error.Invalid(NoDataKey, "\"insufficient_data\" is ignore, firing or resolved.");
        }
    }

    /// <summary>The priority of an event that names none; null: there is no default.</summary>
    public int? PriorityOf(Severity severity) =>
        Priority ?? (!HasDefaults ? null : severity switch
        {
            Severity.Critical => 1,
            Severity.High or Severity.Unset => 2,
            _ => 3,
        });

    private static bool IsTrue(string? text) => text is "true" or "yes";
}
